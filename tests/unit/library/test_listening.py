"""Reading a single file that someone gives: an example, a file to tag."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.unit.ingest.collection import write_sound
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.audio.decode import read
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.library.listening import decoded_blocks, embed_file, load_clip
from sonotheque.values.query import Example
from sonotheque.values.span import Span


def test_a_clip_is_what_decoding_in_this_process_gives(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", 4, 3.0)
    whole, part = load_clip(Example(path)), load_clip(Example(path, Span(0.5, 1.25)))
    np.testing.assert_array_equal(whole.samples, read(path).samples)
    np.testing.assert_array_equal(part.samples, read(path, Span(0.5, 1.25)).samples)
    assert (whole.start_s, part.start_s, len(part.samples)) == (0.0, 0.5, 12_000)


def test_a_file_longer_than_a_moment_needs_a_span(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "long.wav", 4, 640.0)
    with pytest.raises(BadInputError, match="is longer than 10 min") as raised:
        load_clip(Example(path))
    assert "long.wav@12.5-15" in raised.value.next_step
    assert len(load_clip(Example(path, Span(630.0, 632.0))).samples) == 32_000


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("empty.wav", b"", "is empty"), ("words.wav", b"some words " * 40, "it looks like text")],
)
def test_what_is_no_sound_is_refused_with_its_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=f"{name} .*{reason}"):
        load_clip(Example(tmp_path / name))
    with pytest.raises(BadInputError, match=reason):
        embed_file(tmp_path / name, PlainEmbedder())


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no file at .*nothing\.wav"):
        load_clip(Example(tmp_path / "nothing.wav"))
    with pytest.raises(BadInputError, match="is not a regular file"):
        load_clip(Example(tmp_path))
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(BadInputError, match="is not a regular file"):
        list(decoded_blocks(tmp_path / "pipe.wav"))


def test_a_span_beyond_the_end_is_refused(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", 4, 1.0)
    with pytest.raises(BadInputError, match="ends before 5 s"):
        load_clip(Example(path, Span(5.0, 6.0)))


def test_rows_of_a_span_count_from_the_start_of_the_file(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", 4, 4.0)
    whole, part = embed_file(path, PlainEmbedder()), embed_file(path, PlainEmbedder(), Span(1.0, 3.0))
    np.testing.assert_allclose(part.spans, whole.spans[2:6])
    np.testing.assert_allclose(part.vectors, whole.vectors[2:6], atol=1e-5)
    assert (whole.fine_start_s, part.fine_start_s) == (0.0, 1.0)


def test_a_relative_name_of_any_bytes_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"caf\xe9\n.wav")
    write_sound(tmp_path / name, 2, 0.5)
    monkeypatch.chdir(tmp_path)
    assert len(load_clip(Example(Path(name))).samples) == 8_000


def test_leaving_early_leaves_no_process(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "long.wav", 4, 200.0)
    blocks = decoded_blocks(path)
    next(blocks)
    blocks.close()
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("this system doesn't tell a process its children")
    assert children.read_text().split() == []
