"""The tables of a catalogue, its version, and how an older one becomes the present one.

Owns names and types of columns and the list of migrations. Knows nothing of what is written into them.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from sonotheque.store.connection import SCHEMA_VERSION

metadata = sa.MetaData()


def _recording_id(*, primary_key: bool = False, index: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey("recordings.id", ondelete="CASCADE")
    return sa.Column("recording_id", key, nullable=False, primary_key=primary_key, index=index)


def _space_id(*, index: bool = False) -> sa.Column[int]:
    return sa.Column("space_id", sa.ForeignKey("spaces.id", ondelete="CASCADE"), nullable=False, index=index)


meta = sa.Table(
    "meta", metadata, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)

roots = sa.Table(
    "roots",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("path", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("display", sa.Text, nullable=False),
    sa.Column("added_at", sa.Float, nullable=False),
)

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("content_hash", sa.Text, nullable=False, unique=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Column("rate_hz", sa.Integer, nullable=False),
    sa.Column("n_channels", sa.Integer, nullable=False),
    sa.Column("container", sa.Text, nullable=False),
    sa.Column("codec", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Float),
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("n_present", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
sa.Index("recordings_hidden", recordings.c.id, sqlite_where=recordings.c.n_present == 0)

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("path", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("display", sa.Text, nullable=False),
    sa.Column("root_id", sa.ForeignKey("roots.id"), nullable=False, index=True),
    sa.Column("recording_id", sa.ForeignKey("recordings.id"), index=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("mtime_ns", sa.Integer, nullable=False),
    sa.Column("inode", sa.Integer, nullable=False),
    sa.Column("missing_since", sa.Float),
    sa.Column("failure", sa.Text),
    sa.Column("failed_at", sa.Float),
    sqlite_autoincrement=True,
)
sa.Index("files_missing", files.c.missing_since, sqlite_where=files.c.missing_since.isnot(None))
sa.Index("files_failed", files.c.failed_at, sqlite_where=files.c.failure.isnot(None))

stages = sa.Table(
    "stages",
    metadata,
    _recording_id(primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("revision", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("at", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)

spaces = sa.Table(
    "spaces",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("dim", sa.Integer, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("n_rows", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_id", sa.Integer, nullable=False, server_default="0"),
    sa.Column("change", sa.Integer, nullable=False, server_default="0"),
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("covered_id", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_covered", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

windows = sa.Table(
    "windows",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _recording_id(),
    _space_id(),
    sa.Column("start_s", sa.Float, nullable=False),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Index("windows_of_recording", "recording_id", "space_id"),
    sa.Index("windows_of_space", "space_id", "recording_id"),
    sqlite_autoincrement=True,
)

# Apart from the windows, so that times are read from small rows and a cluster's vector store can take this one's place.
vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    _space_id(index=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

# Ids that were deleted since the derived files of their space were made.
tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    _space_id(),
    sa.Column("id", sa.Integer, nullable=False),
    sa.Index("tombstones_of_space", "space_id", "seq"),
    sqlite_autoincrement=True,
)

frames = sa.Table(
    "frames",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _recording_id(),
    _space_id(),
    sa.Column("chunk_no", sa.Integer, nullable=False),
    sa.Column("start_s", sa.Float, nullable=False),
    sa.Column("hop_s", sa.Float, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("scales", sa.LargeBinary),
    sa.UniqueConstraint("recording_id", "space_id", "chunk_no"),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _recording_id(index=True),
    sa.Column("start_s", sa.Float, nullable=False),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("layer", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("text_key", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("created_at", sa.Float, nullable=False),
    sqlite_autoincrement=True,
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("counters", sa.Text, nullable=False),
)

notes = sa.Table(
    "notes", metadata, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)

# What labels were taught from, and what was fitted to it: one detector a space.
taught = sa.Table(
    "taught",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("label_key", sa.Text, nullable=False, unique=True),
    sa.Column("examples", sa.Text, nullable=False),
    sa.Column("taught_at", sa.Float, nullable=False),
    sqlite_autoincrement=True,
)

detectors = sa.Table(
    "detectors",
    metadata,
    sa.Column("taught_id", sa.ForeignKey("taught.id", ondelete="CASCADE"), primary_key=True, nullable=False),
    sa.Column("space", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

# Rows are the files that are present and indexed; the text is already split and folded by `names.index_text`.
# The prefix indexes keep a search for the beginning of a word from gathering every word that begins so.
_NAMES = (
    "CREATE VIRTUAL TABLE names USING fts5(name, folders, tags, "
    "tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4 5')"
)

# How many files of a recording are present is asked at every search, so it is counted as files come and go.
_COUNT = "UPDATE recordings SET n_present = n_present {0} 1 WHERE id = {1}.recording_id AND {1}.missing_since IS NULL; "
_TRIGGERS = (
    f"CREATE TRIGGER file_added AFTER INSERT ON files BEGIN {_COUNT.format('+', 'NEW')} END",
    f"CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN {_COUNT.format('-', 'OLD')} END",
    "CREATE TRIGGER file_changed AFTER UPDATE OF recording_id, missing_since ON files BEGIN "
    f"{_COUNT.format('-', 'OLD')} {_COUNT.format('+', 'NEW')} END",
)


def create(connection: sa.Connection) -> None:
    """Make every table in an empty database and record the version; the caller holds the transaction."""
    metadata.create_all(connection, checkfirst=False)
    for statement in (_NAMES, *_TRIGGERS):
        connection.exec_driver_sql(statement)
    connection.execute(
        meta.insert(), [{"key": "schema_version", "value": str(SCHEMA_VERSION)}, {"key": "change", "value": "0"}]
    )


def _add_notes(connection: sa.Connection) -> None:
    """Version 0 (before the first release) had no place for notes."""
    notes.create(connection, checkfirst=True)


def _add_taught(connection: sa.Connection) -> None:
    """Version 1 had no taught labels."""
    for table in (taught, detectors):
        table.create(connection, checkfirst=True)


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_add_notes, _add_taught)
"""`MIGRATIONS[v]` turns a catalogue of version `v` into one of version `v + 1`."""


def migrate(connection: sa.Connection, found: int) -> None:
    """Bring a catalogue of version `found` to the present one; the caller holds the transaction."""
    for step in MIGRATIONS[found:]:
        step(connection)
    connection.execute(meta.update().where(meta.c.key == "schema_version").values(value=str(SCHEMA_VERSION)))
