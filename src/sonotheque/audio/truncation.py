"""Whether a file breaks off before its own structure says it ends.

Owns that question for each container, answered from a few bytes at the start and the end. Knows nothing of decoding:
decoders quietly stop where the bytes do, so a file cut in two would pass for a whole one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from sonotheque.audio.chunks import walk_caf, walk_iso, walk_riff
from sonotheque.audio.formats import Container, adts_frame_bytes, id3_size, mpeg_frame_bytes
from sonotheque.audio.source import ByteSource
from sonotheque.units import format_size

_MAX_OGG_PAGE = 27 + 255 + 255 * 255
_TAIL_BYTES = 1 << 14
_MAX_MP3_TAIL = 1 << 16
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def missing_end(source: ByteSource, container: Container) -> str | None:
    """The reason why the file is only part of what it was, in words; None where its structure is whole or unknown."""
    check = _CHECKS.get(container.name)
    try:
        return None if check is None else check(source)
    except struct.error:
        return "the file ends inside a header"


def _short_of(promised_bytes: int, source: ByteSource) -> str | None:
    if promised_bytes <= source.size_bytes:
        return None
    return f"the file ends early: {format_size(source.size_bytes)} of {format_size(promised_bytes)}"


def _check_riff(source: ByteSource) -> str | None:
    for chunk in walk_riff(source):
        if chunk.kind in {b"data", b"SSND"}:
            return None if chunk.end is None else _short_of(chunk.end, source)
    return None


def _check_avi(source: ByteSource) -> str | None:
    size = struct.unpack("<I", source.read_at(4, 4))[0]
    return None if size in {0, 0xFFFFFFFF} else _short_of(size + 8, source)


def _check_caf(source: ByteSource) -> str | None:
    ends = [chunk.end for chunk in walk_caf(source) if chunk.end is not None]
    return _short_of(max(ends, default=0), source)


def _check_au(source: ByteSource) -> str | None:
    offset, size = struct.unpack(">II", source.read_at(4, 8))
    return None if size in {0, 0xFFFFFFFF} else _short_of(offset + size, source)


def _check_iso(source: ByteSource) -> str | None:
    ends = [chunk.end for chunk in walk_iso(source) if chunk.end is not None]
    return _short_of(max(ends, default=0), source)


def _check_matroska(source: ByteSource) -> str | None:
    """The size of the Segment element (RFC 8794: variable-length integers; all ones mean unknown)."""
    head = source.read_at(0, 256)
    size, width = _ebml_size(head[4:])
    segment = 4 + width + size
    if head[segment : segment + 4] != b"\x18\x53\x80\x67":
        return None
    size, width = _ebml_size(head[segment + 4 :])
    if size == (1 << 7 * width) - 1:
        return None
    return _short_of(segment + 4 + width + size, source)


def _ebml_size(data: bytes) -> tuple[int, int]:
    if not data or data[0] == 0:
        raise struct.error
    width = 9 - data[0].bit_length()
    return int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1), width


def _check_asf(source: ByteSource) -> str | None:
    head = source.read_at(0, 1 << 16)
    at = head.find(_ASF_FILE_PROPERTIES)
    if at < 0 or len(head) < at + 92:
        return None
    size = struct.unpack_from("<Q", head, at + 40)[0]
    is_broadcast = head[at + 88] & 1
    return None if is_broadcast or size == 0 else _short_of(size, source)


def _check_ogg(source: ByteSource) -> str | None:
    """The last page (RFC 3533, section 6) must be whole and carry the end-of-stream flag."""
    start = max(0, source.size_bytes - _MAX_OGG_PAGE)
    tail = source.read_at(start, _MAX_OGG_PAGE)
    at = tail.rfind(b"OggS")
    if at < 0:
        return None
    page = tail[at:]
    if len(page) < 27 or len(page) < 27 + page[26] or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]]):
        return "the file ends inside an Ogg page"
    return None if page[5] & 4 else "the stream has no end mark, so its end may be missing"


def _check_mp3(source: ByteSource) -> str | None:
    """By the byte count of the Xing/Info header where there is one; else whether the last frame is whole."""
    start, size = _stated_mp3_bytes(source)
    if size is None:
        return _cut_frame(source, mpeg_frame_bytes)
    return None if size * 0.99 - 4096 <= source.size_bytes - start else _short_of(start + size, source)


def states_mp3_length(source: ByteSource) -> bool:
    """Whether an MP3 file has a Xing/Info header whose length fits the file (not so where several were joined)."""
    start, size = _stated_mp3_bytes(source)
    return size is not None and source.size_bytes - start <= size * 1.01 + _MAX_MP3_TAIL


def _stated_mp3_bytes(source: ByteSource) -> tuple[int, int | None]:
    """Where the first frame starts, and the length of all frames by its Xing/Info header; None without one."""
    start = id3_size(source.read_at(0, 10))
    head = source.read_at(start, 256)
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or not head[at + 7] & 2:
        return start, None
    return start, struct.unpack_from(">I", head, at + (12 if head[at + 7] & 1 else 8))[0]


def _check_adts(source: ByteSource) -> str | None:
    return _cut_frame(source, adts_frame_bytes)


def _cut_frame(source: ByteSource, frame_bytes: Callable[[bytes], int]) -> str | None:
    """Follow the frames of the last 16 kB to the end: a frame that reaches past it was cut."""
    tail = source.read_at(max(0, source.size_bytes - _TAIL_BYTES), _TAIL_BYTES)
    at = tail.find(b"\xff")
    while at >= 0:
        n_frames, end = 0, at
        while size := frame_bytes(tail[end : end + 6]):
            n_frames, end = n_frames + 1, end + size
        if n_frames >= 4:
            return "the file ends inside a frame" if end > len(tail) else None
        at = tail.find(b"\xff", at + 1)
    return None


_CHECKS: dict[str, Callable[[ByteSource], str | None]] = {
    "wav": _check_riff,
    "aiff": _check_riff,
    "avi": _check_avi,
    "caf": _check_caf,
    "au": _check_au,
    "mp4": _check_iso,
    "matroska": _check_matroska,
    "asf": _check_asf,
    "ogg": _check_ogg,
    "mp3": _check_mp3,
    "aac": _check_adts,
}
