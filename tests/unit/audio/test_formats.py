"""Which files are sound, by name and by content."""

from __future__ import annotations

import io

import pytest
from tests.unit.audio import media

from sonotheque.audio.formats import (
    SOUND_SUFFIXES,
    adts_frame_bytes,
    describe_other,
    id3_size,
    is_sound_name,
    mpeg_frame_bytes,
    sniff,
)
from sonotheque.audio.source import ByteSource


def source(data: bytes) -> ByteSource:
    return ByteSource(io.BytesIO(data))


def test_suffixes_are_lower_case_with_their_dot() -> None:
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in SOUND_SUFFIXES)
    asked_for = "wav flac mp3 ogg opus m4a aac aiff aif wma caf mp4 mkv mov webm"
    assert {f".{name}" for name in asked_for.split()} <= SOUND_SUFFIXES


@pytest.mark.parametrize("name", ["a.wav", "A.WAV", b"x/y.Mp3", b"caf\xe9\xff.OpUs", "two\nlines.flac", "\N{DOG}.webm"])
def test_sound_names_are_known_in_any_case_and_encoding(name: str | bytes) -> None:
    assert is_sound_name(name)


@pytest.mark.parametrize("name", ["wav", "a.wav.txt", b"a.m3u8", ".wav", "a.ts", "", "picture.png"])
def test_other_names_are_not_sound(name: str | bytes) -> None:
    assert not is_sound_name(name)


@pytest.mark.parametrize("encoding", media.ENCODINGS, ids=str)
def test_every_container_is_known_by_its_content(encoding: media.Encoding) -> None:
    container = sniff(source(media.encode(encoding, media.melody(0.5, encoding.rate_hz))))
    assert container is not None
    assert container.soundfile or container.av_format


@pytest.mark.parametrize("n_bytes", [3, 5000, 300_000])
def test_an_id3_tag_of_any_size_is_stepped_over(n_bytes: int) -> None:
    size = bytes(n_bytes >> shift & 0x7F for shift in (21, 14, 7, 0))
    tag = b"ID3\x04\x00\x00" + size + bytes(n_bytes)
    assert id3_size(tag[:10]) == 10 + n_bytes
    sound = media.encode(media.Encoding(".mp3", "soundfile", "MP3", "MPEG_LAYER_III"), media.melody(0.5))
    container = sniff(source(tag + sound))
    assert container is not None
    assert container.name == "mp3"


def test_mp3_behind_junk_is_found() -> None:
    sound = media.encode(media.Encoding(".mp3", "soundfile", "MP3", "MPEG_LAYER_III"), media.melody(0.5))
    container = sniff(source(b"junk\xff" * 700 + sound))
    assert container is not None
    assert container.name == "mp3"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "a PNG picture"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4, "a JPEG picture"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a WebP picture"),
        (b"Dear listener,\nthis is only text.\n" * 30, "text"),
        ("Größe und Übermut\n".encode() * 30, "text"),
        (b"#EXTM3U\nother.wav\n", "a playlist"),
        (b"ffconcat version 1.0\nfile other.wav\n", "a playlist"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"MThd\x00\x00\x00\x06", "a MIDI score"),
        (bytes(4000), "nothing but zero bytes"),
        (bytes([7, 0, 200, 1]) * 200, "unknown data"),
    ],
)
def test_what_is_not_sound_is_described(data: bytes, words: str) -> None:
    assert sniff(source(data)) is None
    assert describe_other(source(data)).startswith(words)


def test_frame_lengths_of_known_headers() -> None:
    assert mpeg_frame_bytes(bytes.fromhex("fffb9064")) == 417  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
    assert mpeg_frame_bytes(bytes.fromhex("fffb9264")) == 418  # the same, padded
    assert mpeg_frame_bytes(bytes.fromhex("fff38064")) == 208  # MPEG-2 layer III, 64 kbit/s, 22.05 kHz
    assert mpeg_frame_bytes(bytes.fromhex("fffda404")) == 576  # MPEG-1 layer II, 192 kbit/s, 48 kHz
    assert mpeg_frame_bytes(bytes.fromhex("fffbf064")) == 0  # forbidden bit rate
    assert mpeg_frame_bytes(b"\xff") == 0
    assert adts_frame_bytes(bytes.fromhex("fff1508003fffc")) == 31
    assert adts_frame_bytes(bytes.fromhex("fffb90640000")) == 0
