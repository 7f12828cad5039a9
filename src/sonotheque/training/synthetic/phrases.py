"""What an instrument may play: notes, chords, runs and tunes, each with the words for it.

Owns the drawing of notes and of phrase captions. Knows nothing of programs or of how notes become sound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sonotheque.training.synthetic.clip import with_article
from sonotheque.training.synthetic.midi import Note

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
PENTATONIC, CHROMATIC = (0, 2, 4, 7, 9), tuple(range(12))
SCALES = {"major": MAJOR, "minor": MINOR, "pentatonic": PENTATONIC, "chromatic": CHROMATIC}
CHORDS = {"major": (0, 4, 7), "minor": (0, 3, 7), "seventh": (0, 4, 7, 10), "diminished": (0, 3, 6)}
LAST_ONSET_S = 4.6


@dataclass(frozen=True, slots=True)
class Part:
    """Notes and the captions that fit them, written for one name of the instrument."""

    notes: tuple[Note, ...]
    captions: tuple[str, ...]
    length_s: float


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and highest key of an instrument, with words for where in it a key lies."""

    lowest: int
    highest: int

    def word(self, key: float) -> str:
        """`low`, `high`, or nothing for the middle, as heard: by pitch and by the instrument's own range."""
        share = (key - self.lowest) / max(1, self.highest - self.lowest)
        if key <= 47 or (share < 0.25 and key < 60):
            return "low"
        return "high" if key >= 84 or (share > 0.75 and key > 67) else ""


Draw = Callable[[np.random.Generator, Range, str], Part]


def _velocity(rng: np.random.Generator) -> int:
    return int(rng.integers(45, 122))


def _pace(rng: np.random.Generator, n_notes: int = 1) -> tuple[float, str]:
    """Seconds from note to note, short enough for `n_notes`, with its word."""
    gap_s = min(float(np.exp(rng.uniform(np.log(0.09), np.log(0.8)))), LAST_ONSET_S / n_notes)
    return gap_s, "fast" if gap_s < 0.2 else "slow" if gap_s > 0.45 else ""


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


def single_note(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """One note, short or held."""
    key, held_s = int(rng.integers(keys.lowest, keys.highest + 1)), float(rng.choice([0.12, 0.3, 0.8, 1.8, 3.0]))
    where = keys.word(key)
    how_long = "short" if held_s < 0.2 else "long" if held_s > 1.5 else ""
    captions = [
        f"{with_article(name)} plays {with_article(_join(where, 'note'))}",
        f"{_join('single', where, name, 'note')}",
        f"{with_article(_join(how_long or 'single', where, 'note'))} on {with_article(name)}",
        _join(where, name),
    ]
    return Part((Note(0.0, held_s, key, _velocity(rng)),), tuple(captions), held_s + 1.2)


def repeated_note(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """The same note again and again."""
    key, (gap_s, pace) = int(rng.integers(keys.lowest, keys.highest + 1)), _pace(rng)
    n_notes = max(3, min(int(rng.integers(3, 12)), int(LAST_ONSET_S / gap_s)))
    held_s = gap_s * float(rng.uniform(0.4, 0.95))
    notes = [Note(k * gap_s, held_s, key, _velocity(rng)) for k in range(n_notes)]
    where = keys.word(key)
    captions = (
        f"{with_article(_join(pace, where, 'repeated note'))} on {with_article(name)}",
        f"{with_article(name)} repeating {with_article(_join(where, 'note'))}",
        f"{name} playing the same note again and again",
    )
    return Part(tuple(notes), captions, n_notes * gap_s + 1.0)


def chord(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """One to four chords, struck together or strummed."""
    kind = str(rng.choice(list(CHORDS)))
    n_chords, gap_s = int(rng.integers(1, 5)), float(rng.uniform(0.5, 1.2))
    spread_s = float(rng.choice([0.0, 0.0, 0.02, 0.05]))
    root = int(rng.integers(keys.lowest, max(keys.lowest + 1, keys.highest - 12)))
    notes = []
    for k in range(n_chords):
        shift = int(rng.choice([0, 0, 5, -5, 7, -3])) if k else 0
        base = min(max(root + shift, keys.lowest), max(keys.lowest, keys.highest - 10))
        held_s = gap_s * 0.95 if k < n_chords - 1 else float(rng.uniform(0.5, 2.0))
        steps = enumerate((*CHORDS[kind], *([12] if rng.random() < 0.5 else [])))
        notes += [Note(k * gap_s + n * spread_s, held_s, min(127, base + s), _velocity(rng)) for n, s in steps]
    where = keys.word(root + 4)
    many = "chords" if n_chords > 1 else "chord"
    captions = [
        _join(where, name, many),
        f"{name} playing {many if n_chords > 1 else 'a chord'}",
        f"{with_article(kind + ' chord') if n_chords == 1 else kind + ' chords'} on {with_article(name)}",
    ]
    return Part(tuple(notes), tuple(captions), n_chords * gap_s + 2.2)


def _run_keys(rng: np.random.Generator, keys: Range, steps: Sequence[int], n_notes: int, way: str) -> list[int]:
    """`n_notes` keys of a scale or chord in one direction, as many as fit the range."""
    ladder = [octave * 12 + step for octave in range(4) for step in steps][:n_notes]
    ladder = [step for step in ladder if step <= keys.highest - keys.lowest]
    root = int(rng.integers(keys.lowest, keys.highest - ladder[-1] + 1))
    rising = [root + step for step in ladder]
    return {"rising": rising, "falling": rising[::-1], "up and down": [*rising, *rising[-2::-1]]}[way]


def _lay_out(rng: np.random.Generator, keys: Sequence[int], gap_s: float) -> tuple[Note, ...]:
    held_s = gap_s * float(rng.uniform(0.6, 1.1))
    base = _velocity(rng)
    return tuple(Note(k * gap_s, held_s, key, min(127, base + int(rng.integers(-8, 9)))) for k, key in enumerate(keys))


WAYS = {
    "rising": ("ascending", "going up"),
    "falling": ("descending", "going down"),
    "up and down": ("ascending and descending", "going up and down"),
}


def scale(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """A scale up, down or both."""
    way, kind = str(rng.choice(list(WAYS))), str(rng.choice(list(SCALES)))
    run = _run_keys(rng, keys, SCALES[kind], int(rng.integers(5, 16)), way)
    gap_s, pace = _pace(rng, len(run))
    notes = _lay_out(rng, run, gap_s)
    where, (adjective, going) = keys.word(float(np.mean(run))), WAYS[way]
    captions = (
        f"{with_article(_join(pace, adjective, 'scale'))} on {with_article(name)}",
        f"{name} scale {going}",
        f"{with_article(_join(pace, kind, 'scale'))} played on {with_article(name)}",
        _join(way if way != "up and down" else "", where, name, "notes"),
    )
    return Part(notes, captions, notes[-1].onset_s + notes[-1].held_s + 0.9)


def arpeggio(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """A broken chord up, down or both."""
    way, kind = str(rng.choice(list(WAYS))), str(rng.choice(list(CHORDS)))
    run = _run_keys(rng, keys, CHORDS[kind], int(rng.integers(4, 11)), way)
    gap_s, pace = _pace(rng, len(run))
    notes = _lay_out(rng, run, gap_s)
    adjective, going = WAYS[way]
    captions = (
        f"{with_article(_join(pace, adjective, 'arpeggio'))} on {with_article(name)}",
        f"{name} arpeggio {going}",
        f"broken {kind} chord on {with_article(name)}",
    )
    return Part(notes, captions, notes[-1].onset_s + notes[-1].held_s + 0.9)


def glissando(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """A sweep over very many notes."""
    way = str(rng.choice(["rising", "falling"]))
    run = _run_keys(rng, keys, MAJOR, int(rng.integers(12, 25)), way)
    notes = _lay_out(rng, run, float(rng.uniform(0.03, 0.07)))
    adjective, going = WAYS[way]
    captions = (
        f"{name} glissando",
        f"{with_article(adjective)} glissando on {with_article(name)}",
        f"quick sweep over {with_article(name)} {going}",
    )
    return Part(notes, captions, notes[-1].onset_s + 1.5)


def melody(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """A short tune: a walk over a scale in a few note lengths, now and then a rest."""
    kind = str(rng.choice(["major", "minor", "pentatonic"]))
    beat_s, pace = _pace(rng)
    beat_s, steps = max(0.12, beat_s), SCALES[kind]
    ladder = [o * 12 + s for o in range(3) for s in steps if o * 12 + s <= keys.highest - keys.lowest][:14]
    root = int(rng.integers(keys.lowest, keys.highest - ladder[-1] + 1))
    at_s, degree = 0.0, int(rng.integers(0, len(ladder)))
    notes: list[Note] = []
    while at_s < LAST_ONSET_S and len(notes) < 22:
        span_s = beat_s * float(rng.choice([0.5, 1.0, 1.0, 1.5, 2.0]))
        if rng.random() > 0.1 or not notes:
            notes.append(Note(at_s, span_s * 0.92, root + ladder[degree], _velocity(rng)))
        at_s += span_s
        degree = int(np.clip(degree + rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4]), 0, len(ladder) - 1))
    where = keys.word(float(np.mean([note.key for note in notes])))
    mood = {"major": "cheerful", "minor": "sad", "pentatonic": ""}[kind]
    captions = (
        _join(where, name, "melody"),
        f"{with_article(_join(pace, 'tune'))} on {with_article(name)}",
        f"{with_article(name)} playing {with_article(_join(pace, mood, 'melody'))}",
        f"{name} solo",
    )
    return Part(tuple(notes), captions, at_s + 0.8)


def riff(rng: np.random.Generator, keys: Range, name: str) -> Part:
    """A few notes of a pattern, repeated."""
    beat_s, n_steps = float(rng.uniform(0.14, 0.35)), int(rng.choice([4, 6, 8]))
    root = int(rng.integers(keys.lowest, max(keys.lowest + 1, keys.highest - 12)))
    pattern = [int(rng.choice(PENTATONIC)) if rng.random() < 0.75 else None for _ in range(n_steps)]
    pattern[0] = 0
    notes = []
    for k in range(int(LAST_ONSET_S / beat_s)):
        step = pattern[k % n_steps]
        if step is not None:
            notes.append(Note(k * beat_s, beat_s * 0.85, min(root + step, keys.highest), _velocity(rng)))
    pace = "fast" if beat_s < 0.19 else "slow" if beat_s > 0.29 else ""
    captions = (
        f"{name} riff",
        f"{with_article(_join(pace, 'repeating pattern'))} on {with_article(name)}",
        f"{name} loop",
    )
    return Part(tuple(notes), captions, notes[-1].onset_s + beat_s + 0.4)


_MELODIC: tuple[Draw, ...] = (single_note, single_note, repeated_note, scale, arpeggio, melody, melody)
DRAWS_BY_WAY: dict[str, tuple[Draw, ...]] = {
    "keys": (*_MELODIC, chord, chord),
    "pluck": (*_MELODIC, chord, glissando),
    "organ": (*_MELODIC, chord, chord),
    "bow": _MELODIC,
    "blow": _MELODIC,
    "sing": (single_note, chord, chord, melody),
    "mallet": (*_MELODIC, chord, glissando),
    "bass": (single_note, single_note, repeated_note, scale, melody, riff, riff),
    "lead": (*_MELODIC, chord, riff),
    "pad": (single_note, single_note, chord, chord, chord, melody),
    "hit": (single_note, single_note, single_note, repeated_note),
    "effect": (single_note,),
}
"""What is drawn from for each way of playing in `instruments.txt`; a phrase named twice is drawn twice as often."""
