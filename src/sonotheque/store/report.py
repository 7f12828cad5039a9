"""The library in figures, for `status` and for the person who wonders.

Owns the counts. Knows nothing of how they are shown.
"""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa

from sonotheque.store import sql
from sonotheque.store.rows import FailedFile, Run, Space, Status


def spaces(connection: sa.Connection) -> tuple[Space, ...]:
    """Every space, oldest first."""
    return tuple(Space(*row) for row in sql.rows(connection, "SELECT id, name, dim, metric FROM spaces ORDER BY id"))


def status(connection: sa.Connection, folder: Path) -> Status:
    """Counts over the whole library; `size_bytes` is what its folder takes on disk."""
    row = sql.one(
        connection,
        "SELECT (SELECT count(*) FROM recordings WHERE n_present > 0), "
        "(SELECT coalesce(sum(duration_s), 0.0) FROM recordings WHERE n_present > 0), (SELECT count(*) FROM files), "
        "(SELECT count(*) FROM files WHERE missing_since IS NOT NULL), "
        "(SELECT count(*) FROM files WHERE failure IS NOT NULL AND missing_since IS NULL), "
        "(SELECT count(*) FROM recordings WHERE n_present = 0), (SELECT count(*) FROM segments), "
        "(SELECT coalesce(sum(n_rows), 0) FROM spaces)",
    )
    return Status(
        n_recordings=row[0],
        duration_s=row[1],
        n_files=row[2],
        n_missing=row[3],
        n_failed=row[4],
        n_hidden=row[5],
        n_segments=row[6],
        spaces=spaces(connection),
        n_windows=row[7],
        size_bytes=_folder_size(folder),
        last_run=last_run(connection),
    )


def failures(connection: sa.Connection, limit: int) -> list[FailedFile]:
    """Files that are present and could not be indexed, newest first."""
    rows = sql.rows(
        connection,
        "SELECT display, failure, failed_at FROM files WHERE failure IS NOT NULL AND missing_since IS NULL "
        "ORDER BY failed_at DESC, id DESC LIMIT ?",
        (limit,),
    )
    return [FailedFile(*row) for row in rows]


def partial_stages(connection: sa.Connection, limit: int) -> list[tuple[int, str, str, str | None]]:
    """Recording id, stage, state and reason of stages that are partial or failed, newest first."""
    return sql.rows(
        connection,
        "SELECT recording_id, stage, state, reason FROM stages WHERE state <> 'done' ORDER BY at DESC LIMIT ?",
        (limit,),
    )


def count_lacking(connection: sa.Connection, stage: str, revision: str) -> int:
    """How many present recordings have not been through `stage` at `revision`: what `status` calls out of date."""
    return int(
        sql.value(
            connection,
            "SELECT (SELECT count(*) FROM recordings WHERE n_present > 0) - (SELECT count(*) FROM stages AS s "
            "JOIN recordings AS r ON r.id = s.recording_id WHERE s.stage = ? AND s.revision = ? AND r.n_present > 0)",
            (stage, revision),
        )
    )


def last_run(connection: sa.Connection) -> Run | None:
    """The last index run, or None."""
    row = sql.row(connection, "SELECT started_at, ended_at, counters FROM runs ORDER BY id DESC LIMIT 1")
    return None if row is None else Run(row[0], row[1], json.loads(row[2]))


def check(connection: sa.Connection) -> list[str]:
    """What is wrong inside the database file, one line each; empty where it is sound."""
    found = [str(row[0]) for row in sql.rows(connection, "PRAGMA integrity_check(20)") if row[0] != "ok"]
    broken = sql.rows(connection, "PRAGMA foreign_key_check")
    found += [f"A row of {row[0]} names a row of {row[2]} that is not there." for row in broken[:20]]
    lost = sql.value(connection, "SELECT (SELECT count(*) FROM windows) - (SELECT count(*) FROM vectors)")
    if lost:
        found.append(f"The numbers of windows and of vectors differ by {abs(lost)}.")
    return found


def _folder_size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_size
        except OSError:  # a derived file may be replaced at this moment
            continue
    return total
