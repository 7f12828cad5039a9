"""Sounds of old video games: square waves with swept pitch, and held noise."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import finish
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    time_axis,
)
from sonotheque.values.waveform import Waveform

SQUARE_GAINS = tuple(1 / k if k % 2 else 0.0 for k in range(1, 24))


def make_square(pitch_hz: Array, rate_hz: int) -> Array:
    """A band-limited square wave of changing pitch."""
    return make_harmonics(pitch_hz, SQUARE_GAINS, len(pitch_hz), rate_hz)


def laser(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One to four zaps: a square wave falling exponentially through three octaves."""
    grains: list[Array] = []
    onsets_s: list[float] = []
    t = 0.0
    zap_s, top_hz, drop = rng.uniform(0.15, 0.35), rng.uniform(1500, 3000), rng.uniform(6, 14)
    for _ in range(int(rng.integers(1, 5))):
        if t + zap_s > duration_s and grains:
            break
        n = count_samples(min(zap_s, duration_s), rate_hz)
        share = np.arange(n) / n
        grains.append(make_square(top_hz * drop**-share, rate_hz) * (1 - share) ** 0.7)
        onsets_s.append(t)
        t += zap_s + rng.uniform(0.03, 0.2)
    n = count_samples(min(duration_s, onsets_s[-1] + zap_s + 0.1), rate_hz)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.2, dies_away=True)


def jump(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A hop: a square wave that dips, then leaps up."""
    held_s = min(duration_s, rng.uniform(0.2, 0.4))
    n = count_samples(held_s, rate_hz)
    base_hz = rng.uniform(180, 350)
    points = [(0, base_hz * 1.2), (0.12 * held_s, base_hz), (held_s, base_hz * rng.uniform(2.2, 3.5))]
    level = follow_points(n, rate_hz, [(0, 0), (0.004, 1), (0.7 * held_s, 0.7), (held_s, 0)])
    return finish(
        rng, make_square(follow_points(n, rate_hz, points), rate_hz) * level, rate_hz, room=0.0, dies_away=True
    )


def coin_pickup(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A short note and a longer one a fourth above it."""
    first_hz, length_s = rng.uniform(800, 1100), min(duration_s, rng.uniform(0.5, 0.9))
    n = count_samples(length_s, rate_hz)
    time_s = time_axis(n, rate_hz)
    turn_s = min(rng.uniform(0.06, 0.1), 0.3 * length_s)
    pitch_hz = np.where(time_s < turn_s, first_hz, first_hz * 4 / 3)
    level = np.where(time_s < turn_s, 0.8, np.exp(-(time_s - turn_s) / (0.25 * length_s))) * gate(n, rate_hz, 0.003)
    return finish(rng, make_square(pitch_hz, rate_hz) * level, rate_hz, room=0.0, dies_away=True)


def game_explosion(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Noise held for ever longer steps, as an old sound chip does it, fading out in a second."""
    length_s = min(duration_s, rng.uniform(0.7, 1.4))
    n = count_samples(length_s, rate_hz)
    share = np.arange(n) / n
    step = np.cumsum(rng.uniform(4000, 7000) * 0.06**share / rate_hz).astype(np.int64)
    held = rng.choice([-1.0, 1.0], int(step[-1]) + 1)[step]
    level = np.round((1 - share) ** 1.5 * 15) / 15
    return finish(rng, held * level, rate_hz, room=0.0, dies_away=True)


def power_up(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A fast arpeggio climbing two octaves in three steps."""
    note_s, base_hz = rng.uniform(0.045, 0.075), rng.uniform(220, 400)
    ratios = [2 ** (s / 12) for shift in (0, 5, 10) for s in (shift, shift + 4, shift + 7, shift + 12)]
    n_note = count_samples(note_s, rate_hz)
    grains = [make_square(np.full(n_note, base_hz * r), rate_hz) * gate(n_note, rate_hz, 0.003) for r in ratios]
    n = count_samples(min(duration_s, note_s * len(ratios) + 0.02), rate_hz)
    sound = lay_grains(grains, [k * note_s for k in range(len(grains))], n, rate_hz)
    return finish(rng, sound, rate_hz, room=0.0, dies_away=True)


KINDS = (
    SoundKind(
        "laser",
        (
            "a laser gun",
            "sci-fi laser zaps",
            "ray gun in a video game",
            "pew pew",
            "space shooter laser sound",
            "falling electronic zap",
        ),
        laser,
        False,
    ),
    SoundKind(
        "game jump",
        (
            "a video game jump",
            "retro jump sound effect",
            "8-bit character hopping",
            "arcade game jump",
            "boing of a platform game",
        ),
        jump,
        False,
    ),
    SoundKind(
        "game coin",
        (
            "collecting a coin in a video game",
            "8-bit coin pickup",
            "arcade bonus blip",
            "retro game reward sound",
            "two-note pickup chime in a game",
        ),
        coin_pickup,
        False,
    ),
    SoundKind(
        "game explosion",
        (
            "an 8-bit explosion",
            "retro video game explosion",
            "arcade game blast",
            "chiptune noise burst",
            "spaceship destroyed in an old game",
        ),
        game_explosion,
        False,
    ),
    SoundKind(
        "power-up",
        (
            "a power-up sound in a game",
            "rising arpeggio of a retro game",
            "level up jingle",
            "8-bit power up",
            "video game bonus melody",
        ),
        power_up,
        False,
    ),
)
