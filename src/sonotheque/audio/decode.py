"""From an opened file to mono float32 blocks at one rate.

Owns the pipeline (read, make finite, mix to mono, resample, cut into blocks), the account of how a file ended, and the
convenient forms of reading a whole file or a span. Memory doesn't grow with the length of a file. Knows nothing of
processes.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sonotheque.audio.probe import describe
from sonotheque.audio.reader import Reader, UnreadableSoundError, open_reader, shown
from sonotheque.audio.resample import StreamResampler, aligned_start, aligned_stop
from sonotheque.audio.source import ByteSource
from sonotheque.audio.truncation import missing_end
from sonotheque.errors import NotFoundError
from sonotheque.units import format_duration
from sonotheque.values.span import Span
from sonotheque.values.waveform import Waveform

FloatArray = npt.NDArray[np.float32]

RATE_HZ = 16_000
BLOCK_S = 30.0
_LARGEST_VALUE = 65536.0
"""Samples beyond it are no sound (float files scaled like 16-bit integers stay within); they are clipped to ±1."""


@dataclass(frozen=True, slots=True)
class DecodeEnd:
    """How decoding ended: `reason` says in words why it isn't `complete` (None when it is).

    `n_samples` were delivered at the rate asked for; `n_nonfinite` stored values were NaN, infinite or absurd and were
    silenced or clipped.
    """

    complete: bool
    reason: str | None
    n_samples: int
    n_nonfinite: int


class BlockStream(Iterator[FloatArray]):
    """The blocks of one file, float32 of shape (block_samples,), the last one shorter.

    `probe` is there at once, `end` after the last block. Close it, or use it in a `with`, to leave early.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str | bytes,
        *,
        rate_hz: int | None = RATE_HZ,
        block_s: float = BLOCK_S,
        span: Span | None = None,
        max_output_s: float = math.inf,
        allocate: Callable[[], FloatArray] | None = None,
        on_progress: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._source = ByteSource(file)
        self._reader, self._container = open_reader(self._source, name)
        self.probe = describe(self._reader)
        self.rate_hz = rate_hz or self.probe.rate_hz
        self.end: DecodeEnd | None = None
        self._span, self._max_output_s, self._on_progress = span, max_output_s, on_progress
        block_samples = max(1, round(block_s * self.rate_hz))
        self._allocate = allocate or (lambda: np.empty(block_samples, dtype=np.float32))
        self._n_nonfinite = self._n_values = self._n_frames = 0
        self._was_capped = False
        self._blocks = self._cut_blocks()

    def __next__(self) -> FloatArray:
        return next(self._blocks)

    def __enter__(self) -> BlockStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        self._blocks.close()
        self._reader.close()

    def _cut_blocks(self) -> Generator[FloatArray, None, None]:
        """Blocks filled to the brim, in the arrays that `allocate` gives."""
        block: FloatArray | None = None
        n_filled = n_samples = 0
        for piece in self._pieces():
            while len(piece):
                if block is None:
                    block, n_filled = self._allocate(), 0
                n_taken = min(len(block) - n_filled, len(piece))
                block[n_filled : n_filled + n_taken] = piece[:n_taken]
                piece, n_filled, n_samples = piece[n_taken:], n_filled + n_taken, n_samples + n_taken
                if n_filled == len(block):
                    yield block
                    block = None
        if block is not None:
            yield block[:n_filled]
        self.end = self._account(n_samples)

    def _pieces(self) -> Iterator[FloatArray]:
        """Mono samples at the rate asked for, as they come, cut to the span and to the cap."""
        from_hz = self.probe.rate_hz
        start_out = 0 if self._span is None else round(self._span.start_s * self.rate_hz)
        n_wanted = math.inf if self._span is None else max(1, round(self._span.end_s * self.rate_hz) - start_out)
        n_left = min(n_wanted, self._max_output_s * self.rate_hz)
        may_cap = n_left < n_wanted
        start_in, n_drop = aligned_start(start_out, from_hz, self.rate_hz)
        stop_in = None if self._span is None else aligned_stop(start_out + int(n_left), from_hz, self.rate_hz)
        for piece in self._resampled(start_in, stop_in):
            n_skipped = min(n_drop, len(piece))
            n_drop, piece = n_drop - n_skipped, piece[n_skipped:]
            if len(piece) > n_left:
                self._was_capped = may_cap
                yield piece[: int(n_left)]
                return
            n_left -= len(piece)
            if len(piece):
                yield piece

    def _resampled(self, start_in: int, stop_in: int | None) -> Iterator[FloatArray]:
        resampler = StreamResampler(self.probe.rate_hz, self.rate_hz)
        for chunk in self._reader.chunks(start_in, stop_in):
            if self._on_progress is not None:
                self._on_progress()
            self._n_nonfinite += make_finite(chunk)
            self._n_values += chunk.size
            self._n_frames += len(chunk)
            yield resampler.push(mix_to_mono(chunk))
        yield resampler.finish()

    def _account(self, n_samples: int) -> DecodeEnd:
        """Decide whether what was delivered is all there was; raises where nothing of use was."""
        reason = self._shortfall()
        if n_samples == 0:
            if self._span is not None and self._span.start_s > 0:
                raise _beyond_end(self._name, self._span)
            because = f": {reason}" if reason else ""
            raise UnreadableSoundError(self._name, f"holds no sound that can be decoded{because}")
        if self._n_nonfinite and self._n_nonfinite == self._n_values:
            raise UnreadableSoundError(self._name, "holds no finite sample: all are NaN, infinite or absurdly large")
        if reason is None and self._n_nonfinite:
            reason = f"{self._n_nonfinite} samples were not finite numbers and were silenced"
        return DecodeEnd(reason is None, reason, n_samples, self._n_nonfinite)

    def _shortfall(self) -> str | None:
        if self._was_capped:
            return f"it is longer than {format_duration(self._max_output_s)}; the rest was left out"
        if self._span is not None:
            return self._reader.damage
        return missing_end(self._source, self._container) or self._reader.damage or _short(self._reader, self._n_frames)


def decode_blocks(
    file: BinaryIO, name: str | bytes, *, rate_hz: int = RATE_HZ, block_s: float = BLOCK_S, span: Span | None = None
) -> BlockStream:
    """Mono blocks of `block_s` seconds of the opened, seekable `file`, or of a `span` of it, exact to the sample.

    Channels are averaged, the default sound track is taken. The result iterates over float32 arrays of shape (n,) and
    holds `probe` and, after the last block, `end`. Raises `UnreadableSoundError` (a `BadInputError`) at once for what
    isn't sound, and at the end where nothing could be decoded; damage after a readable start is told by `end`.
    """
    return BlockStream(file, name, rate_hz=rate_hz, block_s=block_s, span=span)


def read(path: str | bytes | Path, span: Span | None = None, rate_hz: int | None = RATE_HZ) -> Waveform:
    """A whole file, or a span of it, mono, at `rate_hz` (None: as stored). Meant for short sounds: it is all in memory.

    Raises `NotFoundError` where there is no such file and `BadInputError` where it isn't readable sound.
    """
    with open_regular(path) as file, BlockStream(file, os.fspath(path), rate_hz=rate_hz, span=span) as blocks:
        samples = np.concatenate(list(blocks))
        return Waveform(samples, blocks.rate_hz, 0.0 if span is None else span.start_s)


def read_native(path: str | bytes | Path, span: Span | None = None) -> tuple[FloatArray, int]:
    """A file, or a span of it, as stored: float32 of shape (n_frames, n_channels), and its rate in Hz.

    Raises as `read` does.
    """
    name = os.fspath(path)
    with open_regular(path) as file:
        reader, _ = open_reader(ByteSource(file), name)
        try:
            start = 0 if span is None else round(span.start_s * reader.rate_hz)
            stop = None if span is None else max(start + 1, round(span.end_s * reader.rate_hz))
            chunks = list(reader.chunks(start, stop))
            if not chunks and span is not None:
                raise _beyond_end(name, span)
            if not chunks:
                raise UnreadableSoundError(name, "holds no sound that can be decoded")
            return np.concatenate(chunks), reader.rate_hz
        finally:
            reader.close()


def open_regular(path: str | bytes | Path) -> BinaryIO:
    """Open a file for reading if it is a regular one; never waits on a pipe or a device.

    Raises `NotFoundError` or `BadInputError` with the reason.
    """
    name = os.fspath(path)
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as error:
        raise NotFoundError(f"{shown(name)} does not exist.", next_step="Check the path.") from error
    except OSError as error:
        raise UnreadableSoundError(name, f"can't be opened ({(error.strerror or str(error)).lower()})") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableSoundError(name, "is not a regular file")
    return os.fdopen(descriptor, "rb", buffering=0)


def make_finite(chunk: FloatArray) -> int:
    """Silence NaN and clip infinite and absurdly large values, in place; return how many there were."""
    flat = chunk.reshape(-1)
    # One pass decides nearly always: anything bad makes the energy NaN, infinite or larger than the bound.
    with np.errstate(over="ignore", invalid="ignore"):
        if float(np.dot(flat, flat)) < _LARGEST_VALUE**2:
            return 0
        is_bad = ~(np.abs(flat) <= _LARGEST_VALUE)
    flat[is_bad] = np.nan_to_num(np.sign(flat[is_bad]), nan=0.0)
    return int(np.count_nonzero(is_bad))


def mix_to_mono(chunk: FloatArray) -> FloatArray:
    """Mean of the channels: (n_frames, n_channels) to (n_frames,)."""
    n_channels = chunk.shape[1]
    if n_channels == 1:
        return chunk[:, 0]
    # Column by column: numpy's mean and product over a short last axis are ten times slower.
    mono = chunk[:, 0] + chunk[:, 1]
    for channel in range(2, n_channels):
        mono += chunk[:, channel]
    mono *= np.float32(1.0 / n_channels)
    return mono


def _short(reader: Reader, n_frames: int) -> str | None:
    """Less was decoded than the header promises, by more than encoders' padding explains."""
    promised = reader.n_frames
    if promised is None or promised - n_frames <= max(0.1 * reader.rate_hz, 0.005 * promised):
        return None
    got, whole = n_frames / reader.rate_hz, promised / reader.rate_hz
    return f"the header promises {format_duration(whole)}, only {format_duration(got)} could be decoded"


def _beyond_end(name: str | bytes, span: Span) -> UnreadableSoundError:
    return UnreadableSoundError(
        name, f"ends before {span.start_s:g} s", next_step="Give a span that begins within the recording."
    )
