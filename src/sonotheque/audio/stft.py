"""Short-time Fourier transform in single precision, block by block.

Owns windowing and the real FFT over blocks of frames that stay in the level-2 cache. Knows nothing of mel bands.
Layout is time-major, (n_frames, n_bins), the transpose of librosa's; n_bins = n_fft // 2 + 1.

numpy >= 2 keeps a float32 FFT in single precision and takes `out=`, so a block is copied once from the overlapping
frames, windowed in place and transformed into a buffer that is used again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonotheque.audio.framing import FloatArray, cut_frames, hann_window
from sonotheque.errors import BadInputError

ComplexArray = npt.NDArray[np.complex64]

# Frames and spectra of one block together, about the level-2 cache of a core: smaller blocks pay more for the calls of
# numpy, larger ones fall out of the cache.
BLOCK_BYTES = 3 << 19
# numpy runs one inner loop for each row of a broadcast product; with the window repeated, a row is TILE frames long.
TILE = 16


def block_rows(n_fft: int) -> int:
    """How many frames one block has: a multiple of `TILE`."""
    bytes_per_row = 4 * n_fft + 8 * (n_fft // 2 + 1)
    return max(1, BLOCK_BYTES // (bytes_per_row * TILE)) * TILE


def check_fft(n_fft: int, win_length: int) -> None:
    """Raises `BadInputError` unless 1 <= win_length <= n_fft and n_fft >= 2."""
    if n_fft < 2 or not 1 <= win_length <= n_fft:
        raise BadInputError(
            f"The FFT needs n_fft >= 2 and 1 <= win_length <= n_fft, not n_fft {n_fft} and win_length {win_length}."
        )


def aligned_empty(n_rows: int, n_columns: int) -> FloatArray:
    """Uninitialised float32 (n_rows, n_columns) that starts on a cache line: no vector load spans two lines."""
    line_bytes = 64
    raw = np.empty(4 * n_rows * n_columns + line_bytes, dtype=np.uint8)
    start = -raw.ctypes.data % line_bytes
    return raw[start : start + 4 * n_rows * n_columns].view(np.float32).reshape(n_rows, n_columns)


class BlockTransform:
    """Windows and transforms blocks of up to `n_rows` frames in its own buffers; one thread at a time."""

    def __init__(self, n_fft: int, win_length: int) -> None:
        check_fft(n_fft, win_length)
        self.n_rows = block_rows(n_fft)
        self.n_bins = n_fft // 2 + 1
        self._window = hann_window(win_length, n_fft)
        self._tiled_window = aligned_empty(1, TILE * n_fft)
        self._tiled_window[0] = np.tile(self._window, TILE)
        self._frames = aligned_empty(self.n_rows, n_fft)
        self._tiled_frames = self._frames.reshape(self.n_rows // TILE, TILE * n_fft)
        self._spectra = aligned_empty(self.n_rows, 2 * self.n_bins).view(np.complex64)

    def transform(self, frames: FloatArray, out: ComplexArray | None = None) -> ComplexArray:
        """Spectra (n, n_bins) of `frames` (n <= n_rows, n_fft), in `out` or in a buffer used again."""
        if len(frames) == self.n_rows:
            np.copyto(self._frames, frames)
            np.multiply(self._tiled_frames, self._tiled_window, out=self._tiled_frames)
            windowed, target = self._frames, self._spectra
        else:
            windowed, target = self._frames[: len(frames)], self._spectra[: len(frames)]
            np.multiply(frames, self._window, out=windowed)
        if out is not None:
            target = out
        # numpy declares `out` as double precision only; it takes the single precision that it computes.
        np.fft.rfft(windowed, axis=-1, out=target)  # type: ignore[arg-type]
        return target

    def scratch(self, n_rows: int, n_columns: int) -> FloatArray:
        """The frame buffer seen as (n_rows, n_columns): free between one `transform` and the next."""
        return self._frames.reshape(-1)[: n_rows * n_columns].reshape(n_rows, n_columns)


def stft(
    samples: npt.ArrayLike,
    *,
    n_fft: int = 1024,
    hop_samples: int = 320,
    win_length: int | None = None,
    center: bool = True,
) -> ComplexArray:
    """Short-time Fourier transform, complex64 (n_frames, n_bins), under a periodic Hann window.

    An empty signal has no frames. Raises `BadInputError` for impossible lengths or samples that are not mono floats.
    """
    transform = BlockTransform(n_fft, n_fft if win_length is None else win_length)
    runs = cut_frames(samples, n_fft, hop_samples, center=center)
    spectra = np.empty((sum(map(len, runs)), transform.n_bins), dtype=np.complex64)
    done = 0
    for run in runs:
        for start in range(0, len(run), transform.n_rows):
            block = run[start : start + transform.n_rows]
            transform.transform(block, out=spectra[done : done + len(block)])
            done += len(block)
    return spectra


def power_spectrogram(
    samples: npt.ArrayLike,
    *,
    n_fft: int = 1024,
    hop_samples: int = 320,
    win_length: int | None = None,
    center: bool = True,
) -> FloatArray:
    """Squared magnitude of the `stft`, float32 (n_frames, n_bins)."""
    spectra = stft(samples, n_fft=n_fft, hop_samples=hop_samples, win_length=win_length, center=center)
    power = np.abs(spectra)
    return np.multiply(power, power, out=power)
