"""Hooves, howls and small creatures beside those of `animals` and `birds`."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.impacts import make_noise_burst
from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.materials import make_blow
from sonotheque.audio.synthesis.shaping import (
    apply_formants,
    band_pass,
    convolve,
    finish,
    follow_resonances,
    make_room,
)
from sonotheque.audio.synthesis.sources import (
    count_samples,
    draw_steady_times,
    fall_off,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    place_pulses,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def woodpecker(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Rolls of 12 to 25 blows a second on a hollow tree."""
    n = count_samples(duration_s, rate_hz)
    rolls_s = draw_steady_times(rng, rng.uniform(1.2, 2.5), 0.1, duration_s, 0.02)
    rate, n_blows = rng.uniform(12, 25), int(rng.integers(8, 18))
    times_s = (rolls_s[:, None] + np.arange(n_blows)[None, :] / rate).ravel()
    blow = make_blow(rng, "wood", rate_hz, size=rng.uniform(0.5, 1))
    gains = np.tile(np.linspace(1, 0.5, n_blows), len(rolls_s))
    return finish(rng, convolve(place_pulses(times_s, gains, n, rate_hz), blow), rate_hz, room=0.7)


def cicadas(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A band of shrill noise, pulsed hundreds of times a second, swelling and sinking."""
    n = count_samples(duration_s, rate_hz)
    centre_hz = rng.uniform(3500, 6200)
    band = band_pass(rng.standard_normal(n), rate_hz, centre_hz * 0.85, centre_hz * 1.15, order=3)
    pulses = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(40, 200) * time_axis(n, rate_hz))
    return finish(rng, band * pulses**2 * wander(rng, n, rate_hz, rng.uniform(0.3, 1.5), 0.25, 1.0), rate_hz, room=0.3)


def mosquito(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A thin whine of wings that comes near and goes."""
    n = count_samples(duration_s, rate_hz)
    pitch_hz = rng.uniform(400, 750) * wander(rng, n, rate_hz, 3, 0.93, 1.07)
    tone = make_harmonics(pitch_hz, fall_off(0.75, 10), n, rate_hz)
    return finish(rng, tone * wander(rng, n, rate_hz, 1.2, 0.08, 1.0), rate_hz, room=0.1)


def gallop(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Hooves: three quick beats and a rest, or an even trot, on a road or on turf."""
    n, period_s = count_samples(duration_s, rate_hz), rng.uniform(0.38, 0.6)
    beats = (0.0, 0.22, 0.44) if rng.random() < 0.6 else (0.0, 0.5)
    strides_s = draw_steady_times(rng, period_s, 0.03, duration_s, 0.02)
    times_s = np.sort((strides_s[:, None] + period_s * np.array(beats)[None, :]).ravel())
    material, grains = str(rng.choice(["wood", "stone"])), []
    for _ in times_s:
        hoof = make_blow(rng, material, rate_hz, size=rng.uniform(0.2, 0.5))
        soft = make_noise_burst(rng, rate_hz, 80, 900, 0.02)[: len(hoof)]
        hoof[: len(soft)] += soft
        grains.append(hoof * rng.uniform(0.6, 1))
    return finish(rng, lay_grains(grains, times_s, n, rate_hz), rate_hz, room=0.3)


def wolf_howl(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A long call that rises, holds and sinks, with distant echoes."""
    n = count_samples(duration_s, rate_hz)
    length_s, top_hz = n / rate_hz, rng.uniform(380, 650)
    points = [
        (0.0, 0.55 * top_hz),
        (0.15 * length_s, top_hz),
        (0.7 * length_s, 0.93 * top_hz),
        (length_s, 0.55 * top_hz),
    ]
    pitch_hz = follow_points(n, rate_hz, points) * wander(rng, n, rate_hz, 4, 0.985, 1.015)
    voice = make_harmonics(pitch_hz, [1.0, 0.5, 0.3, 0.15, 0.08, 0.05], n, rate_hz)
    voice = apply_formants(voice, rate_hz, [(600, 300, 1.0), (1100, 300, 0.5)])
    valley = make_room(rng, rate_hz, rng.uniform(1.0, 2.2), rng.uniform(0.6, 1.5))
    return finish(rng, convolve(voice * gate(n, rate_hz, 0.15 * length_s), valley), rate_hz, room=0.5)


def growl(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A large animal's or a monster's throat: low, rough pulses through a wide mouth, swelling to a roar."""
    n = count_samples(min(duration_s, rng.uniform(1.2, 3.5)), rate_hz)
    pitch_hz = rng.uniform(40, 90) * wander(rng, n, rate_hz, 12, 0.8, 1.25)
    throat = make_harmonics(pitch_hz, fall_off(0.93, 40), n, rate_hz) * wander(rng, n, rate_hz, 30, 0.3, 1.0)
    breath = 0.4 * float(np.std(throat)) * make_noise(rng, n, rate_hz, -3.0)
    share = np.arange(n) / n
    mouth_hz = 350 + rng.uniform(200, 600) * np.sin(np.pi * share)
    sound = follow_resonances(throat + breath, rate_hz, [(mouth_hz, 2, 1.0), (2.6 * mouth_hz, 3, 0.5)], floor=0.03)
    return finish(rng, sound * np.sin(np.pi * share) ** 0.7, rate_hz, room=0.6)


def rattlesnake(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A dry buzz: ticks of high noise 40 to 80 times a second."""
    n = count_samples(duration_s, rate_hz)
    times_s = draw_steady_times(rng, 1 / rng.uniform(40, 80), 0.15, duration_s)
    ticks = place_pulses(times_s, rng.uniform(0.3, 1, len(times_s)), n, rate_hz)
    dry = convolve(ticks, make_noise_burst(rng, rate_hz, 3000, 7500, 0.006))
    return finish(rng, dry * wander(rng, n, rate_hz, 1.5, 0.3, 1.0), rate_hz, room=0.15)


KINDS = (
    SoundKind(
        "woodpecker",
        ("a woodpecker", "woodpecker drumming on a tree", "pecking on a trunk", "rapid tapping in the forest",
         "a bird hammers on wood"),
        woodpecker, True),
    SoundKind(
        "cicadas",
        ("cicadas", "shrill insects in summer heat", "cicadas singing in the trees",
         "loud Mediterranean insects", "a pulsing insect drone"),
        cicadas, True),
    SoundKind(
        "mosquito",
        ("a mosquito", "whining mosquito at night", "gnat near the ear", "a thin insect whine",
         "a mosquito flies around"),
        mosquito, True),
    SoundKind(
        "horse gallop",
        ("a horse galloping", "horse hooves on the road", "clip-clop of hooves", "a horse trotting",
         "riders approaching"),
        gallop, True),
    SoundKind(
        "wolf howl",
        ("a wolf howling", "wolves in the night", "howling at the moon", "a coyote calls", "a lonely howl"),
        wolf_howl, True),
    SoundKind(
        "growl",
        ("a growling beast", "a lion roars", "a monster growls", "roaring bear", "snarl of a large animal",
         "dinosaur roar"),
        growl, False),
    SoundKind(
        "rattlesnake",
        ("a rattlesnake", "snake shaking its tail", "warning rattle of a snake", "dry buzzing rattle",
         "desert snake"),
        rattlesnake, True),
)  # fmt: skip
