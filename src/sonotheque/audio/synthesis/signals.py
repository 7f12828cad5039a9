"""Telephones, codes and test signals."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.shaping import apply_formants, convolve, finish
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    gate,
    lay_grains,
    make_harmonics,
    make_noise,
    make_sine,
    place_pulses,
    ring_modes,
    time_axis,
)
from sonotheque.values.waveform import Waveform

# ITU-T Q.23: the row and the column of each key.
DTMF_HZ = {
    key: (row_hz, column_hz)
    for row_hz, keys in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for key, column_hz in zip(keys, (1209, 1336, 1477, 1633), strict=True)
}
# ITU-R M.1677, letters only.
MORSE = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
        ],
        strict=True,
    )
)


def telephone_bell(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """An old telephone: a clapper between two gongs 20-25 times a second, in long rings."""
    n = count_samples(duration_s, rate_hz)
    hits_hz, gong_hz = rng.uniform(18, 25), rng.uniform(1100, 1700)
    on_s, off_s = ((2.0, 2.0), (0.4, 0.2), (1.0, 1.0))[int(rng.integers(0, 3))]
    times_s = np.arange(0.01, duration_s, 1 / hits_hz)
    turn_s = times_s % (on_s + off_s) if on_s >= 1 else times_s % 2.2
    rings = turn_s < on_s if on_s >= 1 else (turn_s < 0.45) | ((turn_s > 0.65) & (turn_s < 1.1))
    sound = np.zeros(n)
    for parity, ratio in enumerate((1.0, rng.uniform(1.12, 1.3))):
        modes = [(gong_hz * ratio * r, 0.35 / k, 1 / k) for k, r in enumerate((1.0, 1.9, 2.72, 3.6), start=1)]
        mine_s = times_s[rings & (np.arange(len(times_s)) % 2 == parity)]
        hits = place_pulses(mine_s, rng.uniform(0.8, 1, len(mine_s)), n, rate_hz)
        sound += convolve(hits, ring_modes(modes, min(n, 2 * rate_hz), rate_hz))
    return finish(rng, sound, rate_hz)


def electronic_phone(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A desk phone of the eighties: two tones in turn, 12-20 times a second, a ring each two or three seconds."""
    n = count_samples(duration_s, rate_hz)
    time_s, low_hz = time_axis(n, rate_hz), rng.uniform(700, 1300)
    warble = (time_s * rng.uniform(12, 20)) % 1.0 < 0.5
    pitch_hz = np.where(warble, low_hz, low_hz * rng.uniform(1.18, 1.35))
    ring_s, rest_s = rng.uniform(0.7, 1.2), rng.uniform(0.7, 1.6)
    is_on = (time_s % (ring_s + rest_s) < ring_s).astype(np.float64)
    is_on = np.convolve(is_on, np.ones(64) / 64, "same")
    return finish(rng, make_harmonics(pitch_hz, [1.0, 0.0, 0.4, 0.0, 0.2], n, rate_hz) * is_on, rate_hz)


def _line_tone(rng: np.random.Generator, tones_hz: tuple[float, ...], n: int, rate_hz: int) -> Array:
    """A sum of tones with a trace of line hum and noise."""
    time_s = time_axis(n, rate_hz)
    tone = np.sum([np.sin(2 * np.pi * f * time_s) for f in tones_hz], axis=0)
    return np.asarray(tone + rng.uniform(0.002, 0.02) * make_noise(rng, n, rate_hz, -3.0), dtype=np.float64)


def dial_tone(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The tone of a free line: 350 and 440 Hz in North America, 425 Hz elsewhere."""
    n = count_samples(duration_s, rate_hz)
    tones_hz = (350.0, 440.0) if rng.random() < 0.7 else (425.0,)
    return finish(rng, _line_tone(rng, tones_hz, n, rate_hz), rate_hz, room=0.0)


def busy_tone(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """The tone of an engaged line: half a second on, half off."""
    n = count_samples(duration_s, rate_hz)
    tones_hz = (480.0, 620.0) if rng.random() < 0.7 else (425.0,)
    half_s = rng.uniform(0.35, 0.5)
    is_on = (time_axis(n, rate_hz) % (2 * half_s) < half_s).astype(np.float64)
    return finish(
        rng, _line_tone(rng, tones_hz, n, rate_hz) * np.convolve(is_on, np.ones(40) / 40, "same"), rate_hz, room=0.0
    )


def dtmf_dialling(rng: np.random.Generator, duration_s: float, rate_hz: int, *, digits: str | None = None) -> Waveform:
    """Seven to eleven keys (or `digits`) pressed on a touch-tone phone."""
    keys = "".join(rng.choice(list("0123456789"), int(rng.integers(7, 12)))) if digits is None else digits
    press_s, gap_s = rng.uniform(0.08, 0.16), rng.uniform(0.06, 0.14)
    n_press = count_samples(press_s, rate_hz)
    onsets_s = [0.01 + k * (press_s + gap_s) for k in range(len(keys))]
    n = count_samples(min(duration_s, onsets_s[-1] + press_s + 0.05), rate_hz)
    shape = gate(n_press, rate_hz, 0.003)
    grains = [_line_tone(rng, DTMF_HZ[key], n_press, rate_hz) * shape for key in keys]
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.1, dies_away=True)


def morse_code(rng: np.random.Generator, duration_s: float, rate_hz: int, *, text: str | None = None) -> Waveform:
    """Random letters (or `text`, letters and spaces) keyed in Morse at 12-28 words a minute."""
    n = count_samples(duration_s, rate_hz)
    dot_s, t, spans = 1.2 / rng.uniform(12, 28), 0.02, []
    letters = "".join(rng.choice([*MORSE, " "], 200)) if text is None else text.upper()
    for letter in letters:
        for mark in MORSE.get(letter, ""):
            spans.append((t, dot_s * (3 if mark == "-" else 1)))
            t += spans[-1][1] + dot_s
        t += 2 * dot_s if letter in MORSE else 4 * dot_s
        if t > duration_s:
            break
    pitch_hz = rng.uniform(500, 950)
    grains = []
    for _, held_s in spans:
        n_mark = count_samples(held_s, rate_hz)
        grains.append(make_sine(pitch_hz, n_mark, rate_hz) * gate(n_mark, rate_hz, 0.005))
    static = rng.uniform(0, 0.06) * make_noise(rng, n, rate_hz, -1.0)
    return finish(rng, lay_grains(grains, [onset_s for onset_s, _ in spans], n, rate_hz) + static, rate_hz, room=0.0)


def modem(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A modem or fax calling: answer tone, then frequency-shift keying that thickens into scrambled noise."""
    n = count_samples(duration_s, rate_hz)
    time_s = time_axis(n, rate_hz)
    bits = rng.integers(0, 2, int(duration_s * 300) + 2)[(time_s * 300).astype(np.int64)]
    keyed = make_sine(np.where(bits, 1650.0, 1850.0), n, rate_hz) + 0.7 * make_sine(
        np.where(bits, 980.0, 1180.0), n, rate_hz
    )
    scrambled = apply_formants(rng.standard_normal(n), rate_hz, [(1800, 1800, 1.0)])
    first_s, second_s = duration_s * rng.uniform(0.15, 0.3), duration_s * rng.uniform(0.5, 0.7)
    answer = make_sine(2100.0, n, rate_hz)
    sound = np.where(time_s < first_s, answer, np.where(time_s < second_s, keyed, scrambled / np.std(scrambled)))
    return finish(rng, sound, rate_hz, room=0.1)


KINDS = (
    SoundKind(
        "telephone bell",
        (
            "an old telephone ringing",
            "rotary phone bell",
            "landline phone rings",
            "vintage telephone with mechanical bells",
            "the phone is ringing",
            "telephone ringing in an office",
        ),
        telephone_bell,
        True,
    ),
    SoundKind(
        "electronic phone",
        (
            "an electronic phone ringing",
            "office phone warbling",
            "digital telephone ringtone",
            "a desk phone rings",
            "a modern landline ring",
            "incoming call on a cordless phone",
        ),
        electronic_phone,
        True,
    ),
    SoundKind(
        "dial tone",
        (
            "a dial tone",
            "telephone line waiting for a number",
            "steady tone of a phone off the hook",
            "free line tone",
            "picking up the receiver",
        ),
        dial_tone,
        True,
    ),
    SoundKind(
        "busy tone",
        (
            "a busy signal",
            "engaged tone on the telephone",
            "the line is busy",
            "phone beeping because the other side hung up",
            "repeating busy tone",
        ),
        busy_tone,
        True,
    ),
    SoundKind(
        "touch-tone dialling",
        (
            "dialling a phone number",
            "touch-tone key presses",
            "DTMF tones",
            "someone dials on a keypad",
            "telephone keypad beeps",
        ),
        dtmf_dialling,
        False,
    ),
    SoundKind(
        "morse code",
        (
            "morse code",
            "telegraph beeps",
            "dots and dashes over the radio",
            "a radio operator sending morse",
            "coded beeping message",
        ),
        morse_code,
        True,
    ),
    SoundKind(
        "modem",
        (
            "a modem connecting",
            "dial-up internet noise",
            "fax machine handshake",
            "data tones over the telephone",
            "old modem screeching",
        ),
        modem,
        True,
    ),
)
