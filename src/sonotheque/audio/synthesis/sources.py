"""Raw material of synthesis: time, noise, oscillators, pulses, control curves, ringing modes.

Arrays are float64 of shape (n_samples,). Knows nothing of filters or of the single sounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError

Array = npt.NDArray[np.float64]

DEFAULT_RATE_HZ = 16_000
MIN_RATE_HZ = 4_000
# Partials above this share of the rate are left out, so that nothing folds back below the Nyquist frequency.
HIGHEST_SHARE_OF_RATE = 0.47


def count_samples(duration_s: float, rate_hz: int) -> int:
    """Samples in `duration_s`, at least one. Raises `BadInputError` for an impossible duration or too low a rate."""
    if not (math.isfinite(duration_s) and duration_s > 0):
        raise BadInputError(f"A sound needs a positive duration, not {duration_s} s.")
    if rate_hz < MIN_RATE_HZ:
        raise BadInputError(f"Synthesis needs a sample rate of at least {MIN_RATE_HZ} Hz, not {rate_hz} Hz.")
    return max(1, round(duration_s * rate_hz))


def time_axis(n_samples: int, rate_hz: int) -> Array:
    """Seconds from the start for each sample."""
    return np.arange(n_samples, dtype=np.float64) / rate_hz


def fast_length(n: int) -> int:
    """The smallest number of the form 2^a 3^b 5^c that is at least `n`: a length at which the FFT is quick."""
    best = 1 << max(0, n - 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            candidate = three << max(0, -(-n // three) - 1).bit_length()
            best = min(best, candidate)
            three *= 3
        five *= 5
    return best


def make_noise(rng: np.random.Generator, n_samples: int, rate_hz: int, slope_db_per_octave: float = 0.0) -> Array:
    """Gaussian noise of unit RMS: white at 0 dB per octave, pink at -3, brown at -6 (flat below 20 Hz)."""
    if slope_db_per_octave == 0.0:
        return rng.standard_normal(n_samples)
    length = fast_length(n_samples)
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequency_hz = np.fft.rfftfreq(length, 1 / rate_hz)
    spectrum *= np.maximum(frequency_hz / 20.0, 1.0) ** (slope_db_per_octave / (20 * math.log10(2)))
    spectrum[0] = 0
    samples = np.fft.irfft(spectrum, length)[:n_samples]
    return samples / max(1e-12, float(np.sqrt(np.mean(samples**2))))


def wander(
    rng: np.random.Generator, n_samples: int, rate_hz: int, turns_per_s: float, low: float, high: float
) -> Array:
    """A smooth random curve between `low` and `high` that takes a new direction about `turns_per_s` times a second."""
    duration_s = n_samples / rate_hz
    n_points = max(2, math.ceil(duration_s * turns_per_s) + 2)
    points = rng.uniform(low, high, n_points)
    position = time_axis(n_samples, rate_hz) * turns_per_s + rng.uniform(0, 1)
    position = np.minimum(position, n_points - 1.0)
    left = np.minimum(position.astype(np.int64), n_points - 2)
    share = position - left
    share = share * share * (3 - 2 * share)
    return np.asarray(points[left] * (1 - share) + points[left + 1] * share, dtype=np.float64)


def follow_points(n_samples: int, rate_hz: int, points: Sequence[tuple[float, float]]) -> Array:
    """A curve through (time_s, value) points by straight lines, held before the first and after the last."""
    times_s, values = zip(*points, strict=True)
    return np.asarray(np.interp(time_axis(n_samples, rate_hz), times_s, values), dtype=np.float64)


def strike_envelope(n_samples: int, rate_hz: int, attack_s: float, decay_s: float) -> Array:
    """Rises within `attack_s`, then falls by a factor e every `decay_s`."""
    time_s = time_axis(n_samples, rate_hz)
    return np.minimum(1.0, time_s / max(attack_s, 1e-6)) * np.exp(-np.maximum(0.0, time_s - attack_s) / decay_s)


def gate(n_samples: int, rate_hz: int, ramp_s: float) -> Array:
    """One everywhere, with raised-cosine ramps of `ramp_s` at both ends (shorter where the sound is)."""
    n_ramp = min(n_samples // 2, max(1, round(ramp_s * rate_hz)))
    curve = np.ones(n_samples)
    if n_ramp:
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n_ramp) + 0.5) / n_ramp)
        curve[:n_ramp] = ramp
        curve[-n_ramp:] = ramp[::-1]
    return curve


def turn_phase(frequency_hz: float | Array, n_samples: int, rate_hz: int, start_turns: float = 0.0) -> Array:
    """Turns completed at each sample of an oscillator of that (possibly changing) frequency."""
    if isinstance(frequency_hz, np.ndarray):
        return start_turns + np.cumsum(frequency_hz) / rate_hz
    return start_turns + time_axis(n_samples, rate_hz) * frequency_hz


def make_sine(frequency_hz: float | Array, n_samples: int, rate_hz: int, start_turns: float = 0.0) -> Array:
    """A sine of unit amplitude; silent wherever its frequency is too high for the rate."""
    tone = np.sin(2 * np.pi * turn_phase(frequency_hz, n_samples, rate_hz, start_turns))
    return np.asarray(tone * (np.asarray(frequency_hz) < HIGHEST_SHARE_OF_RATE * rate_hz), dtype=np.float64)


def fall_off(share: float, n_harmonics: int) -> Array:
    """Gains of harmonics, each `share` of the one below: 1, share, share^2 ..."""
    return np.asarray(share ** np.arange(n_harmonics), dtype=np.float64)


def make_harmonics(frequency_hz: float | Array, gains: Sequence[float] | Array, n_samples: int, rate_hz: int) -> Array:
    """Harmonics 1, 2, 3 ... of a (possibly changing) fundamental with those gains, band-limited."""
    fundamental = np.broadcast_to(np.asarray(frequency_hz, dtype=np.float64), (n_samples,))
    phase = turn_phase(fundamental, n_samples, rate_hz)
    rotation = np.exp(2j * np.pi * phase)
    partial = np.ones(n_samples, dtype=np.complex128)
    limit_hz = HIGHEST_SHARE_OF_RATE * rate_hz
    lowest_hz, highest_hz = float(fundamental.min()), float(fundamental.max())
    out = np.zeros(n_samples)
    for number, gain in enumerate(gains, start=1):
        if number * lowest_hz >= limit_hz:
            break
        partial *= rotation
        if gain != 0:
            audible = (
                partial.imag if number * highest_hz < limit_hz else partial.imag * (number * fundamental < limit_hz)
            )
            out += gain * audible
    return out


def ring_modes(modes: Sequence[tuple[float, float, float]], n_samples: int, rate_hz: int) -> Array:
    """The impulse response of a struck body: a sum of decaying sines, each (frequency_hz, decay_s, gain)."""
    block = 256
    out = np.zeros(-(-n_samples // block) * block)
    for frequency_hz, decay_s, gain in modes:
        if 0 < frequency_hz < HIGHEST_SHARE_OF_RATE * rate_hz:
            # Past 9 decay times a mode is 78 dB down.
            n_blocks = -(-min(n_samples, max(2, round(9 * decay_s * rate_hz))) // block)
            # exp(s (B i + j)) = exp(s B i) exp(s j): two short exponentials and one outer product make the whole tail.
            turn = (2j * np.pi * frequency_hz - 1 / decay_s) / rate_hz
            inner, outer = np.exp(turn * np.arange(block)), gain * np.exp(turn * block * np.arange(n_blocks))
            tail = out[: n_blocks * block].reshape(n_blocks, block)
            tail += np.outer(outer.real, inner.imag)
            tail += np.outer(outer.imag, inner.real)
    return out[:n_samples]


def place_pulses(times_s: Array, gains: Array | float, n_samples: int, rate_hz: int) -> Array:
    """Impulses at those times, each shared between its two nearest samples; times outside are left out."""
    position = np.asarray(times_s, dtype=np.float64) * rate_hz
    heights = np.broadcast_to(np.asarray(gains, dtype=np.float64), position.shape)
    inside = (position >= 0) & (position < n_samples - 1)
    position, heights = position[inside], heights[inside]
    left = position.astype(np.int64)
    share = position - left
    out = np.bincount(left, heights * (1 - share), n_samples) + np.bincount(left + 1, heights * share, n_samples)
    return np.asarray(out, dtype=np.float64)


def find_cycle_starts(frequency_hz: Array, rate_hz: int) -> Array:
    """The times in seconds at which an oscillator of that changing frequency completes a cycle."""
    phase = turn_phase(frequency_hz, len(frequency_hz), rate_hz)
    whole_turns = np.arange(1, math.floor(phase[-1]) + 1)
    return np.interp(whole_turns, phase, time_axis(len(frequency_hz), rate_hz))


def draw_times(rng: np.random.Generator, rate_per_s: float, duration_s: float) -> Array:
    """Sorted times of a Poisson process of `rate_per_s` within `duration_s`."""
    return np.sort(rng.uniform(0, duration_s, rng.poisson(rate_per_s * duration_s)))


def draw_steady_times(
    rng: np.random.Generator, gap_s: float, jitter: float, duration_s: float, start_s: float = 0.0
) -> Array:
    """Times about `gap_s` apart, each gap varied by a share of up to `jitter`, from `start_s` to `duration_s`."""
    n_gaps = math.ceil(duration_s / (gap_s * max(0.05, 1 - jitter))) + 1
    gaps = gap_s * (1 + jitter * rng.uniform(-1, 1, n_gaps))
    times_s = start_s + np.concatenate([[0.0], np.cumsum(gaps)])
    return times_s[times_s < duration_s]


def lay_grains(grains: Sequence[Array], onsets_s: Sequence[float] | Array, n_samples: int, rate_hz: int) -> Array:
    """The sum of grains, each starting at its onset, cut at the end."""
    out = np.zeros(n_samples)
    for grain, onset_s in zip(grains, onsets_s, strict=True):
        start = round(float(onset_s) * rate_hz)
        if 0 <= start < n_samples:
            n_heard = min(len(grain), n_samples - start)
            out[start : start + n_heard] += grain[:n_heard]
    return out
