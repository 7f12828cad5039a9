"""Alarms, horns and buzzers: signals made to be noticed."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, band_pass, finish
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform


def make_beep(
    frequency_hz: float, duration_s: float, rate_hz: int, gains: tuple[float, ...] = (1.0, 0.0, 0.3)
) -> Array:
    """One electronic beep with soft edges; `gains` are those of its harmonics."""
    n = count_samples(duration_s, rate_hz)
    return make_harmonics(frequency_hz, gains, n, rate_hz) * gate(n, rate_hz, 0.004)


def _beep_pattern(
    duration_s: float, rate_hz: int, beep: Array, pattern_s: list[float], *, period_s: float, start_s: float
) -> Array:
    onsets_s = [
        turn * period_s + offset_s - start_s
        for turn in range(int((duration_s + start_s) / period_s) + 1)
        for offset_s in pattern_s
    ]
    kept = [onset_s for onset_s in onsets_s if onset_s >= 0]
    return lay_grains([beep] * len(kept), kept, count_samples(duration_s, rate_hz), rate_hz)


def smoke_alarm(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The temporal-three pattern of ISO 8201 at about 3.1 kHz: three half-second beeps, then a pause of 1.5 s."""
    beep = make_beep(rng.uniform(2850, 3400), 0.5, rate_hz, (1.0, 0.25, 0.15))
    sound = _beep_pattern(duration_s, rate_hz, beep, [0.0, 1.0, 2.0], period_s=4.0, start_s=rng.uniform(0, 1))
    return finish(rng, sound, rate_hz)


def alarm_clock(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A digital alarm clock: groups of four short beeps."""
    width_s, pause_s = rng.uniform(0.05, 0.09), rng.uniform(0.35, 0.6)
    beep = make_beep(rng.uniform(1700, 2400), width_s, rate_hz, (1.0, 0.1, 0.5, 0.05, 0.2))
    n_beeps = int(rng.integers(3, 5))
    onsets_s = [2 * width_s * k for k in range(n_beeps)]
    period_s = 2 * width_s * n_beeps + pause_s
    return finish(rng, _beep_pattern(duration_s, rate_hz, beep, onsets_s, period_s=period_s, start_s=0.0), rate_hz)


def reversing_beeper(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A lorry backing up: a 1-1.4 kHz beep of half a second, once a second."""
    on_s = rng.uniform(0.35, 0.55)
    beep = make_beep(rng.uniform(950, 1450), on_s, rate_hz, (1.0, 0.15, 0.35, 0.05, 0.1))
    sound = _beep_pattern(duration_s, rate_hz, beep, [0.0], period_s=2 * on_s, start_s=rng.uniform(0, on_s))
    rumble = band_pass(make_noise(rng, len(sound), rate_hz, -4.0), rate_hz, 40, 300)
    return finish(rng, sound + rng.uniform(0, 0.15) * rumble, rate_hz, room=0.6)


def car_alarm(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A car alarm running through its programmes: sweeps up, yelps, hi-lo, sweeps down, each for some two seconds."""
    n = count_samples(duration_s, rate_hz)
    time_s, held_s = time_axis(n, rate_hz), rng.uniform(1.4, 2.2)
    turn = [(time_s * speed) % 1.0 for speed in (rng.uniform(2, 3.5), rng.uniform(6, 9), 3.0, rng.uniform(2.5, 4))]
    programmes = np.stack(
        [
            1200 * 2.2 ** turn[0],
            1300 + 900 * np.abs(2 * turn[1] - 1),
            np.where(turn[2] < 0.5, 1300, 1800),
            2600 * 0.45 ** turn[3],
        ]
    )
    which = ((time_s / held_s).astype(np.int64) + int(rng.integers(0, 4))) % 4
    pitch_hz = programmes[which, np.arange(n)] * rng.uniform(0.85, 1.15)
    sound = make_harmonics(pitch_hz, [1.0, 0.4, 0.5, 0.2, 0.2], n, rate_hz)
    return finish(rng, sound, rate_hz, room=0.6)


def _honk_pattern(rng: np.random.Generator, duration_s: float) -> list[tuple[float, float]]:
    honks: list[tuple[float, float]] = []
    t = 0.0
    for _ in range(int(rng.integers(1, 4))):
        honk_s = rng.uniform(0.15, 0.4) if rng.random() < 0.5 else rng.uniform(0.5, 1.4)
        if t + honk_s > duration_s and honks:
            break
        honks.append((t, min(honk_s, duration_s - t)))
        t += honk_s + rng.uniform(0.1, 0.35)
    return honks


def car_horn(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One to three honks of a pair of horns a third apart."""
    low_hz = rng.uniform(350, 440)
    honks = _honk_pattern(rng, duration_s)
    gains = 1 / np.arange(1, 20) ** 0.5
    grains = []
    for _, honk_s in honks:
        n = count_samples(honk_s, rate_hz)
        pair = make_harmonics(low_hz, gains, n, rate_hz) + make_harmonics(low_hz * 1.25, gains, n, rate_hz)
        grains.append(pair * gate(n, rate_hz, 0.02))
    total = count_samples(min(duration_s, honks[-1][0] + honks[-1][1] + 0.4), rate_hz)
    sound = lay_grains(grains, [onset_s for onset_s, _ in honks], total, rate_hz)
    horn = [(rng.uniform(1500, 2200), 1500, 1.0), (500, 500, 0.6)]
    return finish(rng, apply_formants(sound, rate_hz, horn), rate_hz, dies_away=True)


def train_horn(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A five-chime locomotive horn, one or two long blasts with a swelling start."""
    root_hz = rng.uniform(290, 340)
    blast_s = rng.uniform(1.0, min(2.5, max(1.1, duration_s * 0.6)))
    n = count_samples(min(blast_s, duration_s), rate_hz)
    swell = gate(n, rate_hz, 0.12)
    blast = np.zeros(n)
    for ratio in (1.0, 1.19, 1.335, 1.59, 2.0):
        pitch_hz = root_hz * ratio * (0.97 + 0.03 * swell) * rng.uniform(0.997, 1.003)
        blast += make_harmonics(pitch_hz, 1 / np.arange(1, 19) ** 0.7, n, rate_hz)
    blast = blast * swell
    onsets_s = [0.0] if duration_s < 2 * blast_s + 0.6 else [0.0, blast_s + rng.uniform(0.25, 0.5)]
    total = count_samples(min(duration_s, onsets_s[-1] + blast_s + 1.0), rate_hz)
    sound = lay_grains([blast] * len(onsets_s), onsets_s, total, rate_hz)
    return finish(rng, sound, rate_hz, room=0.9, dies_away=True)


def ship_horn(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A foghorn: one very low, long blast with far echoes."""
    n_blast = count_samples(min(duration_s, rng.uniform(2.0, 4.0)), rate_hz)
    pitch_hz = rng.uniform(75, 130) * wander(rng, n_blast, rate_hz, 2.0, 0.995, 1.005)
    blast = make_harmonics(pitch_hz, 1 / np.arange(1, 48) ** 1.3, n_blast, rate_hz) * gate(n_blast, rate_hz, 0.2)
    total = count_samples(min(duration_s, n_blast / rate_hz + 2.0), rate_hz)
    echoes_s = [0.0, rng.uniform(0.4, 0.8), rng.uniform(0.9, 1.4)]
    sound = lay_grains([blast, 0.25 * blast, 0.1 * blast], echoes_s, total, rate_hz)
    return finish(rng, sound, rate_hz, room=0.9, dies_away=True)


def buzzer(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """An electromechanical buzzer: a harsh armature at twice the mains frequency, in one to three presses."""
    pitch_hz, gains = float(rng.choice([100.0, 120.0])) * rng.uniform(0.98, 1.4), 1 / np.arange(1, 60) ** 0.35
    grains: list[Array] = []
    onsets_s: list[float] = []
    t = 0.0
    for _ in range(int(rng.integers(1, 4))):
        press_s = min(rng.uniform(0.4, 1.5), duration_s)
        if t + press_s > duration_s and grains:
            break
        n = count_samples(press_s, rate_hz)
        rattle = make_harmonics(pitch_hz * wander(rng, n, rate_hz, 20.0, 0.995, 1.005), gains, n, rate_hz)
        grains.append(rattle * gate(n, rate_hz, 0.005))
        onsets_s.append(t)
        t += press_s + rng.uniform(0.2, 0.4)
    total = count_samples(min(duration_s, onsets_s[-1] + len(grains[-1]) / rate_hz + 0.3), rate_hz)
    sound = lay_grains(grains, onsets_s, total, rate_hz)
    return finish(rng, apply_formants(sound, rate_hz, [(rng.uniform(600, 1600), 1400, 1.0)]), rate_hz, dies_away=True)


KINDS = (
    SoundKind(
        "smoke alarm",
        (
            "a smoke alarm",
            "smoke detector beeping",
            "fire alarm going off",
            "piercing high beeps of a smoke detector",
            "an alarm warns of fire in the house",
            "loud shrill alarm beeping in threes",
        ),
        smoke_alarm,
        True,
    ),
    SoundKind(
        "alarm clock",
        (
            "an alarm clock beeping",
            "digital alarm clock in the morning",
            "wake-up alarm going off",
            "bedside clock beeps",
            "someone's alarm clock rings",
            "electronic alarm clock beep beep beep",
        ),
        alarm_clock,
        True,
    ),
    SoundKind(
        "reversing beeper",
        (
            "a truck backing up",
            "reversing beeps of a lorry",
            "back-up alarm of a vehicle",
            "a forklift reversing",
            "beep beep of a reversing truck",
            "construction vehicle reversing",
        ),
        reversing_beeper,
        True,
    ),
    SoundKind(
        "car alarm",
        (
            "a car alarm",
            "car alarm going off in the street",
            "vehicle anti-theft alarm",
            "someone set off a car alarm",
            "an alarm cycling through different sirens",
            "parked car alarm blaring",
        ),
        car_alarm,
        True,
    ),
    SoundKind(
        "car horn",
        (
            "a car horn",
            "a driver honks",
            "honking in traffic",
            "car beeping its horn",
            "an angry driver hits the horn",
            "vehicle horn tooting",
        ),
        car_horn,
        False,
    ),
    SoundKind(
        "train horn",
        (
            "a train horn",
            "locomotive blowing its horn",
            "train whistle at a crossing",
            "a diesel train sounds its horn",
            "the loud chord of a train horn",
            "railway horn in the distance",
        ),
        train_horn,
        False,
    ),
    SoundKind(
        "ship horn",
        (
            "a ship's horn",
            "foghorn at sea",
            "a ferry blows its horn in the harbour",
            "deep long blast of a boat horn",
            "ocean liner departing with its horn",
        ),
        ship_horn,
        False,
    ),
    SoundKind(
        "buzzer",
        (
            "a buzzer",
            "door entry buzzer",
            "harsh electric buzz of an intercom",
            "game show wrong answer buzzer",
            "someone presses a buzzer",
            "loud buzzing signal",
        ),
        buzzer,
        False,
    ),
)
