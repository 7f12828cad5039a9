"""From files to mono blocks: every format, spans, damage, and what is refused."""

from __future__ import annotations

import functools
import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from tests.unit.audio import media

from sonotheque.audio.decode import BlockStream, DecodeEnd, decode_blocks, make_finite, mix_to_mono, read, read_native
from sonotheque.audio.formats import Container, mpeg_frame_bytes
from sonotheque.audio.pyav_reader import PyavReader
from sonotheque.audio.source import ByteSource
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.values.span import Span

FloatArray = npt.NDArray[np.float32]

WAV = media.Encoding(".wav", "soundfile", "WAV", "PCM_16")
FLOAT_WAV = media.Encoding(".wav", "soundfile", "WAV", "FLOAT", rate_hz=16_000)
M4A = media.Encoding(".m4a", "av", "mp4", "aac")
MKV = media.Encoding(".mkv", "av", "matroska", "flac")
DELAYED_BY_ENCODER = {"adts", "flv", "mpegts", "mp2", "ac3", "asf"}
"""Containers that don't say how many samples of padding their encoder put in front."""


def decode_all(data: bytes, **options: object) -> tuple[FloatArray, DecodeEnd]:
    with BlockStream(io.BytesIO(data), "sound", **options) as stream:  # type: ignore[arg-type]
        samples = np.concatenate(list(stream))
    assert stream.end is not None
    return samples, stream.end


def rms_difference(one: FloatArray, other: FloatArray) -> float:
    n = min(len(one), len(other))
    return float(np.sqrt(np.mean((one[:n] - other[:n]) ** 2)))


@functools.cache
def long_file(encoding: media.Encoding) -> tuple[bytes, FloatArray]:
    """Twenty seconds in stereo, with what a decode from the beginning gives."""
    data = media.encode(encoding, media.melody(20.0, encoding.rate_hz, 2))
    return data, decode_all(data)[0]


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("encoding", media.ENCODINGS, ids=str)
def test_every_format_gives_back_the_sound(encoding: media.Encoding, n_channels: int) -> None:
    original = media.melody(2.0, encoding.rate_hz, n_channels)
    decoded, end = decode_all(media.encode(encoding, original))
    expected = soxr.resample(original.mean(axis=1), encoding.rate_hz, 16_000)
    assert decoded.dtype == np.float32
    assert end.complete, end.reason
    assert end.n_samples == len(decoded)
    assert abs(len(decoded) - len(expected)) < 1000
    if encoding.container in DELAYED_BY_ENCODER:
        lags = range(-1100, 1100)
        middle = expected[4000:24_000]
        difference = min(rms_difference(middle, decoded[4000 + lag : 24_000 + lag]) for lag in lags)
    else:
        difference = rms_difference(expected, decoded)
    assert difference < encoding.tolerance


SOME_FORMATS = [e for e in media.ENCODINGS if (e.container, e.codec) in {
    ("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
    ("mp4", "aac"), ("matroska", "aac"), ("webm", "libopus"), ("asf", "wmav2"), ("adts", "aac"),
    ("caf", "adpcm_ima_qt"),
}]  # fmt: skip


@pytest.mark.parametrize("span", [Span(0.0, 1.0), Span(12.5, 15.0), Span(17.2345, 18.1), Span(19.0, 60.0)], ids=str)
@pytest.mark.parametrize("encoding", SOME_FORMATS, ids=str)
def test_a_span_is_a_cut_of_the_whole_to_the_sample(encoding: media.Encoding, span: Span) -> None:
    data, whole = long_file(encoding)
    cut, end = decode_all(data, span=span)
    expected = whole[round(span.start_s * 16_000) : round(span.end_s * 16_000)]
    assert len(cut) == len(expected)
    # AAC's padding past the end is filled with noise that depends on all that was decoded before.
    n_sound = min(len(cut), round((19.95 - span.start_s) * 16_000))
    np.testing.assert_allclose(cut[:n_sound], expected[:n_sound], atol=1e-5)
    assert end.complete


@pytest.mark.parametrize("encoding", SOME_FORMATS, ids=str)
def test_native_span_keeps_rate_and_channels(encoding: media.Encoding, tmp_path: Path) -> None:
    path = tmp_path / ("long" + encoding.suffix)
    path.write_bytes(long_file(encoding)[0])
    whole, rate_hz = read_native(path)
    cut, _ = read_native(path, Span(15.0, 16.5))
    assert (rate_hz, whole.shape[1]) == (encoding.rate_hz, 2)
    assert cut.shape == (round(1.5 * rate_hz), 2)
    np.testing.assert_allclose(cut, whole[15 * rate_hz :][: len(cut)], atol=1e-5)


def test_span_of_less_than_a_sample_gives_one(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(media.encode(WAV, media.melody(1.0)))
    assert len(read(path, Span(0.5, 0.50001)).samples) == 1


@pytest.mark.parametrize("reading", [read, read_native])
def test_span_beyond_the_end_is_refused(reading: object, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(media.encode(WAV, media.melody(1.0)))
    with pytest.raises(BadInputError, match=r"a\.wav ends before 3 s"):
        reading(path, Span(3.0, 4.0))  # type: ignore[operator]


def test_blocks_are_full_but_the_last() -> None:
    data = media.encode(WAV, media.melody(7.0))
    with decode_blocks(io.BytesIO(data), "a.wav", block_s=2.0) as stream:
        sizes = [len(block) for block in stream]
    assert sizes == [32_000, 32_000, 32_000, 16_000]
    np.testing.assert_array_equal(decode_all(data, block_s=0.1)[0], decode_all(data)[0])


def test_read_gives_a_waveform_that_knows_its_place(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9\n\xff \xf0\x9f\x90\x95.wav"
    Path(os.fsdecode(path)).write_bytes(media.encode(WAV, media.melody(2.0)))
    waveform = read(path, Span(0.5, 1.0))
    assert (waveform.rate_hz, waveform.start_s, len(waveform.samples)) == (16_000, 0.5, 8000)
    assert read(path, rate_hz=None).rate_hz == 44_100


@pytest.mark.parametrize("n_channels", [1, 2, 3, 8])
def test_channels_are_averaged(rng: np.random.Generator, n_channels: int) -> None:
    chunk = rng.standard_normal((500, n_channels)).astype(np.float32)
    np.testing.assert_allclose(mix_to_mono(chunk), chunk.mean(axis=1), atol=1e-6)


def test_high_rate_and_many_channels() -> None:
    original = media.melody(1.0, 192_000, 8)
    data = media.encode(media.Encoding(".wav", "soundfile", "WAV", "PCM_24", rate_hz=192_000), original)
    expected = soxr.resample(original.mean(axis=1), 192_000, 16_000)
    np.testing.assert_allclose(decode_all(data)[0], expected, atol=1e-5)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 192_000])
def test_a_single_sample_is_sound(rate_hz: int) -> None:
    data = media.encode(
        media.Encoding(".wav", "soundfile", "WAV", "PCM_16", rate_hz=rate_hz), np.full((1, 1), 0.5, "f4")
    )
    samples, end = decode_all(data)
    assert len(samples) >= 1
    assert end.complete


def test_silence_is_sound() -> None:
    samples, end = decode_all(media.encode(WAV, np.zeros((44_100, 1), dtype=np.float32)))
    assert not samples.any()
    assert end == DecodeEnd(True, None, 16_000, 0)


# --- what is damaged


CUT = [e for e in media.ENCODINGS if (e.container, e.codec) in {
    ("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_24"), ("CAF", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"), ("matroska", "flac"), ("matroska", "aac"), ("webm", "libopus"), ("asf", "wmav2"),
    ("adts", "aac"), ("mp2", "mp2"), ("AU", "PCM_16"), ("avi", "pcm_s16le"),
}]  # fmt: skip


@pytest.mark.parametrize("encoding", CUT, ids=str)
def test_what_is_left_of_a_cut_file_is_delivered_as_partial(encoding: media.Encoding) -> None:
    data = media.encode(encoding, media.melody(10.0, encoding.rate_hz))
    whole, _ = decode_all(data)
    part, end = decode_all(data[: int(len(data) * 0.55)])
    assert not end.complete
    assert end.reason is not None
    assert "end" in end.reason or "decoded" in end.reason or "damaged" in end.reason
    assert 3.5 < len(part) / 16_000 < 7.0
    np.testing.assert_allclose(part[:48_000], whole[:48_000], atol=1e-4)


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov", "frag_every_frame+empty_moov"])
def test_cut_mp4_with_its_index_in_front(flags: str) -> None:
    data = media.encode(M4A, media.melody(10.0), options={"movflags": flags, "frag_duration": "1000000"})
    assert decode_all(data)[1].complete
    part, end = decode_all(data[: int(len(data) * 0.55)])
    assert not end.complete
    assert end.reason is not None
    assert end.reason.startswith("the file ends early")
    assert 3.5 < len(part) / 16_000 < 7.0


def test_cut_mp4_with_its_index_at_the_end_is_refused_with_the_cause() -> None:
    data = media.encode(M4A, media.melody(10.0))
    with pytest.raises(BadInputError, match=r"can't be decoded as mp4 .*; the file ends early: "):
        decode_all(data[: int(len(data) * 0.55)])


def test_cut_mp3_without_a_length_header() -> None:
    data = media.encode(media.Encoding(".mp3", "soundfile", "MP3", "MPEG_LAYER_III"), media.melody(10.0))
    first = ByteSource(io.BytesIO(data))
    bare = data[mpeg_frame_bytes(first.read_at(0, 4)) :]
    assert b"Xing" not in bare[:200]
    assert decode_all(bare)[1].complete
    assert decode_all(bare[: len(bare) // 2 + 100])[1].reason == "the file ends inside a frame"


def test_mp3_files_joined_end_to_end_are_read_to_the_end() -> None:
    """Each part has a header that states the length of that part alone."""
    mp3 = media.Encoding(".mp3", "soundfile", "MP3", "MPEG_LAYER_III")
    parts = [media.encode(mp3, media.melody(duration_s)) for duration_s in (10.0, 6.0, 10.0)]
    samples, end = decode_all(b"".join(parts))
    assert end.complete
    assert len(samples) / 16_000 == pytest.approx(26.0, abs=0.3)


def test_damage_in_the_middle_is_partial() -> None:
    data = bytearray(media.encode(MKV, media.melody(10.0)))
    middle = len(data) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    samples, end = decode_all(bytes(data))
    assert not end.complete
    assert len(samples) > 3 * 16_000


@pytest.mark.parametrize("data_bytes", [10 * 3600 * 32_000, 0xFFFFFFF0])
def test_header_that_promises_hours_over_a_kilobyte(data_bytes: int) -> None:
    samples, end = decode_all(media.wav_header(data_bytes) + b"\x10\x20" * 512)
    assert len(samples) == 512
    assert not end.complete
    assert end.reason is not None
    assert end.reason.startswith("the file ends early: 1.1 kB of")


@pytest.mark.parametrize("data_bytes", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_wav_written_to_a_pipe_is_whole(data_bytes: int) -> None:
    samples, end = decode_all(media.wav_header(data_bytes) + b"\x10\x20" * 16_000)
    assert len(samples) == 16_000
    assert end.complete


@pytest.mark.parametrize("n_bad", [1, 700])
def test_values_that_are_no_numbers_are_silenced_and_told(n_bad: int) -> None:
    samples = media.melody(1.0, 16_000, 2).copy()
    samples[100 : 100 + n_bad, 1] = np.nan
    samples[5000, 0], samples[5001, 0], samples[5002, 0] = np.inf, -np.inf, 3e38
    decoded, end = decode_all(media.encode(FLOAT_WAV, samples))
    assert np.isfinite(decoded).all()
    assert np.abs(decoded).max() <= 1.0
    assert (end.complete, end.n_nonfinite) == (False, n_bad + 3)
    assert end.reason == f"{n_bad + 3} samples were not finite numbers and were silenced"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_file_without_any_number_is_refused(value: float) -> None:
    data = media.encode(FLOAT_WAV, np.full((9000, 1), value, dtype=np.float32))
    with pytest.raises(BadInputError, match="holds no finite sample"):
        decode_all(data)


def test_make_finite_leaves_sound_alone(rng: np.random.Generator) -> None:
    chunk = (30_000 * rng.standard_normal((1000, 2))).clip(-65_000, 65_000).astype(np.float32)
    before = chunk.copy()
    assert make_finite(chunk) == 0
    np.testing.assert_array_equal(chunk, before)


# --- what is refused


PLAYLISTS = {
    "m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.wav\n#EXT-X-ENDLIST\n",
    "ffconcat": b"ffconcat version 1.0\nfile 'secret.wav'\n",
    "concat": b"file 'secret.wav'\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    "mpd": b'<?xml version="1.0"?><MPD><Period><BaseURL>secret.wav</BaseURL></Period></MPD>',
}


@pytest.mark.parametrize("suffix", [".mp3", ".m4a", ".wav"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_opens_no_other_file(
    kind: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.wav").write_bytes(media.encode(WAV, media.melody(1.0)))
    path = tmp_path / ("list" + suffix)
    path.write_bytes(PLAYLISTS[kind])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match=r"is not sound: it looks like (a playlist|text)"):
        read(path)


def test_the_second_lock_refuses_a_playlist_that_gets_past_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a playlist ever taken for sound, FFmpeg still could open nothing by name."""
    (tmp_path / "secret.wav").write_bytes(media.encode(WAV, media.melody(1.0)))
    (tmp_path / "list.m4a").write_bytes(PLAYLISTS["ffconcat"])
    monkeypatch.chdir(tmp_path)
    with (
        (tmp_path / "list.m4a").open("rb") as file,
        pytest.raises(ValueError, match=r"can't be decoded|holds no sound"),
    ):
        PyavReader(ByteSource(file), Container("concat", False, "concat"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"is empty"),
        (b"only words, called a wav\n" * 9, r"is not sound: it looks like text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(900), r"is not sound: it looks like a PNG picture"),
        (media.wav_header(0), r"holds no sound that can be decoded"),
    ],
)
def test_what_is_not_sound_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        decode_all(data)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(BadInputError, match=r"pipe\.wav is not a regular file"):
        read(tmp_path / "pipe.wav")


def test_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is not a regular file"):
        read(tmp_path)
    with pytest.raises(NotFoundError, match=r"none\.wav does not exist"):
        read(tmp_path / "none.wav")


# --- films


def test_the_sound_of_a_film() -> None:
    film = media.encode(media.Encoding(".mp4", "av", "mp4", "aac"), media.melody(2.0), n_pictures=50)
    expected = soxr.resample(media.melody(2.0)[:, 0], 44_100, 16_000)
    assert rms_difference(decode_all(film)[0], expected) < 0.02


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_sound_that_begins_late_is_placed_where_it_is_heard(container: str) -> None:
    late = media.encode(
        media.Encoding(".film", "av", container, "aac"), media.melody(2.0), n_pictures=100, pts_offset=44_100
    )
    decoded, _ = decode_all(late)
    expected = soxr.resample(media.melody(2.0)[:, 0], 44_100, 16_000)
    assert np.abs(decoded[:14_000]).max() < 1e-3
    lags = range(15_000, 17_000)
    best = min(lags, key=lambda lag: rms_difference(expected[2000:20_000], decoded[lag + 2000 : lag + 20_000]))
    assert abs(best - 16_000) <= 500


def test_the_default_track_is_taken() -> None:
    loud, quiet = media.melody(1.0), np.zeros((44_100, 1), dtype=np.float32)
    decoded, _ = decode_all(media.encode(MKV, loud, more_tracks=(quiet,)))
    assert np.abs(decoded).max() > 0.1


# --- size


def test_output_is_capped_and_told() -> None:
    samples, end = decode_all(media.encode(WAV, media.melody(3.0)), max_output_s=1.0)
    assert len(samples) == 16_000
    assert end.reason == "it is longer than 1.0 s; the rest was left out"
    assert decode_all(media.encode(WAV, media.melody(1.0)), max_output_s=1.0)[1].complete


@pytest.mark.parametrize(("hours", "rate_hz"), [(0.5, 8_000), (0.5, 16_000)])
def test_memory_does_not_grow_with_length(tmp_path: Path, hours: float, rate_hz: int) -> None:
    """The largest block of arrays alive at once is a few chunks, while the whole would be 115 MB."""
    path = tmp_path / "long.wav"
    n_bytes = round(hours * 3600) * rate_hz * 2
    with path.open("wb") as file:
        file.write(media.wav_header(n_bytes, rate_hz))
        file.truncate(44 + n_bytes)
    tracemalloc.start()
    with path.open("rb") as opened, decode_blocks(opened, "long.wav") as stream:
        n_samples = sum(len(block) for block in stream)
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_samples == round(hours * 3600) * 16_000
    assert peak < 20e6


def test_real_recordings_equal_soundfile(shared_data: Path) -> None:
    for path in sorted((shared_data / "esc50").rglob("*.opus"))[:10]:
        expected, rate_hz = soundfile.read(path, dtype="float32")
        assert rate_hz == 16_000
        np.testing.assert_array_equal(read(path).samples, expected)
