"""The procedures of `sonotheque.audio.synthesis` as training clips, with words for how each came out.

Owns the variation (speed of playing, distance, muffling), and the measuring of pitch and brightness against the other
renders of a kind. Knows nothing of the single procedures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sonotheque.audio.resample import resample
from sonotheque.audio.synthesis import SOUND_KINDS, SoundKind
from sonotheque.training.synthetic.clip import (
    LONGEST_S,
    RATE_HZ,
    Array,
    MadeSound,
    make_distant,
    make_muffled,
    set_in_place,
)

SET_NAME = "kinds"
# A render this far from its kind's median centre of energy is called high or low.
PITCH_RATIO = 1.45
FAR_CHANCE, MUFFLED_CHANCE, VARISPEED_CHANCE = 0.15, 0.08, 0.12

# Recordings of these are at hand, and a model trained on recordings takes the procedures' renders for something else.
UNLIKE_RECORDINGS = frozenset(
    (
        "washing machine",
        "hand saw",
        "toilet flush",
        "pouring water",
        "light rain",
        "rain on a roof",
        "fire crackling",
        "snoring",
        "frogs",
        "sheep",
        "cat meow",
        "bubbling water",
        "creaking door",
    )
)


def render_kinds(rng: np.random.Generator, n_per_kind: int) -> Iterator[MadeSound]:
    """`n_per_kind` renders of every kind but those unlike the recordings."""
    for kind in SOUND_KINDS.values():
        if kind.name not in UNLIKE_RECORDINGS:
            yield from render_one_kind(rng, kind, n_per_kind)


def render_one_kind(rng: np.random.Generator, kind: SoundKind, n: int) -> Iterator[MadeSound]:
    """`n` renders of `kind`: with its own captions, and with those of what was done to it or measured on it."""
    renders = [_render(rng, kind) for _ in range(n)]
    words = pitch_words([samples for samples, _ in renders])
    for (samples, how), pitch in zip(renders, words, strict=True):
        # What was done takes the words; only an untouched render is described by what was measured.
        more = how or (
            (f"{pitch}-pitched {kind.name}", f"{kind.captions[0]}, {pitch} in pitch", f"{pitch} {kind.name}")
            if pitch
            else ()
        )
        captions = tuple(dict.fromkeys((kind.name, *kind.captions, *more)))
        yield MadeSound(SET_NAME, kind.name, captions, set_in_place(rng, samples), noun=kind.captions[0])


def _render(rng: np.random.Generator, kind: SoundKind) -> tuple[Array, tuple[str, ...]]:
    length_s = float(rng.uniform(1.2, LONGEST_S)) if kind.sustained else LONGEST_S
    samples = kind.render(rng, length_s, RATE_HZ).samples.astype(np.float64)
    chance, name, full = rng.random(), kind.name, kind.captions[0]
    if chance < FAR_CHANCE:
        return make_distant(rng, samples), (f"distant {name}", f"{full} in the distance", f"{full} far away")
    if (chance := chance - FAR_CHANCE) < MUFFLED_CHANCE:
        return make_muffled(rng, samples), (f"muffled {name}", f"{full} behind a wall", f"{full}, dull and muffled")
    if (chance := chance - MUFFLED_CHANCE) < VARISPEED_CHANCE / 2:
        return change_speed(samples, 1.6), (f"{full}, sped up", f"sped up {name}", f"{name} played too fast")
    if chance < VARISPEED_CHANCE:
        return change_speed(samples, 0.6), (f"{full}, slowed down", f"slowed down {name}", f"{name} in slow motion")
    return samples, ()


def change_speed(samples: npt.NDArray[np.float64], factor: float) -> Array:
    """As of a tape that runs `factor` times as fast: shorter and higher, or longer and lower."""
    as_recorded = round(RATE_HZ * factor / 100) * 100
    return np.asarray(resample(samples.astype(np.float32), as_recorded, RATE_HZ), dtype=np.float64)


def pitch_words(renders: Sequence[Array]) -> list[str]:
    """`high`, `low` or nothing for each, by its centre of energy on a log scale against the median of all."""
    if len(renders) < 3:
        return [""] * len(renders)
    centres = np.array([energy_centre_hz(samples) for samples in renders])
    middle = float(np.median(centres))
    return ["high" if c > PITCH_RATIO * middle else "low" if c * PITCH_RATIO < middle else "" for c in centres]


def energy_centre_hz(samples: Array) -> float:
    """The geometric mean frequency of the power above 40 Hz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency_hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    audible = frequency_hz > 40
    weights = power[audible] + 1e-12
    return float(np.exp(np.average(np.log(frequency_hz[audible]), weights=weights)))
