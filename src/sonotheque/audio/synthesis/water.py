"""Water, steam and fire: bubbles, waves, drips, hiss and crackle."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, band_pass, convolve, finish, follow_resonances, high_pass
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_times,
    follow_points,
    lay_grains,
    make_noise,
    make_sine,
    place_pulses,
    ring_modes,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def make_bubble(rng: np.random.Generator, frequency_hz: float, rate_hz: int) -> Array:
    """A bubble of air in water: a sine that rises as the bubble nears the surface and dies (Minnaert resonance).

    Damping grows with frequency as in van den Doel, Physically Based Models for Liquid Sounds (2005).
    """
    damping_per_s = 0.13 * frequency_hz / 3.0 + 0.0072 * (frequency_hz / 3.0) ** 1.5
    n = max(2, round(min(0.25, 7 / damping_per_s) * rate_hz))
    time_s = time_axis(n, rate_hz)
    rise = rng.uniform(0.05, 0.2) * damping_per_s
    return make_sine(frequency_hz * (1 + rise * time_s), n, rate_hz) * strike_envelope(
        n, rate_hz, 0.001, 1 / damping_per_s
    )


def make_gurgle(
    rng: np.random.Generator,
    n: int,
    rate_hz: int,
    bubbles_per_s: float,
    band_hz: tuple[float, float],
    *,
    n_sizes: int = 10,
) -> Array:
    """Many bubbles of `n_sizes` sizes; small ones are more and weaker."""
    low_hz, high_hz = band_hz
    sound = np.zeros(n)
    for frequency_hz in np.geomspace(low_hz, high_hz, n_sizes) * rng.uniform(0.9, 1.1, n_sizes):
        times_s = draw_times(rng, bubbles_per_s / n_sizes, n / rate_hz)
        gains = rng.uniform(0.05, 1, len(times_s)) ** 2 * (low_hz / frequency_hz) ** 0.4
        sound += convolve(place_pulses(times_s, gains, n, rate_hz), make_bubble(rng, frequency_hz, rate_hz))
    return sound


def sea_waves(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Surf: every 4 to 9 s a wave swells, breaks brightly and draws back hissing."""
    n = count_samples(duration_s, rate_hz)
    points, t = [(0.0, 0.15)], -rng.uniform(0, 3)
    while t < duration_s:
        swell_s, fall_s = rng.uniform(1.2, 2.5), rng.uniform(2.0, 4.5)
        peak = rng.uniform(0.6, 1.0)
        points += [(t + 0.3, 0.12), (t + swell_s, 0.5 * peak), (t + swell_s + 0.4, peak)]
        points += [(t + swell_s + 0.4 + 0.35 * fall_s, 0.4 * peak), (t + swell_s + 0.4 + fall_s, 0.13)]
        t += swell_s + fall_s + rng.uniform(0.2, 1.5)
    points = sorted(points)
    level = follow_points(n, rate_hz, points)
    roar = follow_resonances(make_noise(rng, n, rate_hz, -2.0), rate_hz, [(300 + 1200 * level, 0.5, 1.0)], floor=0.15)
    foam = band_pass(rng.standard_normal(n), rate_hz, 1500, 7000, order=1)
    return finish(rng, roar / np.std(roar) * level + rng.uniform(0.35, 0.8) * foam * level**1.5, rate_hz, room=0.1)


def stream(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A brook: hundreds of bubbles a second over a soft rush."""
    n = count_samples(duration_s, rate_hz)
    gurgle = make_gurgle(rng, n, rate_hz, rng.uniform(150, 450), (350, 3800), n_sizes=12)
    rush = band_pass(make_noise(rng, n, rate_hz, -2.0), rate_hz, 300, 3500, order=1) * wander(
        rng, n, rate_hz, 2.0, 0.7, 1.2
    )
    return finish(rng, gurgle / np.std(gurgle) + rng.uniform(0.2, 0.5) * rush, rate_hz, room=0.15)


def water_drips(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A tap or a cave: single drops, one every half to one and a half seconds, in an echoing place."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t = [], [], rng.uniform(0.02, 0.4)
    gap_s, pitch_hz = rng.uniform(0.4, 1.4), rng.uniform(700, 1900)
    while t < duration_s:
        bubble = make_bubble(rng, pitch_hz * rng.uniform(0.9, 1.15), rate_hz)
        click = rng.standard_normal(round(0.003 * rate_hz)) * 0.12
        grains += [click, bubble * rng.uniform(0.7, 1)]
        onsets_s += [t, t + 0.012]
        t += gap_s * rng.uniform(0.85, 1.15)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.8)


def bubbling(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Boiling or blowing through a straw: large bubbles, low and rising, 12-40 a second."""
    n = count_samples(duration_s, rate_hz)
    bubbles = make_gurgle(rng, n, rate_hz, rng.uniform(12, 40), (180, 1100))
    return finish(rng, bubbles, rate_hz, room=0.2)


def pouring_water(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Water poured into a glass: a gurgle under a resonance that climbs as the glass fills."""
    length_s = min(duration_s, rng.uniform(2.5, 5.0))
    n = count_samples(length_s, rate_hz)
    filled = time_axis(n, rate_hz) / length_s
    air_column_hz = rng.uniform(500, 800) / (1.02 - 0.75 * filled)
    source = make_gurgle(rng, n, rate_hz, 900, (400, 4000)) + 0.25 * rng.standard_normal(n)
    tracks: list[tuple[Array, float, Array | float]] = [(air_column_hz, 4.0, 1.0), (3 * air_column_hz, 6.0, 0.6)]
    sound = follow_resonances(source, rate_hz, tracks, floor=0.35)
    level = np.minimum(1.0, np.minimum(filled, 1 - filled) * length_s / 0.15) * wander(rng, n, rate_hz, 3.0, 0.7, 1.0)
    return finish(rng, sound * level, rate_hz, dies_away=True)


def steam_hiss(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Gas let out through a narrow gap: bright turbulent noise."""
    n = count_samples(duration_s, rate_hz)
    hiss = high_pass(rng.standard_normal(n), rate_hz, rng.uniform(1500, 3200), order=2)
    flow = wander(rng, n, rate_hz, 1.0, 0.6, 1.0) * wander(rng, n, rate_hz, 15.0, 0.9, 1.1)
    whistle = apply_formants(rng.standard_normal(n), rate_hz, [(rng.uniform(3000, 6000), 250, 1.0)])
    return finish(rng, (hiss + rng.uniform(0, 1.0) * whistle) * flow, rate_hz, room=0.15)


def toilet_flush(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A rush of water that sets in at once, swirls, gurgles down and trickles into the refilling tank."""
    length_s = min(duration_s, rng.uniform(5.0, 8.0))
    n = count_samples(length_s, rate_hz)
    rush = follow_points(n, rate_hz, [(0, 0), (0.15, 0.9), (1.2, 1), (0.45 * length_s, 0.5), (0.6 * length_s, 0.05)])
    drain = follow_points(n, rate_hz, [(0.3 * length_s, 0), (0.5 * length_s, 1), (0.68 * length_s, 0)])
    refill = follow_points(
        n, rate_hz, [(0.3 * length_s, 0), (0.6 * length_s, 0.25), (0.9 * length_s, 0.2), (length_s, 0)]
    )
    water = follow_resonances(
        make_noise(rng, n, rate_hz, -2.0),
        rate_hz,
        [(500 + 700 * rush, 0.8, 1.0), (2200 - 900 * rush, 2.0, 0.3)],
        floor=0.08,
    )
    gurgle = make_gurgle(rng, n, rate_hz, 60, (150, 700))
    spray = high_pass(rng.standard_normal(n), rate_hz, 1500, 1)
    return finish(
        rng,
        water / np.std(water) * rush + gurgle / np.std(gurgle) * drain + 0.6 * spray * refill,
        rate_hz,
        dies_away=True,
    )


def fire_crackling(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A wood fire: sharp crackles of very uneven size in clusters, a soft hiss and a low flutter of flames."""
    n = count_samples(duration_s, rate_hz)
    sound = np.zeros(n)
    rate_per_s = rng.uniform(10, 35)
    for _ in range(7):
        n_grain, decay_s = round(0.025 * rate_hz), rng.uniform(0.0006, 0.004)
        snap = rng.standard_normal(n_grain) * strike_envelope(n_grain, rate_hz, 0.0002, decay_s)
        snap = snap / np.std(snap) + 3 * ring_modes([(rng.uniform(700, 5000), decay_s * 1.5, 1.0)], n_grain, rate_hz)
        times_s = draw_times(rng, rate_per_s / 14, duration_s)
        echoes_s = np.concatenate([times_s, *(times_s + rng.exponential(0.03, len(times_s)) for _ in range(2))])
        sizes = (0.12 * (1 + rng.pareto(1.6, len(echoes_s)))).clip(0, 1.2)
        sound += convolve(place_pulses(echoes_s, sizes, n, rate_hz), snap)
    flames = band_pass(make_noise(rng, n, rate_hz, -5.0), rate_hz, 30, 400, order=1) * wander(
        rng, n, rate_hz, 7.0, 0.3, 1.0
    )
    hiss = high_pass(rng.standard_normal(n), rate_hz, 2500, 1) * wander(rng, n, rate_hz, 1.0, 0.3, 1.0)
    return finish(rng, sound + 0.2 * flames / np.std(flames) + rng.uniform(0.03, 0.09) * hiss, rate_hz, room=0.15)


KINDS = (
    SoundKind(
        "sea waves",
        (
            "sea waves",
            "ocean surf on a beach",
            "waves breaking on the shore",
            "the sound of the sea",
            "waves rolling in and drawing back",
            "a walk by the ocean",
        ),
        sea_waves,
        True,
    ),
    SoundKind(
        "stream",
        (
            "a stream flowing",
            "babbling brook",
            "water running over stones",
            "a small river in the woods",
            "gentle flowing water",
            "creek gurgling",
        ),
        stream,
        True,
    ),
    SoundKind(
        "water drips",
        (
            "water dripping",
            "a dripping tap",
            "drops falling in a cave",
            "leaking faucet",
            "slow drip of water into a basin",
            "single water drops with echo",
        ),
        water_drips,
        True,
    ),
    SoundKind(
        "bubbling water",
        (
            "bubbles in water",
            "water boiling in a pot",
            "bubbling liquid",
            "air bubbles rising under water",
            "someone blows bubbles through a straw",
            "an aquarium bubbling",
        ),
        bubbling,
        True,
    ),
    SoundKind(
        "pouring water",
        (
            "pouring water into a glass",
            "a drink being poured",
            "filling a glass with water",
            "liquid poured into a bottle",
            "someone pours a cup of tea",
            "water filling a jug",
        ),
        pouring_water,
        False,
    ),
    SoundKind(
        "steam hiss",
        (
            "steam hissing",
            "a leak of compressed air",
            "hiss of escaping gas",
            "pressure valve releasing steam",
            "a hissing pipe",
            "spray can hissing",
        ),
        steam_hiss,
        True,
    ),
    SoundKind(
        "toilet flush",
        (
            "a toilet flushing",
            "flushing the loo",
            "water rushing down a toilet",
            "someone flushes in the bathroom",
            "toilet flush and tank refilling",
        ),
        toilet_flush,
        False,
    ),
    SoundKind(
        "fire crackling",
        (
            "fire crackling",
            "a campfire",
            "wood burning in a fireplace",
            "logs popping in the fire",
            "crackling flames",
            "bonfire burning at night",
        ),
        fire_crackling,
        True,
    ),
)
