"""A throat: glottal pulses through moving or fixed formants, for animals and people. Makes no named sound itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sonotheque.audio.synthesis.shaping import apply_formants, follow_resonances
from sonotheque.audio.synthesis.sources import Array, make_harmonics, turn_phase, wander


def make_voice(
    rng: np.random.Generator,
    pitch_hz: Array,
    rate_hz: int,
    formants: Sequence[tuple[float, float, float]],
    *,
    breath: float = 0.1,
    roughness: float = 0.0,
    n_harmonics: int = 30,
) -> Array:
    """A voiced sound of changing pitch through fixed formants (centre_hz, bandwidth_hz, gain), of unit RMS.

    `breath` is the share of noise let through with every opening of the folds; `roughness` jitters the pitch and adds
    a subharmonic, as in barks, caws and snores.
    """
    source = make_glottis(rng, pitch_hz, rate_hz, breath=breath, roughness=roughness, n_harmonics=n_harmonics)
    return to_unit_rms(apply_formants(source, rate_hz, formants))


def make_moving_voice(
    rng: np.random.Generator,
    pitch_hz: Array,
    rate_hz: int,
    tracks: Sequence[tuple[Array, float, Array | float]],
    *,
    breath: float = 0.1,
    roughness: float = 0.0,
    n_harmonics: int = 30,
) -> Array:
    """The same with formants that move: tracks of (centre_hz per sample, quality, gain)."""
    source = make_glottis(rng, pitch_hz, rate_hz, breath=breath, roughness=roughness, n_harmonics=n_harmonics)
    return to_unit_rms(follow_resonances(source, rate_hz, tracks, floor=0.03))


def make_glottis(
    rng: np.random.Generator, pitch_hz: Array, rate_hz: int, *, breath: float, roughness: float, n_harmonics: int
) -> Array:
    """Harmonics falling by about 5 dB per octave, with breath that comes and goes with each cycle."""
    n = len(pitch_hz)
    if roughness > 0:
        pitch_hz = pitch_hz * wander(rng, n, rate_hz, 90.0, 1 - 0.12 * roughness, 1 + 0.12 * roughness)
    source = make_harmonics(pitch_hz, 1 / np.arange(1, n_harmonics + 1) ** 0.8, n, rate_hz)
    if roughness > 0:
        source = source * (1 + roughness * np.sin(np.pi * turn_phase(pitch_hz, n, rate_hz)))
    opening = 0.5 + 0.5 * np.sin(2 * np.pi * turn_phase(pitch_hz, n, rate_hz))
    return to_unit_rms(source) + breath * rng.standard_normal(n) * opening


def to_unit_rms(samples: Array) -> Array:
    """The samples scaled to a root mean square of one; silence stays silence."""
    rms = float(np.sqrt(np.mean(samples**2)))
    return samples / rms if rms > 0 else samples
