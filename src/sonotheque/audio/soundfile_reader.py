"""Decoding through libsndfile: the fast path for wav, flac, mp3, ogg, opus, aiff, caf, au.

Owns one opened `SoundFile`. Knows nothing of what becomes of the samples.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import soundfile

from sonotheque.audio.chunks import walk_riff
from sonotheque.audio.formats import Container
from sonotheque.audio.reader import CHUNK_VALUES
from sonotheque.audio.source import ByteSource
from sonotheque.audio.truncation import states_mp3_length

if TYPE_CHECKING:
    from sonotheque.audio.reader import Reader

_LENGTH_UNKNOWN = 1 << 60
_BEXT_DESCRIPTION_BYTES = 256


def open_soundfile(source: ByteSource, container: Container) -> Reader | None:
    """A reader of `source`, or None where libsndfile can't read it (AAC in CAF, MP3 in WAV, no stated length ...)."""
    if container.name == "mp3" and not states_mp3_length(source):
        return None  # libsndfile then guesses a length from the first frame and stops there
    try:
        file = soundfile.SoundFile(source.for_soundfile(), closefd=False)
    except (soundfile.LibsndfileError, struct.error):
        return None
    if file.frames == 0:
        # A writer to a pipe leaves a length of 0, which libsndfile believes and FFmpeg doesn't.
        file.close()
        return None
    return SoundfileReader(file, source, container)


class SoundfileReader:
    """`Reader` over libsndfile: it seeks to the sample in every format it reads."""

    n_tracks = 1

    def __init__(self, file: soundfile.SoundFile, source: ByteSource, container: Container) -> None:
        self._file = file
        self.container = container.name
        self.codec = "flac" if container.name == "flac" else str(file.subtype).lower()
        self.rate_hz = int(file.samplerate)
        self.n_channels = int(file.channels)
        self.n_frames: int | None = int(file.frames) if 0 < file.frames < _LENGTH_UNKNOWN else None
        self.duration_s = None if self.n_frames is None else self.n_frames / self.rate_hz
        self.tags = {key: text for key, text in file.copy_metadata().items() if text.strip()}
        if container.name == "wav":
            self.tags |= _broadcast_description(source)
        self.damage: str | None = None

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.float32]]:
        """Samples of frames [start, stop), each chunk float32 of shape (n_frames, n_channels)."""
        ends = [end for end in (stop, self.n_frames) if end is not None]
        end = min(ends) if ends else _LENGTH_UNKNOWN
        if start >= end:
            return
        if start:
            self._file.seek(start)
        position, most = start, max(1, CHUNK_VALUES // self.n_channels)
        while position < end:
            wanted = min(most, end - position)
            chunk = self._read(wanted, position)
            if len(chunk):
                yield chunk
            if len(chunk) < wanted:
                return
            position += wanted

    def _read(self, n_frames: int, position: int) -> npt.NDArray[np.float32]:
        buffer = np.empty((n_frames, self.n_channels), dtype=np.float32)
        try:
            return self._file.read(dtype="float32", always_2d=True, out=buffer)  # type: ignore[no-any-return]
        except soundfile.LibsndfileError as error:
            # The frames before the damage are in the buffer; only the position tells how many.
            self.damage = f"the decoder stopped at damaged data ({str(error).strip() or 'lost synchronisation'})"
            return buffer[: max(0, min(n_frames, self._file.tell() - position))]

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        self._file.close()


def _broadcast_description(source: ByteSource) -> dict[str, str]:
    """The description in the `bext` chunk of Broadcast Wave (EBU Tech 3285), where sound designers put their words."""
    for chunk in walk_riff(source):
        if chunk.kind == b"data":
            break
        if chunk.kind == b"bext":
            raw = source.read_at(chunk.offset, _BEXT_DESCRIPTION_BYTES).split(b"\x00")[0]
            text = raw.decode("utf-8", "replace").strip()
            return {"description": text} if text else {}
    return {}
