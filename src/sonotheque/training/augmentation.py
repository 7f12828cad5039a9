"""What happens to a sound on its way to the microphone, in the log-mel domain.

Owns gains, filters, noise, babble, reverberation, band limits and masks of one window: powers add, gains and filters
are offsets of the log. Every random choice comes from the generator given. Knows nothing of clips and captions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.models.sound_stream import LOG_FLOOR_POWER, MEL

FloatArray = npt.NDArray[np.float32]

LOG_FLOOR = float(np.log(LOG_FLOOR_POWER))
DB = float(np.log(10.0) / 10.0)
"""One decibel as an offset of the natural log of a power."""
RUMBLE_BANDS = 4
"""The lowest bands hold handling noise and hum; levels are read above them."""
_TELEPHONE_BANDS = slice(7, 42)
_BAND_OCTAVES = np.log2((np.arange(MEL.n_mels) + 2.0) / 20.0).astype(np.float32)
_HOP_S = MEL.hop_samples / MEL.rate_hz


def add_powers(a: FloatArray, b: FloatArray) -> FloatArray:
    """The log of the sum of two powers given as logs (faster than `logaddexp`, and safe in this range)."""
    out: FloatArray = np.log(np.exp(a) + np.exp(b))
    return out


def level_db(log_mel: FloatArray) -> float:
    """Mean power above the rumble, in dB."""
    return float(np.log(np.exp(log_mel[:, RUMBLE_BANDS:]).mean() + 1e-7)) / DB


@dataclass(frozen=True, slots=True)
class AugmentationSettings:
    """How often each thing happens, and `strength`, by which all of these chances are multiplied."""

    equaliser: float = 0.4
    shift: float = 0.3
    reverberation: float = 0.2
    noise: float = 0.4
    babble: float = 0.2
    telephone: float = 0.12
    lowpass: float = 0.08
    warp: float = 0.3
    strength: float = 1.0


class Augmentation:
    """Draws augmentations of windows (n_frames, 64). `babble` are features of speech to talk over them."""

    def __init__(self, settings: AugmentationSettings, babble: Sequence[npt.NDArray[np.float16]] = ()) -> None:
        self._settings, self._babble = settings, babble

    def __call__(self, log_mel: FloatArray, rng: np.random.Generator) -> FloatArray:
        s = self._settings
        x = log_mel + np.float32(rng.uniform(-24.0, 8.0) * DB)
        if self._happens(s.equaliser, rng):
            knots = rng.normal(0.0, 4.0, 5) * DB
            x = x + np.interp(np.arange(MEL.n_mels), np.linspace(0, MEL.n_mels - 1, 5), knots).astype(np.float32)
        if self._happens(s.shift, rng):
            x = _shift(x, int(rng.integers(-3, 4)))
        if self._happens(s.reverberation, rng):
            x = _reverberate(x, decay_s=float(rng.uniform(0.3, 1.8)), wet=float(rng.uniform(0.1, 0.7)))
        if self._happens(s.noise, rng):
            x = add_powers(x, self._noise(x, rng))
        elif self._babble and self._happens(s.babble / (1.0 - s.noise), rng):
            x = add_powers(x, self._voices(x, rng))
        return self._mask(np.maximum(self._band_limit(x, rng), np.float32(LOG_FLOOR)), rng)

    def warp(self, feature: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Sometimes the sound played 0.8 to 1.25 times as fast, at its pitch."""
        if not self._happens(self._settings.warp, rng):
            return feature
        n = max(8, round(len(feature) / float(rng.uniform(0.8, 1.25))))
        at = np.linspace(0, len(feature) - 1, n).astype(np.float32)
        low = at.astype(np.int32)
        high, weight = np.minimum(low + 1, len(feature) - 1), (at - low)[:, None]
        out: FloatArray = feature[low] * (1 - weight) + feature[high] * weight
        return out

    def _happens(self, chance: float, rng: np.random.Generator) -> bool:
        return bool(rng.random() < chance * self._settings.strength)

    def _noise(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Coloured noise with chi-square power, 0 to 35 dB under the window."""
        level = (level_db(x) - float(rng.uniform(0.0, 35.0))) * DB
        tilt = np.float32(level) + np.float32(rng.uniform(-9.0, 3.0) * DB) * _BAND_OCTAVES
        power = rng.standard_gamma(2.5, size=x.shape, dtype=np.float32) / np.float32(2.5) + np.float32(1e-3)
        out: FloatArray = tilt[None, :] + np.log(power)
        return out

    def _voices(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """One to four people talking at once, 5 to 25 dB under the window."""
        power = np.full(x.shape, LOG_FLOOR_POWER, np.float32)
        for _ in range(int(rng.integers(1, 5))):
            voice = self._babble[int(rng.integers(len(self._babble)))]
            at = int(rng.integers(0, max(1, len(voice) - len(x) + 1)))
            part = np.exp(voice[at : at + len(x)].astype(np.float32))
            power[: len(part)] += part
        voices: FloatArray = np.log(power)
        return voices + np.float32((level_db(x) - float(rng.uniform(5.0, 25.0)) - level_db(voices)) * DB)

    def _band_limit(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Sometimes a telephone, sometimes a low-pass such as a codec, a wall or an old tape."""
        choice, s = rng.random() / max(self._settings.strength, 1e-6), self._settings
        if choice < s.telephone:
            x[:, : _TELEPHONE_BANDS.start] -= np.float32(25.0 * DB)
            x[:, _TELEPHONE_BANDS.stop :] -= np.float32(40.0 * DB)
        elif choice < s.telephone + s.lowpass:
            x[:, int(rng.integers(20, 62)) :] -= np.float32(rng.uniform(15.0, 60.0) * DB)
        return x

    def _mask(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Bands and frames blanked (Park et al. 2019, SpecAugment)."""
        for _ in range(int(rng.integers(0, 3))):
            at, width = int(rng.integers(0, MEL.n_mels - 4)), int(rng.integers(1, 9))
            x[:, at : at + width] = LOG_FLOOR if rng.random() < 0.5 else x.mean()
        if rng.random() < 0.4:
            at, width = int(rng.integers(0, max(1, len(x) - 20))), int(rng.integers(4, 33))
            x[at : at + width] = LOG_FLOOR
        return x.astype(np.float32, copy=False)


def _shift(x: FloatArray, bands: int) -> FloatArray:
    """Moved up or down by whole bands, the edge repeated: another pitch, another size."""
    out: FloatArray = x[:, np.clip(np.arange(x.shape[1]) - bands, 0, x.shape[1] - 1)]
    return out


def _reverberate(x: FloatArray, decay_s: float, wet: float) -> FloatArray:
    """Adds an exponential tail that falls by 60 dB in `decay_s`, its power `wet` times about four times the sound's."""
    keep = np.float32(np.exp(-6.0 * np.log(10.0) * _HOP_S / decay_s))
    power = np.exp(x)
    tail = np.empty_like(power)
    held = np.zeros(x.shape[1], np.float32)
    for frame in range(len(power)):
        held = held * keep + power[frame]
        tail[frame] = held
    out: FloatArray = np.log(power + np.float32(4.0 * wet * (1.0 - keep)) * tail)
    return out
