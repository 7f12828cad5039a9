"""Remembers the hits of the last search, so that `sono play 2` knows what is meant.

Owns the form of the note in the catalogue and the way from a number or FILE@START-END to a clip.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonotheque.errors import NotFoundError, SonothequeError
from sonotheque.library.clips import base_name, parse_clip
from sonotheque.values.recording import absolute_path, display_path
from sonotheque.values.span import Span

if TYPE_CHECKING:
    from sonotheque.library.library import Library
    from sonotheque.surfaces.cli.invocation import Invocation
    from sonotheque.values.hit import SearchResult

NOTE = "last-search"


@dataclass(frozen=True, slots=True)
class Target:
    """A file, or a span of it, that a command is about; `query` is what found it, empty where no search did."""

    path: bytes
    span: Span | None
    query: str = ""

    @property
    def name(self) -> str:
        """The file's name, safe to print."""
        return base_name(self.path)

    def __str__(self) -> str:
        return self.name if self.span is None else f"{self.name}@{self.span}"


def remember(library: Library, result: SearchResult) -> bool:
    """Keeps the hits; False where the library can't be written, which must not spoil the search."""
    hits = [
        {"recording_id": hit.recording_id, "path": hit.path.hex(), "start_s": hit.span.start_s, "end_s": hit.span.end_s}
        for hit in result.hits
    ]
    try:
        with library.catalogue.write() as writer:
            writer.write_note(NOTE, {"query": result.query.text or "", "hits": hits})
    except SonothequeError:
        return False
    return True


def find_target(invocation: Invocation, text: str) -> Target:
    """What `text` names: hit N of the last search, a file, or FILE@START-END. A file called `3` is `./3`."""
    if not (text.isascii() and text.isdecimal()):
        example = parse_clip(text)
        return Target(absolute_path(example.path), example.span)
    with invocation.open_library() as library:
        return recall(library, int(text))


def recall(library: Library, number: int) -> Target:
    """Hit `number` of the last search, where its recording lies now. Raises `NotFoundError`."""
    note: dict[str, Any] | None = library.catalogue.read_note(NOTE)
    if note is None:
        raise NotFoundError(
            "Nothing was searched for in this library yet.", next_step='Search first: sono search "rain".'
        )
    hits = note["hits"]
    if not 1 <= number <= len(hits):
        there = f"1 to {len(hits)}" if hits else "none"
        raise NotFoundError(f"The last search has no hit {number}.", next_step=f"Its hits: {there}.")
    hit = hits[number - 1]
    path = bytes.fromhex(hit["path"])
    if not _is_there(path):
        path = _present_path(library, int(hit["recording_id"]), path)
    return Target(path, Span(hit["start_s"], hit["end_s"]), note["query"])


def _present_path(library: Library, recording_id: int, path: bytes) -> bytes:
    """Another path of the recording: it was moved and indexed again, or it has copies."""
    placed = library.catalogue.recordings_by_ids([recording_id]).get(recording_id)
    for other in () if placed is None else placed.paths:
        if _is_there(other):
            return other
    raise NotFoundError(
        f"{display_path(path)} is not there any more.", next_step="Run `sono index` if it was moved, and search again."
    )


def _is_there(path: bytes) -> bool:
    return Path(os.fsdecode(path)).exists()
