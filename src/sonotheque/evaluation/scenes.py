"""Makes sets of scenes: labelled clips mixed into soundscapes with exact truth, by a recipe and a seed.

Owns what a scene is made of and where its parts go. How samples are mixed is told in `scene_mixing`, which clips may be
used in `scene_clips`, the form of the truth in `scene_truth`.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonotheque.audio.decode import RATE_HZ, read
from sonotheque.errors import BadInputError
from sonotheque.evaluation.scene_clips import LabelledClip
from sonotheque.evaluation.scene_mixing import (
    Placed,
    draw_room,
    find_place,
    make_bed,
    make_noise_bed,
    put_in_room,
    set_level,
)
from sonotheque.evaluation.scene_truth import SceneSet, SceneTruth, TrueEvent, write_truth
from sonotheque.values.span import Span
from sonotheque.values.waveform import Waveform

Array = npt.NDArray[np.float64]
SoundWriter = Callable[[Path, Waveform], None]

NOISES = {"white noise": 0.0, "pink noise": -3.0, "brown noise": -6.0}
CONTINUOUS = (
    "rain", "wind", "sea waves", "crickets", "insects", "engine", "airplane", "helicopter", "washing machine",
    "vacuum cleaner", "crackling fire",
)  # fmt: skip
SHORTEST_EVENT_S = 0.1
MAX_PEAK = 0.9
GAP_S = 0.5
MAX_REPEATS = 4


@dataclass(frozen=True, slots=True)
class SceneRecipe:
    """What scenes are made of. Levels are in dB of an event's mean power over the background's, drawn evenly.

    `bed_share` of the scenes lie over a continuous clip of one of `bed_labels` (which is then an event too), the others
    over noise; `room_share` of them in a room. `overlap_share` of the events sound together with another;
    `repeat_share` of the scenes hear one label two to four times, at least `same_label_gap_s` apart.
    """

    duration_s: float = 30.0
    events: tuple[int, int] = (3, 6)
    snr_db: tuple[float, float] = (5.0, 20.0)
    background_db: float = -45.0
    longest_event_s: float = 8.0
    bed_share: float = 0.3
    bed_labels: tuple[str, ...] = CONTINUOUS
    room_share: float = 0.25
    overlap_share: float = 0.25
    repeat_share: float = 0.3
    same_label_gap_s: float = 2.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.duration_s <= 3600.0:
            raise BadInputError(f"A scene is 1 to 3600 seconds long, not {self.duration_s:g}.")
        if not 1 <= self.events[0] <= self.events[1]:
            raise BadInputError(f"A scene has at least one event, and no more than the most: not {self.events}.")
        if not -30.0 <= self.snr_db[0] <= self.snr_db[1] <= 60.0:
            raise BadInputError(f"Levels over the background lie in -30 to 60 dB, the lower first: not {self.snr_db}.")
        shares = (self.bed_share, self.room_share, self.overlap_share, self.repeat_share)
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise BadInputError(f"A share lies between 0 and 1: not {shares}.")
        if self.background_db > -10.0:
            raise BadInputError(f"A background is at most -10 dB of full scale, not {self.background_db:g}.")


@dataclass(frozen=True, slots=True, eq=False)
class MixedScene:
    """A scene's sound with its truth."""

    waveform: Waveform
    truth: SceneTruth


def make_scenes(
    clips: Sequence[LabelledClip],
    folder: Path,
    *,
    n_scenes: int = 100,
    seed: int = 0,
    recipe: SceneRecipe | None = None,
    write: SoundWriter | None = None,
    ending: str = ".wav",
) -> SceneSet:
    """Mixes scenes of the clips and writes them into a folder, the truth beside them; the same again for a same seed.

    `write` writes one sound (16-bit WAV where none is given), `ending` is that of its files. Scene k depends on the
    seed and k alone, so that a larger set begins with the smaller one. Raises `BadInputError` where there is no clip,
    or the folder holds something.
    """
    recipe = recipe or SceneRecipe()
    if n_scenes < 1:
        raise BadInputError(f"A set has at least one scene, not {n_scenes}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInputError(f"{folder} exists and is not an empty folder.", next_step="Name a new one.")
    mixer = SceneMixer(clips, recipe)
    folder.mkdir(parents=True, exist_ok=True)
    scenes = []
    for number in range(n_scenes):
        scene = mixer.mix(np.random.default_rng([seed, number]), f"scene-{number:04d}{ending}")
        (write or write_wav)(folder / scene.truth.file, scene.waveform)
        scenes.append(scene.truth)
    made = SceneSet({"seed": seed, "n_clips": len(clips), **asdict(recipe)}, mixer.labels, tuple(scenes))
    write_truth(made, folder)
    return made


class SceneMixer:
    """Mixes one scene at a time from the same clips; keeps the clips last read in memory."""

    def __init__(self, clips: Sequence[LabelledClip], recipe: SceneRecipe) -> None:
        if not clips:
            raise BadInputError("There is no clip to make scenes of.")
        self.recipe = recipe
        self._by_label: dict[str, list[LabelledClip]] = {}
        for clip in sorted(clips, key=lambda clip: str(clip.path)):
            self._by_label.setdefault(clip.label, []).append(clip)
        self.labels = tuple(sorted(self._by_label))
        self._beds = [label for label in self.labels if label in recipe.bed_labels]
        self._read = lru_cache(maxsize=256)(_read_samples)

    def mix(self, rng: np.random.Generator, file: str) -> MixedScene:
        """One scene, by the generator alone."""
        recipe = self.recipe
        n_samples = round(recipe.duration_s * RATE_HZ)
        bed, background, bed_event = self._make_bed(rng, n_samples)
        room, decay_s = draw_room(rng, RATE_HZ) if rng.random() < recipe.room_share else (None, None)
        mix, events, taken = bed.copy(), [] if bed_event is None else [bed_event], list[tuple[Span, str]]()
        bed_level = 10 ** (recipe.background_db / 20)
        for label, clip in self._choose(rng, () if bed_event is None else (bed_event.label,)):
            placed = self._place(rng, clip, label, room, bed_level, taken)
            if placed is None:
                continue
            span = Span(placed.start / RATE_HZ, (placed.start + len(placed.samples)) / RATE_HZ)
            mix[placed.start : placed.start + len(placed.samples)] += placed.samples
            taken.append((span, label))
            events.append(TrueEvent(label, span, round(placed.snr_db, 2), (_source_name(clip),)))
        loudest = float(np.max(np.abs(mix)))
        mix *= min(1.0, MAX_PEAK / max(loudest, 1e-12))
        truth = SceneTruth(file, n_samples / RATE_HZ, background, decay_s, tuple(events))
        return MixedScene(Waveform(mix.astype(np.float32), RATE_HZ), truth)

    def _make_bed(self, rng: np.random.Generator, n_samples: int) -> tuple[Array, str, TrueEvent | None]:
        """The background at its level, its name, and the event that it is where it has a label."""
        level = 10 ** (self.recipe.background_db / 20)
        if self._beds and rng.random() < self.recipe.bed_share:
            label = self._beds[int(rng.integers(len(self._beds)))]
            offered = self._by_label[label]
            chosen = [offered[at] for at in rng.permutation(len(offered))[:3].tolist()]
            bed = make_bed([self._read(clip.path) for clip in chosen], n_samples, RATE_HZ) * level
            span = Span(0.0, n_samples / RATE_HZ)
            return bed, label, TrueEvent(label, span, None, tuple(map(_source_name, chosen)), is_bed=True)
        name = list(NOISES)[int(rng.integers(len(NOISES)))]
        return make_noise_bed(rng, n_samples, RATE_HZ, NOISES[name]) * level, name, None

    def _choose(self, rng: np.random.Generator, without: Sequence[str]) -> list[tuple[str, LabelledClip]]:
        """Labels with clips: different labels, but for one that may come again, from the same clip or from others."""
        offered = [label for label in self.labels if label not in without]
        if not offered:
            return []
        n_events = int(rng.integers(self.recipe.events[0], self.recipe.events[1] + 1))
        labels = [offered[at] for at in rng.permutation(len(offered))[:n_events].tolist()]
        chosen = [(label, self._draw(rng, label)) for label in labels]
        if rng.random() < self.recipe.repeat_share:
            label, clip = chosen[0]
            is_same = rng.random() < 0.5
            again = int(rng.integers(1, MAX_REPEATS))
            chosen = chosen[: max(1, n_events - again)]
            chosen += [(label, clip if is_same else self._draw(rng, label)) for _ in range(again)]
        return chosen

    def _draw(self, rng: np.random.Generator, label: str) -> LabelledClip:
        offered = self._by_label[label]
        return offered[int(rng.integers(len(offered)))]

    def _place(
        self,
        rng: np.random.Generator,
        clip: LabelledClip,
        label: str,
        room: Array | None,
        bed_level: float,
        taken: Sequence[tuple[Span, str]],
    ) -> Placed | None:
        """The event at its level and place; None where it can't be heard or finds no room."""
        recipe = self.recipe
        snr_db, is_overlapping = float(rng.uniform(*recipe.snr_db)), bool(rng.random() < recipe.overlap_share)
        longest = round(min(recipe.longest_event_s, recipe.duration_s) * RATE_HZ)
        samples = self._read(clip.path)
        samples = samples if room is None else put_in_room(samples, room)
        event, heard_db = set_level(samples, bed_level, snr_db, RATE_HZ)
        if len(event) > longest:
            event, heard_db = set_level(event[:longest], bed_level, snr_db, RATE_HZ)
        if len(event) < SHORTEST_EVENT_S * RATE_HZ:
            return None
        for together in (True, False) if is_overlapping and taken else (False,):
            onset_s = find_place(
                rng, len(event) / RATE_HZ, recipe.duration_s, taken, label,
                gap_s=GAP_S, same_gap_s=recipe.same_label_gap_s, overlapping=together,
            )  # fmt: skip
            if onset_s is not None:
                start = min(round(onset_s * RATE_HZ), round(recipe.duration_s * RATE_HZ) - len(event))
                return Placed(event, start, heard_db)
        return None


def write_wav(path: Path, waveform: Waveform) -> None:
    """Writes 16-bit WAV."""
    whole = np.clip(np.rint(waveform.samples * 32768.0), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(waveform.rate_hz)
        file.writeframes(whole.tobytes())


def _read_samples(path: Path) -> Array:
    return read(path).samples.astype(np.float64)


def _source_name(clip: LabelledClip) -> str:
    return f"{clip.path.parent.name}/{clip.path.name}"
