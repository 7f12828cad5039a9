"""Mel spectrograms of whole signals and of streams.

Owns the loop over blocks, the logarithms, and `LogMelStream`, which gives the same frames however the samples arrive.
Knows nothing of files or models. Layout is time-major, (n_frames, n_mels).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sonotheque.audio.framing import FloatArray, FrameFeed, cut_frames
from sonotheque.audio.mel import MelBlocks, MelSettings, borrow_blocks
from sonotheque.errors import BadInputError

LOG_FLOOR = 1e-10
Finish = Callable[[FloatArray, FloatArray], None]  # from mel spectra, which it may overwrite, to the result
DEFAULT_SETTINGS = MelSettings()


def mel_spectrogram(
    samples: npt.ArrayLike, settings: MelSettings = DEFAULT_SETTINGS, *, center: bool = True
) -> FloatArray:
    """Mel spectrogram, float32 (n_frames, n_mels), not logarithmic.

    An empty signal has no frames. Raises `BadInputError` for samples that are not mono floats or not finite.
    """
    runs = cut_frames(samples, settings.n_fft, settings.hop_samples, center=center)
    with borrow_blocks(settings) as blocks:
        return _compute(blocks, runs, _keep)


def log_mel(
    samples: npt.ArrayLike,
    settings: MelSettings = DEFAULT_SETTINGS,
    *,
    floor: float = LOG_FLOOR,
    center: bool = True,
) -> FloatArray:
    """Natural logarithm of (mel + floor), float32 (n_frames, n_mels), without any normalisation. Errors as above."""
    runs = cut_frames(samples, settings.n_fft, settings.hop_samples, center=center)
    finish = _floored_log(floor)
    with borrow_blocks(settings) as blocks:
        return _compute(blocks, runs, finish)


def mel_decibels(
    samples: npt.ArrayLike,
    settings: MelSettings = DEFAULT_SETTINGS,
    *,
    top_db: float | None = 80.0,
    center: bool = True,
) -> FloatArray:
    """`power_to_db` of the `mel_spectrogram`, computed block by block, float32 (n_frames, n_mels)."""
    _check_decibels(1.0, LOG_FLOOR, top_db)
    runs = cut_frames(samples, settings.n_fft, settings.hop_samples, center=center)
    with borrow_blocks(settings) as blocks:
        decibels = _compute(blocks, runs, lambda mel, out: _to_decibels(mel, out, LOG_FLOOR))
    return _raise_to_range(decibels, top_db)


def power_to_db(
    power: npt.ArrayLike, *, ref: float = 1.0, amin: float = LOG_FLOOR, top_db: float | None = 80.0
) -> FloatArray:
    """10 log10(power / ref) in decibels, float32, with power at least `amin` and nothing `top_db` under the loudest."""
    _check_decibels(ref, amin, top_db)
    decibels = np.array(power, dtype=np.float32)
    _to_decibels(decibels, decibels, amin)
    np.subtract(decibels, np.float32(10 * math.log10(max(ref, amin))), out=decibels)
    return _raise_to_range(decibels, top_db)


def _check_decibels(ref: float, amin: float, top_db: float | None) -> None:
    if not np.float32(amin) > 0 or ref <= 0 or (top_db is not None and top_db < 0):
        raise BadInputError(f"Decibels need ref > 0, amin > 0 and top_db >= 0, not {ref}, {amin} and {top_db}.")


def _to_decibels(power: FloatArray, out: FloatArray, amin: float) -> None:
    np.maximum(power, np.float32(amin), out=power)
    np.log(power, out=power)
    np.multiply(power, np.float32(10 / math.log(10)), out=out)


def _keep(mel: FloatArray, out: FloatArray) -> None:
    np.copyto(out, mel)


def _raise_to_range(decibels: FloatArray, top_db: float | None) -> FloatArray:
    if top_db is not None and decibels.size:
        np.maximum(decibels, decibels.max() - np.float32(top_db), out=decibels)
    return decibels


class LogMelStream:
    """`log_mel` of a signal of any length as its samples arrive, in memory that does not grow.

    The frames of all pushes and of the flush, one after another, are those of `log_mel` of the whole signal with
    `center=True`, to rounding of single precision. One thread at a time.
    """

    def __init__(self, settings: MelSettings = DEFAULT_SETTINGS, *, floor: float = LOG_FLOOR) -> None:
        self.settings = settings
        self._feed = FrameFeed(settings.n_fft, settings.hop_samples, center=True)
        self._finish = _floored_log(floor)

    def push(self, samples: npt.ArrayLike) -> FloatArray:
        """The frames, float32 (n, n_mels), that these samples, float (n_samples,), completed; n may be 0."""
        return self._finished(self._feed.push(samples))

    def flush(self) -> FloatArray:
        """The last frames, those that reach past the end; the stream is then ready for another signal."""
        return self._finished(self._feed.flush())

    def _finished(self, runs: Sequence[FloatArray]) -> FloatArray:
        with borrow_blocks(self.settings) as blocks:
            return _compute(blocks, runs, self._finish)


def _floored_log(floor: float) -> Finish:
    single_floor = np.float32(floor)
    if not (math.isfinite(floor) and single_floor > 0):
        raise BadInputError(f"The floor under the logarithm must be positive in single precision, not {floor}.")

    def finish(mel: FloatArray, out: FloatArray) -> None:
        np.add(mel, single_floor, out=mel)
        np.log(mel, out=out)

    return finish


def _compute(blocks: MelBlocks, runs: Sequence[FloatArray], finish: Finish) -> FloatArray:
    """Mel spectra of all runs, each block finished while it is in the cache."""
    result = np.empty((sum(map(len, runs)), blocks.n_mels), dtype=np.float32)
    done = 0
    # What is not finite is found in the result and reported, so numpy's warnings on the way would say it twice.
    with np.errstate(all="ignore"):
        for run in runs:
            for start in range(0, len(run), blocks.n_rows):
                frames = run[start : start + blocks.n_rows]
                finish(blocks.compute(frames), result[done : done + len(frames)])
                done += len(frames)
        # Nothing here can be minus infinity, so the maximum, which NaN passes through, tells.
        if result.size and not math.isfinite(float(result.max())):
            _refuse_non_finite(result)
    return result


def _refuse_non_finite(result: FloatArray) -> None:
    finite = np.isfinite(result).all(axis=1)
    if not finite.all():
        raise BadInputError(
            f"Samples near frame {int(np.argmin(finite))} are not finite, or too large to square in single precision.",
            next_step="Replace NaN and infinite samples, and scale the rest to [-1, 1].",
        )
