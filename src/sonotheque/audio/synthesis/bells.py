"""Bells, chimes and gongs: struck metal as sums of inharmonic, decaying partials."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import convolve, finish, high_pass, make_room
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    lay_grains,
    place_pulses,
    ring_modes,
    strike_envelope,
    time_axis,
)
from sonotheque.values.waveform import Waveform

# Partials of a tuned church bell relative to its prime, with relative decay and loudness: hum, prime, tierce, quint,
# nominal and the upper ones (Fletcher and Rossing, The Physics of Musical Instruments, 21.2).
CHURCH_PARTIALS = (
    (0.5, 1.0, 0.6), (1.0, 0.55, 0.8), (1.2, 0.5, 1.0), (1.5, 0.25, 0.4), (2.0, 0.35, 1.0),
    (2.5, 0.2, 0.5), (2.66, 0.2, 0.4), (3.01, 0.2, 0.7), (4.17, 0.15, 0.6), (5.43, 0.1, 0.5), (6.8, 0.07, 0.4),
)  # fmt: skip
# Bending modes of a free bar: (2n + 1)^2 ratios 1, 2.756, 5.404, 8.933.
BAR_RATIOS = (1.0, 2.756, 5.404, 8.933)
MAJOR_SCALE_DOWN = (0, 1, 3, 5, 7, 8)


def make_strike_noise(rng: np.random.Generator, rate_hz: int, low_hz: float, decay_s: float) -> Array:
    """The short clank of a clapper, brighter than the bell itself."""
    n = max(2, round(8 * decay_s * rate_hz))
    return high_pass(rng.standard_normal(n) * strike_envelope(n, rate_hz, 0.0005, decay_s), rate_hz, low_hz)


def _strike_many(hits: Array, tone: Array, clank: Array) -> Array:
    return convolve(hits, tone) + convolve(hits, clank)


def _church_modes(rng: np.random.Generator, prime_hz: float, decay_s: float) -> list[tuple[float, float, float]]:
    """Eleven tuned partials, each a slowly beating pair, below a crowd of untuned ones that the blow also wakes."""
    modes = []
    for ratio, decay, gain in CHURCH_PARTIALS:
        frequency_hz, beat_hz = prime_hz * ratio * rng.uniform(0.995, 1.005), rng.uniform(0.2, 1.5)
        modes += [(frequency_hz, decay_s * decay, gain), (frequency_hz + beat_hz, decay_s * decay, 0.5 * gain)]
    for ratio in rng.uniform(2.2, 16.0, 28):
        modes.append(
            (prime_hz * ratio, decay_s * rng.uniform(0.15, 0.5) / ratio**0.5, rng.uniform(0.1, 0.7) / ratio**0.4)
        )
    return modes


def church_bell(rng: np.random.Generator, duration_s: float, rate_hz: int, *, n_bells: int | None = None) -> Waveform:
    """One tower bell tolling every 1.5 to 3.5 s, or (as often) a peal of up to six rung in turn, heard outdoors.

    Recordings have the towers' and houses' echoes and far more between the partials than a bell's tuned ones.
    """
    n = count_samples(duration_s, rate_hz)
    wanted = (1 if rng.random() < 0.5 else int(rng.integers(2, 7))) if n_bells is None else n_bells
    treble_hz, decay_s = rng.uniform(170, 480) * (1.0 if wanted == 1 else 1.5), rng.uniform(1.5, 5.0)
    period_s = rng.uniform(1.5, 3.5) if wanted == 1 else wanted * rng.uniform(0.22, 0.6)
    start_s, clapper = rng.uniform(0.0, 0.2), rng.uniform(0.3, 0.9)
    sound = np.zeros(n)
    for k in range(wanted):
        prime_hz = treble_hz * 2 ** (-MAJOR_SCALE_DOWN[k] / 12)
        first_s = start_s + k * period_s / wanted
        times_s = draw_steady_times(rng, period_s, 0.03, max(duration_s, first_s + 0.1), first_s)
        hits = place_pulses(times_s, rng.uniform(0.6, 1, len(times_s)), n, rate_hz)
        tone = ring_modes(_church_modes(rng, prime_hz, decay_s), n, rate_hz)
        sound += _strike_many(hits, tone, clapper * make_strike_noise(rng, rate_hz, 1500, 0.012))
    square = make_room(rng, rate_hz, rng.uniform(0.5, 1.8), rng.uniform(0.3, 1.5))
    return finish(rng, convolve(sound, square), rate_hz, room=0.6)


def hand_bell(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A small bell shaken by hand: 4-7 strikes a second, clear and high."""
    n = count_samples(duration_s, rate_hz)
    fundamental_hz, decay_s = rng.uniform(1000, 2200), rng.uniform(0.3, 0.8)
    ratios = ((1.0, 1.0, 1.0), (2.41, 0.5, 0.5), (3.0, 0.4, 0.6), (4.35, 0.25, 0.35), (5.6, 0.2, 0.2))
    modes = [(fundamental_hz * r * rng.uniform(0.99, 1.01), decay_s * d, g) for r, d, g in ratios]
    times_s = draw_steady_times(rng, 1 / rng.uniform(4, 7), 0.12, duration_s, rng.uniform(0.0, 0.1))
    clank = 0.4 * make_strike_noise(rng, rate_hz, 3000, 0.004)
    tone = ring_modes(modes, min(n, 4 * rate_hz), rate_hz)
    return finish(
        rng, _strike_many(place_pulses(times_s, rng.uniform(0.5, 1, len(times_s)), n, rate_hz), tone, clank), rate_hz
    )


def _bar_modes(frequency_hz: float, decay_s: float, brightness: float) -> list[tuple[float, float, float]]:
    return [(frequency_hz * r, decay_s / r, brightness**k) for k, r in enumerate(BAR_RATIOS)]


def doorbell(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Ding-dong: two metal bars a third or so apart, once or twice."""
    gap_s, high_hz, decay_s = rng.uniform(0.45, 0.8), rng.uniform(560, 820), rng.uniform(0.4, 0.8)
    low_hz = high_hz * float(rng.choice([4 / 5, 5 / 6, 3 / 4]))
    n_rings = int(rng.integers(1, 3))
    natural_s = n_rings * (2 * gap_s + 0.3) + 5 * decay_s
    n = count_samples(min(duration_s, natural_s), rate_hz)
    brightness = rng.uniform(0.15, 0.4)
    grains = [ring_modes(_bar_modes(f, decay_s, brightness), n, rate_hz) for f in (high_hz, low_hz)] * n_rings
    onsets_s = [ring * (2 * gap_s + 0.3) + k * gap_s for ring in range(n_rings) for k in range(2)]
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, dies_away=True)


def bicycle_bell(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Tring-tring: a high dome struck 20-30 times a second in two or three short bursts."""
    n = count_samples(min(duration_s, 3.5), rate_hz)
    fundamental_hz, rattle_hz = rng.uniform(1900, 2900), rng.uniform(20, 30)
    modes = [(fundamental_hz * r, 0.25 / k, 1 / k) for k, r in enumerate((1.0, 1.52, 1.98, 2.6), start=1)]
    bursts_s = [burst * rng.uniform(0.42, 0.55) for burst in range(int(rng.integers(2, 4)))]
    times_s = np.concatenate([burst_s + np.arange(0, 0.28, 1 / rattle_hz) for burst_s in bursts_s])
    times_s = times_s + rng.normal(0, 0.002, len(times_s)).clip(-0.004, 0.004) + 0.005
    clank = 0.5 * make_strike_noise(rng, rate_hz, 3500, 0.003)
    tone = ring_modes(modes, n, rate_hz)
    sound = _strike_many(place_pulses(times_s, rng.uniform(0.5, 1, len(times_s)), n, rate_hz), tone, clank)
    return finish(rng, sound, rate_hz, dies_away=True)


def wind_chimes(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Five or six tubes of a pentatonic scale, struck at random as the wind comes and goes."""
    n = count_samples(duration_s, rate_hz)
    root_hz, sound = rng.uniform(500, 1000), np.zeros(n)
    for semitones in (0, 2, 4, 7, 9, 12):
        n_hits = max(1, rng.poisson(duration_s * 0.7))
        times_s = rng.uniform(0, duration_s, n_hits)
        tone = ring_modes(_bar_modes(root_hz * 2 ** (semitones / 12), rng.uniform(0.8, 1.8), 0.5), n, rate_hz)
        sound += convolve(place_pulses(times_s, rng.uniform(0.1, 1, n_hits) ** 2, n, rate_hz), tone)
    return finish(rng, sound, rate_hz)


def gong(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A tam-tam: many crowded modes, the high ones blooming after the blow as energy climbs up from the low ones."""
    n = count_samples(min(duration_s, 12.0), rate_hz)
    time_s, lowest_hz, decay_s = time_axis(n, rate_hz), rng.uniform(55, 110), rng.uniform(1.5, 3.0)
    sound = ring_modes([(lowest_hz * r, decay_s, 1.0) for r in (1.0, 1.52, 2.05, 2.71)], n, rate_hz)
    for bloom_s, low, high in ((0.05, 3, 8), (0.15, 8, 18), (0.3, 18, 40), (0.45, 30, 75)):
        modes = [
            (lowest_hz * rng.uniform(low, high), decay_s * 0.7 * rng.uniform(0.4, 1), rng.uniform(0.1, 0.5))
            for _ in range(14)
        ]
        sound += ring_modes(modes, n, rate_hz) * (1 - np.exp(-time_s / bloom_s))
    return finish(rng, sound, rate_hz, dies_away=True)


def sleigh_bells(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Many tiny bells shaken together in rhythm."""
    n = count_samples(duration_s, rate_hz)
    shakes_s = draw_steady_times(rng, rng.uniform(0.22, 0.4), 0.05, duration_s, 0.02)
    sound = np.zeros(n)
    for _ in range(6):
        modes = [(rng.uniform(2500, 7000), rng.uniform(0.03, 0.12), rng.uniform(0.3, 1)) for _ in range(5)]
        times_s = np.concatenate([shakes_s + rng.uniform(0, 0.06, len(shakes_s)) for _ in range(3)])
        hits = place_pulses(times_s, rng.uniform(0.2, 1, len(times_s)), n, rate_hz)
        sound += convolve(hits, ring_modes(modes, round(0.5 * rate_hz), rate_hz))
    return finish(rng, sound, rate_hz)


KINDS = (
    SoundKind(
        "church bell",
        (
            "a church bell tolling",
            "church bells ringing",
            "cathedral bell striking the hour",
            "a bell tower in the distance",
            "the slow toll of a big bell",
            "large bronze bell being struck",
            "bells calling to mass",
        ),
        church_bell,
        True,
    ),
    SoundKind(
        "hand bell",
        (
            "a hand bell ringing",
            "someone shakes a small bell",
            "school bell rung by hand",
            "a little bell jingling",
            "dinner bell being rung",
            "tinkling of a hand bell",
        ),
        hand_bell,
        True,
    ),
    SoundKind(
        "doorbell",
        (
            "a doorbell",
            "ding-dong of a door chime",
            "someone rings the doorbell",
            "a visitor at the front door rings",
            "two-tone door chime",
            "doorbell ringing in the hallway",
        ),
        doorbell,
        False,
    ),
    SoundKind(
        "bicycle bell",
        (
            "a bicycle bell",
            "bike bell ringing twice",
            "a cyclist rings the bell",
            "tring tring of a bicycle",
            "cyclist warning people with a bell",
            "handlebar bell",
        ),
        bicycle_bell,
        False,
    ),
    SoundKind(
        "wind chimes",
        (
            "wind chimes",
            "chimes tinkling in the breeze",
            "metal wind chimes on a porch",
            "soft random chiming of tubes",
            "garden chimes moved by the wind",
        ),
        wind_chimes,
        True,
    ),
    SoundKind(
        "gong",
        (
            "a gong",
            "a large gong being struck",
            "tam-tam crash with a long decay",
            "temple gong",
            "a deep shimmering gong hit",
        ),
        gong,
        False,
    ),
    SoundKind(
        "sleigh bells",
        (
            "sleigh bells",
            "jingle bells being shaken",
            "Christmas bells jingling in rhythm",
            "a horse sleigh with bells",
            "small bells jingling together",
        ),
        sleigh_bells,
        True,
    ),
)
