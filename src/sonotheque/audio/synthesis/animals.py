"""Animals other than birds: insects, frogs, pets and cattle."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, finish, resonate
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    find_cycle_starts,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_sine,
    place_pulses,
    time_axis,
    wander,
)
from sonotheque.audio.synthesis.voices import make_moving_voice, make_voice
from sonotheque.values.waveform import Waveform


def crickets(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One near cricket and up to three far: chirps of three or four pulses on a 4-5.5 kHz carrier."""
    n = count_samples(duration_s, rate_hz)
    sound = np.zeros(n)
    for k in range(int(rng.integers(1, 5))):
        carrier_hz, pulse_s, n_pulses = rng.uniform(3900, 5500), rng.uniform(0.014, 0.02), int(rng.integers(3, 5))
        n_pulse = count_samples(pulse_s, rate_hz)
        pulse = make_sine(carrier_hz, n_pulse, rate_hz) * np.sin(np.pi * np.arange(n_pulse) / n_pulse) ** 0.7
        gap_s = rng.uniform(n_pulses * 2 * pulse_s + 0.1, 0.65)
        chirps_s = draw_steady_times(rng, gap_s, 0.05, duration_s, rng.uniform(0, gap_s))
        onsets_s = [float(t) + 2 * pulse_s * j for t in chirps_s for j in range(n_pulses)]
        sound += (1.0 if k == 0 else rng.uniform(0.1, 0.5)) * lay_grains([pulse] * len(onsets_s), onsets_s, n, rate_hz)
    return finish(rng, sound + 0.004 * rng.standard_normal(n), rate_hz, room=0.2)


def frogs(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A pond: croaks made of 25-60 pulses a second that ring in a throat sac, from several frogs."""
    n = count_samples(duration_s, rate_hz)
    sound = np.zeros(n)
    for k in range(int(rng.integers(1, 5))):
        sac_hz, pulses_hz, held_s = rng.uniform(600, 2200), rng.uniform(25, 60), rng.uniform(0.2, 0.6)
        n_croak = count_samples(held_s, rate_hz)
        trains = find_cycle_starts(pulses_hz * follow_points(n_croak, rate_hz, [(0, 0.8), (held_s, 1.2)]), rate_hz)
        modes = [(sac_hz, 0.01, 1.0), (sac_hz * 2.1, 0.006, 0.6), (sac_hz * 3.3, 0.004, 0.2)]
        croak = resonate(place_pulses(trains, 1.0, n_croak, rate_hz), rate_hz, modes)
        croak = croak * np.sin(np.pi * np.arange(n_croak) / n_croak) ** 0.6
        gap_s = held_s + rng.uniform(0.2, 1.1)
        onsets_s = draw_steady_times(rng, gap_s, 0.15, duration_s, rng.uniform(0, 0.4))
        sound += (1.0 if k == 0 else rng.uniform(0.1, 0.6)) * lay_grains([croak] * len(onsets_s), onsets_s, n, rate_hz)
    return finish(rng, sound, rate_hz)


def dog_bark(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Barks: abrupt, rough bursts whose pitch and formants leap up and fall within a fifth of a second."""
    n = count_samples(duration_s, rate_hz)
    size = rng.uniform(0.7, 1.5)
    base_hz, grains, onsets_s, t = rng.uniform(320, 480) / size, [], [], rng.uniform(0.0, 0.15)
    while t < duration_s:
        for _ in range(int(rng.integers(1, 4))):
            grains.append(_make_bark(rng, base_hz * rng.uniform(0.92, 1.1), size, rate_hz) * rng.uniform(0.7, 1.0))
            onsets_s.append(t)
            t += len(grains[-1]) / rate_hz + rng.uniform(0.08, 0.25)
        t += rng.uniform(0.3, 1.1)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.5)


def _make_bark(rng: np.random.Generator, base_hz: float, size: float, rate_hz: int) -> Array:
    held_s = rng.uniform(0.13, 0.24)
    n = count_samples(held_s, rate_hz)
    points = [(0, 0.75), (0.18 * held_s, 1.35), (0.45 * held_s, 1.3), (held_s, 0.6)]
    pitch_hz = base_hz * follow_points(n, rate_hz, points)
    opening = follow_points(n, rate_hz, [(0, 0.2), (0.25 * held_s, 1.0), (held_s, 0.1)])
    tracks: list[tuple[Array, float, Array | float]] = [
        ((500 + 550 * opening) / size, 4.0, 1.0),
        ((1300 + 500 * opening) / size, 5.0, 0.8),
        ((2700 + 300 * opening) / size, 6.0, 0.35),
    ]
    bark = make_moving_voice(rng, pitch_hz, rate_hz, tracks, breath=0.7, roughness=0.5)
    return bark * follow_points(n, rate_hz, [(0, 0), (0.012, 1.0), (0.5 * held_s, 0.8), (held_s, 0)])


def cat_meow(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Me-ow: the mouth opens and closes over a pitch that rises and falls."""
    n = count_samples(duration_s, rate_hz)
    base_hz, grains, onsets_s, t = rng.uniform(420, 680), [], [], rng.uniform(0.0, 0.15)
    while t < duration_s:
        held_s = rng.uniform(0.5, 1.1)
        n_meow = count_samples(held_s, rate_hz)
        points = [(0, 0.8), (0.3 * held_s, 1.15), (0.6 * held_s, 1.05), (held_s, 0.75)]
        pitch_hz = base_hz * follow_points(n_meow, rate_hz, points) * wander(rng, n_meow, rate_hz, 12.0, 0.985, 1.015)
        opening = follow_points(n_meow, rate_hz, [(0, 0.0), (0.35 * held_s, 1.0), (0.6 * held_s, 0.8), (held_s, 0.1)])
        front = follow_points(n_meow, rate_hz, [(0, 1.0), (0.4 * held_s, 0.5), (held_s, 0.0)])
        tracks: list[tuple[Array, float, Array | float]] = [
            (600 + 800 * opening, 5.0, 1.0),
            (1500 + 1300 * front + 300 * opening, 8.0, 0.8),
            (np.full(n_meow, 4000.0), 8.0, 0.25),
        ]
        meow = make_moving_voice(rng, pitch_hz, rate_hz, tracks, breath=0.08, n_harmonics=20)
        level = [(0, 0), (0.15 * held_s, 0.7), (0.4 * held_s, 1), (0.75 * held_s, 0.7), (held_s, 0)]
        grains.append(meow * follow_points(n_meow, rate_hz, level))
        onsets_s.append(t)
        t += held_s + rng.uniform(0.4, 1.5)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def cow(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A long moo: closed and humming at first, then open."""
    held_s = min(duration_s, rng.uniform(1.4, 2.6))
    n = count_samples(held_s, rate_hz)
    points = [(0, 0.8), (0.4 * held_s, 1.0), (0.75 * held_s, 1.1), (held_s, 0.7)]
    pitch_hz = rng.uniform(110, 190) * follow_points(n, rate_hz, points) * wander(rng, n, rate_hz, 10.0, 0.985, 1.015)
    opening = follow_points(n, rate_hz, [(0, 0), (0.25 * held_s, 0.15), (0.5 * held_s, 1.0), (held_s, 0.3)])
    tracks: list[tuple[Array, float, Array | float]] = [
        (280 + 330 * opening, 4.0, 1.0),
        (850 + 350 * opening, 7.0, 0.2 + 0.6 * opening),
        (np.full(n, 2400.0), 8.0, 0.25 * opening),
    ]
    moo = make_moving_voice(rng, pitch_hz, rate_hz, tracks, breath=0.12, roughness=0.15, n_harmonics=28)
    level = [(0, 0), (0.15 * held_s, 0.5), (0.5 * held_s, 1), (0.85 * held_s, 0.6), (held_s, 0)]
    return finish(rng, moo * follow_points(n, rate_hz, level), rate_hz, dies_away=True)


def sheep(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Bleats: a nasal voice shaken 6-9 times a second."""
    n = count_samples(duration_s, rate_hz)
    base_hz, grains, onsets_s, t = rng.uniform(200, 380), [], [], rng.uniform(0.0, 0.2)
    formants = [(rng.uniform(550, 750), 200, 1.0), (rng.uniform(1300, 1700), 300, 0.8), (2700, 400, 0.6)]
    while t < duration_s:
        held_s, shake_hz = rng.uniform(0.6, 1.2), rng.uniform(6, 9)
        n_bleat = count_samples(held_s, rate_hz)
        shake = np.sin(2 * np.pi * shake_hz * time_axis(n_bleat, rate_hz))
        pitch_hz = base_hz * (1 + 0.06 * shake) * follow_points(n_bleat, rate_hz, [(0, 1.05), (held_s, 0.9)])
        bleat = make_voice(rng, pitch_hz, rate_hz, formants, breath=0.2, roughness=0.2)
        grains.append(bleat * (1 + 0.5 * shake) * gate(n_bleat, rate_hz, 0.1))
        onsets_s.append(t)
        t += held_s + rng.uniform(0.4, 1.4)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def bee(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """An insect circling: wing beats at 150-260 Hz, coming near and going away with a small Doppler shift."""
    n = count_samples(duration_s, rate_hz)
    distance = wander(rng, n, rate_hz, 1.2, 0.15, 1.0)
    approach = -np.gradient(distance) * rate_hz
    pitch_hz = rng.uniform(150, 260) * wander(rng, n, rate_hz, 3.0, 0.93, 1.07) * (1 + 0.03 * np.tanh(approach))
    wings = make_harmonics(pitch_hz, [1.0, 0.9, 0.6, 0.5, 0.35, 0.3, 0.2, 0.2, 0.15, 0.1, 0.1, 0.08], n, rate_hz)
    wings *= 1 + 0.15 * wander(rng, n, rate_hz, 60.0, -1, 1)
    return finish(rng, apply_formants(wings, rate_hz, [(600, 900, 1.0)]) / (0.25 + distance), rate_hz, room=0.1)


KINDS = (
    SoundKind(
        "crickets",
        (
            "crickets chirping",
            "insects on a summer night",
            "a cricket in the grass",
            "night ambience with crickets",
            "chirping insects in a meadow",
            "high rhythmic chirps of crickets",
        ),
        crickets,
        True,
    ),
    SoundKind(
        "frogs",
        (
            "frogs croaking",
            "a frog in a pond",
            "croaking toads at night",
            "swamp with frogs",
            "a chorus of frogs",
            "ribbit of a frog",
        ),
        frogs,
        True,
    ),
    SoundKind(
        "dog bark",
        (
            "a dog barking",
            "barking dog in the yard",
            "a hound barks at a stranger",
            "dog woofing",
            "puppy yapping",
            "an angry dog",
        ),
        dog_bark,
        True,
    ),
    SoundKind(
        "cat meow",
        (
            "a cat meowing",
            "kitten mewing",
            "hungry cat asking for food",
            "a cat calls at the door",
            "meow of a house cat",
        ),
        cat_meow,
        True,
    ),
    SoundKind(
        "cow",
        (
            "a cow mooing",
            "cattle lowing in a field",
            "moo of a cow on the farm",
            "a cow calls for her calf",
            "livestock in the barn",
        ),
        cow,
        False,
    ),
    SoundKind(
        "sheep",
        (
            "a sheep bleating",
            "lambs calling on a hillside",
            "baa of a sheep",
            "goat bleating",
            "a flock of sheep",
        ),
        sheep,
        True,
    ),
    SoundKind(
        "bee",
        (
            "a bee buzzing",
            "insect flying around",
            "a fly buzzing near the ear",
            "wasp circling",
            "buzzing of an insect",
            "a bumblebee on a flower",
        ),
        bee,
        True,
    ),
)
