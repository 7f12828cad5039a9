"""Connections to the catalogue's database file.

Owns how the file is opened, the settings of each connection, the read and write transactions, and the translation of
the driver's errors into the project's. Knows nothing of the tables but where their version stands.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from sonotheque.errors import BadInputError, CorruptError, NotFoundError, SonothequeError, UnavailableError
from sonotheque.store.lock import turn

SCHEMA_VERSION = 2
FILE_NAME = "catalogue.sqlite3"
BUSY_TIMEOUT_S = 60.0

# A commit in WAL mode with synchronous=NORMAL is in the operating system's hands, so it survives the death of the
# process at any moment; only a power cut may take back the last commits, and never damages the file.
_PRAGMAS = (
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-32768",
    "PRAGMA temp_store=MEMORY",
)


class Database:
    """The database file of one library folder, opened; every thread may use it."""

    def __init__(self, folder: Path, *, create: bool, read_only: bool) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.read_only = read_only
        if not self.path.is_file():
            self._create_folder(create and not read_only)
        self._engine = sa.create_engine(
            "sqlite://", creator=self._connect, poolclass=QueuePool, pool_size=4, max_overflow=64
        )
        try:
            self._check_schema(create)
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection in which each statement sees the last commit; readers never wait for writers."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection in which all statements see the same commit."""
        with self.reading() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One immediate transaction: committed at the end of the block, undone when it raises."""
        if self.read_only:
            raise UnavailableError(
                f"The library at {self.folder} is open for reading only.",
                next_step="Open it without read_only to write.",
            )
        with self._translated(), self._engine.connect() as connection:
            with turn(self.folder):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def _create_folder(self, create: bool) -> None:
        if not create:
            raise NotFoundError(
                f"There is no library at {self.folder}.", next_step="Run `sono index PATH` to make one."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"A library can't be made at {self.folder}: {error.strerror}.",
                next_step="Choose another folder with --library.",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        # The path travels as a percent-encoded URI, so that any byte may stand in it and `?` stays a character.
        uri = "file:" + quote(os.fsencode(os.path.abspath(self.path)))  # noqa: PTH100 - resolve() would follow links
        if self.read_only:
            # On a medium that can't be written there is no place for the index of the write-ahead log.
            wal = self.path.with_name(FILE_NAME + "-wal")
            uri += "?mode=ro" if os.access(self.folder, os.W_OK) or wal.exists() else "?immutable=1"
        raw = sqlite3.connect(
            uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            for pragma in _PRAGMAS:
                raw.execute(pragma)
            if not self.read_only and raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                raw.execute("PRAGMA journal_mode=WAL")
        except BaseException:
            raw.close()
            raise
        return raw

    def _check_schema(self, create: bool) -> None:
        with self.reading() as connection:
            found = _read_version(connection)
        if found == SCHEMA_VERSION:
            return
        if found is not None and found > SCHEMA_VERSION:
            raise UnavailableError(
                f"The library at {self.folder} was written by a newer Sonotheque (schema {found}; this one knows up to "
                f"{SCHEMA_VERSION}).",
                next_step="Upgrade with `pip install -U sonotheque`.",
            )
        if found is None and not create:
            raise CorruptError(
                f"{self.path} holds no catalogue.", next_step="Run `sono doctor`, or index into another folder."
            )
        from sonotheque.store import schema  # its tables take 15 ms to describe, which an ordinary opening saves

        with self.writing() as connection:
            found = _read_version(connection)  # another process may have been first
            if found is None:
                self._refuse_foreign(connection)
                schema.create(connection)
            elif found < SCHEMA_VERSION:
                schema.migrate(connection, found)

    def _refuse_foreign(self, connection: sa.Connection) -> None:
        if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
            raise CorruptError(
                f"{self.path} is a database of another program.",
                next_step="Move it away, or choose another folder with --library.",
            )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            origin = error.orig if isinstance(error, DBAPIError) else error
            raise self._translate(origin if isinstance(origin, BaseException) else error) from error

    def _translate(self, error: BaseException) -> SonothequeError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return CorruptError(f"The catalogue {self.path} is damaged ({error}).", next_step="Run `sono doctor`.")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return UnavailableError(f"The catalogue {self.path} is busy.", next_step="Try again in a moment.")
        if code == sqlite3.SQLITE_CONSTRAINT:
            return BadInputError(
                f"The catalogue refused a row ({error}).",
                next_step="Name only recordings, roots and spaces that it holds.",
            )
        if code == sqlite3.SQLITE_FULL:
            return UnavailableError(
                f"The disk that holds {self.path} is full.", next_step="Free some space and run it again."
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
            return UnavailableError(
                f"The catalogue {self.path} can't be used ({error}).",
                next_step="Check its permissions and the free space.",
            )
        return CorruptError(f"The catalogue {self.path} contradicts itself ({error}).", next_step="Run `sono doctor`.")


def _read_version(connection: sa.Connection) -> int | None:
    """The schema version on record, or None where there is no catalogue."""
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'meta'").first():
        return None
    row = connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'schema_version'").first()
    return int(row[0]) if row is not None and str(row[0]).isdigit() else None
