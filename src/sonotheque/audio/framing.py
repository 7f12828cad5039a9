"""Cutting a signal into overlapping frames, whole or as it arrives.

Owns the frame views, the padding at both ends and the analysis window. Knows nothing of spectra.

A frame is `frame_length` samples; the next one starts `hop_samples` later. With `center` the signal has
`frame_length // 2` zeros before and after it, so that frame t is centred on sample t * hop_samples, as in librosa.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from sonotheque.errors import BadInputError

FloatArray = npt.NDArray[np.float32]


def as_samples(samples: npt.ArrayLike) -> FloatArray:
    """`samples` as float32 of shape (n_samples,), contiguous; raises `BadInputError` for integers or other shapes."""
    array = np.asarray(samples)
    if array.ndim != 1:
        raise BadInputError(
            f"Features are computed from mono samples of shape (n_samples,), not {array.shape}.",
            next_step="Mix the channels down or pass one of them.",
        )
    if array.dtype.kind != "f":
        raise BadInputError(
            f"Samples must be floating point, nominally within [-1, 1], not {array.dtype}.",
            next_step="Divide PCM integers by their full scale.",
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def check_framing(frame_length: int, hop_samples: int) -> None:
    """Raises `BadInputError` unless both lengths are at least one sample."""
    if frame_length < 1 or hop_samples < 1:
        raise BadInputError(
            f"A frame and a hop need at least 1 sample, not frame {frame_length} and hop {hop_samples}."
        )


def frame_count(n_samples: int, frame_length: int, hop_samples: int, *, center: bool = False) -> int:
    """How many whole frames there are in `n_samples`, with `center` in the padded signal; none in an empty one."""
    if n_samples == 0:
        return 0
    padded = n_samples + 2 * (frame_length // 2) if center else n_samples
    return 0 if padded < frame_length else 1 + (padded - frame_length) // hop_samples


def frame(samples: npt.ArrayLike, frame_length: int, hop_samples: int) -> FloatArray:
    """A read-only view (n_frames, frame_length) of overlapping frames, without padding or an incomplete last frame."""
    check_framing(frame_length, hop_samples)
    array = as_samples(samples)
    n_frames = frame_count(len(array), frame_length, hop_samples)
    step = array.itemsize
    return as_strided(array, (n_frames, frame_length), (hop_samples * step, step), writeable=False)


def hann_window(win_length: int, n_fft: int) -> FloatArray:
    """Periodic Hann window of `win_length` samples in the middle of `n_fft` samples, float32 (n_fft,)."""
    phase = 2 * np.pi * np.arange(win_length) / win_length
    window = np.zeros(n_fft, dtype=np.float32)
    start = (n_fft - win_length) // 2
    window[start : start + win_length] = 0.5 - 0.5 * np.cos(phase)
    return window


class FrameFeed:
    """Turns pushed samples into views of complete frames; holds back less than one frame and one hop of samples.

    Frames inside one push are views of the pushed array itself, so a long signal is never copied; only the few frames
    that span two pushes are cut from a joined copy.
    """

    def __init__(self, frame_length: int, hop_samples: int, *, center: bool) -> None:
        check_framing(frame_length, hop_samples)
        self._frame_length = frame_length
        self._hop_samples = hop_samples
        self._padding = np.zeros(frame_length // 2 if center else 0, dtype=np.float32)
        self._held = self._padding  # starts where the next frame starts
        self._n_to_skip = 0  # samples between the end of what was pushed and the next frame, when the hop is longer
        self._is_empty = True

    def push(self, samples: npt.ArrayLike) -> list[FloatArray]:
        """The runs of frames, each (n, frame_length) and together in order, that these samples completed."""
        array = as_samples(samples)
        self._is_empty = self._is_empty and len(array) == 0
        n_skipped = min(self._n_to_skip, len(array))
        self._n_to_skip -= n_skipped
        return self._advance(array[n_skipped:])

    def flush(self) -> list[FloatArray]:
        """The last runs, those that reach into the padding after the end; the feed is then as new."""
        runs = [] if self._is_empty else self.push(self._padding)
        self._held, self._n_to_skip, self._is_empty = self._padding, 0, True
        return runs

    def _advance(self, array: FloatArray) -> list[FloatArray]:
        length, hop, n_held = self._frame_length, self._hop_samples, len(self._held)
        n_frames = frame_count(n_held + len(array), length, hop)
        n_spanning = min(n_frames, math.ceil(n_held / hop))
        runs = []
        if n_spanning:
            n_needed = (n_spanning - 1) * hop + length - n_held
            runs.append(frame(np.concatenate([self._held, array[:n_needed]]), length, hop))
        if n_frames > n_spanning:
            runs.append(frame(array[n_spanning * hop - n_held :], length, hop))
        self._hold_rest(array, n_frames * hop - n_held)
        return runs

    def _hold_rest(self, array: FloatArray, next_start: int) -> None:
        """Keeps what follows `next_start`, the next frame's index in `array`, negative within what was held."""
        if next_start < 0:
            self._held = np.concatenate([self._held[next_start:], array])
        else:
            self._held = array[next_start:].copy()
            self._n_to_skip += max(0, next_start - len(array))


def cut_frames(samples: npt.ArrayLike, frame_length: int, hop_samples: int, *, center: bool) -> list[FloatArray]:
    """Runs of frames (n, frame_length) that together are all frames of `samples`, padded when `center`, in order."""
    feed = FrameFeed(frame_length, hop_samples, center=center)
    return [*feed.push(samples), *feed.flush()]
