"""Plain signals: tones, sweeps and coloured noise."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import finish
from sonotheque.audio.synthesis.sources import count_samples, make_harmonics, make_noise, make_sine, time_axis
from sonotheque.values.waveform import Waveform


def pure_tone(
    rng: np.random.Generator, duration_s: float, rate_hz: int, *, frequency_hz: float | None = None
) -> Waveform:
    """A sine between 150 and 3000 Hz, or at `frequency_hz`."""
    n = count_samples(duration_s, rate_hz)
    pitch_hz = float(np.exp(rng.uniform(np.log(150), np.log(3000)))) if frequency_hz is None else frequency_hz
    return finish(rng, make_sine(pitch_hz, n, rate_hz), rate_hz, room=0.0)


def rising_sweep(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A sine gliding up by two to five octaves (exponential sweep)."""
    return _sweep(rng, duration_s, rate_hz, rising=True)


def falling_sweep(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A sine gliding down by two to five octaves."""
    return _sweep(rng, duration_s, rate_hz, rising=False)


def _sweep(rng: np.random.Generator, duration_s: float, rate_hz: int, *, rising: bool) -> Waveform:
    n = count_samples(duration_s, rate_hz)
    low_hz = rng.uniform(80, 250)
    high_hz = min(0.45 * rate_hz, low_hz * 2 ** rng.uniform(2, 5))
    share = np.arange(n) / n
    pitch_hz = low_hz * (high_hz / low_hz) ** (share if rising else 1 - share)
    return finish(rng, make_sine(pitch_hz, n, rate_hz), rate_hz, room=0.0)


def white_noise(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Equal power at every frequency."""
    return finish(rng, make_noise(rng, count_samples(duration_s, rate_hz), rate_hz), rate_hz, room=0.0)


def pink_noise(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Equal power in every octave."""
    return finish(rng, make_noise(rng, count_samples(duration_s, rate_hz), rate_hz, -3.01), rate_hz, room=0.0)


def brown_noise(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Power falling by 6 dB an octave."""
    return finish(rng, make_noise(rng, count_samples(duration_s, rate_hz), rate_hz, -6.02), rate_hz, room=0.0)


def mains_hum(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The hum of a transformer: twice the mains frequency and its harmonics."""
    n = count_samples(duration_s, rate_hz)
    gains = rng.uniform(0.1, 1.0, 30) / np.arange(1, 31) ** 0.9
    gains[1] = 1.0
    sound = make_harmonics(float(rng.choice([50.0, 60.0])), gains, n, rate_hz)
    return finish(rng, sound + 0.02 * make_noise(rng, n, rate_hz, -2.0), rate_hz, room=0.0)


def geiger_counter(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Clicks at random moments whose density rises and falls."""
    n = count_samples(duration_s, rate_hz)
    density = rng.uniform(5, 60) * (1 + 0.8 * np.sin(2 * np.pi * time_axis(n, rate_hz) / rng.uniform(3, 8)))
    clicks = (rng.random(n) < density / rate_hz).astype(np.float64)
    n_click = max(8, round(0.003 * rate_hz))
    click = np.sin(2 * np.pi * np.arange(n_click) * min(0.2, 2400 / rate_hz)) * np.exp(
        -np.arange(n_click) / (0.2 * n_click)
    )
    return finish(rng, np.convolve(clicks, click)[:n], rate_hz, room=0.1)


KINDS = (
    SoundKind(
        "pure tone",
        (
            "a pure tone",
            "sine wave test tone",
            "a steady electronic beep",
            "constant whistle of one frequency",
            "censor beep",
            "calibration tone",
        ),
        pure_tone,
        True,
    ),
    SoundKind(
        "rising sweep",
        (
            "a rising tone",
            "sine sweep going up",
            "a tone gliding from low to high",
            "upward frequency sweep",
            "pitch climbing steadily",
        ),
        rising_sweep,
        True,
    ),
    SoundKind(
        "falling sweep",
        (
            "a falling tone",
            "sine sweep going down",
            "a tone gliding from high to low",
            "downward frequency sweep",
            "pitch dropping steadily",
        ),
        falling_sweep,
        True,
    ),
    SoundKind(
        "white noise",
        (
            "white noise",
            "television static",
            "radio hiss between stations",
            "steady bright hiss",
            "static noise",
        ),
        white_noise,
        True,
    ),
    SoundKind(
        "pink noise",
        (
            "pink noise",
            "soft balanced noise for sleeping",
            "steady broadband noise",
            "noise test signal for loudspeakers",
            "a constant soft rushing noise",
        ),
        pink_noise,
        True,
    ),
    SoundKind(
        "brown noise",
        (
            "brown noise",
            "deep low rumbling noise",
            "aircraft cabin-like low noise",
            "steady bass-heavy noise",
            "dull constant rumble",
        ),
        brown_noise,
        True,
    ),
    SoundKind(
        "mains hum",
        (
            "mains hum",
            "electrical transformer humming",
            "ground loop buzz in an amplifier",
            "low electric hum",
            "a humming power line",
            "50 Hz hum in a recording",
        ),
        mains_hum,
        True,
    ),
    SoundKind(
        "geiger counter",
        (
            "a geiger counter",
            "random clicks of a radiation detector",
            "radiation meter crackling",
            "irregular electronic clicks",
            "measuring radioactivity",
        ),
        geiger_counter,
        True,
    ),
)
