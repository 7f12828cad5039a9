"""Everything that changes a catalogue.

Owns the writes inside one open transaction: ingest gathers many recordings into one, a label takes one for itself.
Knows nothing of locks, nor of when to commit.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.store import sql, taught, vector_rows, window_rows
from sonotheque.store.filters import label_key
from sonotheque.store.rows import STAGE_STATES, Ids, Space, StageState
from sonotheque.store.taught import TaughtLabel
from sonotheque.store.words import index_text
from sonotheque.units import parse_date
from sonotheque.values.recording import FileStamp, Recording, display_path
from sonotheque.values.segment import Segment

_DATE_TAGS = ("creation_time", "date", "originaldate", "year")


class Writer:
    """Changes within one transaction; `Catalogue.write()` makes it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._now = vector_rows.now()

    # ---- roots, recordings, files -------------------------------------------------------------------------------

    def add_root(self, path: bytes) -> int:
        """The id of the root at `path`, added where it is new."""
        return self._scalar(
            "INSERT INTO roots (path, display, added_at) VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET display = excluded.display RETURNING id",
            (path, display_path(path), self._now),
        )

    def upsert_recording(self, recording: Recording, size: int) -> int:
        """The id of the recording with this content, added where it is new, its description brought up to date."""
        tags = {str(key): str(value) for key, value in recording.tags.items()}
        return self._scalar(
            "INSERT INTO recordings (content_hash, size, duration_s, rate_hz, n_channels, container, codec, tags, "
            "recorded_at, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO UPDATE SET "
            "size = excluded.size, duration_s = excluded.duration_s, rate_hz = excluded.rate_hz, "
            "n_channels = excluded.n_channels, container = excluded.container, codec = excluded.codec, "
            "tags = excluded.tags, recorded_at = excluded.recorded_at RETURNING id",
            (
                recording.content_hash, size, recording.duration_s, recording.rate_hz, recording.n_channels,
                recording.container, recording.codec, json.dumps(tags, ensure_ascii=True), recorded_at(tags), self._now,
            ),
        )  # fmt: skip

    def put_file(
        self, path: bytes, root_id: int, stamp: FileStamp, recording_id: int | None = None, failure: str | None = None
    ) -> int:
        """Record what was found at `path`: the recording it holds, or why it could not be read. Returns the file's id.

        The file counts as present; what was known of the path before is replaced.
        """
        if (recording_id is None) == (failure is None):
            raise BadInputError("A file holds a recording or has a reason why not: give one of the two.")
        display = display_path(path)
        file_id = self._scalar(
            "INSERT INTO files (path, display, root_id, recording_id, size, mtime_ns, inode, failure, failed_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET display = excluded.display, "
            "root_id = excluded.root_id, recording_id = excluded.recording_id, size = excluded.size, "
            "mtime_ns = excluded.mtime_ns, inode = excluded.inode, missing_since = NULL, failure = excluded.failure, "
            "failed_at = excluded.failed_at RETURNING id",
            (
                path, display, root_id, recording_id, stamp.size, stamp.mtime_ns, stamp.inode, failure,
                None if failure is None else self._now,
            ),
        )  # fmt: skip
        self._index_names([file_id])
        return file_id

    def move_file(self, file_id: int, path: bytes, root_id: int, stamp: FileStamp) -> None:
        """Record that a known file lies at another path now; whatever was known of that path is replaced."""
        self._run("DELETE FROM names WHERE rowid IN (SELECT id FROM files WHERE path = ? AND id <> ?)", (path, file_id))
        self._run("DELETE FROM files WHERE path = ? AND id <> ?", (path, file_id))
        self._run(
            "UPDATE files SET path = ?, display = ?, root_id = ?, size = ?, mtime_ns = ?, inode = ?, "
            "missing_since = NULL WHERE id = ?",
            (path, display_path(path), root_id, stamp.size, stamp.mtime_ns, stamp.inode, file_id),
        )
        self._index_names([file_id])

    def mark_missing(self, file_ids: Sequence[int]) -> None:
        """Hide files that are no longer at their paths; nothing of them is erased."""
        self._each(
            "UPDATE files SET missing_since = ? WHERE id = ? AND missing_since IS NULL",
            [(self._now, row) for row in file_ids],
        )
        self._index_names(file_ids)

    def mark_seen(self, file_ids: Sequence[int]) -> None:
        """Show files again that were missing."""
        self._each("UPDATE files SET missing_since = NULL WHERE id = ?", [(row,) for row in file_ids])
        self._index_names(file_ids)

    def touch_file(self, file_id: int, stamp: FileStamp) -> None:
        """Record a new stamp of a file whose content proved to be the same."""
        self._run(
            "UPDATE files SET size = ?, mtime_ns = ?, inode = ?, missing_since = NULL WHERE id = ?",
            (stamp.size, stamp.mtime_ns, stamp.inode, file_id),
        )
        self._index_names([file_id])

    # ---- stages and their rows ----------------------------------------------------------------------------------

    def set_stage(
        self, recording_id: int, stage: str, revision: str, state: StageState = "done", reason: str | None = None
    ) -> None:
        """Record the state of one stage of one recording at one model revision."""
        if state not in STAGE_STATES:
            raise BadInputError(f"A stage is one of {', '.join(STAGE_STATES)}, not {state!r}.")
        self._run(
            "INSERT OR REPLACE INTO stages (recording_id, stage, revision, state, reason, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (recording_id, stage, revision, state, reason, self._now),
        )

    def ensure_space(self, name: str, dim: int, metric: str = "cosine") -> Space:
        """The space of a model revision, made where it is new; another dimension or metric raises `BadInputError`."""
        return vector_rows.ensure_space(self._connection, name, dim, metric)

    def add_windows(
        self,
        recording_id: int,
        space: Space,
        spans_s: npt.NDArray[np.float64],
        vectors: npt.NDArray[np.floating],
        *,
        append: bool = False,
    ) -> Ids:
        """Write the windows of a recording, (n, 2) starts and ends in seconds with (n, dim) vectors; returns their ids.

        They take the place of those that the recording has in the space, unless `append` says that they follow them.
        """
        return window_rows.insert_windows(self._connection, space, recording_id, spans_s, vectors, append=append)

    def put_frames(
        self,
        recording_id: int,
        space: Space,
        codes: npt.NDArray[np.int8],
        *,
        start_s: float,
        hop_s: float,
        scales: npt.NDArray[np.float32] | None = None,
        append: bool = False,
    ) -> None:
        """Write vectors of successive frames, int8 (n, dim) of which frame i starts at `start_s + i * hop_s`.

        A vector is its codes times its scale, 1/127 where no `scales` (n,) are given. They take the place of those that
        the recording has in the space, unless `append`.
        """
        window_rows.insert_frames(
            self._connection,
            space,
            recording_id,
            start_s=start_s,
            hop_s=hop_s,
            codes=codes,
            scales=scales,
            append=append,
        )

    # ---- segments -----------------------------------------------------------------------------------------------

    def add_segment(self, recording_id: int, segment: Segment) -> int:
        """Add an annotated span to a recording; returns its id."""
        return self.add_segments(recording_id, [segment])[0]

    def add_segments(self, recording_id: int, segments: Sequence[Segment]) -> list[int]:
        """Add annotated spans to a recording; returns their ids."""
        return [
            self._scalar(
                "INSERT INTO segments (recording_id, start_s, end_s, layer, text, text_key, source, score, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (
                    recording_id, segment.span.start_s, segment.span.end_s, segment.layer, segment.text,
                    label_key(segment.text), segment.source, segment.score, self._now,
                ),
            )
            for segment in segments
        ]  # fmt: skip

    def delete_segment(self, segment_id: int) -> None:
        """Delete one segment; raises `NotFoundError` where there is none."""
        if not self._run("DELETE FROM segments WHERE id = ?", (segment_id,)):
            raise NotFoundError(f"There is no segment {segment_id}.")

    def delete_layer(self, recording_id: int, layer: str, source: str) -> None:
        """Delete the segments that `source` put on a layer of a recording, so that it may write them anew."""
        self._run(
            "DELETE FROM segments WHERE recording_id = ? AND layer = ? AND source = ?", (recording_id, layer, source)
        )

    # ---- taught labels ------------------------------------------------------------------------------------------

    def put_taught(self, label: TaughtLabel) -> None:
        """Keep a taught label in place of one with the same text, whose detectors are dropped."""
        taught.put(self._connection, label)

    def put_detector(self, label: TaughtLabel, space_name: str, data: bytes) -> bool:
        """Keep what was fitted for a taught label in a space; False where the label was taught anew meanwhile."""
        return taught.put_detector(self._connection, label, space_name, data)

    def delete_taught(self, label: str) -> bool:
        """Delete a taught label, whatever its case and accents, with its detectors; False where there is none."""
        return taught.remove(self._connection, label) > 0

    # ---- forgetting ---------------------------------------------------------------------------------------------

    def forget_file(self, file_id: int) -> None:
        """Delete what is known of a path, and its recording where no other path holds it; the file itself stays."""
        row = sql.row(self._connection, "SELECT recording_id FROM files WHERE id = ?", (file_id,))
        if row is None:
            raise NotFoundError(f"There is no file {file_id} in the library.")
        self._run("DELETE FROM names WHERE rowid = ?", (file_id,))
        self._run("DELETE FROM files WHERE id = ?", (file_id,))
        left = "SELECT count(*) FROM files WHERE recording_id = ?"
        if row[0] is not None and not self._scalar(left, (row[0],)):
            self.forget_recording(row[0])

    def forget_recording(self, recording_id: int) -> None:
        """Delete a recording with its files, windows, vectors, frames, stages and labels."""
        for space_id in sql.column(self._connection, "SELECT id FROM spaces"):
            window_rows.delete_windows(self._connection, recording_id, space_id)
        self._run("DELETE FROM names WHERE rowid IN (SELECT id FROM files WHERE recording_id = ?)", (recording_id,))
        self._run("DELETE FROM files WHERE recording_id = ?", (recording_id,))
        if not self._run("DELETE FROM recordings WHERE id = ?", (recording_id,)):
            raise NotFoundError(f"There is no recording {recording_id} in the library.")

    def forget_root(self, root_id: int) -> None:
        """Delete a root with all that is known of the paths under it."""
        rows = sql.column(self._connection, "SELECT id FROM files WHERE root_id = ?", (root_id,))
        for file_id in rows:
            if self._scalar("SELECT count(*) FROM files WHERE id = ?", (file_id,)):
                self.forget_file(file_id)
        self._run("DELETE FROM roots WHERE id = ?", (root_id,))

    def delete_space(self, space: Space) -> None:
        """Delete a space with all windows, vectors and frames in it, and the stages of its revision."""
        for table in ("vectors", "tombstones", "windows", "frames"):
            self._run(f"DELETE FROM {table} WHERE space_id = ?", (space.id,))
        self._run("DELETE FROM spaces WHERE id = ?", (space.id,))
        self._run("DELETE FROM stages WHERE revision = ?", (space.name,))

    # ---- runs and notes -----------------------------------------------------------------------------------------

    def record_run(
        self, started_at: float, ended_at: float | None, counters: Mapping[str, float], run_id: int | None = None
    ) -> int:
        """Record an index run, or with `run_id` how it went on; times are seconds since the epoch. Returns its id."""
        row = (started_at, ended_at, json.dumps(dict(counters)))
        if run_id is None:
            return self._scalar("INSERT INTO runs (started_at, ended_at, counters) VALUES (?, ?, ?) RETURNING id", row)
        self._run("UPDATE runs SET started_at = ?, ended_at = ?, counters = ? WHERE id = ?", (*row, run_id))
        return run_id

    def write_note(self, key: str, value: object) -> None:
        """Keep a small JSON value under a name, such as the hits of the last search."""
        self._run("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)", (key, json.dumps(value)))

    def delete_note(self, key: str) -> None:
        """Delete a note; nothing happens where there is none."""
        self._run("DELETE FROM notes WHERE key = ?", (key,))

    # ---- within -------------------------------------------------------------------------------------------------

    def _run(self, statement: str, parameters: tuple[object, ...]) -> int:
        return sql.run(self._connection, statement, parameters)

    def _each(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            sql.run_each(self._connection, statement, rows)

    def _scalar(self, statement: str, parameters: tuple[object, ...]) -> int:
        return int(sql.value(self._connection, statement, parameters))

    def _index_names(self, file_ids: Sequence[int]) -> None:
        """Bring the words of files up to date: those that are present and hold a recording have them, others none."""
        self._each("DELETE FROM names WHERE rowid = ?", [(row,) for row in file_ids])
        rows = sql.rows(
            self._connection,
            "SELECT f.id, f.display, r.tags FROM json_each(?) AS wanted CROSS JOIN files AS f ON f.id = wanted.value "
            "JOIN recordings AS r ON r.id = f.recording_id WHERE f.missing_since IS NULL",
            (json.dumps(list(file_ids)),),
        )
        self._each(
            "INSERT INTO names (rowid, name, folders, tags) VALUES (?, ?, ?, ?)",
            [(file_id, *index_text(display, json.loads(tags))) for file_id, display, tags in rows],
        )


def recorded_at(tags: Mapping[str, str]) -> float | None:
    """When a recording was made by its container's tags, in seconds since the epoch; None where they don't say."""
    folded = {key.lower(): value.strip() for key, value in tags.items()}
    for key in _DATE_TAGS:
        text = folded.get(key, "")
        if not text:
            continue
        try:
            moment = dt.datetime.fromisoformat(text)
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, OverflowError):
            pass
        try:
            return parse_date(text)[0].timestamp()
        except (BadInputError, ValueError, OverflowError):
            continue
    return None
