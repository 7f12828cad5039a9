"""Machines of home and workshop: motors, fans, tools, clocks, keyboards."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import (
    apply_formants,
    band_pass,
    convolve,
    finish,
    follow_resonances,
    high_pass,
    resonate,
)
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    follow_points,
    make_harmonics,
    make_noise,
    place_pulses,
    ring_modes,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def vacuum_cleaner(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A universal motor's hum and whine under broad suction noise, which narrows when the nozzle meets the floor."""
    n = count_samples(duration_s, rate_hz)
    speed_hz = rng.uniform(180, 330) * wander(rng, n, rate_hz, 0.7, 0.96, 1.04)
    motor = make_harmonics(speed_hz, [1.0, 0.5, 0.7, 0.3, 0.25, 0.4, 0.1, 0.2, 0.1], n, rate_hz)
    centre_hz = wander(rng, n, rate_hz, 0.8, 900, 2200)
    air = follow_resonances(make_noise(rng, n, rate_hz, -1.5), rate_hz, [(centre_hz, 0.8, 1.0)], floor=0.3)
    hum = make_harmonics(100.0, [1.0, 0.4, 0.2], n, rate_hz)
    return finish(rng, 0.25 * motor + rng.uniform(0.8, 1.4) * air + 0.1 * hum, rate_hz)


def fan(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Moving air with the soft beat of blades: a fan or an air conditioner."""
    n = count_samples(duration_s, rate_hz)
    air = apply_formants(
        make_noise(rng, n, rate_hz, -4.0),
        rate_hz,
        [(rng.uniform(150, 400), 500, 1.0), (rng.uniform(900, 1800), 1200, 0.5)],
    )
    beat = 1 + rng.uniform(0.1, 0.35) * np.sin(2 * np.pi * rng.uniform(8, 28) * time_axis(n, rate_hz))
    hum = make_harmonics(float(rng.choice([50.0, 60.0])) * 2, [1.0, 0.3, 0.1], n, rate_hz)
    return finish(rng, air * beat / np.std(air) + rng.uniform(0.02, 0.25) * hum, rate_hz, room=0.2)


def electric_drill(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Bursts of a geared motor that spins up, labours in the wall and stops."""
    n = count_samples(duration_s, rate_hz)
    points, t = [(0.0, 0.0)], rng.uniform(0.0, 0.15)
    while t < duration_s:
        held_s = rng.uniform(0.7, 2.2)
        points += [
            (t, 0.0),
            (t + 0.15, 1.0),
            (t + 0.4, rng.uniform(0.8, 0.95)),
            (t + held_s, 0.9),
            (t + held_s + 0.25, 0.0),
        ]
        t += held_s + rng.uniform(0.35, 0.9)
    speed = follow_points(n, rate_hz, points)
    turns_hz = 20 + rng.uniform(320, 620) * speed * wander(rng, n, rate_hz, 6.0, 0.97, 1.03)
    gears = make_harmonics(turns_hz, [1.0, 0.8, 0.9, 0.5, 0.6, 0.3, 0.3, 0.25, 0.2, 0.15, 0.1], n, rate_hz)
    grind = band_pass(make_noise(rng, n, rate_hz), rate_hz, 1200, 6000, order=1) * (
        1 + np.sin(2 * np.pi * np.cumsum(turns_hz / 8) / rate_hz)
    )
    return finish(rng, (np.tanh(gears) + rng.uniform(0.3, 0.8) * grind) * speed, rate_hz)


def hand_saw(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Strokes to and fro, teeth ripping: noise whose brightness follows the speed of the blade."""
    n = count_samples(duration_s, rate_hz)
    stroke_hz = wander(rng, n, rate_hz, 0.5, 1.0, 1.8)
    speed = np.sin(np.pi * 2 * np.cumsum(stroke_hz) / rate_hz)
    push = np.where(speed > 0, 1.0, 0.55) * np.abs(speed) ** 1.5
    teeth = rng.standard_normal(n) * (1 + 0.7 * np.sin(2 * np.pi * np.cumsum(220 * np.abs(speed)) / rate_hz))
    sound = follow_resonances(
        teeth, rate_hz, [(500 + 700 * np.abs(speed), 4.0, 0.7), (1500 + 1500 * np.abs(speed), 5.0, 1.0)], floor=0.06
    )
    return finish(rng, sound * push, rate_hz)


def _make_click(rng: np.random.Generator, rate_hz: int, low_hz: float, high_hz: float, decay_s: float) -> Array:
    modes = [(rng.uniform(low_hz, high_hz), decay_s * rng.uniform(0.5, 1.5), rng.uniform(0.3, 1)) for _ in range(7)]
    n = max(2, round(0.06 * rate_hz))
    noise = rng.standard_normal(n) * strike_envelope(n, rate_hz, 0.0003, decay_s * 0.4)
    return ring_modes(modes, n, rate_hz) + 0.8 * high_pass(noise, rate_hz, low_hz * 0.7)


def clock_ticking(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The tick and tock of an escapement, 1 to 5 beats a second, as steady as clockwork."""
    n = count_samples(duration_s, rate_hz)
    beats_s = draw_steady_times(
        rng, float(rng.choice([1.0, 0.5, 0.5, 0.25, 0.2])), 0.002, duration_s, rng.uniform(0.02, 0.15)
    )
    tick, tock = (
        _make_click(rng, rate_hz, low, low * 3, 0.006) for low in (rng.uniform(1500, 2500), rng.uniform(900, 1700))
    )
    ticks = place_pulses(beats_s[0::2], 1.0, n, rate_hz)
    tocks = place_pulses(beats_s[1::2], rng.uniform(0.6, 1.0), n, rate_hz)
    case = convolve(ticks, tick) + convolve(tocks, tock)
    return finish(rng, case + 0.4 * resonate(case, rate_hz, [(rng.uniform(250, 700), 0.01, 0.3)]), rate_hz, room=0.2)


def typing(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Keys pressed and let go in bursts of words, now and then the space bar."""
    n = count_samples(duration_s, rate_hz)
    times_s, t = [], rng.uniform(0.02, 0.15)
    while t < duration_s:
        times_s.append(t)
        t += rng.uniform(0.25, 0.7) if rng.random() < 0.1 else max(0.05, rng.normal(0.13, 0.035))
    presses_s = np.array(times_s)
    sound = np.zeros(n)
    choice = rng.integers(0, 5, len(presses_s))
    for key in range(5):
        low_hz = 350 if key == 0 else rng.uniform(900, 1800)
        down, up = _make_click(rng, rate_hz, low_hz, 3.2 * low_hz, 0.005), _make_click(rng, rate_hz, 1500, 5000, 0.003)
        mine_s = presses_s[choice == key]
        sound += convolve(place_pulses(mine_s, rng.uniform(0.5, 1, len(mine_s)), n, rate_hz), down)
        held_s = rng.uniform(0.06, 0.1, len(mine_s))
        sound += convolve(place_pulses(mine_s + held_s, rng.uniform(0.15, 0.4, len(mine_s)), n, rate_hz), up)
    return finish(rng, sound, rate_hz, room=0.2)


def washing_machine(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A turning drum: sloshing water once a turn over a motor's hum, laundry thudding."""
    n = count_samples(duration_s, rate_hz)
    turn_hz = rng.uniform(0.8, 1.3)
    turning = 0.5 + 0.5 * np.sin(2 * np.pi * turn_hz * time_axis(n, rate_hz))
    slosh = follow_resonances(
        make_noise(rng, n, rate_hz, -2.0), rate_hz, [(600 + 900 * turning, 0.7, 0.6 + turning)], floor=0.15
    )
    motor = make_harmonics(rng.uniform(90, 130), [1.0, 0.6, 0.4, 0.5, 0.2, 0.3, 0.1], n, rate_hz)
    thuds_s = draw_steady_times(rng, 1 / turn_hz, 0.12, duration_s, rng.uniform(0, 0.5))
    thuds = resonate(
        place_pulses(thuds_s, rng.uniform(0.4, 1, len(thuds_s)), n, rate_hz),
        rate_hz,
        [(60, 0.06, 1.0), (135, 0.04, 0.6)],
    )
    return finish(rng, slosh / np.std(slosh) + 0.25 * motor + 3.0 * thuds, rate_hz, room=0.25)


def sewing_machine(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Rapid needle strokes in runs, under a motor that speeds up and slows with them."""
    n = count_samples(duration_s, rate_hz)
    points, t = [(0.0, 0.0)], rng.uniform(0.0, 0.1)
    while t < duration_s:
        run_s = rng.uniform(0.8, 2.5)
        points += [(t, 0.0), (t + 0.2, rng.uniform(0.7, 1)), (t + run_s, rng.uniform(0.7, 1)), (t + run_s + 0.15, 0.0)]
        t += run_s + rng.uniform(0.3, 0.7)
    speed = follow_points(n, rate_hz, points)
    phase = np.cumsum(rng.uniform(11, 18) * speed) / rate_hz
    strokes_s = np.flatnonzero(np.diff(np.floor(phase)) > 0) / rate_hz
    strokes = place_pulses(strokes_s, rng.uniform(0.7, 1, len(strokes_s)), n, rate_hz)
    back = place_pulses(strokes_s + 0.03, 0.6, n, rate_hz)
    clack = convolve(strokes, _make_click(rng, rate_hz, 500, 2500, 0.008))
    clack += convolve(back, _make_click(rng, rate_hz, 900, 4000, 0.006))
    motor = make_harmonics(40 + rng.uniform(100, 180) * speed, [1, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2], n, rate_hz)
    return finish(rng, clack / np.std(clack) + 0.35 * motor * speed, rate_hz)


KINDS = (
    SoundKind(
        "vacuum cleaner",
        (
            "a vacuum cleaner",
            "someone hoovering the carpet",
            "vacuuming the floor",
            "hoover motor running",
            "the whine and suction of a vacuum cleaner",
            "household cleaning with a vacuum",
        ),
        vacuum_cleaner,
        True,
    ),
    SoundKind(
        "fan",
        (
            "a fan blowing",
            "air conditioner humming",
            "ventilation noise in a room",
            "the steady whir of an electric fan",
            "air conditioning unit running",
            "computer fan noise",
        ),
        fan,
        True,
    ),
    SoundKind(
        "electric drill",
        (
            "an electric drill",
            "drilling into a wall",
            "someone using a power drill",
            "power tool whirring in bursts",
            "a drill starting and stopping",
            "construction work with a drill",
        ),
        electric_drill,
        True,
    ),
    SoundKind(
        "hand saw",
        (
            "sawing wood by hand",
            "a hand saw cutting a plank",
            "carpenter sawing back and forth",
            "the rasp of a saw on wood",
            "someone saws a piece of timber",
            "hand saw strokes",
        ),
        hand_saw,
        True,
    ),
    SoundKind(
        "clock ticking",
        (
            "a clock ticking",
            "tick tock of a wall clock",
            "an old clock ticks in a quiet room",
            "a watch ticking",
            "the steady ticking of a clock",
            "grandfather clock pendulum",
        ),
        clock_ticking,
        True,
    ),
    SoundKind(
        "typing",
        (
            "typing on a keyboard",
            "someone types on a computer",
            "keyboard clicks in an office",
            "fast typing on a mechanical keyboard",
            "keys being pressed",
            "a person writing on a laptop",
        ),
        typing,
        True,
    ),
    SoundKind(
        "washing machine",
        (
            "a washing machine",
            "laundry tumbling in a washer",
            "washing machine drum turning with water",
            "a household washer running a cycle",
            "clothes sloshing in the wash",
            "the thud and slosh of a washing machine",
        ),
        washing_machine,
        True,
    ),
    SoundKind(
        "sewing machine",
        (
            "a sewing machine",
            "sewing machine stitching fabric",
            "a tailor at a sewing machine",
            "rapid needle clatter of a sewing machine",
            "stitching cloth by machine",
        ),
        sewing_machine,
        True,
    ),
)
