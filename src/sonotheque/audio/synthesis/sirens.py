"""Sirens of emergency vehicles and of warning."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, finish
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    follow_points,
    make_harmonics,
    time_axis,
    turn_phase,
    wander,
)
from sonotheque.values.waveform import Waveform


def make_horn(rng: np.random.Generator, pitch_hz: Array, rate_hz: int, n_partials: int = 20) -> Array:
    """A driven horn loudspeaker: rich harmonics with the horn's own band in the middle."""
    gains = 1 / np.arange(1, n_partials + 1) ** 0.8
    gains[1::2] *= rng.uniform(0.3, 0.9)
    # No clipping here: what it folds back above the Nyquist frequency would be heard as tones that sweep the other way.
    tone = make_harmonics(pitch_hz, gains, len(pitch_hz), rate_hz)
    return apply_formants(tone, rate_hz, [(rng.uniform(900, 1400), 900, 1.0), (rng.uniform(2000, 2900), 1200, 0.6)])


def _drive_past(rng: np.random.Generator, pitch_hz: Array, duration_s: float, rate_hz: int) -> tuple[Array, Array]:
    """The pitch after a Doppler shift and the gain of a vehicle that stands, comes or goes."""
    if rng.random() < 0.4:
        return pitch_hz, np.ones(len(pitch_hz))
    away = (time_axis(len(pitch_hz), rate_hz) - duration_s * rng.uniform(0.2, 0.8)) / rng.uniform(1.0, 4.0)
    return pitch_hz * (1 - rng.uniform(0.01, 0.05) * away / np.sqrt(1 + away**2)), 0.2 + 0.8 / (1 + 0.5 * away**2)


def siren_wail(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The slow wail: up and down between about 600 and 1400 Hz every 2.5 to 5 s."""
    return _sweep_siren(rng, duration_s, rate_hz, rng.uniform(2.5, 5.0))


def siren_yelp(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The quick yelp: the same sweep three to five times a second."""
    return _sweep_siren(rng, duration_s, rate_hz, rng.uniform(0.2, 0.34))


def _sweep_siren(rng: np.random.Generator, duration_s: float, rate_hz: int, period_s: float) -> Waveform:
    n = count_samples(duration_s, rate_hz)
    low_hz, high_hz, rise = rng.uniform(500, 700), rng.uniform(1200, 1600), rng.uniform(0.35, 0.6)
    turn = (time_axis(n, rate_hz) / period_s + rng.uniform(0, 1)) % 1.0
    height = np.where(turn < rise, turn / rise, (1 - turn) / (1 - rise))
    height = np.sin(0.5 * np.pi * height)
    pitch_hz, gain = _drive_past(rng, low_hz * (high_hz / low_hz) ** height, duration_s, rate_hz)
    return finish(rng, make_horn(rng, pitch_hz, rate_hz) * gain, rate_hz)


def siren_two_tone(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Hi-lo: two tones a fourth apart in turn, as in much of Europe."""
    n = count_samples(duration_s, rate_hz)
    low_hz, held_s = rng.uniform(360, 480), rng.uniform(0.4, 0.75)
    is_high = (time_axis(n, rate_hz) / (2 * held_s) + rng.uniform(0, 1)) % 1.0 < 0.5
    pitch_hz, gain = _drive_past(rng, np.where(is_high, low_hz * 4 / 3, low_hz), duration_s, rate_hz)
    return finish(rng, make_horn(rng, pitch_hz, rate_hz) * gain, rate_hz)


def air_raid_siren(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A motor-driven rotor winding up and down slowly, two rows of ports sounding a minor third."""
    n = count_samples(duration_s, rate_hz)
    top_hz, points, t = rng.uniform(380, 520), [(0.0, 120.0)], 0.0
    while t < duration_s:
        rise_s, held_s, fall_s = rng.uniform(1.5, 2.5), rng.uniform(0.5, 2.0), rng.uniform(2.0, 3.5)
        points += [(t + 0.5 * rise_s, 0.75 * top_hz), (t + rise_s, top_hz), (t + rise_s + held_s, top_hz)]
        t += rise_s + held_s + fall_s
        points += [(t, 0.45 * top_hz)]
    pitch_hz = follow_points(n, rate_hz, points) * wander(rng, n, rate_hz, 3.0, 0.997, 1.003)
    gains = 1 / np.arange(1, 13)
    sound = make_harmonics(pitch_hz, gains, n, rate_hz) + 0.8 * make_harmonics(pitch_hz * 1.2, gains, n, rate_hz)
    return finish(rng, sound * (pitch_hz / top_hz) ** 1.5, rate_hz, room=0.7)


def fire_engine_horn(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A rumbling air horn over a fast phaser siren."""
    n = count_samples(duration_s, rate_hz)
    turn = turn_phase(rng.uniform(11, 17), n, rate_hz) % 1.0
    phaser = make_horn(rng, rng.uniform(700, 900) * (1 + 0.8 * turn), rate_hz, 9)
    blasts = np.sin(2 * np.pi * time_axis(n, rate_hz) / rng.uniform(1.4, 2.4) + rng.uniform(0, 6)) > -0.1
    horn = make_harmonics(rng.uniform(140, 190), 1 / np.arange(1, 25) ** 0.5, n, rate_hz)
    swell = np.convolve(blasts.astype(float), np.ones(200) / 200, "same")
    return finish(rng, phaser / np.std(phaser) + 1.3 * swell * horn / np.std(horn), rate_hz)


KINDS = (
    SoundKind(
        "siren wail",
        (
            "a siren wailing",
            "police siren",
            "ambulance siren rising and falling",
            "an emergency vehicle approaching",
            "fire truck siren in the city",
            "the slow wail of a police car siren",
            "emergency siren on the street",
        ),
        siren_wail,
        True,
    ),
    SoundKind(
        "siren yelp",
        (
            "a fast yelping siren",
            "police siren in yelp mode",
            "rapid siren of an ambulance",
            "emergency vehicle with quick siren sweeps",
            "police car chasing with its siren on",
            "a quickly warbling siren",
        ),
        siren_yelp,
        True,
    ),
    SoundKind(
        "two-tone siren",
        (
            "a two-tone siren",
            "European police siren",
            "hi-lo siren of an ambulance",
            "a fire engine siren with two alternating tones",
            "nee-naw of an ambulance",
            "emergency vehicle alternating high and low horn",
        ),
        siren_two_tone,
        True,
    ),
    SoundKind(
        "air raid siren",
        (
            "an air raid siren",
            "civil defence siren winding up and down",
            "tornado warning siren",
            "a war-time siren wailing over the town",
            "public warning siren",
        ),
        air_raid_siren,
        True,
    ),
    SoundKind(
        "fire engine",
        (
            "a fire engine blowing its air horn",
            "fire truck with horn and phaser siren",
            "fire brigade rushing through traffic",
            "loud air horn and electronic siren",
            "firefighters on their way",
        ),
        fire_engine_horn,
        True,
    ),
)
