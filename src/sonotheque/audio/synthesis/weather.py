"""Rain, wind and thunder."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, band_pass, convolve, finish, follow_resonances, low_pass
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_times,
    make_noise,
    place_pulses,
    ring_modes,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def make_drops(rng: np.random.Generator, n: int, rate_hz: int, drops_per_s: float, *, bubbles: float = 0.3) -> Array:
    """A Poisson process of drops, sizes log-normal: dull splats and, for a share of `bubbles`, ringing plinks."""
    duration_s, sound = n / rate_hz, np.zeros(n)
    for _ in range(5):
        times_s = draw_times(rng, drops_per_s * (1 - bubbles) / 5, duration_s)
        n_grain = round(0.02 * rate_hz)
        splat = rng.standard_normal(n_grain) * strike_envelope(n_grain, rate_hz, 0.0004, rng.uniform(0.0012, 0.004))
        splat = band_pass(splat, rate_hz, rng.uniform(400, 1500), rng.uniform(3500, 7500), order=1)
        sizes = rng.lognormal(0, 0.9, len(times_s)).clip(0, 8)
        sound += convolve(place_pulses(times_s, sizes, n, rate_hz), splat / np.std(splat))
    for _ in range(6):
        times_s = draw_times(rng, drops_per_s * bubbles / 6, duration_s)
        plink = ring_modes([(rng.uniform(1200, 5500), rng.uniform(0.004, 0.014), 2.0)], round(0.1 * rate_hz), rate_hz)
        sound += convolve(place_pulses(times_s, rng.lognormal(0, 0.9, len(times_s)).clip(0, 6), n, rate_hz), plink)
    return sound


def _far_rain(rng: np.random.Generator, n: int, rate_hz: int) -> Array:
    curtain = band_pass(make_noise(rng, n, rate_hz, -1.0), rate_hz, rng.uniform(350, 900), 6500, order=1)
    return np.asarray(curtain * wander(rng, n, rate_hz, 0.6, 0.85, 1.1), dtype=np.float64)


def light_rain(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Single drops, 40-160 a second, over a faint curtain of far ones."""
    n = count_samples(duration_s, rate_hz)
    drops = make_drops(rng, n, rate_hz, rng.uniform(40, 160))
    return finish(rng, drops / np.std(drops) + rng.uniform(0.2, 0.5) * _far_rain(rng, n, rate_hz), rate_hz, room=0.15)


def heavy_rain(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Thousands of drops a second, melted into a roar."""
    n = count_samples(duration_s, rate_hz)
    drops = make_drops(rng, n, rate_hz, rng.uniform(900, 3000), bubbles=0.15)
    sound = 0.7 * drops / np.std(drops) + rng.uniform(0.8, 1.5) * _far_rain(rng, n, rate_hz)
    return finish(rng, sound * wander(rng, n, rate_hz, 0.5, 0.75, 1.0), rate_hz, room=0.15)


def rain_on_roof(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Drops that drum on sheet metal: each sets off the sheet's crowded modes."""
    n = count_samples(duration_s, rate_hz)
    rate_per_s, sound = rng.uniform(120, 700), np.zeros(n)
    for _ in range(6):
        modes = [(rng.uniform(250, 5500), rng.uniform(0.002, 0.013), rng.uniform(0.2, 1)) for _ in range(24)]
        modes.append((rng.uniform(120, 260), 0.02, 0.8))
        sheet = ring_modes(modes, round(0.25 * rate_hz), rate_hz)
        times_s = draw_times(rng, rate_per_s / 6, duration_s)
        sound += convolve(place_pulses(times_s, rng.lognormal(0, 0.8, len(times_s)).clip(0, 7), n, rate_hz), sheet)
    return finish(rng, sound / np.std(sound) + rng.uniform(0.2, 0.6) * _far_rain(rng, n, rate_hz), rate_hz, room=0.3)


def make_wind(rng: np.random.Generator, n: int, rate_hz: int, strength: Array, howl: float) -> Array:
    """Turbulent noise whose resonances climb with its strength; `howl` is the share of narrow whistling ones."""
    source = make_noise(rng, n, rate_hz, -3.0)
    tracks: list[tuple[Array, float, Array | float]] = [
        (180 + 350 * strength, 0.9, 1.0),
        (450 + 700 * strength * wander(rng, n, rate_hz, 0.7, 0.8, 1.2), 2.0, 0.5 * strength),
    ]
    for _ in range(2):
        centre_hz = (350 + 650 * strength) * wander(rng, n, rate_hz, 1.2, 0.75, 1.4) * rng.uniform(0.8, 1.5)
        tracks.append((centre_hz, rng.uniform(12, 30), howl * strength * wander(rng, n, rate_hz, 1.0, 0.2, 1.0)))
    return follow_resonances(source, rate_hz, tracks, floor=0.03) * (0.15 + strength)


def wind(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A steady wind that swells and eases."""
    n = count_samples(duration_s, rate_hz)
    strength = wander(rng, n, rate_hz, 0.35, 0.25, 0.7)
    return finish(rng, make_wind(rng, n, rate_hz, strength, rng.uniform(0.2, 1.0)), rate_hz, room=0.1)


def wind_gusts(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A gale: hard gusts with lulls between, howling round corners."""
    n = count_samples(duration_s, rate_hz)
    gusts = wander(rng, n, rate_hz, 0.5, 0.0, 1.0) ** 2
    strength = 0.15 + gusts * wander(rng, n, rate_hz, 5.0, 0.85, 1.15)
    return finish(rng, make_wind(rng, n, rate_hz, strength, rng.uniform(1.5, 4.0)), rate_hz, room=0.1)


def thunder(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A clap (near) or none (far), then rolls arriving from ever farther parts of the channel, ever duller."""
    n = count_samples(min(duration_s, rng.uniform(4.5, 9.0)), rate_hz)
    nearness, length_s = rng.uniform(0, 1), n / rate_hz
    n_parts = int(rng.integers(14, 30))
    times_s = np.concatenate([[0.01], np.sort(rng.uniform(0.05, 0.8, n_parts) ** 1.5 * length_s * 0.7)])
    gains = np.exp(-times_s / (0.22 * length_s)) * rng.uniform(0.3, 1, len(times_s))
    n_grain = round(min(1.2, length_s) * rate_hz)
    body = strike_envelope(n_grain, rate_hz, 0.03, 0.22)
    rolling = convolve(place_pulses(times_s, gains, n, rate_hz), body)
    rumble = band_pass(make_noise(rng, n, rate_hz, -4.0), rate_hz, 25, rng.uniform(150, 350), order=1) * rolling
    crackle = np.zeros(n)
    if nearness > 0.35:
        n_crack = min(n, round(0.9 * rate_hz))
        strokes = place_pulses(draw_times(rng, 45, 0.35), 1.0, n_crack, rate_hz)
        tear = convolve(strokes, strike_envelope(n_crack, rate_hz, 0.001, 0.03))
        crackle[:n_crack] = make_noise(rng, n_crack, rate_hz, -2.0) * tear
    sound = rumble / np.max(np.abs(rumble)) + nearness * crackle / max(1e-9, float(np.max(np.abs(crackle))))
    out = sound * np.minimum(1.0, (length_s - time_axis(n, rate_hz)) / (0.35 * length_s))
    return finish(rng, low_pass(out, rate_hz, 800 + 5000 * nearness, order=1), rate_hz, room=0.6, dies_away=True)


def thunderstorm(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Heavy rain with thunder rolling now and then."""
    n = count_samples(duration_s, rate_hz)
    rain = heavy_rain(rng, duration_s, rate_hz).samples.astype(np.float64)
    sound, t = rng.uniform(0.02, 0.06) * rain / max(1e-9, float(np.std(rain))), rng.uniform(0, 1.5)
    while t < duration_s:
        clap = thunder(rng, 8.0, rate_hz).samples
        start = round(t * rate_hz)
        heard = clap[: max(0, n - start)]
        sound[start : start + len(heard)] += heard / float(np.max(np.abs(clap)))
        t += rng.uniform(4, 9)
    return finish(rng, apply_formants(sound, rate_hz, [(0, 24_000, 1.0)]), rate_hz, room=0.1)


KINDS = (
    SoundKind(
        "light rain",
        (
            "light rain",
            "rain drops falling gently",
            "a drizzle on leaves",
            "soft rain pattering",
            "rain on a window",
            "gentle rainfall outdoors",
        ),
        light_rain,
        True,
    ),
    SoundKind(
        "heavy rain",
        (
            "heavy rain",
            "pouring rain",
            "a downpour",
            "torrential rain falling",
            "rain storm without thunder",
            "the roar of a cloudburst",
            "raining hard outside",
        ),
        heavy_rain,
        True,
    ),
    SoundKind(
        "rain on a roof",
        (
            "rain on a tin roof",
            "rain drumming on metal",
            "raindrops hitting a corrugated roof",
            "rain on the roof of a car",
            "loud patter of rain on sheet metal",
            "sheltering under a roof while it rains",
        ),
        rain_on_roof,
        True,
    ),
    SoundKind(
        "wind",
        (
            "wind blowing",
            "a steady wind",
            "wind in an open field",
            "breeze rising and falling",
            "the rush of wind",
            "windy weather outdoors",
        ),
        wind,
        True,
    ),
    SoundKind(
        "strong wind",
        (
            "strong gusts of wind",
            "howling wind",
            "a gale around the house",
            "wind storm with whistling gusts",
            "blizzard wind howling",
            "stormy wind through a gap in the window",
        ),
        wind_gusts,
        True,
    ),
    SoundKind(
        "thunder",
        (
            "thunder",
            "a clap of thunder",
            "thunder rumbling in the distance",
            "lightning strike followed by a long rumble",
            "rolling thunder",
            "loud thunder crack",
        ),
        thunder,
        False,
    ),
    SoundKind(
        "thunderstorm",
        (
            "a thunderstorm",
            "rain and thunder",
            "heavy rain with thunder rolling",
            "a storm with lightning",
            "thunder during a downpour",
            "stormy night with rain",
        ),
        thunderstorm,
        True,
    ),
)
