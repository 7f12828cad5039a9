"""Naming clips and cutting them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.library.clips import cut, parse_clip, to_integers
from sonotheque.values.span import Span


@pytest.mark.parametrize(
    ("text", "path", "span"),
    [
        ("a.wav", "a.wav", None),
        ("a.wav@12.5-15", "a.wav", (12.5, 15.0)),
        ("a.wav@1:02-1:10", "a.wav", (62.0, 70.0)),
        ("a.wav@2m30s-1h", "a.wav", (150.0, 3600.0)),
        ("a@b.wav@0-1", "a@b.wav", (0.0, 1.0)),
        ("me@home-2.wav", "me@home-2.wav", None),
        ("me@1-2/a.wav", "me@1-2/a.wav", None),
        ("a.wav@", "a.wav@", None),
        ("a.wav@5", "a.wav@5", None),
    ],
)
def test_a_clip_is_a_file_or_a_span_of_it(text: str, path: str, span: tuple[float, float] | None) -> None:
    clip = parse_clip(text)
    assert clip.path == Path(path)
    assert clip.span == (None if span is None else Span(*span))


def test_a_file_with_the_whole_name_comes_first(tmp_path: Path) -> None:
    (tmp_path / "take@1-2").write_bytes(b"")
    assert parse_clip(f"{tmp_path}/take@1-2").span is None
    assert parse_clip(f"{tmp_path}/take@1-3").span == Span(1.0, 3.0)


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadInputError, match="end after its start"):
        parse_clip("a.wav@5-2")


@pytest.mark.parametrize("n_bits", [16, 24])
def test_integers_survive_reading_and_writing(n_bits: int, rng: np.random.Generator) -> None:
    limit = 1 << (n_bits - 1)
    values = np.concatenate([[-limit, limit - 1, 0, 1, -1], rng.integers(-limit, limit, 1000)])
    read = (values / limit).astype(np.float32)[:, None]
    assert (to_integers(read, n_bits)[:, 0] >> (0 if n_bits == 16 else 8) == values).all()
    assert to_integers(np.array([[2.0], [-2.0]], np.float32), n_bits)[0, 0] > 0  # clipped, never wrapped round


@pytest.mark.parametrize(("subtype", "dtype"), [("PCM_16", "int16"), ("PCM_24", "int32")])
@pytest.mark.parametrize("ending", [".wav", ".flac"])
def test_a_cut_is_bit_exact(tmp_path: Path, rng: np.random.Generator, subtype: str, dtype: str, ending: str) -> None:
    info = np.iinfo(np.int16 if dtype == "int16" else np.int32)
    values = rng.integers(info.min, info.max, (8000, 3), dtype=np.int64).astype(dtype)
    if dtype == "int32":
        values &= ~0xFF
    soundfile.write(tmp_path / "source.wav", values, 8000, subtype=subtype)
    out = tmp_path / f"cut{ending}"
    assert cut(str(tmp_path / "source.wav").encode(), Span(0.25, 0.5), out) == Span(0.25, 0.5)
    got, rate_hz = soundfile.read(out, dtype=dtype)
    assert rate_hz == 8000
    assert (got == values[2000:4000]).all()


def test_padding_stops_at_both_ends(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "source.wav", np.zeros(8000), 8000)
    source = str(tmp_path / "source.wav").encode()
    assert cut(source, Span(0.1, 0.9), tmp_path / "cut.ogg", pad_s=5.0) == Span(0.0, 1.0)


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "source.wav"
    soundfile.write(source, np.zeros(8000), 8000)
    before = source.read_bytes()
    with pytest.raises(BadInputError, match="only ever read"):
        cut(str(source).encode(), Span(0.0, 0.5), source, overwrite=True)
    assert source.read_bytes() == before


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "source.wav"
    soundfile.write(source, np.zeros((8000, 12)), 8000)
    with pytest.raises(UnavailableError, match="can't be written as FLAC"):
        cut(str(source).encode(), None, tmp_path / "cut.flac")
    with pytest.raises(UnavailableError, match="can't be written"):
        cut(str(source).encode(), None, tmp_path / "absent" / "cut.wav")
    with pytest.raises(BadInputError, match=r"\.wav, \.flac, \.ogg"):
        cut(str(source).encode(), None, tmp_path / "cut.mp3")
    assert [path.name for path in tmp_path.iterdir()] == ["source.wav"]
