"""Windows and frames as rows of the catalogue.

Owns how the parts of a recording are checked, written, read and deleted inside a transaction that someone else holds.
Knows nothing of search.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from sonotheque.errors import BadInputError
from sonotheque.store import sql
from sonotheque.store.rows import FrameBlock, Ids, Space
from sonotheque.store.vector_rows import check_vectors, delete_vectors, insert_vectors

FRAMES_PER_CHUNK = 512
"""Frames in one row, so that a day-long file is read by the piece: at a hop of 0.5 s four minutes."""


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
