"""Which files are sound: by name, and by their first bytes.

Owns the suffixes that a walk looks for and the table of containers, each with the readers that may open it. Knows
nothing of decoding. What isn't in the table is never handed to a decoder, so no playlist can name another file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from sonotheque.audio.source import ByteSource

_SOUND_NAMES = """
    wav wave bwf rf64 w64 flac mp3 mp2 mpga ogg oga opus spx m4a m4b m4r aac adts aif aiff aifc
    wma asf caf au snd amr ac3 eac3 ape wv tta voc mka weba
    mp4 m4v mkv mov qt webm avi wmv flv 3gp 3g2 mpg mpeg vob mts m2ts ogv
"""
SOUND_SUFFIXES: frozenset[str] = frozenset(f".{name}" for name in _SOUND_NAMES.split())
"""Lower-case, with the dot. `.ts` is left out: far more files of that name hold TypeScript than television."""

_HEAD_BYTES = 4096
_SYNC_SEARCH_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Container:
    """A container of sound: its name, whether libsndfile may try it, and PyAV's name for its demuxer."""

    name: str
    soundfile: bool
    av_format: str


_MOV = Container("mp4", False, "mov")
_MATROSKA = Container("matroska", False, "matroska")
MP3 = Container("mp3", True, "mp3")
_ADTS = Container("aac", False, "aac")
_MAGIC: tuple[tuple[int, bytes, Container], ...] = (
    (8, b"WAVE", Container("wav", True, "wav")),
    (0, b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", Container("w64", True, "w64")),
    (0, b"fLaC", Container("flac", True, "flac")),
    (0, b"OggS", Container("ogg", True, "ogg")),
    (8, b"AIFF", Container("aiff", True, "aiff")),
    (8, b"AIFC", Container("aiff", True, "aiff")),
    (0, b"caff", Container("caf", True, "caf")),
    (0, b".snd", Container("au", True, "au")),
    (0, b"Creative Voice File\x1a", Container("voc", True, "voc")),
    (4, b"ftyp", _MOV),
    (4, b"moov", _MOV),
    (4, b"mdat", _MOV),
    (4, b"wide", _MOV),
    (0, b"\x1a\x45\xdf\xa3", _MATROSKA),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", Container("asf", False, "asf")),
    (8, b"AVI ", Container("avi", False, "avi")),
    (0, b"FLV\x01", Container("flv", False, "flv")),
    (0, b"\x00\x00\x01\xba", Container("mpeg", False, "mpeg")),
    (0, b"#!AMR", Container("amr", False, "amr")),
    (0, b"\x0b\x77", Container("ac3", False, "ac3")),
    (0, b"MAC ", Container("ape", False, "ape")),
    (0, b"wvpk", Container("wavpack", False, "wv")),
    (0, b"TTA1", Container("tta", False, "tta")),
)
_NEEDS_FIRST = {b"WAVE": (b"RIFF", b"RF64", b"RIFX"), b"AIFF": (b"FORM",), b"AIFC": (b"FORM",), b"AVI ": (b"RIFF",)}
_MPEG_TS = Container("mpegts", False, "mpegts")

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"MThd", "a MIDI score, which holds notes and no sound"),
    (b"SQLite format 3\x00", "a SQLite database"),
)
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<?xml", b"<smil", b"<asx", b"v=0\r\n", b"v=0\n")


def is_sound_name(name: bytes | str) -> bool:
    """Whether the file name's suffix, in any case, is one of `SOUND_SUFFIXES`."""
    stem, dot, suffix = os.path.basename(os.fsdecode(name)).rpartition(".")  # noqa: PTH119  # bytes, and many of them
    return bool(stem and dot) and f".{suffix.lower()}" in SOUND_SUFFIXES


def sniff(source: ByteSource) -> Container | None:
    """The container that the content shows, whatever the name says; None for what isn't known to be sound."""
    head = source.read_at(0, _HEAD_BYTES)
    offset = id3_size(head)
    if offset:
        head = source.read_at(offset, _HEAD_BYTES)
    for at, magic, container in _MAGIC:
        if head.startswith(magic, at) and (magic not in _NEEDS_FIRST or head.startswith(_NEEDS_FIRST[magic])):
            return container
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return _MPEG_TS
    if len(head) > 580 and head[4] == head[196] == head[388] == 0x47:
        return _MPEG_TS
    return _sniff_frames(source, offset)


def describe_other(source: ByteSource) -> str:
    """What content that isn't sound looks like, in words: "a PNG picture", "text", "unknown data"."""
    head = source.read_at(0, _HEAD_BYTES)
    for magic, words in _OTHERS:
        if head.startswith(magic):
            return words
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP picture"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(tuple(start.lower() for start in _PLAYLISTS)):
        return "a playlist or other text that names files, which are not opened through it"
    if not head.strip(b"\x00"):
        return "nothing but zero bytes"
    printable = sum(byte >= 32 or byte in b"\t\n\r\f" for byte in head)
    return "text" if b"\x00" not in head and printable > 0.97 * len(head) else "unknown data"


def id3_size(head: bytes) -> int:
    """Length in bytes of the ID3v2 tag that `head` begins with, 0 without one (ID3v2.4 structure, section 3.1)."""
    if len(head) < 10 or not head.startswith(b"ID3") or any(byte & 0x80 for byte in head[6:10]):
        return 0
    footer = 10 if head[5] & 0x10 else 0
    return 10 + footer + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def mpeg_frame_bytes(header: bytes) -> int:
    """Length of the MPEG audio frame (layer I to III) that starts with these 4 bytes; 0 where none does.

    Source: ISO/IEC 11172-3, section 2.4.2.3, and 13818-3 for the lower sampling frequencies.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate_index, bit_index, padding = header[2] >> 2 & 3, header[2] >> 4, header[2] >> 1 & 1
    if version == 1 or layer == 0 or rate_index == 3 or bit_index in {0, 15}:
        return 0
    rate_hz = (44100, 48000, 32000)[rate_index] >> (0 if version == 3 else 1 if version == 2 else 2)
    kbit = _MPEG_KBIT[(version == 3, layer)][bit_index - 1]
    if layer == 3:
        return (12 * kbit * 1000 // rate_hz + padding) * 4
    return (72 if layer == 1 and version != 3 else 144) * kbit * 1000 // rate_hz + padding


_MPEG_KBIT: dict[tuple[bool, int], tuple[int, ...]] = {
    (True, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def adts_frame_bytes(header: bytes) -> int:
    """Length of the AAC frame with an ADTS header (ISO/IEC 13818-7, 6.2) that starts with these 6 bytes, else 0."""
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > 7 else 0


def _sniff_frames(source: ByteSource, offset: int) -> Container | None:
    """MP3 or bare AAC: three frames in a row, the first anywhere in the first 64 kB (junk in front is common)."""
    data = source.read_at(offset, _SYNC_SEARCH_BYTES + 3 * 8192)
    at = data.find(b"\xff")
    while 0 <= at < _SYNC_SEARCH_BYTES:
        for container, frame_bytes in ((_ADTS, adts_frame_bytes), (MP3, mpeg_frame_bytes)):
            n_frames, end = 0, at
            while n_frames < 3 and (size := frame_bytes(data[end : end + 6])):
                n_frames, end = n_frames + 1, end + size
            if n_frames == 3 or (n_frames and at == 0 and end >= len(data)):
                return container
        at = data.find(b"\xff", at + 1)
    return None
