"""Libraries of the small world of `sounding`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tests.unit.search.sounding import Event, WordEmbedder, add_recording

from sonotheque.library.library import Library

Recordings = Mapping[str, tuple[float, Sequence[Event]]]
Fill = Callable[[Recordings], Library]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library that hears with `WordEmbedder`."""
    with Library(tmp_path / "library", create=True) as opened:
        opened.embedder = WordEmbedder()
        yield opened


@pytest.fixture
def fill(library: Library) -> Fill:
    """Puts recordings, path to duration and events, into the library."""

    def put(recordings: Recordings) -> Library:
        with library.catalogue.write() as writer:
            for path, (duration_s, events) in recordings.items():
                add_recording(writer, path, duration_s, events)
        return library

    return put
