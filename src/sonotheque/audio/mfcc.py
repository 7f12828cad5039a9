"""Mel-frequency cepstral coefficients and their changes in time.

Owns the discrete cosine transform, MFCC and delta features. Knows nothing of files or models.
Layout is time-major, (n_frames, n_mfcc).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from sonotheque.audio.framing import FloatArray
from sonotheque.audio.logmel import DEFAULT_SETTINGS, mel_decibels
from sonotheque.audio.mel import MelSettings
from sonotheque.errors import BadInputError

_DCT_ROWS = 512
_SLOPE_ROWS = 24


@lru_cache(maxsize=16)
def dct_matrix(n_coefficients: int, n_inputs: int) -> npt.NDArray[np.float64]:
    """The first rows of the orthonormal DCT-II, float64 (n_coefficients, n_inputs), read-only."""
    if not 1 <= n_coefficients <= n_inputs:
        raise BadInputError(f"A DCT of {n_inputs} values has 1 to {n_inputs} coefficients, not {n_coefficients}.")
    angles = np.outer(np.arange(n_coefficients), (np.arange(n_inputs) + 0.5) * np.pi / n_inputs)
    matrix: npt.NDArray[np.float64] = np.cos(angles) * math.sqrt(2 / n_inputs)
    matrix[0] /= math.sqrt(2)
    matrix.flags.writeable = False
    return matrix


def mfcc(
    samples: npt.ArrayLike,
    settings: MelSettings = DEFAULT_SETTINGS,
    *,
    n_mfcc: int = 20,
    top_db: float | None = 80.0,
    center: bool = True,
) -> FloatArray:
    """MFCC, float32 (n_frames, n_mfcc): the DCT of the mel spectrogram in decibels, at most `top_db` below its peak.

    Raises `BadInputError` for more coefficients than bands and for samples that are not mono floats or not finite.
    """
    matrix = dct_matrix(n_mfcc, settings.n_mels)
    decibels = mel_decibels(samples, settings, top_db=top_db, center=center)
    coefficients = np.empty((len(decibels), n_mfcc), dtype=np.float32)
    # Single precision would lose 1e-4 in sums of 64 levels around -50 dB; block by block, double costs next to nothing.
    for start in range(0, len(decibels), _DCT_ROWS):
        block = slice(start, start + _DCT_ROWS)
        coefficients[block] = decibels[block].astype(np.float64) @ matrix.T
    return coefficients


@lru_cache(maxsize=16)
def _slope_weights(width: int, order: int) -> tuple[np.float32, ...]:
    """Weights whose product with `width` neighbours is the `order`-th derivative of their least-squares polynomial."""
    if width < 3 or width % 2 == 0:
        raise BadInputError(f"The width of a delta must be odd and at least 3 frames, not {width}.")
    if not 1 <= order < width:
        raise BadInputError(f"The order of a delta must be 1 to {width - 1} at width {width}, not {order}.")
    offsets = np.arange(width) - width // 2
    coefficients = np.linalg.pinv(np.vander(offsets, order + 1, increasing=True).astype(np.float64))
    return tuple(np.float32(weight) for weight in coefficients[order] * math.factorial(order))


def delta(features: npt.ArrayLike, width: int = 9, order: int = 1) -> FloatArray:
    """The `order`-th derivative in time of `features` (n_frames, n_features), float32 of the same shape.

    Savitzky and Golay (1964): a polynomial of degree `order` is fitted to `width` frames. Its `order`-th derivative is
    constant, so the first and last `width // 2` frames, where the outermost fit is extended, take that fit's value.
    Raises `BadInputError` when there are fewer frames than `width`.
    """
    values = np.asarray(features, dtype=np.float32)
    _slope_weights(width, order)
    _check_delta(values, width)
    slopes = np.empty_like(values)
    _write_slopes(values, slopes, width, (order,))
    return slopes


def _check_delta(values: FloatArray, width: int) -> None:
    if values.ndim != 2 or len(values) < width:
        raise BadInputError(
            f"A delta of width {width} needs features (n_frames, n_features) of at least {width} frames, "
            f"not {values.shape}.",
            next_step="Use a smaller odd width, or more sound.",
        )


@lru_cache(maxsize=16)
def _slope_band(n_rows: int, width: int, orders: tuple[int, ...]) -> FloatArray:
    """For each order n_rows rows, (orders * n_rows, n_rows + width - 1): row r weighs the frames r to r + width - 1."""
    band = np.zeros((len(orders), n_rows, n_rows + width - 1), dtype=np.float32)
    for rows, order in zip(band, orders, strict=True):
        for row in range(n_rows):
            rows[row, row : row + width] = _slope_weights(width, order)
    return band.reshape(-1, n_rows + width - 1)


def _write_slopes(values: FloatArray, out: FloatArray, width: int, orders: tuple[int, ...]) -> None:
    """Writes the derivatives of `values` (n_frames, n) of all orders side by side to `out` (n_frames, orders * n).

    All orders of a block of frames are one product of a band matrix with the block, which costs less than the passes
    over all frames that sums over neighbours take.
    """
    half = width // 2
    n_inner = len(values) - 2 * half
    n_whole = n_inner - n_inner % _SLOPE_ROWS
    for start, end, n_rows in ((0, n_whole, _SLOPE_ROWS), (n_whole, n_inner, n_inner - n_whole)):
        if start < end:
            blocks = sliding_window_view(values[start : end + 2 * half], n_rows + 2 * half, axis=0)[::n_rows]
            slopes = _slope_band(n_rows, width, orders) @ blocks.transpose(0, 2, 1)
            by_order = (len(blocks), len(orders), n_rows, values.shape[1])
            target = out[half + start : half + end].reshape(len(blocks), n_rows, len(orders), values.shape[1])
            target[:] = slopes.reshape(by_order).transpose(0, 2, 1, 3)
    out[:half] = out[half]
    out[half + n_inner :] = out[half + n_inner - 1]


def mfcc_with_deltas(
    samples: npt.ArrayLike,
    settings: MelSettings = DEFAULT_SETTINGS,
    *,
    n_mfcc: int = 20,
    width: int = 9,
    top_db: float | None = 80.0,
    center: bool = True,
) -> FloatArray:
    """MFCC, their delta and their delta-delta side by side, float32 (n_frames, 3 * n_mfcc). Errors as in both."""
    coefficients = mfcc(samples, settings, n_mfcc=n_mfcc, top_db=top_db, center=center)
    _check_delta(coefficients, width)
    together = np.empty((len(coefficients), 3 * n_mfcc), dtype=np.float32)
    together[:, :n_mfcc] = coefficients
    _write_slopes(coefficients, together[:, n_mfcc:], width, (1, 2))
    return together
