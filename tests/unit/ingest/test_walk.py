"""Which entries of a folder count as sound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sonotheque.errors import BadInputError
from sonotheque.ingest.walk import FoundFile, Selection, Unreadable, resolve_root, walk
from sonotheque.values.recording import FileStamp


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(root: Path, selection: Selection | None = None) -> list[str]:
    entries = walk(os.fsencode(root), selection or Selection())
    return [os.path.relpath(os.fsdecode(entry.path), root) for entry in entries if isinstance(entry, FoundFile)]


def test_endings_count_whatever_their_case_and_order_is_by_name(tmp_path: Path) -> None:
    make(tmp_path, "b.WAV", "a.Flac", "deep/er/c.mP3", "notes.txt", "wav", "d.opus", "picture.png")
    assert names(tmp_path) == ["a.Flac", "b.WAV", "d.opus", "deep/er/c.mP3"]


def test_stamps_are_those_of_stat(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    (entry,) = walk(os.fsencode(tmp_path), Selection())
    assert entry == FoundFile(os.fsencode(tmp_path / "a.wav"), FileStamp.of((tmp_path / "a.wav").stat()))


def test_a_file_given_as_root_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    make(tmp_path, "recording.bin")
    assert names(tmp_path / "recording.bin") == ["."]


def test_hidden_entries_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    make(tmp_path, ".trash/a.wav", ".b.wav", "c.wav")
    assert names(tmp_path) == ["c.wav"]
    assert names(tmp_path, Selection(hidden=True)) == [".b.wav", "c.wav", ".trash/a.wav"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(include=("*.wav",)), ["a.wav", "drafts/b.WAV"]),
        (Selection(exclude=("drafts",)), ["a.wav", "c.mp3"]),
        (Selection(exclude=("drafts/**", "*.MP3")), ["a.wav"]),
        (Selection(include=("*.wav",), exclude=("a.*",)), ["drafts/b.WAV"]),
    ],
)
def test_patterns(tmp_path: Path, selection: Selection, expected: list[str]) -> None:
    make(tmp_path, "a.wav", "drafts/b.WAV", "c.mp3")
    assert names(tmp_path, selection) == expected


def test_links_to_files_inside_count_and_links_out_only_when_asked(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    make(inside, "a.wav")
    make(outside, "b.wav", "folder/c.wav")
    (inside / "again.wav").symlink_to("a.wav")
    (inside / "out.wav").symlink_to(outside / "b.wav")
    (inside / "out").symlink_to(outside / "folder")
    (inside / "circle").symlink_to(".")
    assert names(inside) == ["a.wav", "again.wav"]
    assert names(inside, Selection(follow_links=True)) == ["a.wav", "again.wav", "out.wav", "out/c.wav"]


def test_entries_that_cannot_be_looked_at_have_a_reason(tmp_path: Path) -> None:
    make(tmp_path, "good.wav")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "broken.wav").symlink_to("nothing.wav")
    (tmp_path / "broken.txt").symlink_to("nothing.txt")
    os.mkfifo(tmp_path / "pipe.wav")
    found = list(walk(os.fsencode(tmp_path), Selection()))
    problems = {entry.path.rpartition(b"/")[2]: entry.reason for entry in found if isinstance(entry, Unreadable)}
    assert problems == {
        b"broken.wav": "can't be looked at (no such file or directory)",
        b"loop.wav": "can't be looked at (too many levels of symbolic links)",
        b"pipe.wav": "is not a regular file",
    }


def test_a_root_is_made_absolute_and_keeps_its_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "real/a.wav")
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path)
    assert resolve_root("link/../link/") == os.fsencode(tmp_path / "link")
    assert names(tmp_path / "link") == ["a.wav"]
    with pytest.raises(BadInputError, match="path to index is empty"):
        resolve_root("")
