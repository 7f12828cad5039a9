"""The shortest way from a statement to its rows.

Owns the use of the driver's own cursor inside a Core connection. Core's handling of one statement costs about 35 µs
here and the statement itself 5: too much for ingest, which writes a dozen small rows per recording, and for a search
that has to answer in a millisecond. Knows no table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, cast

import sqlalchemy as sa

Row = tuple[Any, ...]


def driver(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's connection inside `connection`, in the same transaction."""
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def execute(connection: sa.Connection, statement: str, parameters: tuple[object, ...]) -> sqlite3.Cursor:
    """Run one statement. Text that has no UTF-8 form, such as part of a file name in an error's message, is escaped."""
    try:
        return driver(connection).execute(statement, parameters)
    except UnicodeEncodeError:
        return driver(connection).execute(statement, tuple(_storable(parameter) for parameter in parameters))


def _storable(parameter: object) -> object:
    return parameter.encode("utf-8", "backslashreplace").decode() if isinstance(parameter, str) else parameter


def rows(connection: sa.Connection, statement: str, parameters: tuple[object, ...] = ()) -> list[Row]:
    """All rows."""
    return execute(connection, statement, parameters).fetchall()


def row(connection: sa.Connection, statement: str, parameters: tuple[object, ...] = ()) -> Row | None:
    """The first row, or None."""
    found: Row | None = execute(connection, statement, parameters).fetchone()
    return found


def one(connection: sa.Connection, statement: str, parameters: tuple[object, ...] = ()) -> Row:
    """The first row of a statement that always has one."""
    found = row(connection, statement, parameters)
    assert found is not None, statement
    return found


def column(connection: sa.Connection, statement: str, parameters: tuple[object, ...] = ()) -> list[Any]:
    """The first value of every row."""
    return [found[0] for found in execute(connection, statement, parameters)]


def value(connection: sa.Connection, statement: str, parameters: tuple[object, ...] = ()) -> Any:
    """The first value of the first row, or None."""
    found = row(connection, statement, parameters)
    return None if found is None else found[0]


def run(connection: sa.Connection, statement: str, parameters: tuple[object, ...] = ()) -> int:
    """Change rows; returns how many."""
    return execute(connection, statement, parameters).rowcount


def run_each(connection: sa.Connection, statement: str, table: Iterable[Sequence[object]]) -> None:
    """Change rows once for each row of parameters."""
    driver(connection).executemany(statement, table)
