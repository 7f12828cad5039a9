"""The catalogue: what the library knows, in one database file.

Owns the one door to it: opening, reading, and transactions that write. The questions themselves stand in `reads`,
`filters`, `names`, `report`, `vector_rows` and `window_rows`, the changes in `writer`. Knows nothing of sound.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import sqlalchemy as sa

from sonotheque.errors import UnavailableError
from sonotheque.store import filters, names, reads, report, sql, taught, vector_rows, window_rows
from sonotheque.store.connection import Database
from sonotheque.store.filters import Filter
from sonotheque.store.rows import (
    FailedFile,
    FileRow,
    FrameBlock,
    Ids,
    NameMatch,
    PlacedRecording,
    Root,
    Run,
    Space,
    Status,
    WindowRows,
)
from sonotheque.store.taught import TaughtLabel
from sonotheque.store.writer import Writer
from sonotheque.values.recording import Recording
from sonotheque.values.segment import Segment

_FEW_RECORDINGS = 2000


class Catalogue:
    """An open catalogue; make it with `Catalogue.open`. Any thread may read and write through it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: dict[object, Any] = {}
        self._cached_change = -1
        self._cache_lock = threading.Lock()

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, create: bool = False, read_only: bool = False) -> Self:
        """Open the library in `folder`.

        Raises `NotFoundError` where there is none and `create` is False, `CorruptError` where its file is damaged, and
        `UnavailableError` where it was written by a newer version or `folder` is the URL of a database server.
        """
        text = os.fspath(folder)
        if isinstance(text, str) and "://" in text:
            raise UnavailableError(
                f"{text.split('://')[0]} databases are not supported yet.", next_step="Give the path of a folder."
            )
        return cls(Database(Path(text), create=create, read_only=read_only))

    def close(self) -> None:
        """Close the database; using the catalogue afterwards is a mistake."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The library's folder."""
        return self._database.folder

    @contextlib.contextmanager
    def write(self) -> Iterator[Writer]:
        """One transaction: all changes of the block are committed at its end, none where it raises.

        Keep it short: gather rows first, write them together. Others wait their turn meanwhile; readers don't.
        """
        with self._database.writing() as connection:
            sql.run(connection, "UPDATE meta SET value = value + 1 WHERE key = 'change'")
            yield Writer(connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for the modules of this package; each statement sees the last commit."""
        with self._database.reading() as connection:
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection for the modules of this package in which all statements see one commit."""
        with self._database.snapshot() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction for the modules of this package."""
        with self._database.writing() as connection:
            yield connection

    def change(self) -> int:
        """A number that grows with every transaction; what was read stays true while it stays the same."""
        with self.reading() as connection:
            return _read_change(connection)

    # ---- roots, files, recordings -------------------------------------------------------------------------------

    def roots(self) -> list[Root]:
        """Every root, in the order in which they were added."""
        with self.reading() as connection:
            return reads.roots(connection)

    def files_under(self, root_id: int | None = None) -> dict[bytes, FileRow]:
        """The files of a root, or of all roots, by path."""
        with self.reading() as connection:
            return reads.files_under(connection, root_id)

    def file_at(self, path: bytes) -> FileRow | None:
        """What is known of one path; None where nothing is."""
        with self.reading() as connection:
            return reads.file_at(connection, path)

    def recording_by_hash(self, content_hash: str) -> Recording | None:
        """The recording with this content, whether a file of it is present or not; None where there is none."""
        with self.reading() as connection:
            return reads.recording_by_hash(connection, content_hash)

    def recordings_by_ids(self, ids: Iterable[int]) -> dict[int, PlacedRecording]:
        """Recordings with the files that hold them and are present; those without any such file are left out."""
        with self.reading() as connection:
            return reads.recordings_by_ids(connection, ids)

    def recordings_lacking(self, stage: str, revision: str, *, retry_failed: bool = False) -> list[int]:
        """Ids of present recordings that have not been through `stage` at `revision`."""
        with self.reading() as connection:
            return reads.recordings_lacking(connection, stage, revision, retry_failed=retry_failed)

    def has_stage(self, recording_id: int, stage: str, revision: str) -> bool:
        """Whether a recording has been through `stage` at `revision`, and did not fail in it."""
        with self.reading() as connection:
            return reads.has_stage(connection, recording_id, stage, revision)

    # ---- windows and frames -------------------------------------------------------------------------------------

    def spaces(self) -> tuple[Space, ...]:
        """Every space, oldest first."""
        with self.reading() as connection:
            return report.spaces(connection)

    def space(self, name: str) -> Space | None:
        """The space of a model revision, or None."""
        return next((space for space in self.spaces() if space.name == name), None)

    def windows_by_ids(self, ids: Iterable[int]) -> WindowRows:
        """The windows with these ids, in the order of the ids; those that are gone are left out."""
        with self.reading() as connection:
            return reads.windows_by_ids(connection, ids)

    def windows_of(self, recording_id: int, space: Space) -> WindowRows:
        """The windows of one recording, in order of time."""
        with self.reading() as connection:
            return reads.windows_of(connection, recording_id, space)

    def sample_windows(self, space: Space, n: int, rng: np.random.Generator) -> WindowRows:
        """At most `n` windows of a space, drawn from anywhere in it, in the order of their ids."""
        with self.reading() as connection:
            return reads.sample_windows(connection, space, n, rng)

    def vectors_of(self, space: Space, window_ids: Ids) -> tuple[Ids, vector_rows.Vectors]:
        """Of sorted window ids those that exist, and their vectors as float32 (n, dim)."""
        with self.reading() as connection:
            ids, stored = vector_rows.read_vectors_of(connection, space, window_ids)
        return ids, stored.astype("float32")

    def window_ids(self, space: Space, recording_ids: Ids) -> Ids:
        """The sorted ids of all windows of these recordings, as `VectorStore.search` takes them."""
        with self.reading() as connection:
            if len(recording_ids) <= _FEW_RECORDINGS:
                return reads.window_ids(connection, space, reads.window_runs(connection, space, recording_ids))
            runs = self._cached(connection, ("runs", space.id), lambda: reads.window_runs(connection, space, None))
            wanted = set(recording_ids.tolist())
            return reads.window_ids(connection, space, (run for run in runs if run[0] in wanted))

    def frames(
        self, space: Space, recording_ids: Sequence[int], start_s: float = 0.0, end_s: float = float("inf")
    ) -> dict[int, FrameBlock]:
        """Per recording the frames that start in [start_s, end_s); recordings without any are left out."""
        with self.reading() as connection:
            return window_rows.read_frames(connection, space, recording_ids, start_s, end_s)

    # ---- finding ------------------------------------------------------------------------------------------------

    def search_names(self, text: str, limit: int = 100, allowed: Ids | None = None) -> list[NameMatch]:
        """Files whose name, folders or tags hold any word of `text`, ranked by BM25F, best first.

        Takes any text; `allowed` narrows it to these recordings (sorted ids). A word also finds longer words that begin
        with it, for less. In a large library the words that stand nearly everywhere don't decide the order.
        """
        with self.reading() as connection:
            return names.search_names(connection, text, limit, allowed)

    def allowed_recordings(self, wanted: Filter | None = None) -> Ids | None:
        """Sorted ids of the recordings that pass a filter and of which a file is present; None where all of them do."""
        wanted = Filter() if wanted is None else wanted
        with self.reading() as connection:
            found: Ids | None = self._cached(connection, wanted, lambda: filters.allowed_recordings(connection, wanted))
            return found

    def segments_of(self, recording_id: int, layer: str | None = None) -> list[Segment]:
        """The segments of a recording, or of one layer of it, in order of time."""
        with self.reading() as connection:
            return reads.segments_of(connection, recording_id, layer)

    def segments_labelled(self, text: str) -> list[tuple[int, Segment]]:
        """Recording id and segment for each segment with this text, whatever its case and accents."""
        with self.reading() as connection:
            return reads.segments_labelled(connection, text)

    def labels(self, layer: str | None = None) -> Mapping[str, int]:
        """How often each text stands on segments, most frequent first."""
        with self.reading() as connection:
            return reads.labels(connection, layer)

    # ---- taught labels ------------------------------------------------------------------------------------------

    def taught_labels(self) -> list[TaughtLabel]:
        """Every label that was taught, by its text."""
        with self.reading() as connection:
            return taught.read_all(connection)

    def taught_label(self, label: str) -> TaughtLabel | None:
        """The taught label with this text, whatever its case and accents, or None."""
        with self.reading() as connection:
            return taught.read_one(connection, label)

    def detector(self, label: str, space_name: str) -> bytes | None:
        """What was fitted for a taught label in one space, or None."""
        with self.reading() as connection:
            return taught.read_detector(connection, label, space_name)

    # ---- the library in figures ---------------------------------------------------------------------------------

    def status(self) -> Status:
        """Counts over the whole library."""
        with self.snapshot() as connection:
            return report.status(connection, self.folder)

    def failures(self, limit: int = 100) -> list[FailedFile]:
        """Files that are present and could not be indexed, newest first."""
        with self.reading() as connection:
            return report.failures(connection, limit)

    def partial_stages(self, limit: int = 100) -> list[tuple[int, str, str, str | None]]:
        """Recording id, stage, state and reason of stages that are partial or failed, newest first."""
        with self.reading() as connection:
            return report.partial_stages(connection, limit)

    def count_lacking(self, stage: str, revision: str) -> int:
        """How many present recordings have not been through `stage` at `revision`."""
        with self.reading() as connection:
            return report.count_lacking(connection, stage, revision)

    def last_run(self) -> Run | None:
        """The last index run, or None."""
        with self.reading() as connection:
            return report.last_run(connection)

    def check(self) -> list[str]:
        """What is wrong inside the database file, one line each; empty where it is sound. Reads all of it."""
        with self.reading() as connection:
            return report.check(connection)

    def read_note(self, key: str) -> Any:
        """The JSON value kept under a name, or None."""
        with self.reading() as connection:
            row = sql.row(connection, "SELECT value FROM notes WHERE key = ?", (key,))
        return None if row is None else json.loads(row[0])

    def _cached(self, connection: sa.Connection, key: object, compute: Any) -> Any:
        """What `compute` gives, kept until anything in the catalogue changes."""
        change = _read_change(connection)
        with self._cache_lock:
            if change != self._cached_change or len(self._cache) > 64:
                self._cache.clear()
                self._cached_change = change
            if key in self._cache:
                return self._cache[key]
        value = compute()
        with self._cache_lock:
            if change == self._cached_change:
                self._cache[key] = value
        return value


def _read_change(connection: sa.Connection) -> int:
    return int(sql.value(connection, "SELECT value FROM meta WHERE key = 'change'"))
