"""Musical instruments: plucked, struck, blown and bowed."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, convolve, finish, follow_resonances, high_pass, make_room
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    fall_off,
    fast_length,
    follow_points,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    ring_modes,
    strike_envelope,
    time_axis,
    wander,
)
from sonotheque.values.waveform import Waveform

CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 5, 7))
SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14)
# Ranks of pipes, 16 to 1 foot and a reed: pitch relative to the key, and each harmonic relative to the one below.
ORGAN_RANKS = ((0.5, 0.35), (1.0, 0.5), (2.0, 0.45), (3.0, 0.3), (4.0, 0.4), (6.0, 0.3), (8.0, 0.3), (1.0, 0.86))


def note_hz(midi_note: float) -> float:
    """The equal-tempered frequency of a MIDI note number; 69 is 440 Hz."""
    return float(440.0 * 2 ** ((midi_note - 69) / 12))


def pluck_string(
    rng: np.random.Generator,
    frequency_hz: float,
    n: int,
    rate_hz: int,
    *,
    decay_s: float = 2.0,
    brightness: float = 0.5,
) -> Array:
    """A Karplus-Strong string (Karplus and Strong 1983), peak one: a burst of noise in a loop that averages neighbours.

    The loop is linear, so it is evaluated as the filter 1 / (1 - g cos(w/2) e^(-jwD)) on the FFT's grid with the exact
    fractional delay D. The signal is computed times e^(-at), which is then undone: so the end that the circular FFT
    wraps onto the start stays 78 dB down.
    """
    delay_s = 1 / frequency_hz
    n_burst = max(2, round(delay_s * rate_hz))
    burst = np.zeros(n)
    burst[: min(n, n_burst)] = rng.uniform(-1, 1, n_burst)[: min(n, n_burst)]
    length = fast_length(n)
    damping_per_s = 9.0 / (length / rate_hz)
    damp = np.exp(-damping_per_s * time_axis(n, rate_hz))
    omega = 2 * np.pi * np.fft.rfftfreq(length)
    loss = np.exp(-delay_s * (1 / decay_s + damping_per_s)) * np.cos(omega / 2) ** (2.2 - 2 * brightness)
    loop = loss * np.exp(-1j * omega * delay_s * rate_hz)
    string = np.fft.irfft(np.fft.rfft(burst * damp, length) / (1 - loop), length)[:n] / damp
    return string / max(1e-9, float(np.max(np.abs(string))))


def guitar_chord(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Six strings strummed, chord after chord, through the body of the guitar."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t = [], [], 0.01
    root, gap_s = int(rng.integers(40, 50)), rng.uniform(0.7, 1.8)
    while t < duration_s:
        chord = CHORDS[int(rng.integers(0, len(CHORDS)))]
        spread_s, shift = rng.uniform(0.012, 0.045), int(rng.choice([0, 0, 5, 7, -2]))
        n_string = min(n - round(t * rate_hz), round(min(gap_s * 1.6, 4.0) * rate_hz))
        for k, semitones in enumerate((*chord, *(12 + s for s in chord))[:6]):
            if n_string > 2:
                pitch_hz = note_hz(root + shift + semitones)
                grains.append(pluck_string(rng, pitch_hz, n_string, rate_hz, brightness=rng.uniform(0.4, 0.8)))
                grains[-1] = grains[-1] * gate(n_string, rate_hz, 0.001) * rng.uniform(0.7, 1)
                onsets_s.append(t + k * spread_s)
        t += gap_s * rng.uniform(0.95, 1.05)
    body = [(105, 40, 1.2), (205, 60, 1.0), (430, 200, 0.7), (1500, 4000, 0.6)]
    return finish(rng, apply_formants(lay_grains(grains, onsets_s, n, rate_hz), rate_hz, body), rate_hz)


def _make_pipes(rng: np.random.Generator, midi_note: float, stops: Array, n: int, rate_hz: int) -> Array:
    """One key on every stop drawn: ranks of pipes an octave, a twelfth ... above, none quite in tune with another."""
    sound = np.zeros(n)
    for (ratio, brightness), gain in zip(ORGAN_RANKS, stops, strict=True):
        if gain > 0:
            pipe_hz = note_hz(midi_note) * ratio * rng.uniform(0.9985, 1.0015)
            sound += gain * make_harmonics(pipe_hz, fall_off(brightness, 10), n, rate_hz)
    return sound


def organ_chord(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Chords of four or five keys and pedal on three to seven ranks of pipes, wind noise, seconds of church echo."""
    n = count_samples(duration_s, rate_hz)
    sound, t, root = np.zeros(n), 0.0, int(rng.integers(48, 62))
    stops = rng.uniform(0.3, 1.0, len(ORGAN_RANKS)) * (rng.random(len(ORGAN_RANKS)) < 0.6)
    stops[1] = 1.0
    while t < duration_s:
        held_s = min(float(rng.choice([0.5, 0.9, 1.6, 3.0])), max(0.05, duration_s - t))
        n_chord = count_samples(held_s, rate_hz)
        chord, shift = CHORDS[int(rng.integers(0, 2))], int(rng.choice([0, 5, 7, -3, 2]))
        keys = [root + shift - 12, *(root + shift + s for s in chord), root + shift + 12]
        grains = [_make_pipes(rng, key, stops, n_chord, rate_hz) for key in keys]
        sound += lay_grains([np.sum(grains, axis=0) * gate(n_chord, rate_hz, 0.04)], [t], n, rate_hz)
        t += held_s
    wind = 0.01 * float(np.max(np.abs(sound))) * make_noise(rng, n, rate_hz, -3.0)
    church = make_room(rng, rate_hz, rng.uniform(1.0, 3.0), rng.uniform(0.6, 1.6))
    return finish(rng, convolve(sound + wind, church), rate_hz, room=0.5)


def make_piano_note(rng: np.random.Generator, midi_note: float, n: int, rate_hz: int, loudness: float = 1.0) -> Array:
    """Stiff strings (partials k f sqrt(1 + B k^2)) that decay in two stages, higher ones faster, after a felt thud."""
    pitch_hz = note_hz(midi_note)
    stiffness = 0.0004 * 2 ** ((midi_note - 60) / 12)
    decay_s, modes = 3.5 * 2 ** (-(midi_note - 48) / 18), []
    for k in range(1, 16):
        partial_hz = k * pitch_hz * np.sqrt(1 + stiffness * k * k)
        gain = np.exp(-0.32 * k / (0.5 + loudness)) * abs(np.sin(np.pi * k / 8.0)) ** 0.5
        modes += [
            (partial_hz, 0.25 * decay_s / k**0.6, 0.7 * gain),
            (partial_hz * 1.0006, decay_s / k**0.7, 0.4 * gain),
        ]
    note = ring_modes(modes, n, rate_hz)
    n_thud = min(n, round(0.04 * rate_hz))
    note[:n_thud] += 0.06 * rng.standard_normal(n_thud) * strike_envelope(n_thud, rate_hz, 0.001, 0.008)
    return note * gate(n, rate_hz, 0.002) * loudness


def piano(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A slow tune on a piano with a few chords."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t, root, beat_s = [], [], 0.01, int(rng.integers(50, 64)), rng.uniform(0.28, 0.55)
    while t < duration_s:
        n_note = max(4, min(n - round(t * rate_hz), round(4 * beat_s * rate_hz)))
        notes = [root + SCALE[int(rng.integers(0, len(SCALE)))]]
        if rng.random() < 0.3:
            notes += [root - 12, root - 12 + int(rng.choice([7, 4]))]
        for midi_note in notes:
            grains.append(make_piano_note(rng, midi_note, n_note, rate_hz, rng.uniform(0.6, 1.0)))
            onsets_s.append(t)
        t += beat_s * float(rng.choice([1, 1, 2]))
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.5)


def make_drum(rng: np.random.Generator, name: str, rate_hz: int) -> Array:
    """A `kick` (a sine falling to its pitch), a `snare` (two modes and rattling wires) or a `hat` (metal noise)."""
    n = round({"kick": 0.4, "snare": 0.3, "hat": 0.12}[name] * rate_hz)
    time_s = time_axis(n, rate_hz)
    if name == "kick":
        pitch_hz = 52 + 130 * np.exp(-time_s / 0.02)
        return np.sin(2 * np.pi * np.cumsum(pitch_hz) / rate_hz) * strike_envelope(n, rate_hz, 0.001, 0.09) * 1.2
    noise = rng.standard_normal(n)
    if name == "snare":
        wires = high_pass(noise, rate_hz, 1500, 1) * strike_envelope(n, rate_hz, 0.001, 0.06)
        return 0.35 * wires + 0.6 * ring_modes([(185, 0.05, 1.0), (330, 0.035, 0.6)], n, rate_hz)
    return 0.25 * high_pass(noise, rate_hz, 5500, 3) * strike_envelope(n, rate_hz, 0.0005, 0.025)


def drum_beat(
    rng: np.random.Generator, duration_s: float, rate_hz: int, *, beats_per_minute: float | None = None
) -> Waveform:
    """A drum kit: kick on one and three, snare on two and four, hats on the eighths, with small variations."""
    n = count_samples(duration_s, rate_hz)
    eighth_s = 30 / (rng.uniform(80, 150) if beats_per_minute is None else beats_per_minute)
    drums = {name: make_drum(rng, name, rate_hz) for name in ("kick", "snare", "hat")}
    grains, onsets_s = [], []
    for step in range(int(duration_s / eighth_s) + 1):
        names = ["hat"]
        if step % 4 == 0 or (step % 8 == 3 and rng.random() < 0.4):
            names.append("kick")
        if step % 4 == 2:
            names.append("snare")
        grains += [drums[name] * rng.uniform(0.8, 1.0) for name in names]
        onsets_s += [0.005 + step * eighth_s] * len(names)
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.3)


def flute(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A breathy wooden flute playing a tune with vibrato."""
    pitch_hz, level = _melody(rng, duration_s, rate_hz, int(rng.integers(67, 76)))
    n = len(pitch_hz)
    vibrato = np.sin(2 * np.pi * rng.uniform(4.5, 6) * time_axis(n, rate_hz))
    pitch_hz = pitch_hz * (1 + 0.006 * vibrato)
    tone = make_harmonics(pitch_hz, [1.0, 0.35, 0.15, 0.05, 0.02], n, rate_hz) * (1 + 0.12 * vibrato)
    breath = follow_resonances(
        rng.standard_normal(n), rate_hz, [(pitch_hz, 10.0, 1.0), (2 * pitch_hz, 10.0, 0.5)], 0.03
    )
    return finish(rng, (tone + 0.35 * breath) * level, rate_hz, room=0.6)


def violin(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A bowed string (sawtooth of harmonics) through the resonances of a violin's body."""
    pitch_hz, level = _melody(rng, duration_s, rate_hz, int(rng.integers(55, 70)))
    n = len(pitch_hz)
    vibrato = 0.009 * np.sin(2 * np.pi * rng.uniform(5, 6.5) * time_axis(n, rate_hz))
    string = make_harmonics(pitch_hz * (1 + vibrato), 1 / np.arange(1, 26) ** 0.9, n, rate_hz)
    bow = 0.03 * rng.standard_normal(n)
    body = [(280, 60, 1.0), (470, 80, 1.2), (560, 80, 0.9), (1000, 500, 0.7), (2600, 1500, 0.9)]
    sound = apply_formants(string + bow, rate_hz, body)
    return finish(rng, sound * level * wander(rng, n, rate_hz, 2.0, 0.8, 1.0), rate_hz, room=0.6)


def _melody(rng: np.random.Generator, duration_s: float, rate_hz: int, root: int) -> tuple[Array, Array]:
    """A wandering tune: the pitch in Hz and the level at every sample."""
    n, t, step = count_samples(duration_s, rate_hz), 0.0, int(rng.integers(0, 6))
    pitch: list[tuple[float, float]] = []
    level: list[tuple[float, float]] = []
    beat_s = rng.uniform(0.25, 0.5)
    while t < duration_s:
        held_s = beat_s * float(rng.choice([1, 1, 2, 3]))
        step = int(np.clip(step + rng.integers(-2, 3), 0, len(SCALE) - 1))
        frequency_hz = note_hz(root + SCALE[step])
        pitch += [(t + 0.015, frequency_hz), (t + held_s - 0.005, frequency_hz)]
        level += [(t, 0.15), (t + 0.06, 1.0), (t + held_s - 0.05, 0.8)]
        t += held_s
    return follow_points(n, rate_hz, pitch), follow_points(n, rate_hz, level)


def music_box(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Plucked steel teeth, high and glassy, in a slow waltz."""
    n = count_samples(duration_s, rate_hz)
    grains, onsets_s, t, beat_s = [], [], 0.01, rng.uniform(0.22, 0.36)
    root = int(rng.integers(79, 88))
    while t < duration_s:
        pitch_hz = note_hz(root + SCALE[int(rng.integers(0, len(SCALE)))])
        modes = [(pitch_hz, 0.6, 1.0), (pitch_hz * 2.0, 0.3, 0.15), (pitch_hz * 6.27, 0.05, 0.2)]
        grains.append(ring_modes(modes, round(2.5 * rate_hz), rate_hz) * rng.uniform(0.6, 1))
        onsets_s.append(t)
        t += beat_s * float(rng.choice([1, 1, 2]))
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz)


KINDS = (
    SoundKind(
        "guitar chord",
        (
            "a guitar chord",
            "strumming an acoustic guitar",
            "someone plays chords on a guitar",
            "folk guitar accompaniment",
            "plucked strings of a guitar",
            "campfire guitar",
        ),
        guitar_chord,
        True,
    ),
    SoundKind(
        "organ chord",
        (
            "an organ chord",
            "church organ playing",
            "pipe organ in a cathedral",
            "sustained organ music",
            "organist plays a hymn",
        ),
        organ_chord,
        True,
    ),
    SoundKind(
        "piano",
        (
            "a piano playing",
            "slow piano melody",
            "someone practises the piano",
            "piano notes in an empty room",
            "solo piano music",
            "a tune on the piano",
        ),
        piano,
        True,
    ),
    SoundKind(
        "drum beat",
        (
            "a drum beat",
            "drummer playing a rock rhythm",
            "drum kit with kick, snare and hi-hat",
            "steady drum groove",
            "drum loop",
            "percussion rhythm",
        ),
        drum_beat,
        True,
    ),
    SoundKind(
        "flute",
        (
            "a flute playing",
            "flute melody",
            "a wooden flute",
            "soft breathy flute music",
            "someone plays the recorder",
        ),
        flute,
        True,
    ),
    SoundKind(
        "violin",
        (
            "a violin playing",
            "bowed string melody",
            "fiddle tune",
            "solo violin with vibrato",
            "a violinist practising",
            "string instrument played with a bow",
        ),
        violin,
        True,
    ),
    SoundKind(
        "music box",
        (
            "a music box",
            "tinkling music box melody",
            "wind-up musical toy",
            "lullaby from a music box",
            "delicate plucked metal notes",
        ),
        music_box,
        True,
    ),
)
