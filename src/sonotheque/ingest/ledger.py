"""Writes outcomes to the catalogue, many in one transaction, at least every second.

Owns what one file's outcome consists of and when it is committed. What was not committed did not happen: progress is
told only afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sonotheque.audio.probe import Probe
from sonotheque.ingest.inventory import Todo
from sonotheque.ingest.report import FileProblem, IndexReport
from sonotheque.models.roles import EmbeddedWindows
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import FileRow, Space, StageState
from sonotheque.store.writer import Writer
from sonotheque.values.recording import FileStamp, Recording, display_path

PROBE_STAGE, PROBE_REVISION = "probe", "1"
EMBED_STAGE = "embed"
_NEVER_STAMP = FileStamp(-1, -1, -1)
_MAX_HELD_ROWS = 20_000


@dataclass(slots=True, eq=False)
class Work:
    """One content on its way: the file it is read from, files with the same content, and the rows made so far."""

    todo: Todo
    content_hash: str
    probe: Probe | None = None
    parts: list[EmbeddedWindows] = field(default_factory=list)
    twins: list[Todo] = field(default_factory=list)
    duration_s: float = 0.0
    complete: bool = True
    reason: str | None = None

    @property
    def n_rows(self) -> int:
        """Rows held in memory, windows and finer vectors."""
        return sum(len(part.spans) + len(part.fine) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Placed:
    todo: Todo
    recording_id: int


@dataclass(frozen=True, slots=True)
class _Failed:
    root_id: int
    path: bytes
    stamp: FileStamp
    reason: str


class Ledger:
    """Outcomes waiting to be committed, and the report of those that were."""

    def __init__(
        self, catalogue: Catalogue, space: Space, gone: Mapping[bytes, FileRow], report: IndexReport, every_s: float
    ) -> None:
        self._catalogue, self._space, self._report, self._every_s = catalogue, space, report, every_s
        self._gone = dict(gone)
        self._gone_by_recording = {row.recording_id: path for path, row in gone.items() if row.recording_id is not None}
        self._embedded: list[Work] = []
        self._placed: list[_Placed] = []
        self._failed: list[_Failed] = []
        self._held_rows = 0
        self._committed_at = time.monotonic()
        self.bytes_done = 0

    @property
    def n_held(self) -> int:
        """Outcomes not committed yet."""
        return len(self._embedded) + len(self._placed) + len(self._failed)

    @property
    def is_due(self) -> bool:
        """Whether it is time to commit."""
        waited = time.monotonic() - self._committed_at >= self._every_s
        return self.n_held > 0 and (waited or self._held_rows >= _MAX_HELD_ROWS)

    def embedded(self, work: Work) -> None:
        """A content was decoded and embedded."""
        self._embedded.append(work)
        self._held_rows += work.n_rows

    def placed(self, todo: Todo, recording_id: int) -> None:
        """A file holds a content that is in the library already."""
        self._placed.append(_Placed(todo, recording_id))

    def failed(self, todo: Todo, reason: str, *, passing: bool = False) -> None:
        """A file could not be indexed; `passing` where the next run should try again by itself."""
        stamp = _NEVER_STAMP if passing else todo.found.stamp
        self._failed.append(_Failed(todo.root_id, todo.found.path, stamp, reason))

    def unreadable(self, root_id: int, path: bytes, reason: str) -> None:
        """An entry could not even be looked at."""
        self._failed.append(_Failed(root_id, path, _NEVER_STAMP, reason))

    def commit(self) -> list[Work]:
        """Writes everything in one transaction, then counts it; returns the contents that are now in the library."""
        with self._catalogue.write() as writer:
            moved = sum(self._write_work(writer, work) for work in self._embedded)
            moved += sum(self._write_file(writer, item.todo, item.recording_id) for item in self._placed)
            for item in self._failed:
                writer.put_file(item.path, item.root_id, item.stamp, failure=item.reason)
        done = self._embedded
        self._count(moved)
        self._embedded, self._placed, self._failed, self._held_rows = [], [], [], 0
        self._committed_at = time.monotonic()
        return done

    def close(self) -> None:
        """After a run that saw everything: hides the files that are gone, save those that were found elsewhere."""
        if self._gone:
            with self._catalogue.write() as writer:
                writer.mark_missing([row.file_id for row in self._gone.values()])
        self._report.n_missing = len(self._gone)

    def _write_work(self, writer: Writer, work: Work) -> int:
        assert work.probe is not None
        probe = work.probe
        recording = Recording(
            content_hash=work.content_hash,
            duration_s=work.duration_s,
            rate_hz=probe.rate_hz,
            n_channels=probe.n_channels,
            container=probe.container,
            codec=probe.codec,
            tags=probe.tags,
        )
        recording_id = writer.upsert_recording(recording, work.todo.found.stamp.size)
        state: StageState = "done" if work.complete else "partial"
        writer.set_stage(recording_id, PROBE_STAGE, PROBE_REVISION)
        writer.add_windows(
            recording_id,
            self._space,
            np.concatenate([part.spans for part in work.parts]),
            np.concatenate([part.vectors for part in work.parts]),
        )
        fine = [part.fine for part in work.parts if len(part.fine)]
        hop_s = work.parts[0].fine_hop_s
        writer.put_frames(recording_id, self._space, np.concatenate(fine), start_s=0.0, hop_s=hop_s)
        writer.set_stage(recording_id, EMBED_STAGE, self._space.name, state, work.reason)
        return sum(self._write_file(writer, todo, recording_id) for todo in (work.todo, *work.twins))

    def _write_file(self, writer: Writer, todo: Todo, recording_id: int) -> int:
        """Points the path at its recording; a file that is gone from elsewhere is taken to have moved here."""
        found, known = todo.found, todo.known
        if known is not None and known.recording_id == recording_id:
            writer.touch_file(known.file_id, found.stamp)
            return 0
        left = self._gone_by_recording.pop(recording_id, None)
        if left is not None and known is None:
            writer.move_file(self._gone.pop(left).file_id, found.path, todo.root_id, found.stamp)
            return 1
        writer.put_file(found.path, todo.root_id, found.stamp, recording_id)
        return 0

    def _count(self, moved: int) -> None:
        report = self._report
        for work in self._embedded:
            report.n_indexed += 1
            report.audio_s += work.duration_s
            report.n_copies += len(work.twins)
            if not work.complete:
                report.partial.append(FileProblem(display_path(work.todo.found.path), work.reason or "incomplete"))
            self.bytes_done += sum(todo.found.stamp.size for todo in (work.todo, *work.twins))
        for placed in self._placed:
            self.bytes_done += placed.todo.found.stamp.size
            if placed.todo.known is not None and placed.todo.known.recording_id == placed.recording_id:
                report.n_unchanged += 1
            else:
                report.n_copies += 1
        report.n_moved += moved
        report.n_copies -= moved
        for failed in self._failed:
            self.bytes_done += max(0, failed.stamp.size)
            report.failed.append(FileProblem(display_path(failed.path), failed.reason))
