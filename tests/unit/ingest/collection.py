"""A folder of small sounds with a library over it, for tests of indexing.

Owns the writing of sounds that differ by a number, and the shortest way to run a job and to look at what it left.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.ingest.job import IndexSettings
from sonotheque.ingest.report import IndexReport
from sonotheque.library.library import Library


def write_sound(path: Path, number: int, duration_s: float = 0.6, *, peak: float = 0.3) -> Path:
    """A tone whose pitch is the number's, so that each number has a content of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(round(duration_s * 16_000)) / 16_000
    with path.open("wb") as file:
        soundfile.write(file, peak * np.sin(2 * np.pi * (200.0 + 37.0 * number) * time_s), 16_000, format="WAV")
    return path


@dataclass
class Collection:
    """Sounds in `media`, their library in `folder`."""

    base: Path
    embedder: PlainEmbedder = field(default_factory=PlainEmbedder)

    def __post_init__(self) -> None:
        self.media = self.base / "media"
        self.media.mkdir()
        self.library = Library(self.base / "library", create=True)
        self.use(self.embedder)

    def use(self, embedder: PlainEmbedder) -> None:
        """Goes on with another model."""
        self.embedder = self.library.__dict__["embedder"] = embedder

    def write(self, name: str, number: int, duration_s: float = 0.6, **options: Any) -> Path:
        """A sound below `media`."""
        return write_sound(self.media / name, number, duration_s, **options)

    def index(self, *paths: Path | bytes, on_progress: Any = None, **settings: Any) -> IndexReport:
        """Indexes `media`, or other paths, with one worker."""
        chosen = IndexSettings(**{"n_workers": 1, **settings})
        return self.library.index(paths or [self.media], settings=chosen, on_progress=on_progress)

    def paths(self) -> set[str]:
        """What is present and indexed, relative to `media` where it lies there."""
        rows = self.library.catalogue.files_under()
        found = [path for path, row in rows.items() if row.recording_id is not None and not row.is_missing]
        return {os.path.relpath(os.fsdecode(path), self.media) for path in found}

    def recording_id(self, path: Path) -> int:
        """The recording behind a path."""
        return self.library.recording_at(path).id

    def reasons(self) -> dict[str, str]:
        """Why files failed, by name, as the facade tells."""
        return {failed.display.rpartition("/")[2]: failed.reason for failed in self.library.failures()}


def assert_adds_up(report: IndexReport) -> None:
    """Every file that was found has exactly one outcome."""
    outcomes = (report.n_indexed, report.n_unchanged, report.n_copies, report.n_moved, len(report.failed))
    assert min(outcomes) >= 0
    assert report.n_found == sum(outcomes), report
