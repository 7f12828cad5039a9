"""The choice of decoder for a file, and what every decoder offers.

Owns the order in which they are tried and the error for a file that none can read. Knows nothing of rates, channels or
blocks wanted: readers deliver samples as they are stored.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from sonotheque.audio.formats import Container, describe_other, sniff
from sonotheque.audio.source import ByteSource
from sonotheque.audio.truncation import missing_end
from sonotheque.errors import BadInputError
from sonotheque.values.recording import display_path

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CHUNK_VALUES = 1 << 19
"""Values (frames times channels) decoded at a time: 2 MB of float32, whatever the rate and the channels."""

_ACCEPTED = "Give a sound or a video file: wav, flac, mp3, ogg, opus, m4a, aiff, wma, caf, mp4, mkv, mov, webm ..."


class UnreadableSoundError(BadInputError):
    """A file that holds no sound that can be read; `reason` is the message without the file's name."""

    def __init__(self, name: str | bytes, reason: str, *, next_step: str = _ACCEPTED) -> None:
        super().__init__(f"{shown(name)} {reason}.", next_step=next_step)
        self.reason = reason


class Reader(Protocol):
    """An opened decoder. Positions are frames at `rate_hz`; `damage` says after the last chunk what went wrong."""

    container: str
    codec: str
    rate_hz: int
    n_channels: int
    n_tracks: int
    n_frames: int | None
    """Length that the header states; None where it states none that can be relied upon."""
    duration_s: float | None
    tags: dict[str, str]
    damage: str | None

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.float32]]:
        """Samples of frames [start, stop) in order, each chunk float32 of shape (n_frames, n_channels)."""
        ...

    def close(self) -> None:
        """Free the decoder; the file stays open."""
        ...


def shown(name: str | bytes) -> str:
    """A file name as text that any terminal can print, whatever its bytes."""
    return display_path(os.fsencode(name))


def open_reader(source: ByteSource, name: str | bytes) -> tuple[Reader, Container]:
    """The decoder for the content of `source` (the name is used in messages only), and the container it recognised.

    libsndfile is tried first where it knows the container, then PyAV with the one demuxer that the content calls for.
    Raises `UnreadableSoundError` for empty files, for what isn't sound, and for sound that neither can read.
    """
    if source.size_bytes == 0:
        raise UnreadableSoundError(name, "is empty (0 bytes)")
    container = sniff(source)
    if container is None:
        raise UnreadableSoundError(name, f"is not sound: it looks like {describe_other(source)}")
    if container.soundfile:
        from sonotheque.audio.soundfile_reader import open_soundfile

        reader = open_soundfile(source, container)
        if reader is not None:
            return reader, container
    # Loaded only here: most libraries never need it, and a decoding process should start at once.
    from sonotheque.audio.pyav_reader import PyavReader

    try:
        return PyavReader(source, container), container
    except ValueError as error:
        end = missing_end(source, container)
        raise UnreadableSoundError(name, f"{error}; {end}" if end else str(error)) from error
