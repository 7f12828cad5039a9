"""What a file says of itself: container, codec, length, rate, channels, tags.

Owns the description of one opened file. Knows nothing of samples, nor whether the file keeps what its header promises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from sonotheque.audio.reader import Reader, open_reader
from sonotheque.audio.source import ByteSource
from sonotheque.errors import CorruptError


@dataclass(frozen=True, slots=True)
class Probe:
    """A sound file as its header describes it; `duration_s` is None where the header states none.

    `codec` is the decoder's name for the coding of the default track, `tags` the container's texts by lower-case key
    (title, artist, album, comment, description, date, genre ...). Raises `CorruptError` for rates and channel counts
    that can't be.
    """

    container: str
    codec: str
    duration_s: float | None
    rate_hz: int
    n_channels: int
    n_tracks: int = 1
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rate_hz <= 0 or self.n_channels <= 0 or self.n_tracks <= 0:
            raise CorruptError(
                f"The header states {self.rate_hz} Hz, {self.n_channels} channels and {self.n_tracks} sound tracks;"
                " each must be at least 1."
            )


def probe(file: BinaryIO, name: str | bytes) -> Probe:
    """Describe the opened, seekable `file`; its content counts, `name` is used in messages only.

    Raises `UnreadableSoundError` (a `BadInputError`) for empty files, for what isn't sound and for what can't be read.
    """
    reader, _ = open_reader(ByteSource(file), name)
    try:
        return describe(reader)
    finally:
        reader.close()


def describe(reader: Reader) -> Probe:
    """The `Probe` of an opened reader."""
    return Probe(
        container=reader.container,
        codec=reader.codec,
        duration_s=reader.duration_s,
        rate_hz=reader.rate_hz,
        n_channels=reader.n_channels,
        n_tracks=reader.n_tracks,
        tags=reader.tags,
    )
