"""Things that strike, break, bang and step."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import band_pass, convolve, finish, high_pass, low_pass, make_room
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    draw_times,
    lay_grains,
    make_noise,
    place_pulses,
    ring_modes,
    strike_envelope,
)
from sonotheque.values.waveform import Waveform

WOOD_MODES = ((160, 0.022, 0.6), (390, 0.018, 0.9), (610, 0.014, 1.0), (980, 0.009, 0.6), (1700, 0.005, 0.4))


def make_noise_burst(rng: np.random.Generator, rate_hz: int, low_hz: float, high_hz: float, decay_s: float) -> Array:
    """A struck, decaying burst of band-limited noise with a peak of about one."""
    n = max(2, round(8 * decay_s * rate_hz))
    burst = band_pass(
        rng.standard_normal(n) * strike_envelope(n, rate_hz, 0.001, decay_s), rate_hz, low_hz, high_hz, order=1
    )
    return burst / max(1e-9, float(np.max(np.abs(burst))))


def make_knock(rng: np.random.Generator, rate_hz: int, scale: float) -> Array:
    """One rap of knuckles on a wooden panel: the leaf's boom, short modes and a dull click."""
    modes = [(f * scale * rng.uniform(0.97, 1.03), d, g * rng.uniform(0.7, 1.1)) for f, d, g in WOOD_MODES]
    leaf_hz = 90 * scale**0.5
    modes += [(leaf_hz * rng.uniform(0.97, 1.03), 0.025, rng.uniform(0.2, 0.8))]
    sound = ring_modes(modes, round(0.3 * rate_hz), rate_hz)
    for low_hz, high_hz, decay_s, gain in ((200, 1600, 0.004, 1.0), (50, 500, 0.012, 1.2)):
        burst = make_noise_burst(rng, rate_hz, low_hz, high_hz, decay_s)[: len(sound)]
        sound[: len(burst)] += gain * burst
    return sound


def knocks_on_wood(
    rng: np.random.Generator, duration_s: float, rate_hz: int, *, n_knocks: int | None = None
) -> Waveform:
    """Two to eight knocks (or `n_knocks`) on a door, an eighth to a third of a second apart, in a hall or a room."""
    wanted = int(rng.integers(2, 9)) if n_knocks is None else n_knocks
    gap_s, scale = rng.uniform(0.13, 0.34), rng.uniform(0.7, 1.5)
    n = count_samples(min(duration_s, wanted * gap_s + 0.4), rate_hz)
    onsets_s = [0.01 + gap_s * k * rng.uniform(0.97, 1.03) for k in range(wanted)]
    grains = [make_knock(rng, rate_hz, scale) * rng.uniform(0.7, 1.0) for _ in onsets_s]
    hall = make_room(rng, rate_hz, rng.uniform(0.1, 0.3), rng.uniform(0.1, 0.6))
    dull = low_pass(lay_grains(grains, onsets_s, n, rate_hz), rate_hz, rng.uniform(900, 2500), order=1)
    return finish(rng, convolve(dull, hall), rate_hz, room=0.2, dies_away=True)


def footsteps(
    rng: np.random.Generator, duration_s: float, rate_hz: int, *, steps_per_s: float | None = None
) -> Waveform:
    """Walking on a hard floor: heel thump and click, then the softer sole, left and right a little different."""
    pace = rng.uniform(1.4, 2.3) if steps_per_s is None else steps_per_s
    n = count_samples(duration_s, rate_hz)
    onsets_s = draw_steady_times(rng, 1 / pace, 0.03, duration_s, rng.uniform(0.02, 0.2))
    thump_hz, hardness = rng.uniform(90, 180), rng.uniform(0.2, 1.0)
    grains = []
    for k in range(len(onsets_s)):
        step = np.zeros(round(0.3 * rate_hz))
        heel = ring_modes(
            [(thump_hz * (1.08 if k % 2 else 1.0), 0.02, 1.0), (thump_hz * 2.7, 0.012, 0.6)], len(step), rate_hz
        )
        click = make_noise_burst(rng, rate_hz, 1000, 5000, 0.004)
        sole = make_noise_burst(rng, rate_hz, 300, 2500, 0.015)
        sole_at = round(rng.uniform(0.07, 0.1) * rate_hz)
        step += heel
        step[: len(click)] += hardness * click
        step[sole_at : sole_at + len(sole)] += 0.3 * sole
        grains.append(step * rng.uniform(0.75, 1.0))
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.6)


def footsteps_on_gravel(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Walking on gravel, leaves or snow: every step a crunch of many small grains, heel and toe."""
    n = count_samples(duration_s, rate_hz)
    low_hz, high_hz = rng.uniform(600, 2000), rng.uniform(4000, 7500)
    steps_s = draw_steady_times(rng, 1 / rng.uniform(1.5, 2.2), 0.04, duration_s, rng.uniform(0.02, 0.2))
    grit = rng.standard_normal(n) * 0.1
    times_s = draw_times(rng, 900, duration_s)
    grains = rng.lognormal(0, 0.9, len(times_s)) * rng.choice([-1.0, 1.0], len(times_s))
    grit += place_pulses(times_s, grains, n, rate_hz)
    press = place_pulses(steps_s, 1.0, n, rate_hz) + place_pulses(steps_s + 0.14, 0.7, n, rate_hz)
    envelope = convolve(press, strike_envelope(round(0.35 * rate_hz), rate_hz, 0.03, 0.05))
    return finish(rng, band_pass(grit, rate_hz, low_hz, high_hz, order=1) * envelope, rate_hz, room=0.15)


def glass_breaking(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A crash, then shards that ring high and fall for a second, ever sparser and softer."""
    n = count_samples(min(duration_s, 2.2), rate_hz)
    n_shards = int(rng.integers(60, 140))
    onsets_s = np.concatenate([rng.uniform(0, 0.03, 12), 0.03 + rng.exponential(rng.uniform(0.2, 0.4), n_shards)])
    grains = [make_noise_burst(rng, rate_hz, 800, 7500, 0.035) * 2.5]
    for onset_s in onsets_s:
        base_hz = rng.uniform(1800, 6000)
        modes = [(base_hz * r, rng.uniform(0.008, 0.05), rng.uniform(0.3, 1)) for r in (1, 1.37, 1.93, 2.6)]
        grains.append(ring_modes(modes, round(0.3 * rate_hz), rate_hz) * rng.uniform(0.1, 0.6) * np.exp(-onset_s / 0.5))
    return finish(rng, lay_grains(grains, [0.0, *onsets_s], n, rate_hz), rate_hz, dies_away=True)


def hammering(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A hammer on a nail: steel ping and wooden thud, one and a half to three times a second."""
    n = count_samples(duration_s, rate_hz)
    nail_hz, sound = rng.uniform(1800, 3600), np.zeros(n)
    times_s = draw_steady_times(rng, 1 / rng.uniform(1.5, 3), 0.08, duration_s, rng.uniform(0.02, 0.2))
    hits = place_pulses(times_s, rng.uniform(0.7, 1, len(times_s)), n, rate_hz)
    ping = [(nail_hz * r, rng.uniform(0.02, 0.06), rng.uniform(0.3, 0.8)) for r in (1, 1.63, 2.2, 2.75)]
    thud = [(rng.uniform(120, 240), 0.04, 1.0), (rng.uniform(300, 600), 0.025, 0.7)]
    sound += convolve(hits, ring_modes(ping + thud, round(0.6 * rate_hz), rate_hz))
    return finish(
        rng, sound + convolve(hits, 0.7 * make_noise_burst(rng, rate_hz, 800, 6000, 0.006)), rate_hz, room=0.6
    )


def door_slam(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A latch, then the whole leaf and wall thudding in an echoing hall."""
    n = count_samples(min(duration_s, 2.0), rate_hz)
    scale = rng.uniform(0.75, 1.3)
    leaf = ring_modes(
        [(f * scale, d, g) for f, d, g in ((55, 0.12, 1.0), (92, 0.09, 0.9), (170, 0.05, 0.6))], n, rate_hz
    )
    slap = make_noise_burst(rng, rate_hz, 80, 1500, 0.03)
    latch = [make_noise_burst(rng, rate_hz, 1200, 5000, 0.004) * g for g in (0.4, 0.25)]
    sound = lay_grains([leaf, 1.4 * slap, *latch], [0.03, 0.03, 0.0, 0.05], n, rate_hz)
    return finish(rng, sound, rate_hz, room=0.9, dies_away=True)


def _make_echoes(rng: np.random.Generator, bang: Array, n: int, rate_hz: int) -> Array:
    """The bang and its returns from far walls and hills, each later, weaker and duller."""
    grains, onsets_s = [bang], [0.002]
    for k in range(1, 6):
        onsets_s.append(onsets_s[-1] + rng.uniform(0.06, 0.25))
        grains.append(low_pass(bang, rate_hz, 3500 / k, order=1) * 0.4 / k**1.2)
    return lay_grains(grains, onsets_s, n, rate_hz)


def gunshot(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A muzzle blast (a sharp broadband pulse with a short low tail) and its echoes."""
    n = count_samples(min(duration_s, rng.uniform(1.2, 2.5)), rate_hz)
    n_blast = round(0.5 * rate_hz)
    crack = rng.standard_normal(n_blast) * strike_envelope(n_blast, rate_hz, 0.0002, rng.uniform(0.006, 0.015))
    boom = make_noise(rng, n_blast, rate_hz, -4.0) * strike_envelope(n_blast, rate_hz, 0.002, rng.uniform(0.04, 0.08))
    return finish(rng, _make_echoes(rng, crack + 0.6 * boom, n, rate_hz), rate_hz, room=0.9, dies_away=True)


def explosion(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A deep blast: a hard front, a rolling low rumble for seconds, and debris coming down."""
    n = count_samples(min(duration_s, rng.uniform(3.0, 5.0)), rate_hz)
    front = rng.standard_normal(n) * strike_envelope(n, rate_hz, 0.001, 0.03)
    rumble = make_noise(rng, n, rate_hz, -6.0) * strike_envelope(n, rate_hz, 0.03, rng.uniform(0.5, 0.9))
    roar = make_noise(rng, n, rate_hz, -3.0) * strike_envelope(n, rate_hz, 0.02, rng.uniform(0.2, 0.4))
    bits_s = 0.4 + rng.exponential(0.7, 60)
    bits = convolve(
        place_pulses(bits_s, rng.uniform(0.02, 0.12, 60), n, rate_hz), make_noise_burst(rng, rate_hz, 500, 4000, 0.008)
    )
    return finish(rng, np.tanh(1.5 * (0.5 * front + rumble + 0.7 * roar)) + bits, rate_hz, room=0.6, dies_away=True)


def fireworks(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Bangs up in the sky, each with an echo, some followed by a crackling shower."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t = [], [], rng.uniform(0.0, 0.3)
    while t < duration_s:
        n_bang = round(1.2 * rate_hz)
        bang = make_noise(rng, n_bang, rate_hz, -3.0) * strike_envelope(n_bang, rate_hz, 0.001, rng.uniform(0.03, 0.09))
        grains.append(_make_echoes(rng, bang, n_bang, rate_hz) * rng.uniform(0.3, 1.0))
        onsets_s.append(t)
        if rng.random() < 0.4:
            pops_s = draw_times(rng, 70, 0.9)
            pops = place_pulses(pops_s, rng.uniform(0.1, 0.5, len(pops_s)), n_bang, rate_hz)
            grains.append(convolve(pops, make_noise_burst(rng, rate_hz, 1500, 7000, 0.004)))
            onsets_s.append(t + 0.25)
        t += rng.exponential(0.6) + 0.08
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.7)


def bouncing_ball(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A ball let fall: bounces that come ever quicker and softer (each gap a constant share of the last)."""
    restitution, gap_s, t = rng.uniform(0.75, 0.88), rng.uniform(0.4, 0.7), 0.01
    tone_hz, speed, grains, onsets_s = rng.uniform(150, 900), 1.0, [], []
    while gap_s > 0.025 and t < duration_s:
        bounce = ring_modes([(tone_hz, 0.012, 1.0), (tone_hz * 2.3, 0.008, 0.5)], round(0.15 * rate_hz), rate_hz)
        click = make_noise_burst(rng, rate_hz, 600, 4000, 0.003)
        bounce[: len(click)] += 0.5 * click
        grains.append(bounce * speed)
        onsets_s.append(t)
        t, gap_s, speed = t + gap_s, gap_s * restitution, speed * restitution
    n = count_samples(min(duration_s, t + 0.2), rate_hz)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, dies_away=True)


def coins(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Keys or coins: handfuls of small bright metal clinks."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t = [], [], rng.uniform(0.0, 0.1)
    while t < duration_s:
        base_hz = rng.uniform(2500, 5200)
        modes = [(base_hz * r, rng.uniform(0.01, 0.06), rng.uniform(0.2, 1)) for r in (1, 1.19, 1.58, 2.1)]
        grains.append(ring_modes(modes, round(0.3 * rate_hz), rate_hz) * rng.uniform(0.15, 1))
        onsets_s.append(t)
        t += rng.uniform(0.25, 0.6) if rng.random() < 0.08 else rng.exponential(0.045) + 0.008
    return finish(rng, high_pass(lay_grains(grains, onsets_s, n, rate_hz), rate_hz, 1200), rate_hz, room=0.2)


KINDS = (
    SoundKind(
        "knocks on wood",
        (
            "knocking on a door",
            "someone at the door",
            "a few knocks on wood",
            "knuckles rapping on a wooden door",
            "knock knock",
            "someone knocks three times",
        ),
        knocks_on_wood,
        False,
    ),
    SoundKind(
        "footsteps",
        (
            "footsteps",
            "someone walking on a hard floor",
            "steps in a hallway",
            "heels clicking on the floor",
            "a person walks along a corridor",
            "walking upstairs",
        ),
        footsteps,
        True,
    ),
    SoundKind(
        "footsteps on gravel",
        (
            "footsteps on gravel",
            "walking through snow",
            "crunching steps on dry leaves",
            "someone walks along a gravel path",
            "steps crunching on stones",
            "a hiker on a stony trail",
        ),
        footsteps_on_gravel,
        True,
    ),
    SoundKind(
        "glass breaking",
        (
            "glass breaking",
            "a window shattering",
            "someone drops a glass",
            "a bottle smashed to pieces",
            "shards of glass falling",
            "burglar breaks a window pane",
        ),
        glass_breaking,
        False,
    ),
    SoundKind(
        "hammering",
        (
            "hammering a nail",
            "a hammer hitting metal",
            "carpenter at work with a hammer",
            "construction hammering",
            "someone nails boards together",
            "repeated hammer blows",
        ),
        hammering,
        True,
    ),
    SoundKind(
        "door slam",
        (
            "a door slams",
            "door banging shut",
            "someone slams the door in anger",
            "a heavy door closing",
            "the wind throws a door shut",
        ),
        door_slam,
        False,
    ),
    SoundKind(
        "gunshot",
        (
            "a gunshot",
            "a rifle is fired",
            "shot with an echo",
            "someone shoots a gun",
            "pistol shot",
            "hunter's shot in the distance",
        ),
        gunshot,
        False,
    ),
    SoundKind(
        "explosion",
        (
            "an explosion",
            "a bomb going off",
            "large blast with debris",
            "deep boom of a detonation",
            "quarry blasting",
            "something explodes loudly",
        ),
        explosion,
        False,
    ),
    SoundKind(
        "fireworks",
        (
            "fireworks",
            "firecrackers at New Year",
            "fireworks display with bangs and crackles",
            "rockets bursting in the sky",
            "celebration with fireworks",
        ),
        fireworks,
        True,
    ),
    SoundKind(
        "bouncing ball",
        (
            "a ball bouncing",
            "a ping-pong ball dropped on a table",
            "ball bounces faster and faster until it rests",
            "someone drops a rubber ball",
            "basketball bouncing to a stop",
        ),
        bouncing_ball,
        False,
    ),
    SoundKind(
        "coins",
        (
            "coins jingling",
            "a bunch of keys",
            "keys rattling",
            "loose change in a pocket",
            "small metal objects clinking",
            "someone shakes a keyring",
        ),
        coins,
        True,
    ),
)
