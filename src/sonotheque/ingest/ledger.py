"""Writes outcomes to the catalogue, many in one transaction, at least every second.

Owns what one file's outcome consists of, when it is committed and how it is counted: each file of a run counts as one
of indexed, unchanged, moved, copies, failed. What was not committed did not happen: it is counted only afterwards.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from sonotheque.errors import BadInputError
from sonotheque.ingest.inventory import Todo
from sonotheque.ingest.outcomes import Failure, Outcome, Placed, Work
from sonotheque.ingest.report import FileProblem, IndexReport
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import FileRow, Space
from sonotheque.store.writer import Writer
from sonotheque.values.recording import NEVER_STAMP, Recording, display_path

PROBE_STAGE, PROBE_REVISION = "probe", "1"
EMBED_STAGE = "embed"
_MAX_HELD_ROWS = 20_000

_Kind = Literal["indexed", "unchanged", "moved", "copies", "failed"]


class Ledger:
    """Outcomes waiting to be committed, and the report of those that were.

    `gone` are known files that are no longer at their paths: a known content at a new path is taken to be one of them.
    """

    def __init__(
        self, catalogue: Catalogue, space: Space, gone: Mapping[bytes, FileRow], report: IndexReport, every_s: float
    ) -> None:
        self._catalogue, self._space, self._report, self._every_s = catalogue, space, report, every_s
        self._gone = dict(gone)
        self._gone_paths: dict[int, list[bytes]] = {}
        for path, row in gone.items():
            if row.recording_id is not None:
                self._gone_paths.setdefault(row.recording_id, []).append(path)
        self._held: list[Outcome] = []
        self._held_rows = 0
        self._committed_at = time.monotonic()
        self.n_done = self.n_failed = self.bytes_done = 0

    @property
    def is_due(self) -> bool:
        """Whether it is time to commit."""
        waited = time.monotonic() - self._committed_at >= self._every_s
        return bool(self._held) and (waited or self._held_rows >= _MAX_HELD_ROWS)

    def enter(self, outcome: Outcome) -> None:
        """Takes an outcome; the next commit writes it."""
        self._held.append(outcome)
        if isinstance(outcome, Work):
            self._held_rows += outcome.n_rows

    def commit(self) -> list[Outcome]:
        """Writes everything in one transaction, then counts it; returns what was held.

        Where the catalogue refuses a row (a model may give a vector that is none), only the file it came from fails.
        """
        held = self._held
        if held:
            try:
                self._write(held)
            except BadInputError:
                for outcome in held:
                    self._write_alone(outcome)
        self._held, self._held_rows = [], 0
        self._committed_at = time.monotonic()
        return held

    def close(self) -> None:
        """After a run that saw everything: hides the files that are gone and were not found elsewhere.

        Of a file that could never be read only the failure is known, and that goes with it.
        """
        rows = self._gone.values()
        missing = [row.file_id for row in rows if row.recording_id is not None and not row.is_missing]
        failures = [row.file_id for row in rows if row.recording_id is None]
        if missing or failures:
            with self._catalogue.write() as writer:
                writer.mark_missing(missing)
                for file_id in failures:
                    writer.forget_file(file_id)
        self._report.n_missing = len(missing)

    def _write_alone(self, outcome: Outcome) -> None:
        try:
            self._write([outcome])
        except BadInputError as error:
            todos = [outcome.todo, *outcome.twins] if isinstance(outcome, Work) else [outcome.todo]
            self._write([Failure(todo, f"can't be stored: {error.message}") for todo in todos])

    def _write(self, outcomes: Sequence[Outcome]) -> None:
        moved: set[bytes] = set()
        with self._catalogue.write() as writer:
            kinds = [kind for outcome in outcomes for kind in self._write_one(writer, outcome, moved)]
        for path in moved:
            del self._gone[path]
        self._count(outcomes, Counter(kinds))

    def _write_one(self, writer: Writer, outcome: Outcome, moved: set[bytes]) -> list[_Kind]:
        if isinstance(outcome, Failure):
            _write_failure(writer, outcome)
            return ["failed"]
        if isinstance(outcome, Placed):
            return [self._write_file(writer, outcome.todo, outcome.recording_id, moved)]
        recording_id = self._write_content(writer, outcome)
        self._write_file(writer, outcome.todo, recording_id, moved)
        return ["indexed", *(self._write_file(writer, twin, recording_id, moved) for twin in outcome.twins)]

    def _write_content(self, writer: Writer, work: Work) -> int:
        """The recording with its stages and all its rows; returns its id."""
        probe, space = work.probe, self._space
        assert probe is not None
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
        spans = np.concatenate([part.spans for part in work.parts])
        vectors = np.concatenate([part.vectors for part in work.parts if len(part.vectors)])
        writer.add_windows(recording_id, space, spans, vectors)
        finer = [part for part in work.parts if len(part.fine)]
        if finer:
            codes, first = np.concatenate([part.fine for part in finer]), finer[0]
            writer.put_frames(recording_id, space, codes, start_s=first.fine_start_s, hop_s=first.fine_hop_s)
        writer.set_stage(recording_id, PROBE_STAGE, PROBE_REVISION)
        state: Literal["done", "partial"] = "done" if work.reason is None else "partial"
        writer.set_stage(recording_id, EMBED_STAGE, space.name, state, work.reason)
        return recording_id

    def _write_file(self, writer: Writer, todo: Todo, recording_id: int, moved: set[bytes]) -> _Kind:
        """Points a path at its recording; a file that is gone from elsewhere is taken to have moved here."""
        found, known = todo.found, todo.known
        if known is not None and known.recording_id == recording_id:
            writer.touch_file(known.file_id, found.stamp)
            return "unchanged"
        if known is None or known.recording_id is None:
            for path in self._gone_paths.get(recording_id, ()):
                if path in self._gone and path not in moved:
                    moved.add(path)
                    writer.move_file(self._gone[path].file_id, found.path, todo.root_id, found.stamp)
                    return "moved"
        writer.put_file(found.path, todo.root_id, found.stamp, recording_id)
        return "copies"

    def _count(self, outcomes: Sequence[Outcome], kinds: Counter[_Kind]) -> None:
        report = self._report
        report.n_indexed += kinds["indexed"]
        report.n_unchanged += kinds["unchanged"]
        report.n_moved += kinds["moved"]
        report.n_copies += kinds["copies"]
        self.n_done += kinds.total()
        self.n_failed += kinds["failed"]
        for outcome in outcomes:
            path = display_path(outcome.todo.found.path)
            self.bytes_done += outcome.todo.n_bytes
            if isinstance(outcome, Failure):
                report.failed.append(FileProblem(path, outcome.reason))
            elif isinstance(outcome, Work):
                self.bytes_done += sum(twin.n_bytes for twin in outcome.twins)
                report.audio_s += outcome.duration_s
                if outcome.reason is not None:
                    report.partial.append(FileProblem(path, outcome.reason))


def _write_failure(writer: Writer, failure: Failure) -> None:
    """Records why a file has no recording; what is known of an untouched or vanished file stays."""
    found, known = failure.todo.found, failure.todo.known
    if known is not None and known.recording_id is not None:
        if failure.reason.startswith("vanished"):
            writer.mark_missing([known.file_id])
            return
        if known.stamp == found.stamp:
            return
    stamp = NEVER_STAMP if failure.is_passing else found.stamp
    writer.put_file(found.path, failure.todo.root_id, stamp, failure=failure.reason)
