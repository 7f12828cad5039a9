"""Filters, resonances, rooms and the last touch that turns samples into a `Waveform`.

Filters act through the FFT of the whole sound, which numpy does quickly; a filter that moves acts frame by frame with
overlap. Knows nothing of the single sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sonotheque.audio.synthesis.sources import Array, fast_length, gate, make_noise, ring_modes
from sonotheque.values.waveform import Waveform

MAX_PEAK = 0.9
# Where a sound that dies away is cut: 54 dB below its peak.
TAIL_SHARE_OF_PEAK = 0.002
LOWEST_HZ = 10.0
# The RMS of the hush of the place, relative to the sound's peak: from a quiet studio to an open window. Its own peaks
# stay below the -34 dB at which a scene takes an event to be audible.
AMBIENCE_DB = (-75.0, -51.0)


def apply_gain_curve(samples: Array, rate_hz: int, gain_at: Callable[[Array], Array]) -> Array:
    """Zero-phase filter: `gain_at` gives the linear gain for frequencies in Hz. Same length as `samples`."""
    length = fast_length(len(samples) + rate_hz // 20)
    spectrum = np.fft.rfft(samples, length)
    frequency_hz = np.asarray(np.fft.rfftfreq(length, 1 / rate_hz), dtype=np.float64)
    spectrum *= gain_at(frequency_hz)
    return np.fft.irfft(spectrum, length)[: len(samples)]


def low_pass(samples: Array, rate_hz: int, cutoff_hz: float, order: int = 2) -> Array:
    """Butterworth magnitude, -3 dB at the cutoff, 6 dB per octave and order above it."""
    return apply_gain_curve(samples, rate_hz, lambda f: 1 / np.sqrt(1 + (f / cutoff_hz) ** (2 * order)))


def high_pass(samples: Array, rate_hz: int, cutoff_hz: float, order: int = 2) -> Array:
    """Butterworth magnitude, -3 dB at the cutoff, 6 dB per octave and order below it."""
    return apply_gain_curve(
        samples, rate_hz, lambda f: 1 / np.sqrt(1 + (cutoff_hz / np.maximum(f, 1e-3)) ** (2 * order))
    )


def band_pass(samples: Array, rate_hz: int, low_hz: float, high_hz: float, order: int = 2) -> Array:
    """A high pass at `low_hz` and a low pass at `high_hz` in one go."""
    exponent = 2 * order
    return apply_gain_curve(
        samples,
        rate_hz,
        lambda f: 1 / np.sqrt((1 + (low_hz / np.maximum(f, 1e-3)) ** exponent) * (1 + (f / high_hz) ** exponent)),
    )


def convolve(samples: Array, response: Array) -> Array:
    """`samples` through an impulse response, cut to the length of `samples`."""
    length = fast_length(len(samples) + len(response) - 1)
    product = np.fft.rfft(samples, length) * np.fft.rfft(response, length)
    return np.fft.irfft(product, length)[: len(samples)]


def resonate(samples: Array, rate_hz: int, modes: Sequence[tuple[float, float, float]]) -> Array:
    """`samples` through a body of modes (frequency_hz, decay_s, gain)."""
    longest_s = max(decay_s for _, decay_s, _ in modes)
    n_response = min(len(samples), max(2, round(9 * longest_s * rate_hz)))
    return convolve(samples, ring_modes(modes, n_response, rate_hz))


def apply_formants(samples: Array, rate_hz: int, formants: Sequence[tuple[float, float, float]]) -> Array:
    """Zero-phase resonances (centre_hz, bandwidth_hz, gain) over a floor of 2 %, as of a throat or a horn."""

    def gain_at(frequency_hz: Array) -> Array:
        gain = np.full_like(frequency_hz, 0.02)
        for centre_hz, bandwidth_hz, height in formants:
            gain += height / (1 + ((frequency_hz - centre_hz) / (bandwidth_hz / 2)) ** 2)
        return gain

    return apply_gain_curve(samples, rate_hz, gain_at)


def follow_resonances(
    samples: Array, rate_hz: int, tracks: Sequence[tuple[Array, float, Array | float]], floor: float = 0.0
) -> Array:
    """`samples` through resonances that move: each track is (centre_hz per sample, quality, gain per sample).

    Frames of 32 ms, half overlapped, square-root Hann at both ends, so that an unfiltered sound would come back
    unchanged. The bandwidth of a resonance is its centre divided by its quality. `floor` is the gain elsewhere.
    """
    hop = max(16, round(0.016 * rate_hz))
    n_frames = -(-len(samples) // hop) + 1
    padded = np.zeros((n_frames + 1) * hop)
    padded[hop : hop + len(samples)] = samples
    halves = padded.reshape(-1, hop)
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)))
    spectra = np.fft.rfft(np.concatenate([halves[:-1], halves[1:]], axis=1) * window, axis=1)
    frequency_hz = np.fft.rfftfreq(2 * hop, 1 / rate_hz)[None, :]
    frame_at = np.minimum(np.arange(n_frames) * hop, len(samples) - 1)
    gains = np.full(spectra.shape, floor)
    for centres_hz, quality, heights in tracks:
        centre_hz = centres_hz[frame_at][:, None]
        height = np.broadcast_to(np.asarray(heights, dtype=np.float64), (len(samples),))[frame_at][:, None]
        gains += height / (1 + ((frequency_hz - centre_hz) * (2 * quality) / centre_hz) ** 2)
    frames = np.fft.irfft(spectra * gains, 2 * hop, axis=1) * window
    out = np.zeros((n_frames + 1, hop))
    out[:-1] += frames[:, :hop]
    out[1:] += frames[:, hop:]
    return out.reshape(-1)[hop : hop + len(samples)]


def make_room(rng: np.random.Generator, rate_hz: int, decay_s: float, wet: float) -> Array:
    """An impulse response: the direct sound, then an echo field of noise that loses its treble, `wet` in energy."""
    n_samples = max(2, round(3 * decay_s * rate_hz))
    time_s = np.arange(n_samples) / rate_hz
    field = rng.standard_normal(n_samples) * np.exp(-time_s / decay_s * 1.5)
    field = low_pass(field, rate_hz, 3500.0, order=1)
    field[: round(0.006 * rate_hz)] = 0
    field *= wet / max(1e-9, float(np.sqrt(np.sum(field**2))))
    field[0] = 1.0
    return field


def finish(
    rng: np.random.Generator, samples: Array, rate_hz: int, *, room: float = 0.35, dies_away: bool = False
) -> Waveform:
    """The sound somewhere in the world: a room of up to `room`, distance (treble loss, level), a hush, short fades.

    The peak lies between 0.35 and 0.9. A `room` of 0 is a line or a chip: no echo and no hush. With `dies_away` the
    quiet end (54 dB below the peak) is cut off.
    """
    wet = room * rng.uniform(0, 1)
    decay_s, cutoff_share, peak = rng.uniform(0.1, 0.6), rng.uniform(0.2, 0.6), rng.uniform(0.35, MAX_PEAK)
    if wet > 0.02:
        samples = convolve(samples, make_room(rng, rate_hz, decay_s, wet))
    cutoff_hz = cutoff_share * max(rate_hz, 16_000)
    # A gentle end at the bottom: a steep one would ring before a blow, where there is silence.
    samples = apply_gain_curve(
        samples, rate_hz, lambda f: f**2 / (f**2 + LOWEST_HZ**2) / np.sqrt(1 + (f / cutoff_hz) ** 2)
    )
    loudest = float(np.max(np.abs(samples)))
    if dies_away and loudest > 0:
        last = int(np.flatnonzero(np.abs(samples) > TAIL_SHARE_OF_PEAK * loudest)[-1])
        samples = samples[: last + 1]
    if room > 0:
        ambience_db, slope_db = rng.uniform(*AMBIENCE_DB), rng.uniform(-6, -3)
        samples = samples + make_noise(rng, len(samples), rate_hz, slope_db) * loudest * 10 ** (ambience_db / 20)
    samples = samples * gate(len(samples), rate_hz, 0.0015)
    loudest = float(np.max(np.abs(samples)))
    return Waveform((samples * (peak / loudest if loudest > 0 else 0.0)).astype(np.float32), rate_hz)
