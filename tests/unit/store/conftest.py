"""A library to write into, and short ways to fill it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sonotheque.store.catalogue import Catalogue
from sonotheque.store.writer import Writer
from sonotheque.values.recording import FileStamp, Recording

AddFile = Callable[..., tuple[int, int]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def catalogue(folder: Path) -> Iterator[Catalogue]:
    with Catalogue.open(folder, create=True) as opened:
        yield opened


@pytest.fixture
def add_file() -> AddFile:
    """Writes a file with a recording of its own content; returns the recording's id and the file's."""

    def add(
        writer: Writer,
        path: str | bytes,
        *,
        content: str | None = None,
        duration_s: float = 10.0,
        tags: Mapping[str, str] | None = None,
        mtime_s: int = 0,
    ) -> tuple[int, int]:
        raw = path.encode() if isinstance(path, str) else path
        digest = hashlib.sha256(raw if content is None else content.encode()).hexdigest()
        recording = Recording(digest, duration_s, 16000, 1, "wav", "pcm_s16", tags or {})
        recording_id = writer.upsert_recording(recording, 1000)
        stamp = FileStamp(1000, mtime_s * 1_000_000_000, 5)
        return recording_id, writer.put_file(raw, writer.add_root(b"/sounds"), stamp, recording_id)

    return add
