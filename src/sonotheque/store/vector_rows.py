"""Vectors as rows of the catalogue.

Owns how vectors and frames are written, checked, read and deleted inside a transaction that someone else holds, and the
counters of each space that tell readers what changed. Knows nothing of search.

A vector is kept as float16, little-endian; every path computes scores from these same numbers in float32.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.store import sql
from sonotheque.store.rows import FrameBlock, Ids, Space

STORED = np.dtype("<f2")
FRAMES_PER_CHUNK = 512
Vectors = npt.NDArray[np.float32]


class SpaceState(NamedTuple):
    """The counters of a space: every change raises `change`; files of `generation` cover ids up to `covered_id`."""

    n_rows: int
    last_id: int
    change: int
    generation: int
    covered_id: int
    n_covered: int
    last_tombstone: int


def read_state(connection: sa.Connection, space: Space) -> SpaceState:
    """The present counters of `space`; raises `NotFoundError` where the catalogue has no such space."""
    row = sql.row(
        connection,
        "SELECT n_rows, last_id, change, generation, covered_id, n_covered, "
        "coalesce((SELECT max(seq) FROM tombstones WHERE space_id = spaces.id), 0) "
        "FROM spaces WHERE id = ? AND name = ?",
        (space.id, space.name),
    )
    if row is None:
        raise NotFoundError(f"The library has no vectors of {space.name}.", next_step="Run `sono index --refresh`.")
    return SpaceState(*row)


def check_vectors(space: Space, vectors: npt.ArrayLike) -> Vectors:
    """`vectors` as float32 (n, dim), of length one where the metric is cosine; raises `BadInputError` for others."""
    array = np.asarray(vectors, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != space.dim:
        raise BadInputError(f"Vectors of {space.name} have the shape (n, {space.dim}), not {array.shape}.")
    if not np.isfinite(array).all():
        raise BadInputError(
            f"Vectors of {space.name} must be finite.", next_step="Check the model's output for this file."
        )
    if space.metric == "cosine":
        lengths = np.linalg.norm(array, axis=1, keepdims=True)
        if len(array) and not lengths.all():
            raise BadInputError(f"Vectors of {space.name} are compared by cosine and can't have the length zero.")
        array = array / lengths
    return array


def check_query(space: Space, queries: npt.ArrayLike, k: int) -> Vectors:
    """Queries (q, dim) as `check_vectors` gives them; raises `BadInputError` also where `k` is below 1."""
    if k < 1:
        raise BadInputError(f"A search asks for at least one row, not {k}.")
    return check_vectors(space, queries)


def insert_vectors(connection: sa.Connection, space: Space, ids: Ids, vectors: npt.ArrayLike) -> None:
    """Add rows; ids must rise and lie above every id that the space ever had, else `BadInputError`."""
    array = check_vectors(space, vectors)
    if len(ids) != len(array):
        raise BadInputError(f"{len(array)} vectors need as many ids, not {len(ids)}.")
    if not len(ids):
        return
    state = read_state(connection, space)
    if int(ids[0]) <= state.last_id or (np.diff(ids) <= 0).any():
        raise BadInputError(f"New ids in {space.name} must rise from {state.last_id + 1}; an id is never used again.")
    raw = array.astype(STORED)
    sql.run_each(
        connection,
        "INSERT INTO vectors (id, space_id, data) VALUES (?, ?, ?)",
        [(row, space.id, data.tobytes()) for row, data in zip(ids.tolist(), raw, strict=True)],
    )
    sql.run(
        connection,
        "UPDATE spaces SET n_rows = n_rows + ?, last_id = ?, change = change + 1 WHERE id = ?",
        (len(ids), int(ids[-1]), space.id),
    )


def delete_vectors(connection: sa.Connection, space_id: int, ids: Sequence[int]) -> int:
    """Delete rows and leave a tombstone for each; ids that are not there are passed over. Returns how many were."""
    wanted = json.dumps(list(ids))
    n_deleted = sql.run(
        connection,
        "INSERT INTO tombstones (space_id, id) SELECT space_id, id FROM vectors "
        "WHERE space_id = ? AND id IN (SELECT value FROM json_each(?))",
        (space_id, wanted),
    )
    if n_deleted:
        sql.run(
            connection,
            "DELETE FROM vectors WHERE space_id = ? AND id IN (SELECT value FROM json_each(?))",
            (space_id, wanted),
        )
        sql.run(
            connection, "UPDATE spaces SET n_rows = n_rows - ?, change = change + 1 WHERE id = ?", (n_deleted, space_id)
        )
    return n_deleted


def read_vectors(
    connection: sa.Connection, space: Space, *, after: int = 0, upto: int | None = None, limit: int = -1
) -> tuple[Ids, npt.NDArray[np.float16]]:
    """Ids and vectors of the rows with `after` < id <= `upto`, in order of id."""
    rows = sql.rows(
        connection,
        "SELECT id, data FROM vectors WHERE space_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
        (space.id, after, (1 << 62) if upto is None else upto, limit),
    )
    return _as_arrays(space, rows)


def read_vectors_of(connection: sa.Connection, space: Space, ids: Ids) -> tuple[Ids, npt.NDArray[np.float16]]:
    """Ids and vectors of those of the sorted `ids` that exist, in order of id."""
    rows = sql.rows(
        connection,
        "SELECT v.id, v.data FROM json_each(?) AS wanted CROSS JOIN vectors AS v ON v.id = wanted.value "
        "WHERE v.space_id = ?",
        (json.dumps(ids.tolist()), space.id),
    )
    return _as_arrays(space, rows)


def read_tombstones(connection: sa.Connection, space: Space, *, upto: int) -> Ids:
    """Sorted ids up to `upto` that were deleted since the derived files were made."""
    found = sql.column(connection, "SELECT id FROM tombstones WHERE space_id = ? AND id <= ?", (space.id, upto))
    return np.unique(np.array(found, dtype=np.int64))


def publish(connection: sa.Connection, space: Space, built_from: SpaceState, generation: int, n_rows: int) -> None:
    """Make the files of `generation`, built from the rows at `built_from`, the ones that searches use."""
    sql.run(
        connection,
        "UPDATE spaces SET generation = ?, covered_id = ?, n_covered = ?, change = change + 1 WHERE id = ?",
        (generation, built_from.last_id, n_rows, space.id),
    )
    # Rows deleted while the files were built are in them, so their tombstones stay.
    sql.run(connection, "DELETE FROM tombstones WHERE space_id = ? AND seq <= ?", (space.id, built_from.last_tombstone))


def _as_arrays(space: Space, rows: list[sql.Row]) -> tuple[Ids, npt.NDArray[np.float16]]:
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    data = np.frombuffer(b"".join([row[1] for row in rows]), STORED)
    return ids, data.reshape(-1, space.dim)


def insert_windows(
    connection: sa.Connection,
    space: Space,
    recording_id: int,
    spans_s: npt.ArrayLike,
    vectors: npt.ArrayLike,
    *,
    append: bool,
) -> Ids:
    """Write windows of a recording with their vectors, after or in place of those that it has in the space; returns
    their ids, which are consecutive. Nothing is changed where an argument is refused.
    """
    spans = np.asarray(spans_s, dtype=np.float64).reshape(-1, 2)
    if not (np.isfinite(spans).all() and (spans[:, 0] >= 0).all() and (spans[:, 1] > spans[:, 0]).all()):
        raise BadInputError("Windows need finite times that start at 0 or later and end after their start.")
    array = check_vectors(space, vectors)
    if len(array) != len(spans):
        raise BadInputError(f"{len(spans)} windows need as many vectors, not {len(array)}.")
    if not append:
        delete_windows(connection, recording_id, space.id)
    first = 1 + int(sql.value(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'windows'") or 0)
    ids = np.arange(first, first + len(spans), dtype=np.int64)
    sql.run_each(
        connection,
        "INSERT INTO windows (id, recording_id, space_id, start_s, end_s) VALUES (?, ?, ?, ?, ?)",
        [(row, recording_id, space.id, *span) for row, span in zip(ids.tolist(), spans.tolist(), strict=True)],
    )
    insert_vectors(connection, space, ids, array)
    return ids


def delete_windows(connection: sa.Connection, recording_id: int, space_id: int) -> None:
    """Delete the windows of one recording in one space, vectors included."""
    ids = sql.column(
        connection, "SELECT id FROM windows WHERE recording_id = ? AND space_id = ?", (recording_id, space_id)
    )
    if ids:
        delete_vectors(connection, space_id, list(ids))
        sql.run(connection, "DELETE FROM windows WHERE recording_id = ? AND space_id = ?", (recording_id, space_id))


def insert_frames(
    connection: sa.Connection,
    space: Space,
    recording_id: int,
    *,
    start_s: float,
    hop_s: float,
    codes: npt.NDArray[np.int8],
    scales: npt.NDArray[np.float32] | None,
    append: bool,
) -> None:
    """Write frames of a recording, after or in place of those that it has; see `Writer.put_frames`."""
    if codes.dtype != np.int8 or codes.ndim != 2 or codes.shape[1] != space.dim:
        raise BadInputError(f"Frames are int8 of shape (n, {space.dim}), not {codes.dtype} {codes.shape}.")
    if scales is not None and scales.shape != (len(codes),):
        raise BadInputError(f"{len(codes)} frames need as many scales, not {scales.shape}.")
    if not (start_s >= 0 and hop_s > 0):
        raise BadInputError(f"Frames start at 0 s or later and step forward, not {start_s} s by {hop_s} s.")
    if not append:
        sql.run(connection, "DELETE FROM frames WHERE recording_id = ? AND space_id = ?", (recording_id, space.id))
    first = 1 + int(
        sql.value(
            connection,
            "SELECT coalesce(max(chunk_no), -1) FROM frames WHERE recording_id = ? AND space_id = ?",
            (recording_id, space.id),
        )
    )
    rows = []
    for chunk, low in enumerate(range(0, len(codes), FRAMES_PER_CHUNK)):
        part = codes[low : low + FRAMES_PER_CHUNK]
        scale = None if scales is None else scales[low : low + FRAMES_PER_CHUNK].astype("<f4").tobytes()
        rows.append(
            (recording_id, space.id, first + chunk, start_s + low * hop_s, hop_s, len(part), part.tobytes(), scale)
        )
    if rows:
        sql.run_each(
            connection,
            "INSERT INTO frames (recording_id, space_id, chunk_no, start_s, hop_s, n, data, scales) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def read_frames(
    connection: sa.Connection, space: Space, recording_ids: Sequence[int], start_s: float, end_s: float
) -> dict[int, FrameBlock]:
    """Per recording, the frames that start in [start_s, end_s); recordings without any are left out."""
    rows = sql.rows(
        connection,
        "SELECT f.recording_id, f.start_s, f.hop_s, f.n, f.data, f.scales FROM json_each(?) AS wanted "
        "CROSS JOIN frames AS f ON f.recording_id = wanted.value AND f.space_id = ? "
        "WHERE f.start_s < ? AND f.start_s + f.n * f.hop_s > ? ORDER BY f.recording_id, f.chunk_no",
        (json.dumps([int(row) for row in recording_ids]), space.id, end_s, start_s),
    )
    chunks: dict[int, list[FrameBlock]] = {}
    for recording_id, first_s, hop_s, n, data, scales in rows:
        starts = first_s + hop_s * np.arange(n)
        inside = (starts >= start_s) & (starts < end_s)
        if inside.any():
            codes = np.frombuffer(data, np.int8).reshape(n, space.dim)[inside]
            block = FrameBlock(codes, _scales(scales, n)[inside], starts[inside], hop_s)
            chunks.setdefault(recording_id, []).append(block)
    return {recording_id: _joined(blocks) for recording_id, blocks in chunks.items()}


def _scales(data: bytes | None, n: int) -> npt.NDArray[np.float32]:
    return np.full(n, 1 / 127, np.float32) if data is None else np.frombuffer(data, "<f4")


def _joined(blocks: Sequence[FrameBlock]) -> FrameBlock:
    if len(blocks) == 1:
        return blocks[0]
    return FrameBlock(
        np.concatenate([block.codes for block in blocks]),
        np.concatenate([block.scales for block in blocks]),
        np.concatenate([block.starts_s for block in blocks]),
        blocks[0].hop_s,
    )


def ensure_space(connection: sa.Connection, name: str, dim: int, metric: str) -> Space:
    """The space of that name, made where it is new; raises `BadInputError` where dimension or metric differ."""
    wanted = Space(0, name, dim, metric)
    sql.run(
        connection,
        "INSERT INTO spaces (name, dim, metric) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (name, dim, metric),
    )
    row = sql.one(connection, "SELECT id, name, dim, metric FROM spaces WHERE name = ?", (name,))
    if (row[2], row[3]) != (dim, metric):
        raise BadInputError(
            f"The library has {name} with {row[2]} dimensions by {row[3]}, not {wanted.dim} by {wanted.metric}.",
            next_step="Give the changed model a new revision.",
        )
    return Space(*row)


def now() -> float:
    """Seconds since the epoch."""
    return time.time()
