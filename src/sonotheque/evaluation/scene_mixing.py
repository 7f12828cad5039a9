"""Mixes sounds into a scene so that the truth about each is exact.

Owns the rule of what is audible, levels over the background, beds, rooms and placement. Knows samples at one rate;
nothing of files, labels' meaning or questions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonotheque.audio.synthesis.shaping import make_room
from sonotheque.audio.synthesis.sources import gate, make_noise
from sonotheque.errors import BadInputError
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray

Array = npt.NDArray[np.float64]

FRAME_S = 0.02
"""Levels are root mean squares over frames of 20 ms: short enough for an onset, longer than a period of a low voice."""
AUDIBLE_BELOW_PEAK_DB = 30.0
"""A frame is audible while it is at most this far below the clip's loudest frame ..."""
AUDIBLE_BELOW_BED_DB = 6.0
"""... and at most this far below the background's mean level."""
JOINED_PAUSE_S = 1.0
"""A shorter pause lies within an event. Of what longer pauses divide, the part with the most energy is the event."""
FADE_S = 0.005
CROSSFADE_S = 0.5
N_PLACEMENTS = 200


class Placed(NamedTuple):
    """An event's samples, already at their level, and the sample at which they begin."""

    samples: Array
    start: int
    snr_db: float


def frame_levels(samples: Array, rate_hz: int) -> Array:
    """Root mean square of successive frames of 20 ms, the last one perhaps shorter, (n_frames,)."""
    length = max(1, round(FRAME_S * rate_hz))
    n_frames = -(-len(samples) // length)
    sums = np.add.reduceat(np.square(samples), np.arange(n_frames) * length) if n_frames else np.zeros(0)
    sizes = np.minimum(length, len(samples) - length * np.arange(n_frames))
    return np.asarray(np.sqrt(sums / np.maximum(sizes, 1)), dtype=np.float64)


def audible_range(samples: Array, rate_hz: int, bed_level: float = 0.0) -> tuple[int, int]:
    """Half-open sample range of the event in a clip, by the rule told above; (0, 0) where the clip is silent.

    `bed_level` is the root mean square of what it will be mixed with; 0 for nothing. Exact to one frame.
    """
    levels = frame_levels(samples, rate_hz)
    peak = float(levels.max(initial=0.0))
    floor = max(peak * 10 ** (-AUDIBLE_BELOW_PEAK_DB / 20), bed_level * 10 ** (-AUDIBLE_BELOW_BED_DB / 20))
    if peak == 0.0 or peak < floor:
        return 0, 0
    audible = np.flatnonzero(levels >= floor)
    breaks = np.flatnonzero(np.diff(audible) > round(JOINED_PAUSE_S / FRAME_S))
    firsts, lasts = audible[np.r_[0, breaks + 1]], audible[np.r_[breaks, len(audible) - 1]]
    energy = [float(np.square(levels[first : last + 1]).sum()) for first, last in zip(firsts, lasts, strict=True)]
    best = int(np.argmax(energy))
    length = max(1, round(FRAME_S * rate_hz))
    return int(firsts[best]) * length, min(len(samples), (int(lasts[best]) + 1) * length)


def cut_to_audible(samples: Array, rate_hz: int, bed_level: float = 0.0) -> Array:
    """The event in a clip, with fades of 5 ms so that the cut makes no click; empty where the clip is silent."""
    first, stop = audible_range(samples, rate_hz, bed_level)
    event = samples[first:stop]
    return event * gate(len(event), rate_hz, FADE_S) if len(event) else event


def put_in_room(samples: Array, room: FloatArray | Array) -> Array:
    """The sound with the room's tail behind it, (n + n_room - 1,)."""
    length = len(samples) + len(room) - 1
    size = 1 << (length - 1).bit_length()
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(room, size), size)[:length], np.float64)


def draw_room(rng: np.random.Generator, rate_hz: int) -> tuple[Array, float]:
    """An impulse response and its decay constant in seconds: from a furnished room to a hall."""
    decay_s = float(rng.uniform(0.1, 0.5))
    return make_room(rng, rate_hz, decay_s, float(rng.uniform(0.3, 0.9))), round(decay_s, 3)


def set_level(samples: Array, bed_level: float, snr_db: float, rate_hz: int) -> tuple[Array, float]:
    """The event `snr_db` over the bed by mean power, cut to what is then audible, and the level that it really has.

    Cutting what would drown changes the mean power, so the true level lies a little above the one asked for.
    """
    event = cut_to_audible(samples, rate_hz)
    if not len(event):
        return event, -math.inf
    event = event * (bed_level * 10 ** (snr_db / 20) / _rms(event))
    event = cut_to_audible(event, rate_hz, bed_level)
    return (event, 20 * math.log10(_rms(event) / bed_level)) if len(event) else (event, -math.inf)


def make_bed(clips: Sequence[Array], n_samples: int, rate_hz: int) -> Array:
    """A continuous background of unit mean power: clips in turn, each joined to the last by a fade of half a second.

    The fades keep the power of unlike sounds (cosine and sine). Raises `BadInputError` where there is nothing to hear.
    """
    pieces = [event / _rms(event) for clip in clips if len(event := _without_silence(clip, rate_hz))]
    n_fade = round(CROSSFADE_S * rate_hz)
    pieces = [piece for piece in pieces if len(piece) > 2 * n_fade]
    if not pieces:
        raise BadInputError("A background needs a clip of more than a second of sound.")
    turn = 0.5 * np.pi * (np.arange(n_fade) + 0.5) / n_fade
    bed, at = pieces[0].copy(), 1
    while len(bed) < n_samples:
        following = pieces[at % len(pieces)]
        joined = bed[-n_fade:] * np.cos(turn) + following[:n_fade] * np.sin(turn)
        bed, at = np.concatenate([bed[:-n_fade], joined, following[n_fade:]]), at + 1
    return bed[:n_samples] / _rms(bed[:n_samples])


def make_noise_bed(rng: np.random.Generator, n_samples: int, rate_hz: int, slope_db: float) -> Array:
    """Noise of unit mean power, `slope_db` per octave."""
    noise = make_noise(rng, n_samples, rate_hz, slope_db)
    return noise / _rms(noise)


def find_place(
    rng: np.random.Generator,
    length_s: float,
    duration_s: float,
    taken: Sequence[tuple[Span, str]],
    label: str,
    *,
    gap_s: float,
    same_gap_s: float,
    overlapping: bool,
) -> float | None:
    """A drawn onset that keeps `gap_s` from other events and `same_gap_s` from those of the same label; None if none.

    With `overlapping` it shares at least a quarter of the shorter of the two with exactly one other event.
    """
    if length_s > duration_s:
        return None
    for onset_s in rng.uniform(0.0, duration_s - length_s, N_PLACEMENTS).tolist():
        span = Span(onset_s, onset_s + length_s)
        same = [other for other, name in taken if name == label]
        if any(_distance_s(span, other) < same_gap_s for other in same):
            continue
        others = [other for other, name in taken if name != label]
        shared = [other for other in others if span.overlap_s(other) > 0]
        if not overlapping and all(_distance_s(span, other) >= gap_s for other in others):
            return float(onset_s)
        if overlapping and len(shared) == 1 and _shares_part(span, shared[0]):
            return float(onset_s)
    return None


def _shares_part(one: Span, other: Span) -> bool:
    shared_s, shorter_s = one.overlap_s(other), min(one.duration_s, other.duration_s)
    return shared_s >= 0.25 * shorter_s


def _distance_s(one: Span, other: Span) -> float:
    return max(one.start_s - other.end_s, other.start_s - one.end_s)


def _without_silence(samples: Array, rate_hz: int) -> Array:
    """From the first to the last audible frame, pauses and all; no fades."""
    levels = frame_levels(samples, rate_hz)
    audible = np.flatnonzero(levels >= levels.max(initial=0.0) * 10 ** (-AUDIBLE_BELOW_PEAK_DB / 20))
    if not len(audible) or levels.max() == 0.0:
        return samples[:0]
    length = max(1, round(FRAME_S * rate_hz))
    return samples[int(audible[0]) * length : (int(audible[-1]) + 1) * length]


def _rms(samples: Array) -> float:
    return max(1e-12, float(np.sqrt(np.mean(np.square(samples)))))
