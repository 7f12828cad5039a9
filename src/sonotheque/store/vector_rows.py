"""Vectors as rows of the catalogue.

Owns how vectors are checked, written, read and deleted inside a transaction that someone else holds, and the counters
of each space that tell readers what changed. Knows nothing of search, nor of recordings.

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
from sonotheque.store.rows import Ids, Space

STORED = np.dtype("<f2")
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
    found = sql.column(
        connection, "SELECT id FROM tombstones WHERE space_id = ? AND id <= ? ORDER BY id", (space.id, upto)
    )
    return np.array(found, dtype=np.int64)


def publish(connection: sa.Connection, space: Space, built_from: SpaceState, *, n_covered: int, kept_id: int) -> None:
    """Make the next generation of files, built from the rows at `built_from`, the one that searches use.

    Its rows up to id `kept_id` were taken over from the last generation, deleted ones included.
    """
    sql.run(
        connection,
        "UPDATE spaces SET generation = ?, covered_id = ?, n_covered = ?, change = change + 1 WHERE id = ?",
        (built_from.generation + 1, built_from.last_id, n_covered, space.id),
    )
    # The files hold rows that were deleted while they were built, and those taken over: these tombstones stay.
    sql.run(
        connection,
        "DELETE FROM tombstones WHERE space_id = ? AND seq <= ? AND id > ?",
        (space.id, built_from.last_tombstone, kept_id),
    )


def _as_arrays(space: Space, rows: list[sql.Row]) -> tuple[Ids, npt.NDArray[np.float16]]:
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    data = np.frombuffer(b"".join([row[1] for row in rows]), STORED)
    return ids, data.reshape(-1, space.dim)


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
