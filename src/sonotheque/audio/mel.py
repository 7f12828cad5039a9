"""The mel scale, its filter bank, and mel spectra of blocks of frames.

Owns `MelSettings` and the two mel scales (Slaney's Auditory Toolbox, linear below 1 kHz, and HTK's formula). Knows
nothing of logarithms, streams or files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from sonotheque.audio.framing import FloatArray, check_framing
from sonotheque.audio.stft import BlockTransform, aligned_empty, check_fft
from sonotheque.errors import BadInputError

_SLANEY_HZ_PER_MEL = 200.0 / 3
_SLANEY_BREAK_HZ = 1000.0
_SLANEY_LOG_STEP = math.log(6.4) / 27.0
_BANDS_PER_GROUP = 8


@dataclass(frozen=True, slots=True)
class MelSettings:
    """How a mel spectrogram is made; the defaults are frames of 64 ms every 20 ms at 16 kHz, 64 bands up to 8 kHz.

    `win_length` is the Hann window's length in samples (None: n_fft), `f_max_hz` the upper edge (None: half the rate),
    `htk` chooses HTK's mel formula over Slaney's, `norm` "slaney" gives filters of equal area and None of equal height,
    `power` is the exponent of the magnitude: 2 for power, 1 for amplitude.
    """

    rate_hz: int = 16_000
    n_fft: int = 1024
    win_length: int | None = None
    hop_samples: int = 320
    n_mels: int = 64
    f_min_hz: float = 0.0
    f_max_hz: float | None = None
    htk: bool = False
    norm: Literal["slaney"] | None = "slaney"
    power: float = 2.0

    def __post_init__(self) -> None:
        if self.rate_hz < 1 or self.n_mels < 1:
            raise BadInputError(
                f"A mel spectrogram needs a rate and a band at least, not {self.rate_hz} Hz and {self.n_mels} bands."
            )
        check_framing(self.n_fft, self.hop_samples)
        check_fft(self.n_fft, self.window_samples)
        if not 0 <= self.f_min_hz < self.top_hz <= self.rate_hz / 2:
            raise BadInputError(
                f"Mel bands from {self.f_min_hz:g} to {self.top_hz:g} Hz do not fit: "
                f"0 <= f_min_hz < f_max_hz <= {self.rate_hz / 2:g} Hz, half the sample rate."
            )
        if self.norm not in ("slaney", None):
            raise BadInputError(f"The mel norm {self.norm!r} is unknown: use 'slaney' or None.")
        if not (math.isfinite(self.power) and self.power > 0):
            raise BadInputError(f"The exponent must be positive, not {self.power}: 2 is power, 1 amplitude.")

    @property
    def window_samples(self) -> int:
        """Length of the analysis window."""
        return self.n_fft if self.win_length is None else self.win_length

    @property
    def top_hz(self) -> float:
        """Upper edge of the highest band."""
        return self.rate_hz / 2 if self.f_max_hz is None else self.f_max_hz

    @property
    def n_bins(self) -> int:
        """Bins of the spectrum."""
        return self.n_fft // 2 + 1


def hz_to_mel(hz: float, *, htk: bool = False) -> float:
    """A frequency in mel: HTK's 2595 log10(1 + f / 700), or Slaney's, linear to 1 kHz and logarithmic above."""
    if htk:
        return 2595.0 * math.log10(1.0 + hz / 700.0)
    if hz < _SLANEY_BREAK_HZ:
        return hz / _SLANEY_HZ_PER_MEL
    return _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL + math.log(hz / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP


def mel_to_hz(mel: float, *, htk: bool = False) -> float:
    """The inverse of `hz_to_mel`."""
    if htk:
        return 700.0 * (math.pow(10.0, mel / 2595.0) - 1.0)
    break_mel = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
    if mel < break_mel:
        return mel * _SLANEY_HZ_PER_MEL
    return _SLANEY_BREAK_HZ * math.exp(_SLANEY_LOG_STEP * (mel - break_mel))


@lru_cache(maxsize=16)
def mel_filterbank(settings: MelSettings) -> FloatArray:
    """Triangular filters, float32 (n_mels, n_bins), read-only: band m rises from edge m to m + 1 and falls to m + 2.

    The edges are equally spaced in mel from `f_min_hz` to the upper edge. A band narrower than a bin may be empty.
    """
    low, high = (hz_to_mel(hz, htk=settings.htk) for hz in (settings.f_min_hz, settings.top_hz))
    edges_hz = np.array([mel_to_hz(mel, htk=settings.htk) for mel in np.linspace(low, high, settings.n_mels + 2)])
    bins_hz = np.arange(settings.n_bins) * (settings.rate_hz / settings.n_fft)
    slopes = (bins_hz[None, :] - edges_hz[:, None]) / np.append(np.diff(edges_hz), 1.0)[:, None]
    rising = slopes[:-2]
    falling = 1.0 - slopes[1:-1]
    filters: npt.NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    if settings.norm == "slaney":
        filters *= (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]
    bank = filters.astype(np.float32)
    bank.flags.writeable = False
    return bank


@dataclass(frozen=True, slots=True, eq=False)
class _BandGroup:
    """Neighbouring bands and the only bins they need: a narrow matrix product in place of the full one."""

    columns: slice
    bands: slice
    weights: FloatArray


def _band_groups(bank: FloatArray, repeats: int) -> list[_BandGroup]:
    groups = []
    for first in range(0, len(bank), _BANDS_PER_GROUP):
        bands = slice(first, min(first + _BANDS_PER_GROUP, len(bank)))
        used = np.flatnonzero(bank[bands].any(axis=0))
        low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
        weights = np.ascontiguousarray(np.repeat(bank[bands, low:high].T, repeats, axis=0))
        groups.append(_BandGroup(slice(low * repeats, high * repeats), bands, weights))
    return groups


class MelBlocks:
    """Mel spectra of runs of frames, block by block, in its own buffers; one thread at a time.

    Power is not formed on its own: real and imaginary parts are squared where they lie, and each filter weight,
    standing twice, adds both in the product with the bands.
    """

    def __init__(self, settings: MelSettings) -> None:
        self.settings = settings
        self.n_mels = settings.n_mels
        self._power = settings.power
        self._transform = BlockTransform(settings.n_fft, settings.window_samples)
        self._mel = aligned_empty(self._transform.n_rows, settings.n_mels)
        self._groups = _band_groups(mel_filterbank(settings), 2 if settings.power == 2 else 1)

    @property
    def n_rows(self) -> int:
        """Most frames in one block."""
        return self._transform.n_rows

    def compute(self, frames: FloatArray) -> FloatArray:
        """Mel spectra (n, n_mels) of `frames` (n <= n_rows, n_fft), in a buffer used again."""
        spectra = self._transform.transform(frames)
        if self._power == 2:
            magnitudes = spectra.view(np.float32)
            np.multiply(magnitudes, magnitudes, out=magnitudes)
        else:
            magnitudes = self._transform.scratch(*spectra.shape)
            np.abs(spectra, out=magnitudes)
            np.power(magnitudes, self._power, out=magnitudes)
        mel = self._mel[: len(frames)]
        for group in self._groups:
            np.matmul(magnitudes[:, group.columns], group.weights, out=mel[:, group.bands])
        return mel


_MOST_IDLE = 4
_idle: list[MelBlocks] = []


@contextmanager
def borrow_blocks(settings: MelSettings) -> Iterator[MelBlocks]:
    """A `MelBlocks` for the caller alone, its buffers already in memory when one of the same settings was used before.

    Fresh buffers cost a tenth of the time of two minutes of sound. Taking from a list and appending to it are atomic.
    """
    blocks = None
    for candidate in list(_idle):
        if candidate.settings == settings:
            with suppress(ValueError):  # another thread took it meanwhile
                _idle.remove(candidate)
                blocks = candidate
                break
    lent = MelBlocks(settings) if blocks is None else blocks
    try:
        yield lent
    finally:
        _idle.append(lent)
        del _idle[:-_MOST_IDLE]
