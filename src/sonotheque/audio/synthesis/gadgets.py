"""Beeps, clicks and bells of devices."""

from __future__ import annotations

import numpy as np

from sonotheque.audio.synthesis.bells import make_strike_noise
from sonotheque.audio.synthesis.impacts import make_noise_burst
from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.materials import make_blow
from sonotheque.audio.synthesis.shaping import (
    convolve,
    finish,
    high_pass,
    make_room,
)
from sonotheque.audio.synthesis.sources import (
    Array,
    count_samples,
    draw_steady_times,
    gate,
    lay_grains,
    make_harmonics,
    make_sine,
    place_pulses,
    ring_modes,
    strike_envelope,
    wander,
)
from sonotheque.values.waveform import Waveform


def _make_beep(pitch_hz: float, length_s: float, rate_hz: int) -> Array:
    n = count_samples(length_s, rate_hz)
    return make_harmonics(pitch_hz, [1.0, 0.0, 0.25, 0.0, 0.1], n, rate_hz) * gate(n, rate_hz, 0.004)


def sonar(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A ping and its long answer from the deep."""
    n, pitch_hz = count_samples(duration_s, rate_hz), rng.uniform(700, 1600)
    n_ping = count_samples(0.9, rate_hz)
    ping = make_sine(pitch_hz, n_ping, rate_hz) * strike_envelope(n_ping, rate_hz, 0.01, 0.15)
    times_s = draw_steady_times(rng, rng.uniform(1.2, 3.0), 0.0, duration_s, 0.02)
    deep = make_room(rng, rate_hz, rng.uniform(1.0, 2.5), rng.uniform(0.8, 2.0))
    return finish(rng, convolve(lay_grains([ping] * len(times_s), times_s, n, rate_hz), deep), rate_hz)


def heart_monitor(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A beep for each heartbeat; now and then the long tone of none."""
    n, pitch_hz = count_samples(duration_s, rate_hz), rng.uniform(700, 1300)
    times_s = draw_steady_times(rng, rng.uniform(0.45, 1.1), 0.02, duration_s, 0.03)
    beep = _make_beep(pitch_hz, rng.uniform(0.07, 0.16), rate_hz)
    return finish(rng, lay_grains([beep] * len(times_s), times_s, n, rate_hz), rate_hz, room=0.3)


def countdown(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Short beeps a second or less apart and a longer, higher one at the end."""
    n_beeps, gap_s, pitch_hz = int(rng.integers(3, 6)), rng.uniform(0.4, 1.0), rng.uniform(500, 1100)
    n = count_samples(min(duration_s, n_beeps * gap_s + 0.9), rate_hz)
    beeps = [_make_beep(pitch_hz, 0.12, rate_hz)] * n_beeps + [_make_beep(pitch_hz * 2, 0.7, rate_hz)]
    return finish(rng, lay_grains(beeps, [0.01 + k * gap_s for k in range(n_beeps + 1)], n, rate_hz), rate_hz, room=0.2)


def notification(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Two to four soft notes of a phone or a computer."""
    n_notes, gap_s = int(rng.integers(2, 5)), rng.uniform(0.08, 0.2)
    n = count_samples(min(duration_s, n_notes * gap_s + 1.2), rate_hz)
    root_hz, decay_s = rng.uniform(500, 1100), rng.uniform(0.08, 0.35)
    steps = rng.choice([0, 4, 5, 7, 12, -5], n_notes, replace=False)
    grains = []
    for step in steps:
        pitch_hz = root_hz * 2 ** (float(step) / 12)
        grains.append(ring_modes([(pitch_hz, decay_s, 1.0), (2 * pitch_hz, decay_s / 2, 0.3)], n, rate_hz))
    return finish(
        rng,
        lay_grains(grains, [0.005 + k * gap_s for k in range(n_notes)], n, rate_hz),
        rate_hz,
        room=0.3,
        dies_away=True,
    )


def bell_alarm(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A clapper beating a bell 12 to 25 times a second: wind-up alarm clock, school, fire or crossing bell."""
    n, base_hz = count_samples(duration_s, rate_hz), rng.uniform(900, 2800)
    times_s = draw_steady_times(rng, 1 / rng.uniform(12, 25), 0.03, duration_s, 0.01)
    hits = place_pulses(times_s, rng.uniform(0.6, 1, len(times_s)), n, rate_hz)
    modes = [
        (base_hz * r * rng.uniform(0.98, 1.02), rng.uniform(0.1, 0.4) / r, 1 / r) for r in (1, 1.48, 2.1, 2.76, 3.9)
    ]
    clank = 0.6 * make_strike_noise(rng, rate_hz, 2500, 0.004)
    return finish(rng, convolve(hits, ring_modes(modes, min(n, 2 * rate_hz), rate_hz)) + convolve(hits, clank), rate_hz)


def cash_register(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Keys, the bell, the drawer sliding out and its coins."""
    n = count_samples(min(duration_s, 2.2), rate_hz)
    bell = ring_modes([(rng.uniform(2000, 3000), 0.35, 1.0), (rng.uniform(4500, 6500), 0.2, 0.5)], n, rate_hz)
    drawer = make_noise_burst(rng, rate_hz, 200, 3000, 0.05)
    coins = [make_blow(rng, "metal", rate_hz, size=1.0)[: rate_hz // 4] * rng.uniform(0.1, 0.3) for _ in range(8)]
    keys = [make_noise_burst(rng, rate_hz, 500, 5000, 0.006) * 0.5 for _ in range(3)]
    onsets_s = [0.42, 0.45, *(0.55 + rng.uniform(0, 0.4, 8)), 0.01, 0.12, 0.26]
    return finish(rng, lay_grains([bell, drawer, *coins, *keys], onsets_s, n, rate_hz), rate_hz, dies_away=True)


def camera_shutter(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """Two clicks with a whirr between, once or a few times."""
    n_shots, gap_s = int(rng.choice([1, 1, 2, 4])), rng.uniform(0.25, 0.6)
    n = count_samples(min(duration_s, n_shots * gap_s + 0.3), rate_hz)
    grains, onsets_s = [], []
    for k in range(n_shots):
        grains += [make_noise_burst(rng, rate_hz, low_hz, 7500, 0.006) for low_hz in (900, 1500)]
        onsets_s += [0.01 + k * gap_s, 0.01 + k * gap_s + rng.uniform(0.05, 0.12)]
    return finish(rng, lay_grains(grains, onsets_s, n, rate_hz), rate_hz, room=0.2, dies_away=True)


def switch_click(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """One or two clicks of a switch, a button or a pen."""
    n = count_samples(min(duration_s, 0.8), rate_hz)
    grains = [make_blow(rng, "plastic", rate_hz, size=rng.uniform(0.6, 1)) for _ in range(int(rng.integers(1, 3)))]
    onsets_s = np.array([0.01, 0.01 + rng.uniform(0.05, 0.3)])[: len(grains)]
    return finish(rng, high_pass(lay_grains(grains, onsets_s, n, rate_hz), rate_hz, 300), rate_hz, dies_away=True)


def kettle(rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform:
    """A whistle that rises as the steam builds up, over its hiss."""
    n = count_samples(duration_s, rate_hz)
    share, top_hz = np.arange(n) / n, rng.uniform(1800, 3200)
    pitch_hz = top_hz * (0.75 + 0.25 * np.minimum(1, share / rng.uniform(0.3, 0.7)))
    tone = make_harmonics(pitch_hz * wander(rng, n, rate_hz, 9, 0.995, 1.005), [1.0, 0.3], n, rate_hz)
    hiss = high_pass(rng.standard_normal(n), rate_hz, 2000)
    return finish(rng, tone * (0.3 + 0.7 * share) + 0.1 * hiss, rate_hz)


KINDS = (
    SoundKind(
        "sonar ping",
        ("a sonar ping", "submarine sonar", "echo sounder ping", "a ping under the sea", "radar blip"),
        sonar, True),
    SoundKind(
        "heart monitor",
        ("a heart rate monitor", "hospital monitor beeping", "ECG beeps in intensive care",
         "a patient monitor", "medical device beeping steadily"),
        heart_monitor, True),
    SoundKind(
        "countdown beeps",
        ("countdown beeps", "race start beeps", "timer counting down", "three short beeps and a long one",
         "a microwave oven finished"),
        countdown, False),
    SoundKind(
        "notification",
        ("a notification sound", "phone message tone", "new message chime", "app alert",
         "a computer confirms with a chime", "text message received"),
        notification, False),
    SoundKind(
        "ringing alarm bell",
        ("a mechanical alarm bell", "wind-up alarm clock ringing", "school bell at the end of class",
         "fire drill bell", "railway crossing bell", "an old alarm clock ringing shrilly"),
        bell_alarm, True),
    SoundKind(
        "cash register",
        ("a cash register", "ka-ching", "till drawer opening with a bell", "paying at an old shop counter",
         "money sound effect"),
        cash_register, False),
    SoundKind(
        "camera shutter",
        ("a camera shutter", "taking a photograph", "camera click", "paparazzi taking pictures", "snapshot"),
        camera_shutter, False),
    SoundKind(
        "switch click",
        ("a light switch", "a button being pressed", "a click", "ballpoint pen clicked", "flicking a switch"),
        switch_click, False),
    SoundKind(
        "kettle whistle",
        ("a whistling kettle", "tea kettle boiling", "steam whistle of a kettle", "water for tea is ready",
         "a kettle on the stove whistles"),
        kettle, True),
)  # fmt: skip
