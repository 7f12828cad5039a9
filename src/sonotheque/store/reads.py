"""Questions about recordings, files, windows and segments.

Owns the reading of rows into values. Knows nothing of filters, words and vectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import sqlalchemy as sa

from sonotheque.store import sql, vector_rows
from sonotheque.store.filters import label_key
from sonotheque.store.rows import FileRow, Ids, PlacedRecording, Root, Space, WindowRows
from sonotheque.values.recording import Recording
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span

_RECORDING = "r.id, r.content_hash, r.duration_s, r.rate_hz, r.n_channels, r.container, r.codec, r.tags"
_SEGMENT = "SELECT recording_id, id, start_s, end_s, layer, text, source, score FROM segments"


def id_list(ids: Iterable[int]) -> str:
    """Ids as the one parameter of `json_each(?)`, which takes any number of them."""
    return json.dumps([int(row) for row in ids])


def roots(connection: sa.Connection) -> list[Root]:
    """Every root, in the order in which they were added."""
    return [Root(*row) for row in sql.rows(connection, "SELECT id, path, display FROM roots ORDER BY id")]


def files_under(connection: sa.Connection, root_id: int | None) -> dict[bytes, FileRow]:
    """The files of a root, or of all roots, by path."""
    statement = (
        "SELECT path, id, size, mtime_ns, inode, recording_id, failure, missing_since IS NOT NULL FROM files"
        + ("" if root_id is None else " WHERE root_id = ?")
    )
    rows = sql.rows(connection, statement, () if root_id is None else (root_id,))
    return {row[0]: FileRow._make((*row[1:7], bool(row[7]))) for row in rows}


def file_at(connection: sa.Connection, path: bytes) -> FileRow | None:
    """What is known of one path; None where nothing is."""
    row = sql.row(
        connection,
        "SELECT id, size, mtime_ns, inode, recording_id, failure, missing_since IS NOT NULL FROM files WHERE path = ?",
        (path,),
    )
    return None if row is None else FileRow._make((*row[:6], bool(row[6])))


def recording_by_hash(connection: sa.Connection, content_hash: str) -> Recording | None:
    """The recording with this content, or None."""
    row = sql.row(connection, f"SELECT {_RECORDING} FROM recordings AS r WHERE content_hash = ?", (content_hash,))
    return None if row is None else _recording(row)


def recordings_by_ids(connection: sa.Connection, ids: Iterable[int]) -> dict[int, PlacedRecording]:
    """Recordings with the files that hold them and are present; those without any such file are left out."""
    rows = sql.rows(
        connection,
        f"SELECT {_RECORDING}, f.id, f.path, f.display FROM json_each(?) AS wanted "
        "CROSS JOIN recordings AS r ON r.id = wanted.value CROSS JOIN files AS f ON f.recording_id = r.id "
        "WHERE f.missing_since IS NULL ORDER BY f.id",
        (id_list(ids),),
    )
    grouped: dict[int, list[sql.Row]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(row)
    return {recording_id: _placed(group) for recording_id, group in grouped.items()}


def _placed(rows: Sequence[sql.Row]) -> PlacedRecording:
    file_ids, paths, displays = zip(*(row[8:11] for row in rows), strict=True)
    return PlacedRecording(_recording(rows[0]), file_ids, paths, displays)


def _recording(row: Sequence[object]) -> Recording:
    recording_id, content_hash, duration_s, rate_hz, n_channels, container, codec, tags = row[:8]
    return Recording(
        content_hash=str(content_hash),
        duration_s=duration_s,  # type: ignore[arg-type]  # the column's type is the schema's promise
        rate_hz=rate_hz,  # type: ignore[arg-type]
        n_channels=n_channels,  # type: ignore[arg-type]
        container=str(container),
        codec=str(codec),
        tags=MappingProxyType(json.loads(str(tags))),
        id=recording_id,  # type: ignore[arg-type]
    )


def recordings_lacking(connection: sa.Connection, stage: str, revision: str, *, retry_failed: bool) -> list[int]:
    """Ids of the recordings that are present and whose `stage` was never run at `revision`, in order."""
    settled = "('done', 'partial')" if retry_failed else "('done', 'partial', 'failed')"
    rows: list[int] = sql.column(
        connection,
        "SELECT r.id FROM recordings AS r WHERE r.n_present > 0 AND NOT EXISTS (SELECT 1 FROM stages AS s "
        f"WHERE s.recording_id = r.id AND s.stage = ? AND s.revision = ? AND s.state IN {settled}) ORDER BY r.id",
        (stage, revision),
    )
    return rows


def has_stage(connection: sa.Connection, recording_id: int, stage: str, revision: str) -> bool:
    """See `Catalogue.has_stage`."""
    statement = "SELECT 1 FROM stages WHERE recording_id = ? AND stage = ? AND revision = ? AND state <> 'failed'"
    return sql.row(connection, statement, (recording_id, stage, revision)) is not None


def windows_by_ids(connection: sa.Connection, ids: Iterable[int]) -> WindowRows:
    """The windows with these ids, in the order of the ids; those that are gone are left out."""
    return _window_rows(
        sql.rows(
            connection,
            "SELECT w.id, w.recording_id, w.start_s, w.end_s FROM json_each(?) AS wanted "
            "CROSS JOIN windows AS w ON w.id = wanted.value",
            (id_list(ids),),
        )
    )


def windows_of(connection: sa.Connection, recording_id: int, space: Space) -> WindowRows:
    """The windows of one recording in one space, in order of time."""
    return _window_rows(
        sql.rows(
            connection,
            "SELECT id, recording_id, start_s, end_s FROM windows WHERE recording_id = ? AND space_id = ? "
            "ORDER BY start_s, id",
            (recording_id, space.id),
        )
    )


def sample_windows(connection: sa.Connection, space: Space, n: int, rng: np.random.Generator) -> WindowRows:
    """At most `n` windows of a space, drawn from anywhere in it, in the order of their ids."""
    last_id = vector_rows.read_state(connection, space).last_id
    ids = np.arange(1, last_id + 1) if last_id <= 4 * n else np.unique(rng.integers(1, last_id + 1, 4 * n))
    found = _window_rows(
        sql.rows(
            connection,
            "SELECT w.id, w.recording_id, w.start_s, w.end_s FROM json_each(?) AS wanted "
            "CROSS JOIN windows AS w ON w.id = wanted.value AND w.space_id = ?",
            (id_list(ids.tolist()), space.id),
        )
    )
    kept = np.sort(rng.permutation(len(found))[:n])
    return WindowRows(found.ids[kept], found.recording_ids[kept], found.starts_s[kept], found.ends_s[kept])


def _window_rows(rows: Sequence[sql.Row]) -> WindowRows:
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)  # ids below 2^53 are exact
    return WindowRows(
        table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2].copy(), table[:, 3].copy()
    )


def window_runs(connection: sa.Connection, space: Space, recording_ids: Ids | None) -> list[tuple[int, int, int, int]]:
    """Per recording: its id, its first and last window id, and how many windows it has."""
    chosen = "SELECT w.recording_id, min(w.id), max(w.id), count(*) FROM "
    ending = "GROUP BY w.recording_id ORDER BY w.recording_id"
    if recording_ids is None:
        return sql.rows(connection, f"{chosen} windows AS w WHERE w.space_id = ? {ending}", (space.id,))
    return sql.rows(
        connection,
        f"{chosen} json_each(?) AS wanted CROSS JOIN windows AS w "
        f"ON w.recording_id = wanted.value AND w.space_id = ? {ending}",
        (id_list(recording_ids.tolist()), space.id),
    )


def window_ids(connection: sa.Connection, space: Space, runs: Iterable[tuple[int, int, int, int]]) -> Ids:
    """The sorted window ids of the recordings in `runs`; a recording's windows mostly have consecutive ids."""
    parts, scattered = [], []
    for recording_id, first, last, count in runs:
        if last - first + 1 == count:
            parts.append(np.arange(first, last + 1, dtype=np.int64))
        else:
            scattered.append(recording_id)
    if scattered:
        rows = sql.column(
            connection,
            "SELECT w.id FROM json_each(?) AS wanted "
            "CROSS JOIN windows AS w ON w.recording_id = wanted.value AND w.space_id = ?",
            (id_list(scattered), space.id),
        )
        parts.append(np.array(rows, dtype=np.int64))
    joined = np.concatenate(parts) if parts else np.empty(0, np.int64)
    return joined if (joined[1:] > joined[:-1]).all() else np.sort(joined)


def segments_of(connection: sa.Connection, recording_id: int, layer: str | None) -> list[Segment]:
    """The segments of a recording, or of one layer of it, in order of time."""
    rows = sql.rows(
        connection,
        f"{_SEGMENT} WHERE recording_id = ? AND layer = coalesce(?, layer) ORDER BY start_s, id",
        (recording_id, layer),
    )
    return [_segment(row) for row in rows]


def segments_labelled(connection: sa.Connection, text: str) -> list[tuple[int, Segment]]:
    """Recording id and segment for each segment with this text, whatever its case and accents."""
    rows = sql.rows(connection, f"{_SEGMENT} WHERE text_key = ? ORDER BY recording_id, start_s, id", (label_key(text),))
    return [(row[0], _segment(row)) for row in rows]


def labels(connection: sa.Connection, layer: str | None) -> Mapping[str, int]:
    """How often each text stands on segments, most frequent first."""
    rows = sql.rows(
        connection,
        "SELECT min(text), count(*) FROM segments WHERE layer = coalesce(?, layer) "
        "GROUP BY text_key ORDER BY 2 DESC, 1",
        (layer,),
    )
    return {row[0]: row[1] for row in rows}


def _segment(row: sql.Row) -> Segment:
    _, segment_id, start_s, end_s, layer, text, source, score = row
    return Segment(Span(start_s, end_s), layer, text, source, score, segment_id)
