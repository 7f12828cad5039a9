"""Sounds of people without words: hands, heart, breath, whistles."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, band_pass, convolve, finish, follow_resonances
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    draw_times,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    place_pulses,
    ring_modes,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.audio.synthesis.voices import make_moving_voice, make_voice
from sonotheque.values.waveform import Waveform


def make_clap(rng: np.random.Generator, rate_hz: int) -> Array:
    """One clap of cupped or flat hands: a burst of noise through one broad resonance."""
    n = round(0.06 * rate_hz)
    burst = rng.standard_normal(n) * strike_envelope(n, rate_hz, 0.0008, rng.uniform(0.004, 0.012))
    clap = apply_formants(burst, rate_hz, [(rng.uniform(700, 2000), 900, 1.0), (rng.uniform(2500, 4000), 2500, 0.35)])
    return clap / max(1e-9, float(np.max(np.abs(clap))))


def applause(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Twenty to a hundred and fifty pairs of hands, all out of step, near and far."""
    n = count_samples(duration_s, rate_hz)
    n_people = int(rng.integers(20, 150))
    sound = np.zeros(n)
    for _ in range(10):
        times_s = draw_times(rng, n_people * 4 / 10, duration_s)
        sound += convolve(
            place_pulses(times_s, rng.lognormal(-0.5, 0.8, len(times_s)), n, rate_hz), make_clap(rng, rate_hz)
        )
    return finish(rng, sound * wander(rng, n, rate_hz, 0.4, 0.7, 1.0), rate_hz, room=0.8)


def hand_clapping(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One person clapping in time, two to four times a second."""
    n = count_samples(duration_s, rate_hz)
    times_s = draw_steady_times(rng, 1 / rng.uniform(2, 4), 0.04, duration_s, rng.uniform(0.01, 0.15))
    grains = [make_clap(rng, rate_hz) * rng.uniform(0.7, 1) for _ in times_s]
    return finish(rng, lay_grains(grains, times_s, n, rate_hz), rate_hz, room=0.7)


def heartbeat(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Lub-dub, 55 to 120 times a minute, as through a stethoscope."""
    n = count_samples(duration_s, rate_hz)
    beat_s = 60 / rng.uniform(55, 120)
    firsts_s = draw_steady_times(rng, beat_s, 0.03, duration_s, rng.uniform(0.02, 0.3))
    n_thump = round(0.25 * rate_hz)
    low_hz = rng.uniform(38, 60)

    def make_thump(scale: float, decay_s: float) -> Array:
        return ring_modes(
            [(low_hz * scale * r, decay_s, g) for r, g in ((1, 1), (1.6, 0.7), (2.4, 0.3))], n_thump, rate_hz
        )

    lub, dub = make_thump(1.0, 0.035), make_thump(1.35, 0.025)
    sound = convolve(place_pulses(firsts_s, 1.0, n, rate_hz), lub)
    sound += 0.7 * convolve(place_pulses(firsts_s + 0.28 + 0.08 * (beat_s - 0.5), 1.0, n, rate_hz), dub)
    body = band_pass(make_noise(rng, n, rate_hz, -6.0), rate_hz, 30, 200, order=1)
    return finish(rng, sound + 0.006 * body, rate_hz, room=0.0)


def breathing(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """In and out through nose and mouth: two colours of noise in turn."""
    n = count_samples(duration_s, rate_hz)
    breath_s, t, points = rng.uniform(1.6, 3.5), rng.uniform(-0.5, 0.1), [(-1.0, 0.0)]
    out_points = [(-1.0, 0.0)]
    while t < duration_s:
        length_s = breath_s * rng.uniform(0.9, 1.1)
        points += [(t, 0), (t + 0.2 * length_s, 0.8), (t + 0.38 * length_s, 0)]
        out_points += [(t + 0.42 * length_s, 0), (t + 0.55 * length_s, 1), (t + 0.9 * length_s, 0)]
        t += length_s
    into, out = follow_points(n, rate_hz, points), follow_points(n, rate_hz, out_points)
    air = rng.standard_normal(n)
    nose = apply_formants(air, rate_hz, [(rng.uniform(1500, 2200), 1500, 1.0), (4200, 2000, 0.6)])
    mouth = apply_formants(air, rate_hz, [(rng.uniform(500, 800), 600, 1.0), (1600, 800, 0.6), (2800, 1000, 0.25)])
    return finish(rng, nose / np.std(nose) * into**1.3 + mouth / np.std(mouth) * out**1.3, rate_hz, room=0.1)


def snoring(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A fluttering palate on the way in, a soft breath on the way out."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t = [], [], rng.uniform(0.0, 0.4)
    flutter_hz = rng.uniform(28, 60)
    while t < duration_s:
        held_s = rng.uniform(0.9, 1.5)
        n_in, n_out = count_samples(held_s, rate_hz), count_samples(held_s * 0.9, rate_hz)
        pitch_hz = flutter_hz * wander(rng, n_in, rate_hz, 8.0, 0.9, 1.15)
        snore = make_voice(
            rng, pitch_hz, rate_hz, [(350, 300, 0.8), (950, 500, 1.0), (2300, 1200, 0.7)], breath=1.0, n_harmonics=60
        )
        swell = np.sin(np.pi * np.arange(n_in) / n_in) ** 0.8
        air = apply_formants(rng.standard_normal(n_out), rate_hz, [(600, 500, 1.0), (1700, 900, 0.5)])
        grains += [snore * swell, 0.25 * air / np.std(air) * np.sin(np.pi * np.arange(n_out) / n_out)]
        onsets_s += [t, t + held_s + 0.25]
        t += 2.2 * held_s + rng.uniform(0.4, 0.9)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.2)


def whistling(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A person whistling a tune: nearly pure tones with glides, vibrato and a little breath."""
    n = count_samples(duration_s, rate_hz)
    root_hz, t, points, level = rng.uniform(750, 1200), 0.0, [], []
    step = int(rng.integers(0, 5))
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    while t < duration_s:
        held_s = float(rng.choice([0.22, 0.22, 0.44, 0.66])) * rng.uniform(0.9, 1.1)
        step = int(np.clip(step + rng.integers(-2, 3), 0, 7))
        pitch_hz = root_hz * 2 ** (scale[step] / 12)
        points += [(t + 0.04, pitch_hz), (t + held_s, pitch_hz)]
        level += [(t, 0.25), (t + 0.05, 1.0), (t + held_s - 0.03, 0.85)]
        t += held_s
    vibrato = 1 + 0.012 * np.sin(2 * np.pi * rng.uniform(5, 6.5) * time_axis(n, rate_hz))
    pitch = follow_points(n, rate_hz, points) * vibrato
    tone = make_harmonics(pitch, [1.0, 0.05], n, rate_hz)
    breath = follow_resonances(rng.standard_normal(n), rate_hz, [(pitch, 8.0, 1.0)])
    return finish(rng, (tone + 0.25 * breath) * follow_points(n, rate_hz, level), rate_hz, room=0.5)


def referee_whistle(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A pea whistle: two close high tones chopped by the pea 25-45 times a second, in one to three blasts."""
    centre_hz, pea_hz = rng.uniform(2400, 3600), rng.uniform(25, 45)
    grains: list[Array] = []
    onsets_s: list[float] = []
    t = 0.0
    for _ in range(int(rng.integers(1, 4))):
        held_s = min(duration_s, rng.uniform(0.15, 0.9))
        if t + held_s > duration_s and grains:
            break
        n = count_samples(held_s, rate_hz)
        pea = np.sin(2 * np.pi * pea_hz * time_axis(n, rate_hz))
        tone = make_harmonics(centre_hz * (1 + 0.02 * pea), [1.0, 0.1], n, rate_hz)
        tone += 0.6 * make_harmonics(centre_hz * 1.06 * (1 + 0.02 * pea), [1.0], n, rate_hz)
        grains.append((tone + 0.12 * rng.standard_normal(n)) * (0.65 + 0.35 * pea) * gate(n, rate_hz, 0.015))
        onsets_s.append(t)
        t += held_s + rng.uniform(0.12, 0.3)
    n = count_samples(min(duration_s, onsets_s[-1] + len(grains[-1]) / rate_hz + 0.4), rate_hz)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.7, dies_away=True)


def baby_cry(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Wails of half a second to a second at 350-550 Hz, rich and nasal, with gasps between."""
    n = count_samples(duration_s, rate_hz)
    base_hz, grains, onsets_s, t = rng.uniform(360, 500), [], [], rng.uniform(0.0, 0.15)
    while t < duration_s:
        held_s = rng.uniform(0.5, 1.1)
        n_wail = count_samples(held_s, rate_hz)
        shape = follow_points(n_wail, rate_hz, [(0, 0.85), (0.2 * held_s, 1.15), (0.7 * held_s, 1.1), (held_s, 0.8)])
        pitch_hz = base_hz * shape * wander(rng, n_wail, rate_hz, 14.0, 0.975, 1.025)
        opening = np.sin(np.pi * np.arange(n_wail) / n_wail) ** 0.5
        tracks: list[tuple[Array, float, Array | float]] = [
            (800 + 350 * opening, 5.0, 1.0), (1700 + 300 * opening, 7.0, 0.6), (np.full(n_wail, 3500.0), 5.0, 0.7),
        ]  # fmt: skip
        wail = make_moving_voice(rng, pitch_hz, rate_hz, tracks, breath=0.15, roughness=0.12, n_harmonics=18)
        n_gasp = count_samples(0.18, rate_hz)
        gasp = apply_formants(rng.standard_normal(n_gasp), rate_hz, [(1800, 1200, 1.0)])
        grains += [wail * opening, 0.15 * gasp / np.std(gasp) * np.sin(np.pi * np.arange(n_gasp) / n_gasp)]
        onsets_s += [t, t + held_s + 0.08]
        t += held_s + rng.uniform(0.3, 0.6)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


KINDS = (
    SoundKind(
        "applause",
        (
            "applause",
            "an audience clapping",
            "people applauding after a concert",
            "crowd clapping their hands",
            "a round of applause in a theatre",
            "clapping audience",
        ),
        applause,
        True,
    ),
    SoundKind(
        "hand clapping",
        (
            "one person clapping",
            "hand claps in rhythm",
            "someone claps slowly",
            "clapping hands to a beat",
            "steady hand clap",
        ),
        hand_clapping,
        True,
    ),
    SoundKind(
        "heartbeat",
        (
            "a heartbeat",
            "heart beating through a stethoscope",
            "lub-dub of a heart",
            "pulse of a beating heart",
            "slow thumping heart",
        ),
        heartbeat,
        True,
    ),
    SoundKind(
        "breathing",
        (
            "breathing",
            "someone breathing heavily",
            "inhaling and exhaling",
            "deep breaths of a sleeping person",
            "a runner out of breath",
        ),
        breathing,
        True,
    ),
    SoundKind(
        "snoring",
        (
            "snoring",
            "a man snores in his sleep",
            "loud snoring at night",
            "someone sleeping noisily",
            "the rumble of a snore",
        ),
        snoring,
        True,
    ),
    SoundKind(
        "whistling",
        (
            "a person whistling a tune",
            "someone whistles a melody",
            "cheerful whistling",
            "whistled song",
            "a man whistling while he works",
        ),
        whistling,
        True,
    ),
    SoundKind(
        "referee whistle",
        (
            "a referee whistle",
            "sports whistle blown",
            "a coach blows the whistle",
            "police whistle",
            "pea whistle with a trill",
            "football match whistle",
        ),
        referee_whistle,
        False,
    ),
    SoundKind(
        "baby cry",
        (
            "a baby crying",
            "infant wailing",
            "a newborn cries",
            "crying baby in its cot",
            "an upset infant screaming",
        ),
        baby_cry,
        True,
    ),
)
