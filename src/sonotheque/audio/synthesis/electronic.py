"""Electronic sounds: wave shapes, pads, basses, risers, whooshes, stops and glitches."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import Renderer, SoundKind
from sonotheque.audio.synthesis.music import CHORDS, note_hz
from sonotheque.audio.synthesis.shaping import finish, follow_resonances, high_pass, low_pass
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_times,
    fall_off,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    make_sine,
    place_pulses,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform

N_HARMONICS = 40
_K = np.arange(1, N_HARMONICS + 1, dtype=np.float64)
# Fourier series of the classic wave shapes, up to the 40th harmonic.
WAVES: dict[str, Array] = {
    "sawtooth": 1 / _K,
    "square": (_K % 2) / _K,
    "triangle": (_K % 2) * (-1.0) ** ((_K - 1) // 2) / _K**2,
}


def _make_wave(shape: str) -> Renderer:
    def render(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
        n = count_samples(duration_s, rate_hz)
        tone = make_harmonics(float(np.exp(rng.uniform(np.log(55), np.log(1500)))), WAVES[shape], n, rate_hz)
        return finish(rng, tone * gate(n, rate_hz, 0.01), rate_hz, room=0.0)

    render.__doc__ = f"A steady {shape} wave."
    return render


def sub_bass(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A sine far down, one note after the other or held."""
    n, pitch_hz = count_samples(duration_s, rate_hz), rng.uniform(38, 75)
    length_s = n / rate_hz
    steps = rng.choice([1.0, 1.0, 1.189, 0.891], 4)
    points = [(k * length_s / 4, pitch_hz * float(step)) for k, step in enumerate(steps)]
    tone = make_sine(follow_points(n, rate_hz, points), n, rate_hz)
    return finish(rng, np.tanh(tone * rng.uniform(1.0, 2.5)) * gate(n, rate_hz, 0.03), rate_hz, room=0.0)


def wobble_bass(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A sawtooth bass whose filter opens and closes 2 to 8 times a second."""
    n = count_samples(duration_s, rate_hz)
    rich = make_harmonics(rng.uniform(45, 95), WAVES["sawtooth"], n, rate_hz)
    swing = 0.5 - 0.5 * np.cos(2 * np.pi * rng.uniform(2, 8) * time_axis(n, rate_hz))
    centre_hz = 120 * (rng.uniform(10, 25)) ** swing
    sound = follow_resonances(rich, rate_hz, [(centre_hz, 1.5, 1.0)], floor=0.05)
    return finish(rng, np.tanh(3 * sound / max(1e-9, float(np.max(np.abs(sound))))), rate_hz, room=0.0)


def _chord_of(rng: np.random.Generator, n: int, rate_hz: int, root: int) -> Array:
    """Three detuned sawteeth on every key of a chord."""
    chord = CHORDS[int(rng.integers(0, len(CHORDS)))]
    pitches_hz = [note_hz(root + s) * d for s in (0, *(12 + c for c in chord)) for d in (0.996, 1.0, 1.004)]
    return np.asarray(np.sum([make_harmonics(p, WAVES["sawtooth"], n, rate_hz) for p in pitches_hz], axis=0))


def synth_pad(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A soft chord of detuned sawteeth that fades in under a slowly moving filter."""
    n = count_samples(duration_s, rate_hz)
    rich = _chord_of(rng, n, rate_hz, int(rng.integers(36, 56)))
    centre_hz = wander(rng, n, rate_hz, 0.4, 250, rng.uniform(800, 2500))
    soft = follow_resonances(rich, rate_hz, [(centre_hz, 0.8, 1.0)], floor=0.02)
    return finish(rng, soft * gate(n, rate_hz, rng.uniform(0.2, 0.8)), rate_hz, room=0.8)


def drone(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A low unmoving sound of close partials that beat, dark and uneasy."""
    n, root_hz = count_samples(duration_s, rate_hz), rng.uniform(40, 90)
    ratios = [1.0, 1.005, 1.5, 2.01, 2.12, 3.0, 4.03]
    tones = [make_sine(root_hz * r, n, rate_hz) * wander(rng, n, rate_hz, 0.5, 0.1, 1) / r for r in ratios]
    return finish(rng, np.sum(tones, axis=0) + 0.05 * make_noise(rng, n, rate_hz, -6.0), rate_hz, room=0.8)


def riser(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Noise and a tone that climb and swell to the end."""
    n = count_samples(duration_s, rate_hz)
    share = np.arange(n) / n
    centre_hz = 200 * 20**share
    hiss = follow_resonances(rng.standard_normal(n), rate_hz, [(centre_hz, 2.0, 1.0)])
    pitch_hz = rng.uniform(80, 200) * rng.uniform(4, 12) ** share
    tone = make_harmonics(pitch_hz, WAVES["sawtooth"][:12], n, rate_hz)
    mix = rng.uniform(0.2, 1.0)
    sound = hiss / max(1e-9, float(np.std(hiss))) + mix * tone / max(1e-9, float(np.std(tone)))
    return finish(rng, sound * share ** rng.uniform(1.0, 2.0), rate_hz, room=0.5)


def downlifter(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Noise that sinks and fades after a drop."""
    n = count_samples(duration_s, rate_hz)
    share = np.arange(n) / n
    hiss = follow_resonances(rng.standard_normal(n), rate_hz, [(6000 * 0.03**share, 1.5, 1.0)])
    return finish(rng, hiss * (1 - share) ** rng.uniform(0.7, 1.6), rate_hz, room=0.6)


def whoosh(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Something passes close by: filtered air that swells and is gone."""
    n = count_samples(min(duration_s, rng.uniform(0.25, 1.5)), rate_hz)
    peak = rng.uniform(0.35, 0.7)
    share = np.arange(n) / n
    bump = np.where(share < peak, share / peak, (1 - share) / (1 - peak))
    centre_hz = rng.uniform(150, 400) * rng.uniform(4, 12) ** bump
    air = follow_resonances(make_noise(rng, n, rate_hz, -2.0), rate_hz, [(centre_hz, rng.uniform(0.8, 2), 1.0)])
    return finish(rng, air * bump**2, rate_hz, room=0.3)


def tape_stop(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Music that slows to a halt as of a record player switched off: pitch and speed fall to nothing."""
    n = count_samples(duration_s, rate_hz)
    stop = rng.uniform(0.3, 0.6)
    share = np.arange(n) / n
    speed = np.clip((1 - share) / (1 - stop), 0.0, 1.0) ** rng.uniform(0.7, 1.5)
    roots = note_hz(int(rng.integers(45, 60))) * speed
    tones = [make_harmonics(roots * 2 ** (s / 12), WAVES["sawtooth"][:15], n, rate_hz) for s in (0, 4, 7, 12)]
    beat = 0.6 + 0.4 * (np.cumsum(speed) / rate_hz * 4 % 1.0 < 0.5)
    return finish(rng, np.sum(tones, axis=0) * beat * np.minimum(1, speed * 5), rate_hz, room=0.1)


def glitch(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Digital stutter: short snips of tones and noise, repeated and broken off."""
    n = count_samples(duration_s, rate_hz)
    out, at = np.zeros(n), 0
    while at < n:
        length = int(rate_hz * rng.choice([0.01, 0.02, 0.04, 0.08, 0.16]))
        kind = rng.integers(0, 4)
        snip = rng.choice([-1.0, 1.0], length)
        if kind == 1:
            snip = np.repeat(rng.uniform(-1, 1, length // 8 + 1), 8)[:length]
        elif kind >= 2:
            snip = np.sign(make_sine(float(rng.uniform(100, 3500)), length, rate_hz))
        for _ in range(int(rng.integers(1, 7))):
            part = out[at : at + length]
            part += snip[: len(part)] * (0.0 if kind == 3 and rng.random() < 0.5 else 0.8)
            at += length
    out -= out.mean()
    return finish(rng, high_pass(out, rate_hz, 80), rate_hz, room=0.05)


def vinyl_crackle(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The run-in groove of a record: clicks, ticks and a little rumble."""
    n = count_samples(duration_s, rate_hz)
    times_s = np.append(draw_times(rng, rng.uniform(12, 45), duration_s), 0.3 * duration_s)
    gains = rng.lognormal(-1, 0.8, len(times_s)) * rng.choice([-1, 1], len(times_s))
    clicks = high_pass(place_pulses(times_s, gains, n, rate_hz), rate_hz, 500)
    surface = 0.01 * make_noise(rng, n, rate_hz, -1.5)
    return finish(rng, clicks + surface, rate_hz, room=0.0)


def record_scratch(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A record pushed to and fro under the needle: tone and noise whose pitch follows the hand."""
    n = count_samples(min(duration_s, rng.uniform(0.4, 2.0)), rate_hz)
    hand = np.abs(np.sin(2 * np.pi * np.cumsum(wander(rng, n, rate_hz, 3, 1.0, 4.5)) / rate_hz)) + 0.02
    voice = make_harmonics(rng.uniform(300, 700) * hand, fall_off(0.8, 12), n, rate_hz)
    hiss = follow_resonances(rng.standard_normal(n), rate_hz, [(300 + 4000 * hand, 2.0, 1.0)])
    return finish(rng, (voice + 1.5 * hiss) * np.minimum(1, hand * 3), rate_hz, room=0.1)


def radio_tuning(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Between the stations: static, whistles that slide through zero, scraps of tones."""
    n = count_samples(duration_s, rate_hz)
    static = make_noise(rng, n, rate_hz, -2.0) * wander(rng, n, rate_hz, 3, 0.1, 1.0)
    whistle = make_sine(np.abs(wander(rng, n, rate_hz, 1.5, -3000, 3000)) + 20, n, rate_hz)
    sound = static + rng.uniform(0.3, 1.2) * whistle * wander(rng, n, rate_hz, 2, 0.0, 1.0)
    return finish(rng, low_pass(high_pass(sound, rate_hz, 300), rate_hz, 3500), rate_hz, room=0.0)


def cinematic_boom(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The big low hit of film trailers, with a long tail."""
    n = count_samples(min(duration_s, 5.0), rate_hz)
    low_hz = rng.uniform(32, 55)
    drop = follow_points(n, rate_hz, [(0.0, low_hz * 2.5), (0.15, low_hz)])
    boom = np.tanh(2 * make_sine(drop, n, rate_hz)) * strike_envelope(n, rate_hz, 0.004, rng.uniform(0.5, 1.1))
    crash = low_pass(rng.standard_normal(n), rate_hz, 900) * strike_envelope(n, rate_hz, 0.002, 0.12)
    return finish(rng, boom + rng.uniform(0.5, 1.5) * crash, rate_hz, room=1.2, dies_away=True)


def theremin(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A voice-like tone that slides from note to note with vibrato."""
    n = count_samples(duration_s, rate_hz)
    slide = 2 ** wander(rng, n, rate_hz, rng.uniform(0.8, 2), -0.8, 0.8)
    vibrato = 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(5, 7) * time_axis(n, rate_hz))
    tone = make_harmonics(rng.uniform(300, 700) * slide * vibrato, [1.0, 0.25, 0.12, 0.05], n, rate_hz)
    return finish(rng, tone * wander(rng, n, rate_hz, 1.5, 0.4, 1.0), rate_hz, room=0.7)


def teleport(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Shimmering glitter of rising or falling tones: a beam or a spell."""
    n = count_samples(min(duration_s, 2.5), rate_hz)
    length_s, way = n / rate_hz, float(rng.choice([-1.0, 1.0]))
    n_grains = max(6, round(40 * length_s))
    onsets_s = np.sort(rng.uniform(0, length_s * 0.85, n_grains))
    n_grain = count_samples(0.15, rate_hz)
    grains = []
    for onset_s in onsets_s:
        octaves = 1.5 + way * (onset_s / length_s - 0.5) * 2.5 + rng.normal(0, 0.3)
        tone = make_sine(500 * 2 ** float(np.clip(octaves, 0, 3.3)), n_grain, rate_hz)
        grains.append(tone * strike_envelope(n_grain, rate_hz, 0.005, 0.05) * rng.uniform(0.2, 1))
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=1.0, dies_away=True)


def electric_spark(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """An arc: mains buzz broken into crackling bursts."""
    n = count_samples(duration_s, rate_hz)
    time_s, mains_hz = time_axis(n, rate_hz), float(rng.choice([100.0, 120.0]))
    times_s = draw_times(rng, 400, duration_s)
    sparks = place_pulses(times_s, rng.lognormal(0, 1, len(times_s)), n, rate_hz) + 0.1 * rng.standard_normal(n)
    arcs = (wander(rng, n, rate_hz, 6, 0, 1) > 0.45) + 0.03
    buzz = (time_s * mains_hz % 1.0 < 0.35) + 0.1
    return finish(rng, high_pass(sparks, rate_hz, 800, order=1) * buzz * arcs, rate_hz, room=0.2)


KINDS = (
    SoundKind(
        "sawtooth wave",
        ("a sawtooth wave", "a buzzing synthesizer tone", "raw saw oscillator", "a bright buzzing electronic tone",
         "steady sawtooth tone"),
        _make_wave("sawtooth"), True),
    SoundKind(
        "square wave",
        ("a square wave", "a hollow electronic tone", "raw square oscillator", "8-bit tone", "steady square wave tone"),
        _make_wave("square"), True),
    SoundKind(
        "triangle wave",
        ("a triangle wave", "a soft electronic tone", "raw triangle oscillator", "a mellow test tone",
         "steady triangle wave tone"),
        _make_wave("triangle"), True),
    SoundKind(
        "sub bass",
        ("deep sub bass", "a very low bass note", "808 bass", "low frequency sine bass", "bass that shakes the room"),
        sub_bass, True),
    SoundKind(
        "wobble bass",
        ("dubstep wobble bass", "a wobbling synth bass", "growling bass with a moving filter", "wub wub bass",
         "bass with an LFO"),
        wobble_bass, True),
    SoundKind(
        "synth pad",
        ("a soft synth pad", "ambient synthesizer chord", "warm pad chord", "a slow swelling synthesizer",
         "dreamy background pad", "lush electronic strings"),
        synth_pad, True),
    SoundKind(
        "dark drone",
        ("a dark drone", "an ominous low hum", "horror film ambience", "a deep droning tone", "sinister atmosphere",
         "spaceship interior hum"),
        drone, True),
    SoundKind(
        "riser",
        ("a riser", "noise sweep building up", "tension rising before the drop", "an uplifter in dance music",
         "a swelling build-up effect", "rising whoosh transition"),
        riser, True),
    SoundKind(
        "downlifter",
        ("a downlifter", "a noise sweep going down", "falling whoosh transition", "sweep down after the drop",
         "descending noise effect"),
        downlifter, True),
    SoundKind(
        "whoosh",
        ("a whoosh", "a quick swish through the air", "something flies past", "a swoosh transition",
         "a stick swung through the air", "fast pass-by of air"),
        whoosh, False),
    SoundKind(
        "tape stop",
        ("a tape stop effect", "a record player switched off", "music slowing down to a halt", "power going down",
         "turntable stopping"),
        tape_stop, True),
    SoundKind(
        "glitch",
        ("a digital glitch", "stuttering electronic noise", "data corruption sounds", "a computer malfunction",
         "glitchy bits and blips", "a broken digital signal"),
        glitch, True),
    SoundKind(
        "vinyl crackle",
        ("vinyl crackle", "an old record playing silence", "needle on a dusty record", "gramophone surface noise",
         "clicks and pops of an LP"),
        vinyl_crackle, True),
    SoundKind(
        "record scratch",
        ("a record scratch", "DJ scratching", "turntable scratching", "a needle ripped over the record",
         "hip hop scratching"),
        record_scratch, False),
    SoundKind(
        "radio tuning",
        ("tuning a radio", "shortwave radio between stations", "radio static and whistles", "searching for a station",
         "walkie-talkie interference"),
        radio_tuning, True),
    SoundKind(
        "cinematic boom",
        ("a cinematic boom", "trailer hit", "a huge low impact", "deep boom with a long tail", "dramatic film impact"),
        cinematic_boom, False),
    SoundKind(
        "theremin",
        ("a theremin", "an eerie sliding electronic tone", "UFO in an old film", "flying saucer sound",
         "ghostly wavering tone"),
        theremin, True),
    SoundKind(
        "magic sparkle",
        ("a magic spell", "sparkling magic dust", "teleporting in a science fiction film", "fairy wand shimmer",
         "a glittering magical effect"),
        teleport, False),
    SoundKind(
        "electric spark",
        ("electric sparks", "an electrical arc", "electricity crackling", "a short circuit", "high voltage buzzing",
         "a stun gun"),
        electric_spark, True),
)  # fmt: skip
