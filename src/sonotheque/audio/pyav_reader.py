"""Decoding through PyAV (FFmpeg's libraries): every container that libsndfile doesn't read.

Owns one opened input container. FFmpeg is given a file object that is already open and the single demuxer that the
content calls for; it can open nothing else, so no playlist and no network address inside a file is ever followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import av
import av.error
import numpy as np
import numpy.typing as npt
import soxr
from av.stream import Discard

from sonotheque.audio.formats import Container
from sonotheque.audio.reader import CHUNK_VALUES
from sonotheque.audio.source import ByteSource

FloatArray = npt.NDArray[np.float32]

_TAG_KEYS = """
    title artist album album_artist comment description synopsis keywords date genre composer copyright track
"""
_TAGS = frozenset(_TAG_KEYS.split())
_MAX_TAG_CHARACTERS = 2000
_STATES_LENGTH = frozenset({"mp4", "matroska", "asf", "caf", "wav", "aiff", "ape", "tta", "wavpack", "flac"})
_SEEKS = frozenset({"mp4", "matroska", "asf", "caf", "wav", "aiff", "wavpack", "flac"})
_GAP_S = 0.1
_MAX_GAP_S = 3600.0
_PREROLL_S = 0.5
_COARSE_SEEK_FROM_S = 300.0


class PyavReader:
    """`Reader` over PyAV's default sound track. Raises `ValueError` with the reason where there is nothing to decode.

    Where time stamps leave a gap (a track that begins later than the picture, a recording with a pause), silence fills
    it, so that a position in the samples is the position that a player shows.
    """

    def __init__(self, source: ByteSource, container: Container) -> None:
        self.container = container.name
        self.damage: str | None = None
        self._n_damaged = 0
        try:
            self._input = av.open(
                source.for_av(),
                "r",
                format=container.av_format,
                metadata_errors="replace",
                container_options={"protocol_whitelist": "none"},
                buffer_size=1 << 16,
                io_open=_refuse_to_open,
            )
        except (av.error.FFmpegError, ValueError, OSError) as error:
            raise ValueError(f"can't be decoded as {container.name} ({_words(error)})") from error
        try:
            self._choose_track()
            self._frames = self._decode()
            self._first = next(self._frames, None)
            if self._first is None:
                raise ValueError(f"holds no sound that can be decoded ({self.container}, {self.codec})")
            self._describe(self._first)
        except BaseException:
            self._input.close()
            raise

    def _choose_track(self) -> None:
        tracks = self._input.streams.audio
        best = self._input.streams.best("audio")
        self.n_tracks = len(tracks)
        if best is None:
            kind = "has no sound track" if self._input.streams.video else "holds no sound"
            raise ValueError(f"{kind} ({self.container})")
        self._track: Any = best
        for stream in self._input.streams:
            if stream.index != best.index:
                stream.discard = Discard.all  # the demuxer then skips pictures unread
        if best.codec_context is None:
            raise ValueError(f"has a sound track in a codec that can't be decoded ({self.container})")
        self.codec = str(best.codec_context.name)

    def _describe(self, first: Any) -> None:
        track = self._track
        self.rate_hz = int(first.sample_rate)
        self.n_channels = int(first.layout.nb_channels)
        self._tick_s = float(track.time_base)
        stated_s = None if track.duration is None else track.duration * self._tick_s
        total_s = None if self._input.duration is None else self._input.duration / av.time_base
        if stated_s is None:
            stated_s = _clock_s(track.metadata.get("DURATION", "")) or (None if self._input.streams.video else total_s)
        self.duration_s = stated_s if stated_s is not None else total_s
        reliable = self.container in _STATES_LENGTH and stated_s is not None
        self.n_frames = round(stated_s * self.rate_hz) if reliable and stated_s is not None else None
        self.tags = _tags_of(track.metadata) | _tags_of(self._input.metadata)
        begins_s = 0.0 if self._input.start_time is None else self._input.start_time / av.time_base
        self._origin_s = 0.0 if first.pts is None else first.pts * self._tick_s
        if self._origin_s - begins_s > _GAP_S and self._input.streams.video:
            self._origin_s = begins_s

    def _decode(self) -> Iterator[Any]:
        """Frames of the track; damaged packets are skipped and counted."""
        try:
            for packet in self._input.demux(self._track):
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError:
                    self._n_damaged += 1
        except (av.error.FFmpegError, OSError) as error:
            self.damage = f"the decoder stopped at damaged data ({_words(error)})"
        if self._n_damaged and self.damage is None:
            self.damage = f"{self._n_damaged} damaged packets were left out"

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[FloatArray]:
        """Samples of frames [start, stop), each chunk float32 of shape (n_frames, n_channels). Call it once.

        Where the container's clock is coarser than a sample (Matroska, ASF: a millisecond), positions in the first five
        minutes are reached by decoding up to them, to the sample; later ones by seeking, to the clock's precision.
        """
        position = self._seek(start)
        for chunk in self._placed(position):
            end = position + len(chunk)
            low, high = max(start, position), end if stop is None else min(end, stop)
            if low < high:
                yield chunk[low - position : high - position]
            position = end
            if stop is not None and position >= stop:
                return

    def _seek(self, start: int) -> int:
        """Make `_frames` deliver from at or before `start`; return the position of its first sample."""
        start_s = start / self.rate_hz
        is_exact = self._tick_s <= 1.0 / self.rate_hz
        # ADPCM decoders build upon all that came before, so they too are only right from the beginning.
        seeks = self.container in _SEEKS and not self.codec.startswith("adpcm")
        if not seeks or start_s < (10.0 if is_exact else _COARSE_SEEK_FROM_S):
            return 0
        target_s = max(0.0, self._origin_s + start_s - _PREROLL_S)
        for attempt_s in (target_s, 0.0):
            self._input.seek(int(attempt_s * av.time_base), backward=True)
            self._frames = self._decode()
            self._first = next(self._frames, None)
            if self._first is not None and self._first.pts is not None and self._place(self._first) <= start:
                break
        return 0 if self._first is None or self._first.pts is None else self._place(self._first)

    def _place(self, frame: Any) -> int:
        position: int = round((frame.pts * self._tick_s - self._origin_s) * self.rate_hz)
        return max(0, position)

    def _placed(self, position: int) -> Iterator[FloatArray]:
        """All samples from the current frame on, in one line of time from `position`; gaps in it are silent."""
        held: list[Any] = []
        n_held, most = 0, max(1, CHUNK_VALUES // self.n_channels)
        for frame in self._all_frames():
            if frame.pts is not None and (gap := self._place(frame) - position) > _GAP_S * self.rate_hz:
                yield from self._join(held)
                held, n_held = [], 0
                gap = min(gap, round(_MAX_GAP_S * self.rate_hz))
                yield from self._silence(gap)
                position += gap
            if held and (not _alike(held[0], frame) or n_held >= most):
                yield from self._join(held)
                held, n_held = [], 0
            held.append(frame)
            n_held += frame.samples
            position += round(frame.samples * self.rate_hz / frame.sample_rate)
        yield from self._join(held)

    def _all_frames(self) -> Iterator[Any]:
        if self._first is not None:
            yield self._first
            yield from self._frames

    def _silence(self, n_frames: int) -> Iterator[FloatArray]:
        most = max(1, CHUNK_VALUES // self.n_channels)
        for at in range(0, n_frames, most):
            yield np.zeros((min(most, n_frames - at), self.n_channels), dtype=np.float32)

    def _join(self, frames: list[Any]) -> Iterator[FloatArray]:
        """One chunk of frames that are alike, at the track's first rate and channel count where those changed."""
        if not frames:
            return
        samples = _as_float(frames)
        if samples.shape[1] != self.n_channels:
            samples = np.repeat(samples.mean(axis=1, keepdims=True), self.n_channels, axis=1)
        if frames[0].sample_rate != self.rate_hz:
            samples = soxr.resample(samples, frames[0].sample_rate, self.rate_hz)
        yield np.ascontiguousarray(samples, dtype=np.float32)

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        self._input.close()


def _refuse_to_open(url: str, *_: object) -> NoReturn:
    """Called for anything else that FFmpeg would open."""
    raise PermissionError(f"a sound file may not open {url!r}")


def _alike(one: Any, other: Any) -> bool:
    return bool(
        one.format.name == other.format.name
        and one.sample_rate == other.sample_rate
        and one.layout.nb_channels == other.layout.nb_channels
    )


def _as_float(frames: list[Any]) -> FloatArray:
    """The samples of frames that are alike as float32 of shape (n_frames, n_channels), integers scaled to [-1, 1)."""
    kind, n_channels = frames[0].format.name, frames[0].layout.nb_channels
    dtype = _DTYPES[kind.removesuffix("p")]
    samples = np.empty((sum(frame.samples for frame in frames), n_channels), dtype=np.float32)
    position = 0
    for frame in frames:
        end = position + frame.samples
        if kind.endswith("p"):
            for channel, plane in enumerate(frame.planes):
                samples[position:end, channel] = np.frombuffer(plane, dtype, count=frame.samples)
        else:
            interleaved = np.frombuffer(frame.planes[0], dtype, count=frame.samples * n_channels)
            samples[position:end] = interleaved.reshape(-1, n_channels)
        position = end
    if dtype == np.uint8:
        samples -= 128.0
    if dtype.kind in "iu":
        samples *= np.float32(0.5 ** (8 * dtype.itemsize - 1))
    return samples


_DTYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype(np.uint8),
    "s16": np.dtype(np.int16),
    "s32": np.dtype(np.int32),
    "s64": np.dtype(np.int64),
    "flt": np.dtype(np.float32),
    "dbl": np.dtype(np.float64),
}
"""FFmpeg's sample formats (AVSampleFormat); one ending in `p` keeps each channel in a plane of its own."""


def _clock_s(text: str) -> float | None:
    """Seconds of the `DURATION` that Matroska writers put in a track's tags: `00:01:02.500000000`."""
    parts = text.split(":")
    try:
        return float(parts[0]) * 3600 + float(parts[1]) * 60 + float(parts[2]) if len(parts) == 3 else None
    except ValueError:
        return None


def _tags_of(metadata: dict[str, str]) -> dict[str, str]:
    kept = {key.lower(): text.strip()[:_MAX_TAG_CHARACTERS] for key, text in metadata.items()}
    return {key: text for key, text in kept.items() if key in _TAGS and text}


def _words(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text)[:1].lower() + str(text)[1:]
