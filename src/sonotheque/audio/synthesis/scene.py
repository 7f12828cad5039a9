"""Scenes: sounds at known times over a background, with the truth of what is where.

Knows the catalogue of kinds; knows nothing of files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sonotheque.audio.synthesis.catalogue import find_kind
from sonotheque.audio.synthesis.shaping import MAX_PEAK
from sonotheque.audio.synthesis.sources import DEFAULT_RATE_HZ, Array, count_samples, make_noise
from sonotheque.errors import BadInputError
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray, Waveform

# An event is cut to where it is louder than this share of its peak (-34 dB), so that its truth is what can be heard.
AUDIBLE_SHARE_OF_PEAK = 0.02
EVENT_PEAK = 0.6
N_PLACEMENTS = 64


@dataclass(frozen=True, slots=True)
class SceneEvent:
    """A sound to place: a kind's name, when it begins (None: anywhere it fits) and its longest duration.

    `gain_db` is relative to an event whose peak is 0.6. Raises `BadInputError` for an impossible time.
    """

    kind: str
    onset_s: float | None = None
    duration_s: float = 3.0
    gain_db: float = 0.0

    def __post_init__(self) -> None:
        if self.onset_s is not None and not (math.isfinite(self.onset_s) and self.onset_s >= 0):
            raise BadInputError(f"An event begins at 0 or later, not {self.onset_s} s.")
        if not (math.isfinite(self.duration_s) and self.duration_s > 0):
            raise BadInputError(f"An event needs a positive duration, not {self.duration_s} s.")


class Happening(NamedTuple):
    """What is heard when: the truth about one event."""

    span: Span
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A composed waveform with its truth, ordered by onset."""

    waveform: Waveform
    truth: tuple[Happening, ...]


def compose(
    events: Sequence[SceneEvent],
    duration_s: float,
    background_db: float,
    rng: np.random.Generator,
    *,
    rate_hz: int = DEFAULT_RATE_HZ,
) -> Scene:
    """Place `events` over pink noise of `background_db` RMS (dB of full scale; -inf for none).

    Events without an onset go where they overlap the others least. What would pass the end is cut there. Should the sum
    pass a peak of 0.9, all of it is turned down. Raises `BadInputError` for an event that begins at or after the end
    and `NotFoundError` for a kind that does not exist.
    """
    n_samples = count_samples(duration_s, rate_hz)
    mix = make_background(rng, n_samples, rate_hz, background_db)
    truth: list[Happening] = []
    for event in sorted(events, key=lambda one: one.onset_s is None):
        if event.onset_s is not None and event.onset_s >= duration_s:
            raise BadInputError(f"An event at {event.onset_s:g} s begins after the scene's end at {duration_s:g} s.")
        sound = cut_to_audible(find_kind(event.kind).render(rng, min(event.duration_s, duration_s), rate_hz).samples)
        length_s = len(sound) / rate_hz
        onset_s = event.onset_s
        if onset_s is None:
            onset_s = _find_room(rng, length_s, duration_s, [happening.span for happening in truth])
        start = min(round(onset_s * rate_hz), n_samples - 1)
        heard = sound[: n_samples - start].astype(np.float64)
        mix[start : start + len(heard)] += heard * (EVENT_PEAK * 10 ** (event.gain_db / 20))
        truth.append(Happening(Span(start / rate_hz, (start + len(heard)) / rate_hz), event.kind))
    loudest = float(np.max(np.abs(mix)))
    if loudest > MAX_PEAK:
        mix *= MAX_PEAK / loudest
    waveform = Waveform(np.clip(mix, -MAX_PEAK, MAX_PEAK).astype(np.float32), rate_hz)
    return Scene(waveform, tuple(sorted(truth)))


def make_background(rng: np.random.Generator, n_samples: int, rate_hz: int, background_db: float) -> Array:
    """Pink noise of that RMS in dB of full scale; silence for -inf. Raises `BadInputError` above -10 dB or for NaN."""
    if math.isnan(background_db) or background_db > -10:
        raise BadInputError(f"A background is at most -10 dB of full scale (or -inf), not {background_db}.")
    if background_db == -math.inf:
        return np.zeros(n_samples)
    return make_noise(rng, n_samples, rate_hz, -3.0) * 10 ** (background_db / 20)


def cut_to_audible(samples: FloatArray) -> FloatArray:
    """The samples from the first to the last that reach -34 dB of the peak, scaled to a peak of one."""
    loudest = float(np.max(np.abs(samples)))
    if loudest == 0:
        return samples
    audible = np.flatnonzero(np.abs(samples) >= AUDIBLE_SHARE_OF_PEAK * loudest)
    return samples[audible[0] : audible[-1] + 1] / np.float32(loudest)


def _find_room(rng: np.random.Generator, length_s: float, duration_s: float, taken: Sequence[Span]) -> float:
    """The drawn onset whose span shares the least time with those taken."""
    latest_s = max(0.0, duration_s - length_s)
    onsets_s = rng.uniform(0, latest_s, N_PLACEMENTS) if latest_s > 0 else np.zeros(1)
    shared_s = [sum(span.overlap_s(Span(onset_s, onset_s + length_s)) for span in taken) for onset_s in onsets_s]
    return float(onsets_s[int(np.argmin(shared_s))])
