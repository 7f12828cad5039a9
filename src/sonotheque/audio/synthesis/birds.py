"""Birds: whistled syllables with swept pitch, hoots, caws and crows."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import finish
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    time_axis,
    wander,
)
from sonotheque.audio.synthesis.voices import make_moving_voice, make_voice
from sonotheque.values.waveform import Waveform


def make_syllable(rng: np.random.Generator, start_hz: float, end_hz: float, duration_s: float, rate_hz: int) -> Array:
    """One whistled note: pitch from start to end on a bent path, now and then with a fast warble."""
    n = count_samples(duration_s, rate_hz)
    share = np.arange(n) / n
    bend = rng.uniform(-0.35, 0.35) * np.sin(np.pi * share)
    pitch_hz = start_hz * (end_hz / start_hz) ** share * (1 + bend)
    if rng.random() < 0.25:
        pitch_hz = pitch_hz * (1 + 0.06 * np.sin(2 * np.pi * rng.uniform(30, 70) * time_axis(n, rate_hz)))
    swell = np.sin(np.pi * share) ** rng.uniform(0.4, 1.2)
    return make_harmonics(pitch_hz, [1.0, rng.uniform(0, 0.15)], n, rate_hz) * swell


def songbird(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Phrases of two to four syllable types, each repeated, with short rests, over far quieter neighbours."""
    n = count_samples(duration_s, rate_hz)
    grains: list[Array] = []
    onsets_s: list[float] = []
    for loudness in (1.0, *([rng.uniform(0.05, 0.3)] * int(rng.integers(0, 3)))):
        t, base_hz = rng.uniform(0.0, 0.3) if loudness == 1.0 else rng.uniform(0.0, 2.0), rng.uniform(2500, 4800)
        types = [
            (base_hz * rng.uniform(0.75, 1.4), base_hz * rng.uniform(0.75, 1.4), rng.uniform(0.04, 0.16))
            for _ in range(5)
        ]
        while t < duration_s:
            for kind in rng.integers(0, len(types), int(rng.integers(2, 5))):
                start_hz, end_hz, held_s = types[kind]
                for _ in range(int(rng.integers(1, 5))):
                    grains.append(loudness * make_syllable(rng, start_hz, end_hz, held_s, rate_hz))
                    onsets_s.append(t)
                    t += held_s + rng.uniform(0.02, 0.06)
            t += rng.uniform(0.3, 1.3)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def bird_trill(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One syllable repeated 12-24 times a second for a second or so, again and again, swelling each time."""
    n = count_samples(duration_s, rate_hz)
    start_hz, per_s = rng.uniform(3000, 5500), rng.uniform(12, 24)
    syllable = make_syllable(rng, start_hz, start_hz * rng.uniform(0.6, 1.5), 0.75 / per_s, rate_hz)
    grains, onsets_s, t = [], [], rng.uniform(0.0, 0.3)
    while t < duration_s:
        n_notes = int(per_s * rng.uniform(0.7, 1.8))
        grains += [syllable * (0.3 + 0.7 * np.sin(np.pi * (k + 1) / (n_notes + 1))) for k in range(n_notes)]
        onsets_s += [t + k / per_s for k in range(n_notes)]
        t += n_notes / per_s + rng.uniform(0.5, 1.4)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def cuckoo(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Two hollow notes falling by a third, every one to one and a half seconds."""
    n = count_samples(duration_s, rate_hz)
    high_hz = rng.uniform(580, 720)
    low_hz = high_hz / rng.uniform(1.18, 1.27)
    grains, onsets_s = [], []
    for call_s in draw_steady_times(rng, rng.uniform(1.1, 1.6), 0.04, duration_s, rng.uniform(0, 0.2)):
        for pitch_hz, held_s, offset_s in ((high_hz, 0.16, 0.0), (low_hz, 0.28, 0.36)):
            n_note = count_samples(held_s, rate_hz)
            glide = pitch_hz * follow_points(n_note, rate_hz, [(0, 0.95), (0.04, 1.0), (held_s, 0.985)])
            grains.append(make_harmonics(glide, [1.0, 0.12, 0.04], n_note, rate_hz) * gate(n_note, rate_hz, 0.05))
            onsets_s.append(float(call_s) + offset_s)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.6)


def owl(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Hoo, hu-hu hooo: soft low hoots with a trembling last one."""
    n = count_samples(duration_s, rate_hz)
    pitch_hz, grains, onsets_s, t = rng.uniform(300, 480), [], [], rng.uniform(0.0, 0.3)
    while t < duration_s:
        for offset_s, held_s, tremble in ((0.0, 0.45, 0.0), (0.9, 0.12, 0.0), (1.1, 0.15, 0.0), (1.35, 0.8, 0.35)):
            n_note = count_samples(held_s, rate_hz)
            glide = pitch_hz * (1 + 0.05 * np.sin(np.pi * np.arange(n_note) / n_note))
            note = make_harmonics(glide, [1.0, 0.15, 0.05], n_note, rate_hz) * gate(n_note, rate_hz, 0.06)
            note *= 1 + tremble * np.sin(2 * np.pi * 12 * time_axis(n_note, rate_hz))
            grains.append(note + 0.02 * gate(n_note, rate_hz, 0.06) * make_noise(rng, n_note, rate_hz, -3.0))
            onsets_s.append(t + offset_s)
        t += 2.2 + rng.uniform(0.8, 2.5)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.7)


def crow(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Harsh caws of a third of a second in groups of two to four."""
    n = count_samples(duration_s, rate_hz)
    pitch_hz, grains, onsets_s, t = rng.uniform(380, 560), [], [], rng.uniform(0.0, 0.2)
    formants = [(rng.uniform(1100, 1400), 350, 1.0), (rng.uniform(1700, 2300), 500, 0.7), (3800, 900, 0.2)]
    while t < duration_s:
        for _ in range(int(rng.integers(2, 5))):
            held_s = rng.uniform(0.25, 0.42)
            n_caw = count_samples(held_s, rate_hz)
            glide = pitch_hz * follow_points(n_caw, rate_hz, [(0, 0.8), (0.06, 1.05), (held_s, 0.85)])
            caw = make_voice(rng, glide, rate_hz, formants, breath=0.8, roughness=0.7)
            grains.append(caw * follow_points(n_caw, rate_hz, [(0, 0), (0.04, 1), (0.7 * held_s, 0.8), (held_s, 0)]))
            onsets_s.append(t)
            t += held_s + rng.uniform(0.15, 0.4)
        t += rng.uniform(0.6, 1.8)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def rooster(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Cock-a-doodle-doo: two short notes, a high one, and a long one that sinks."""
    scale, length_s = rng.uniform(0.85, 1.2), min(duration_s, rng.uniform(1.9, 2.6))
    n, stretch = count_samples(length_s, rate_hz), length_s / 2.2
    pitch = [
        (0, 480),
        (0.15, 620),
        (0.28, 600),
        (0.36, 640),
        (0.5, 700),
        (0.6, 780),
        (0.9, 860),
        (1.05, 880),
        (1.2, 820),
    ]
    pitch += [(1.7, 760), (2.2, 520)]
    level = [
        (0, 0),
        (0.04, 0.6),
        (0.24, 0.5),
        (0.3, 0.03),
        (0.36, 0.8),
        (0.5, 0.7),
        (0.56, 0.1),
        (0.63, 1),
        (0.98, 0.9),
    ]
    level += [(1.03, 0.25), (1.12, 1), (1.7, 0.85), (2.2, 0)]
    pitch_hz = scale * follow_points(n, rate_hz, [(stretch * t, value) for t, value in pitch])
    formants = [(rng.uniform(1300, 1700), 700, 1.0), (2800, 700, 0.9), (4200, 1000, 0.4)]
    crow_call = make_voice(rng, pitch_hz, rate_hz, formants, breath=0.2, roughness=0.2, n_harmonics=12)
    sound = crow_call * follow_points(n, rate_hz, [(stretch * t, value) for t, value in level])
    return finish(rng, sound, rate_hz, dies_away=True)


def seagull(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Wailing cries that leap up and fall, in fading series."""
    n = count_samples(duration_s, rate_hz)
    base_hz, grains, onsets_s, t = rng.uniform(700, 1000), [], [], rng.uniform(0.0, 0.2)
    while t < duration_s:
        n_cries = int(rng.integers(2, 6))
        for k in range(n_cries):
            held_s = rng.uniform(0.25, 0.5)
            n_cry = count_samples(held_s, rate_hz)
            rise = rng.uniform(1.4, 1.8)
            points = [
                (0, base_hz),
                (0.25 * held_s, base_hz * rise),
                (0.6 * held_s, base_hz * rise * 0.95),
                (held_s, base_hz * 0.9),
            ]
            pitch_hz = follow_points(n_cry, rate_hz, points)
            cry = make_voice(rng, pitch_hz, rate_hz, [(2000, 900, 1.0), (3400, 900, 0.8)], breath=0.15, n_harmonics=8)
            grains.append(cry * gate(n_cry, rate_hz, 0.06) * (1 - 0.5 * k / n_cries))
            onsets_s.append(t)
            t += held_s + rng.uniform(0.08, 0.3)
        t += rng.uniform(0.4, 1.5)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def duck(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Series of quacks, each opening and closing on its formants, the first the loudest."""
    n = count_samples(duration_s, rate_hz)
    pitch_hz, grains, onsets_s, t = rng.uniform(190, 280), [], [], rng.uniform(0.0, 0.2)
    while t < duration_s:
        n_quacks = int(rng.integers(2, 8))
        for k in range(n_quacks):
            held_s = rng.uniform(0.12, 0.22)
            n_quack = count_samples(held_s, rate_hz)
            opening = np.sin(np.pi * np.arange(n_quack) / n_quack)
            tracks: list[tuple[Array, float, Array | float]] = [
                (900 + 500 * opening, 6.0, 1.0),
                (2300 + 300 * opening, 8.0, 0.6),
            ]
            glide = pitch_hz * (0.9 + 0.15 * opening)
            quack = make_moving_voice(rng, glide, rate_hz, tracks, breath=0.2, roughness=0.25, n_harmonics=24)
            grains.append(quack * opening**0.5 * (1 - 0.6 * k / n_quacks))
            onsets_s.append(t)
            t += held_s + rng.uniform(0.05, 0.16)
        t += rng.uniform(0.3, 1.2)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


def pigeon(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Low rolling coos."""
    n = count_samples(duration_s, rate_hz)
    base_hz, grains, onsets_s, t = rng.uniform(260, 400), [], [], rng.uniform(0.0, 0.3)
    while t < duration_s:
        for held_s, height in ((0.3, 1.0), (0.55, 1.15), (0.35, 0.95)):
            n_coo = count_samples(held_s, rate_hz)
            pitch_hz = base_hz * height * wander(rng, n_coo, rate_hz, 6.0, 0.97, 1.03)
            roll = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(18, 26) * time_axis(n_coo, rate_hz))
            grains.append(
                make_harmonics(pitch_hz, [1.0, 0.3, 0.06], n_coo, rate_hz) * roll * gate(n_coo, rate_hz, 0.07)
            )
            onsets_s.append(t)
            t += held_s + 0.1
        t += rng.uniform(0.3, 0.9)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


KINDS = (
    SoundKind(
        "songbird",
        (
            "a songbird singing",
            "birds chirping in the morning",
            "bird song in a garden",
            "chirping birds",
            "a small bird sings in a tree",
            "dawn chorus",
            "birds tweeting",
        ),
        songbird,
        True,
    ),
    SoundKind(
        "bird trill",
        (
            "a bird trilling",
            "fast trill of a small bird",
            "a bird repeating one note rapidly",
            "warbler song",
            "rapid chirps of a bird",
            "a canary trills",
        ),
        bird_trill,
        True,
    ),
    SoundKind(
        "cuckoo",
        (
            "a cuckoo calling",
            "cuckoo in the forest",
            "the two-note call of a cuckoo",
            "cuckoo bird in spring",
            "distant cuckoo, cuckoo",
        ),
        cuckoo,
        True,
    ),
    SoundKind(
        "owl",
        (
            "an owl hooting",
            "owl in the night forest",
            "hoo hoo of a tawny owl",
            "night bird calling softly",
            "a hooting owl in the dark",
        ),
        owl,
        True,
    ),
    SoundKind(
        "crow",
        (
            "a crow cawing",
            "crows calling",
            "the harsh caw of a raven",
            "black birds croaking in a field",
            "a crow cries from a rooftop",
        ),
        crow,
        True,
    ),
    SoundKind(
        "rooster",
        (
            "a rooster crowing",
            "cock-a-doodle-doo",
            "cockerel at dawn on a farm",
            "the crow of a cock",
            "a rooster wakes the village",
        ),
        rooster,
        False,
    ),
    SoundKind(
        "seagull",
        (
            "seagulls crying",
            "gulls at the harbour",
            "a seagull screeches",
            "sea birds calling on the coast",
            "gulls wailing over the beach",
        ),
        seagull,
        True,
    ),
    SoundKind(
        "duck",
        (
            "a duck quacking",
            "ducks on a pond",
            "quack quack",
            "mallards quacking",
            "a duck calls loudly",
        ),
        duck,
        True,
    ),
    SoundKind(
        "pigeon",
        (
            "a pigeon cooing",
            "doves cooing on a roof",
            "soft coo of a dove",
            "pigeons in the town square",
            "a wood pigeon calls",
        ),
        pigeon,
        True,
    ),
)
