"""Hashing ahead: the hash, files that don't stand still, and a thread that always ends."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from sonotheque.ingest import hashing
from sonotheque.ingest.hashing import HashAhead, hash_file
from sonotheque.ingest.walk import FoundFile
from sonotheque.values.recording import FileStamp


def found(path: Path) -> FoundFile:
    return FoundFile(os.fsencode(path), FileStamp.of(path.stat()))


def test_the_hash_is_the_contents_sha_256(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    hashed = hash_file(found(path))
    assert hashed.content_hash == hashlib.sha256(content).hexdigest()
    assert hashed.found == found(path)


def test_a_file_that_changed_since_it_was_found_is_hashed_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    before = found(path)
    path.write_bytes(b"newer")
    hashed = hash_file(before)
    assert hashed.content_hash == hashlib.sha256(b"newer").hexdigest()
    assert hashed.found.stamp == FileStamp.of(path.stat()) != before.stamp


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written over"])
def test_a_file_that_changes_meanwhile_has_no_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x" * (3 << 20))
    real = os.read
    sizes: list[int] = []

    def read(handle: int, n_bytes: int) -> bytes:
        block = real(handle, n_bytes)
        sizes.append(len(block))
        with path.open("r+b") as file:
            if change == "grows":
                file.seek(0, os.SEEK_END)
                file.write(b"y" * n_bytes)  # as fast as it is read: it would never end
            elif change == "shrinks":
                file.truncate(1 << 20)
            else:
                file.write(b"y")
        return block

    entry = found(path)
    monkeypatch.setattr(os, "read", read)
    hashed = hash_file(entry)
    assert (hashed.content_hash, hashed.reason) == (None, "changed while it was read")
    assert sum(sizes) <= 4 << 20  # a block more than it had at first tells enough


def test_what_cannot_be_read_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x")
    entry = found(path)
    path.unlink()
    assert hash_file(entry).reason == "vanished before it was read"
    path.mkdir()
    assert hash_file(entry).reason == "is not a regular file"
    path.rmdir()
    os.mkfifo(path)
    assert hash_file(entry).reason == "is not a regular file"
    path.unlink()
    path.write_bytes(b"x")

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    assert hash_file(entry).reason == "can't be read (input/output error)"


def test_files_come_in_order_each_once(tmp_path: Path) -> None:
    entries = []
    for number in range(600):
        path = tmp_path / f"{number}.wav"
        path.write_bytes(b"%d" % number)
        entries.append(found(path))
    with HashAhead(entries) as hashes:
        taken = [hashes.take(timeout_s=10.0) for _ in entries]
        assert hashes.take(timeout_s=0.0) is None
    assert [one.found for one in taken if one is not None] == entries


def test_leaving_early_ends_the_thread_even_where_nothing_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x" * 10_000)
    with HashAhead([found(path)] * 3000) as hashes:
        assert hashes.take(timeout_s=10.0) is not None
    assert not [thread for thread in threading.enumerate() if thread.name == "sonotheque-hash"]


def test_a_file_that_breaks_the_hashing_is_handed_out_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x")

    def break_off(*_: object) -> object:
        raise MemoryError("no room")

    monkeypatch.setattr(hashing, "hash_file", break_off)
    with HashAhead([found(path)]) as hashes:
        taken = hashes.take(timeout_s=10.0)
    assert taken is not None
    assert taken.reason == "can't be read (MemoryError: no room)"
