"""Containers made of sized chunks: RIFF, RF64, AIFF, CAF, ISO media (MP4, MOV).

Owns the walk from chunk to chunk. Knows nothing of what the chunks hold, and never trusts a size further than to jump.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sonotheque.audio.source import ByteSource

_MAX_CHUNKS = 100_000
_UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFF000})
"""Sizes that writers to a pipe leave in a RIFF data chunk, since they can't come back to fill them in."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four-letter kind, where its content starts and how long it says it is; None where it doesn't."""

    kind: bytes
    offset: int
    size: int | None

    @property
    def end(self) -> int | None:
        """The byte after its content."""
        return None if self.size is None else self.offset + self.size


def walk_riff(source: ByteSource) -> Iterator[Chunk]:
    """Chunks of a WAV (RIFF, RF64, RIFX) or AIFF file; the size of RF64's data comes from its `ds64`."""
    order = ">" if source.read_at(0, 4) in {b"FORM", b"RIFX"} else "<"
    at, data_size = 12, None
    for _ in range(_MAX_CHUNKS):
        header = source.read_at(at, 8)
        if len(header) < 8:
            return
        kind, size = struct.unpack(f"{order}4sI", header)
        known: int | None = size
        if kind == b"ds64":
            body = source.read_at(at + 8, 16)
            data_size = struct.unpack("<QQ", body)[1] if len(body) == 16 else None
        elif kind in {b"data", b"SSND"} and size in _UNKNOWN_SIZES:
            known = data_size
        yield Chunk(kind, at + 8, known)
        if known is None:
            return
        at += 8 + known + (known & 1)


def walk_caf(source: ByteSource) -> Iterator[Chunk]:
    """Chunks of a Core Audio file (Apple Core Audio Format Specification 1.0)."""
    at = 8
    for _ in range(_MAX_CHUNKS):
        header = source.read_at(at, 12)
        if len(header) < 12:
            return
        kind, size = struct.unpack(">4sq", header)
        yield Chunk(kind, at + 12, None if size < 0 else size)
        if size < 0:
            return
        at += 12 + size


def walk_iso(source: ByteSource) -> Iterator[Chunk]:
    """Top-level boxes of an ISO media file (ISO/IEC 14496-12, 4.2)."""
    at = 0
    for _ in range(_MAX_CHUNKS):
        header = source.read_at(at, 16)
        if len(header) < 8:
            return
        size, kind = struct.unpack(">I4s", header[:8])
        head = 8
        if size == 1 and len(header) == 16:
            size, head = struct.unpack(">Q", header[8:])[0], 16
        yield Chunk(kind, at + head, size - head if size >= head else None)
        if size < head:
            return
        at += size
