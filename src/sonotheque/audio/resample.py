"""Change of sample rate.

Owns the one place where soxr is called on a stream. Knows nothing of files or channels: input and output are mono.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import soxr

from sonotheque.errors import BadInputError

FloatArray = npt.NDArray[np.float32]

_FILTER_REACH = 2048
"""Samples of the lower rate after which soxr's filter has forgotten what came before (its own reach is under 1000)."""


class StreamResampler:
    """Mono float32 from `from_hz` to `to_hz`, piece by piece, equal to resampling the whole at once.

    Output sample k stands for time k / to_hz, without delay; there are round(n_in * to_hz / from_hz) of them in all,
    and at least one where any sample went in. Raises `BadInputError` for rates below 1 Hz.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if from_hz < 1 or to_hz < 1:
            raise BadInputError(f"Sample rates must be at least 1 Hz, not {from_hz} and {to_hz} Hz.")
        self._stream = None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        self._last_value: np.float32 | None = None
        self._n_out = 0

    def push(self, samples: FloatArray) -> FloatArray:
        """Feed samples of shape (n,); return those that are ready, perhaps none."""
        if self._stream is None or len(samples) == 0:
            return samples
        self._last_value = samples[-1]
        ready: FloatArray = self._stream.resample_chunk(samples)
        self._n_out += len(ready)
        return ready

    def finish(self) -> FloatArray:
        """The rest, once everything was fed."""
        if self._stream is None or self._last_value is None:
            return np.zeros(0, dtype=np.float32)
        rest: FloatArray = self._stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        if self._n_out + len(rest) == 0:
            return np.array([self._last_value], dtype=np.float32)
        return rest


def resample(samples: FloatArray, from_hz: int, to_hz: int) -> FloatArray:
    """A whole mono signal of shape (n,) at another rate: shape (round(n * to_hz / from_hz),)."""
    stream = StreamResampler(from_hz, to_hz)
    return np.concatenate([stream.push(np.asarray(samples, dtype=np.float32)), stream.finish()])


def aligned_start(start_out: int, from_hz: int, to_hz: int) -> tuple[int, int]:
    """Where to begin reading so that resampled output can be cut at output sample `start_out` exactly.

    Returns (first input sample to read, output samples to drop). Reading begins at a common point of both sampling
    grids, early enough for the filter to have settled, so the result equals a cut from the whole resampled signal.
    """
    if from_hz == to_hz:
        return start_out, 0
    common = math.gcd(from_hz, to_hz)
    step_out, step_in = to_hz // common, from_hz // common
    reach_out = _FILTER_REACH if to_hz <= from_hz else math.ceil(_FILTER_REACH * to_hz / from_hz)
    steps = max(0, start_out - reach_out) // step_out
    return steps * step_in, start_out - steps * step_out


def aligned_stop(stop_out: int, from_hz: int, to_hz: int) -> int:
    """The input sample to stop reading at so that output up to `stop_out` is what the whole signal would give."""
    reach_in = 0 if from_hz == to_hz else math.ceil(_FILTER_REACH * max(1.0, from_hz / to_hz))
    return -(-stop_out * from_hz // to_hz) + reach_in
