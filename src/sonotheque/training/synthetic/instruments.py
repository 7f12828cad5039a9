"""The 128 General MIDI programs and the drum kit, playing something, with captions.

Owns which instrument plays what and what it is called. The names are in `instruments.txt` and `drums.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import numpy as np

from sonotheque.training.synthetic.clip import MadeSound, set_in_place, with_article
from sonotheque.training.synthetic.fluidsynth import Phrase, play_phrases
from sonotheque.training.synthetic.midi import Note
from sonotheque.training.synthetic.patterns import PATTERNS, play_pattern
from sonotheque.training.synthetic.phrases import DRAWS_BY_WAY, Range, single_note

SET_NAME = "instruments"
PATTERN_S = 5.0


@dataclass(frozen=True, slots=True)
class Instrument:
    """A program with the keys it sounds well on, its way of playing and its names."""

    program: int
    keys: Range
    way: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be played, and what it will be called."""

    label: str
    captions: tuple[str, ...]
    phrase: Phrase


def _read_table(name: str) -> Iterator[list[str]]:
    text = resources.files("sonotheque.training.synthetic").joinpath(name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield [field.strip() for field in line.split("|")]


def load_instruments() -> tuple[Instrument, ...]:
    """The 128 programs in order."""
    rows = []
    for program, keys, way, names in _read_table("instruments.txt"):
        low, high = keys.split("-")
        rows.append(Instrument(int(program), Range(int(low), int(high)), way, _names(names)))
    return tuple(rows)


def load_drums() -> dict[int, tuple[str, ...]]:
    """Names of the drum kit's keys 35 to 81."""
    return {int(key): _names(names) for key, names in _read_table("drums.txt")}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(";"))


def plan_instrument(rng: np.random.Generator, instrument: Instrument, kth: int) -> Plan:
    """The `kth` thing an instrument plays; the first is a single note."""
    draws = DRAWS_BY_WAY[instrument.way]
    draw = single_note if kth == 0 else draws[int(rng.integers(0, len(draws)))]
    name = instrument.names[0] if rng.random() < 0.5 else str(rng.choice(instrument.names))
    if instrument.way == "effect":
        name = instrument.names[0]
    part = draw(rng, instrument.keys, name)
    phrase = Phrase(instrument.program, part.notes, part.length_s)
    if instrument.way == "effect":
        held = Note(0.0, float(rng.uniform(1.5, 4.0)), part.notes[0].key, part.notes[0].velocity)
        return Plan(name, instrument.names, Phrase(instrument.program, (held,), held.held_s + 0.8))
    return Plan(instrument.names[0], (*instrument.names, *part.captions), phrase)


def plan_drum(rng: np.random.Generator, key: int, names: tuple[str, ...]) -> Plan:
    """One drum or cymbal hit once, or a few times in a row."""
    n_hits = 1 if rng.random() < 0.6 else int(rng.integers(2, 7))
    gap_s = float(rng.uniform(0.12, 0.6))
    velocities = rng.integers(60, 127, n_hits)
    notes = tuple(Note(k * gap_s, 0.3, key, int(velocity)) for k, velocity in enumerate(velocities))
    captions = [*names, f"{names[0]} sample" if n_hits == 1 else f"{names[0]} hit {n_hits} times"]
    if n_hits > 1:
        captions.append(f"{with_article(names[0])} repeated {'fast' if gap_s < 0.22 else 'slowly'}")
    return Plan(names[0], tuple(captions), Phrase(None, notes, n_hits * gap_s + 1.6))


def plan_pattern(rng: np.random.Generator, style: str) -> Plan:
    """Some bars of a style."""
    pattern = PATTERNS[style]
    length_s = float(rng.uniform(2.5, PATTERN_S))
    notes, pace = play_pattern(rng, pattern, length_s)
    captions = list(pattern.captions)
    if pace:
        captions.append(f"{with_article(pace)} {pattern.captions[0]}")
    if len(pattern.rows) > 2:
        captions += ["drums", "drum loop"]
    return Plan(pattern.captions[0], tuple(captions), Phrase(None, notes, length_s + 0.5))


def plan_all(rng: np.random.Generator, n_per_kind: int) -> list[Plan]:
    """`n_per_kind` for each program, a third of that (at least one) for each drum and for each pattern."""
    n_drums = max(1, -(-n_per_kind // 3))
    plans = [plan_instrument(rng, one, k) for one in load_instruments() for k in range(n_per_kind)]
    plans += [plan_drum(rng, key, names) for key, names in load_drums().items() for _ in range(n_drums)]
    return plans + [plan_pattern(rng, style) for style in PATTERNS for _ in range(n_drums)]


def render_instruments(rng: np.random.Generator, n_per_kind: int) -> Iterator[MadeSound]:
    """Every instrument, drum and pattern. Raises `UnavailableError` where fluidsynth or its font is absent."""
    plans = plan_all(rng, n_per_kind)
    played = play_phrases([plan.phrase for plan in plans])
    for plan, samples in zip(plans, played, strict=True):
        captions = tuple(dict.fromkeys(plan.captions))
        yield MadeSound(SET_NAME, plan.label, captions, set_in_place(rng, samples), noun=with_article(plan.label))
