"""What files say of themselves."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import soundfile
from tests.unit.audio import media

from sonotheque.audio.probe import Probe, probe
from sonotheque.errors import BadInputError, CorruptError

M4A = media.Encoding(".m4a", "av", "mp4", "aac")
MKV = media.Encoding(".mkv", "av", "matroska", "flac")
MP4 = media.Encoding(".mp4", "av", "mp4", "aac")


@pytest.mark.parametrize("encoding", media.ENCODINGS, ids=str)
def test_header_facts_of_every_format(encoding: media.Encoding) -> None:
    sound = media.encode(encoding, media.melody(2.0, encoding.rate_hz, 2))
    facts = probe(io.BytesIO(sound), "a" + encoding.suffix)
    assert (facts.rate_hz, facts.n_channels, facts.n_tracks) == (encoding.rate_hz, 2, 1)
    assert facts.duration_s == pytest.approx(2.0, abs=0.06)
    assert facts.codec
    assert facts.container


@pytest.mark.parametrize(
    ("form", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")]
)
def test_tags_through_soundfile(tmp_path: Path, form: str, subtype: str) -> None:
    path = tmp_path / "tagged"
    with soundfile.SoundFile(path, "w", 16_000, 1, format=form, subtype=subtype) as file:
        file.title, file.artist, file.comment = "Brown dog", "Ana Łęcka", "by the gate"
        file.write(media.melody(0.5, 16_000))
    with path.open("rb") as opened:
        tags = probe(opened, "tagged").tags
    assert (tags["title"], tags["artist"], tags["comment"]) == ("Brown dog", "Ana Łęcka", "by the gate")


@pytest.mark.parametrize("encoding", [M4A, MKV, media.Encoding(".wma", "av", "asf", "wmav2")], ids=str)
def test_tags_through_pyav(encoding: media.Encoding) -> None:
    given = {"title": "Brown dog", "artist": "Ana Łęcka", "comment": "by the gate", "genre": "Field"}
    facts = probe(io.BytesIO(media.encode(encoding, media.melody(0.5), tags=given)), "tagged")
    assert facts.tags.items() >= given.items()


def test_broadcast_wave_description() -> None:
    body = b"Heavy rain on a tin roof".ljust(602, b"\x00")
    wav = media.encode(media.Encoding(".wav", "soundfile", "WAV", "PCM_16"), media.melody(0.2))
    tagged = wav[:12] + b"bext" + len(body).to_bytes(4, "little") + body + wav[12:]
    assert probe(io.BytesIO(tagged), "x.wav").tags["description"] == "Heavy rain on a tin roof"


def test_id3_tags_of_mp3() -> None:
    mp3 = media.encode(media.Encoding(".mp3", "soundfile", "MP3", "MPEG_LAYER_III"), media.melody(0.5))
    text = b"\x03Brown dog"
    frame = b"TIT2" + len(text).to_bytes(4, "big") + b"\x00\x00" + text
    tagged = b"ID3\x03\x00\x00" + bytes([0, 0, 0, len(frame)]) + frame + mp3
    assert probe(io.BytesIO(tagged), "x.mp3").tags["title"] == "Brown dog"


def test_tracks_are_counted() -> None:
    two = media.encode(MKV, media.melody(1.0), more_tracks=(media.melody(1.0, 44_100, 2),))
    assert probe(io.BytesIO(two), "two.mkv").n_tracks == 2


def test_film_with_sound() -> None:
    facts = probe(io.BytesIO(media.encode(MP4, media.melody(1.0), n_pictures=25)), "film.mp4")
    assert (facts.container, facts.codec, facts.rate_hz) == ("mp4", "aac", 44_100)


def test_film_without_sound_is_refused() -> None:
    import av
    import numpy as np

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        video = output.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            output.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        output.mux(video.encode(None))
    with pytest.raises(BadInputError, match=r"silent\.mp4 has no sound track"):
        probe(buffer, "silent.mp4")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"is empty"),
        (b"not sound at all\n" * 40, r"is not sound: it looks like text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(900), r"is not sound: it looks like a PNG picture"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(60), r"can't be decoded as mp4"),
        (b"fLaC" + bytes(200), r"can't be decoded|holds no sound"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        probe(io.BytesIO(data), b"bad\xff\n.wav")
    assert caught.value.message.startswith(r"bad\xff\n.wav ")
    assert "flac" in caught.value.next_step


def test_impossible_headers_are_refused() -> None:
    with pytest.raises(CorruptError, match="0 Hz"):
        Probe("wav", "pcm_16", 1.0, 0, 1)
