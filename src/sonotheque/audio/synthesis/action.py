"""Things that happen in films: cars, fights, falls and cartoon effects."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.impacts import make_noise_burst
from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import (
    band_pass,
    finish,
    follow_resonances,
    high_pass,
    low_pass,
)
from sonotheque.audio.synthesis.sources import (
    count_samples,
    draw_steady_times,
    draw_times,
    fall_off,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    make_sine,
    ring_modes,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def tyre_screech(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Rubber slipping on the road: a rough, unsteady squeal of a few close tones."""
    n = count_samples(min(duration_s, rng.uniform(0.8, 2.5)), rate_hz)
    base_hz, drift = rng.uniform(700, 1300), wander(rng, n, rate_hz, 5, 0.9, 1.1)
    rough = 1 + 0.02 * low_pass(rng.standard_normal(n), rate_hz, 300)
    tones = [make_sine(base_hz * r * drift * rough, n, rate_hz) for r in (1.0, 1.07, 1.9, 2.2)]
    rub = band_pass(rng.standard_normal(n), rate_hz, 600, 3000)
    return finish(rng, (np.sum(tones, axis=0) + rub) * gate(n, rate_hz, 0.08), rate_hz, room=0.4)


def car_passing(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Tyre noise and engine that come near, pass (the pitch drops) and go."""
    n = count_samples(duration_s, rate_hz)
    away = (np.arange(n) / rate_hz - duration_s * rng.uniform(0.4, 0.6)) * rng.uniform(10, 28)
    near_m = rng.uniform(4, 12)
    distance_m = np.sqrt(near_m**2 + away**2)
    towards = -away / distance_m * rng.uniform(12, 28) / 343
    engine = make_harmonics(rng.uniform(60, 110) * (1 + towards), fall_off(0.75, 20), n, rate_hz)
    tyres = follow_resonances(
        make_noise(rng, n, rate_hz, -2.0), rate_hz, [(900 * (1 + 2 * near_m / distance_m), 0.7, 1.0)]
    )
    sound = tyres / max(1e-9, float(np.std(tyres))) + rng.uniform(0.1, 0.5) * engine / max(1e-9, float(np.std(engine)))
    return finish(rng, sound * near_m / distance_m, rate_hz, room=0.2)


def steam_train(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Chuffs of steam in fours, the first of each stronger."""
    n = count_samples(duration_s, rate_hz)
    times_s = draw_steady_times(rng, 1 / rng.uniform(2, 7), 0.02, duration_s, 0.03)
    chuff = make_noise_burst(rng, rate_hz, 150, 2500, 0.05)
    grains = [chuff * (1.0 if k % 4 == 0 else 0.6) * rng.uniform(0.8, 1) for k in range(len(times_s))]
    hiss = 0.04 * band_pass(rng.standard_normal(n), rate_hz, 1500, 6000)
    return finish(rng, lay_grains(grains, times_s, n, rate_hz) + hiss, rate_hz, room=0.5)


def machine_gun(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Bursts of 8 to 15 shots a second."""
    n, rate = count_samples(min(duration_s, 3.5), rate_hz), rng.uniform(8, 15)
    times_s = draw_steady_times(rng, 1 / rate, 0.02, max(0.1, n / rate_hz - 0.3), 0.01)
    times_s = times_s[(times_s * rng.uniform(0.4, 0.9)) % 1.0 < 0.7]
    shot = make_noise_burst(rng, rate_hz, 80, 5000, 0.025)
    grains = [shot * rng.uniform(0.7, 1) for _ in times_s]
    return finish(rng, lay_grains(grains, times_s, n, rate_hz), rate_hz, room=1.2, dies_away=True)


def sword_clash(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Blades that meet, once or in a fight, each with a short swish before."""
    n_hits = int(rng.integers(1, 5))
    n = count_samples(min(duration_s, 0.2 + 0.6 * n_hits + 1.0), rate_hz)
    grains, onsets_s = [], []
    for k in range(n_hits):
        modes = [(f, rng.uniform(0.08, 0.5), rng.uniform(0.3, 1)) for f in np.exp(rng.uniform(7.2, 8.9, 9))]
        grains += [ring_modes(modes, rate_hz, rate_hz), 2 * make_noise_burst(rng, rate_hz, 1500, 7500, 0.01)]
        onsets_s += [0.05 + 0.6 * k * rng.uniform(0.8, 1.1)] * 2
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, dies_away=True)


def punch(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A body blow: dull thud, slap of skin, sometimes several."""
    n_hits = int(rng.choice([1, 1, 2, 3]))
    n = count_samples(min(duration_s, 0.4 * n_hits + 0.3), rate_hz)
    thud_hz = rng.uniform(60, 120)
    n_thud = count_samples(0.25, rate_hz)
    drop = follow_points(n_thud, rate_hz, [(0.0, thud_hz * 2), (0.05, thud_hz)])
    thud = make_sine(drop, n_thud, rate_hz) * strike_envelope(n_thud, rate_hz, 0.002, 0.04)
    slap = make_noise_burst(rng, rate_hz, 400, 3500, 0.012)[:n_thud]
    thud[: len(slap)] += rng.uniform(0.5, 1.2) * slap
    onsets_s = [0.01 + 0.4 * k * rng.uniform(0.8, 1.1) for k in range(n_hits)]
    return finish(rng, lay_grains([thud] * n_hits, onsets_s, n, rate_hz), rate_hz, room=0.2, dies_away=True)


def whip(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A swish that ends in a crack."""
    n = count_samples(min(duration_s, 0.9), rate_hz)
    swish_s = min(rng.uniform(0.15, 0.3), 0.5 * n / rate_hz)
    n_swish = count_samples(swish_s, rate_hz)
    share = np.arange(n_swish) / n_swish
    air = follow_resonances(rng.standard_normal(n_swish), rate_hz, [(600 + 2500 * share, 1.5, 1.0)]) * share**3
    air *= 0.25 / max(1e-9, float(np.max(np.abs(air))))
    crack = make_noise_burst(rng, rate_hz, 1200, 7500, 0.006)
    return finish(rng, lay_grains([air, crack], [0.0, swish_s], n, rate_hz), rate_hz, room=0.9, dies_away=True)


def splash(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Something falls into water: slap, spray, then bubbles and drops."""
    n = count_samples(min(duration_s, 2.0), rate_hz)
    slap = make_noise_burst(rng, rate_hz, 200, 5000, rng.uniform(0.06, 0.15))
    grains, onsets_s = [slap], [0.01]
    for _ in range(int(rng.integers(10, 35))):
        n_drop = count_samples(0.12, rate_hz)
        pitch_hz = rng.uniform(400, 2000)
        track = follow_points(n_drop, rate_hz, [(0.0, pitch_hz), (0.1, pitch_hz * 1.5)])
        grains.append(
            make_sine(track, n_drop, rate_hz) * strike_envelope(n_drop, rate_hz, 0.002, 0.02) * rng.uniform(0.05, 0.3)
        )
        onsets_s.append(0.08 + rng.exponential(0.35))
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, dies_away=True)


def underwater(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Below the surface: deep muffled rumble and now and then a rising string of bubbles."""
    n = count_samples(duration_s, rate_hz)
    deep = low_pass(make_noise(rng, n, rate_hz, -6.0), rate_hz, 400) * wander(rng, n, rate_hz, 0.8, 0.5, 1)
    times_s = np.append(draw_times(rng, 6, duration_s), 0.2 * duration_s)
    grains = []
    for _ in times_s:
        n_bubble = count_samples(0.1, rate_hz)
        pitch_hz = rng.uniform(180, 600)
        track = follow_points(n_bubble, rate_hz, [(0.0, pitch_hz), (0.1, pitch_hz * 1.8)])
        grains.append(make_sine(track, n_bubble, rate_hz) * gate(n_bubble, rate_hz, 0.03) * rng.uniform(0.3, 1))
    return finish(rng, deep + 1.5 * lay_grains(grains, times_s, n, rate_hz), rate_hz, room=0.3)


def slide_whistle(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A cartoon's tone sliding up, down, or up and down again."""
    n = count_samples(min(duration_s, rng.uniform(0.5, 1.6)), rate_hz)
    length_s, low_hz, ratio = n / rate_hz, rng.uniform(450, 750), rng.uniform(2, 3.5)
    shape = [(1.0, ratio), (ratio, 1.0), (1.0, ratio, 1.0)][int(rng.integers(0, 3))]
    points = [(length_s * k / (len(shape) - 1), low_hz * r) for k, r in enumerate(shape)]
    tone = make_harmonics(follow_points(n, rate_hz, points), [1.0, 0.15, 0.08], n, rate_hz)
    breath = 0.03 * high_pass(rng.standard_normal(n), rate_hz, 1000)
    return finish(rng, (tone + breath) * gate(n, rate_hz, 0.03), rate_hz, room=0.2)


def boing(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A spring or a ruler let go: a buzzing tone whose pitch wags as it dies."""
    n = count_samples(min(duration_s, 1.6), rate_hz)
    time_s = time_axis(n, rate_hz)
    wag = 1 + 0.35 * np.sin(2 * np.pi * rng.uniform(6, 12) * time_s) * np.exp(-time_s / 0.6)
    tone = make_harmonics(rng.uniform(90, 220) * wag, fall_off(0.8, 15), n, rate_hz)
    return finish(rng, tone * strike_envelope(n, rate_hz, 0.003, rng.uniform(0.25, 0.5)), rate_hz, dies_away=True)


KINDS = (
    SoundKind(
        "tyre screech",
        ("tyres screeching", "car skidding to a stop", "squealing brakes", "burnout of a sports car",
         "a car takes a corner too fast"),
        tyre_screech, False),
    SoundKind(
        "car passing",
        ("a car passing by", "traffic on a road", "a vehicle drives past", "car drive-by",
         "a racing car flashes past"),
        car_passing, True),
    SoundKind(
        "steam train",
        ("a steam train", "steam locomotive chuffing", "choo choo train", "an old locomotive starting",
         "puffing steam engine"),
        steam_train, True),
    SoundKind(
        "machine gun",
        ("a machine gun", "automatic gunfire", "rapid gunshots", "assault rifle burst", "war battle shooting"),
        machine_gun, False),
    SoundKind(
        "sword clash",
        ("swords clashing", "blades meeting in a fight", "sword fight", "fencing",
         "knights fighting with steel"),
        sword_clash, False),
    SoundKind(
        "punch",
        ("a punch", "fist hitting a body", "fight scene blows", "boxing", "a body falling with a thud"),
        punch, False),
    SoundKind(
        "whip crack",
        ("a whip crack", "cracking a whip", "lash of a whip", "lion tamer's whip", "a snapping whip"),
        whip, False),
    SoundKind(
        "splash",
        ("a splash", "something falls into water", "a stone thrown into a lake", "diving into a pool",
         "a big splash of water"),
        splash, False),
    SoundKind(
        "underwater",
        ("underwater ambience", "diving below the surface", "muffled sound under water",
         "deep sea with bubbles", "scuba diving"),
        underwater, True),
    SoundKind(
        "slide whistle",
        ("a slide whistle", "cartoon whistle sliding up", "comic falling whistle", "funny swooping whistle",
         "cartoon fall"),
        slide_whistle, False),
    SoundKind(
        "boing",
        ("a boing", "cartoon spring", "a twanging ruler", "jaw harp twang", "bouncing spring sound effect"),
        boing, False),
)  # fmt: skip
