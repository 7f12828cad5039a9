"""Labels that a person taught, as rows of the catalogue.

Owns the two tables: what a label was taught from, and one fitted detector a space as opaque bytes, so that the same
label can be known to several models. Knows nothing of what the bytes mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.store import sql
from sonotheque.store.filters import label_key
from sonotheque.values.span import Span

_EXAMPLES = "SELECT label, examples, taught_at FROM taught"


@dataclass(frozen=True, slots=True)
class TaughtClip:
    """A clip that a label was taught from: its content, where it lay, and which part of it; None is all of it.

    `is_like` tells an example of the label from one that is to be kept apart from it.
    """

    content_hash: str
    path: bytes
    span: Span | None
    is_like: bool = True


@dataclass(frozen=True, slots=True)
class TaughtLabel:
    """A label with the clips it was taught from, and when, in seconds since the epoch."""

    label: str
    clips: tuple[TaughtClip, ...]
    taught_at: float

    def __post_init__(self) -> None:
        if not self.label.strip():
            raise BadInputError("A taught label needs a text.")
        if not self.like:
            raise BadInputError(f"“{self.label}” needs at least one example to be taught from.")

    @property
    def like(self) -> tuple[TaughtClip, ...]:
        """The examples of the label."""
        return tuple(clip for clip in self.clips if clip.is_like)

    @property
    def unlike(self) -> tuple[TaughtClip, ...]:
        """What it is to be kept apart from."""
        return tuple(clip for clip in self.clips if not clip.is_like)


def read_all(connection: sa.Connection) -> list[TaughtLabel]:
    """Every taught label, by its text."""
    return [_label(row) for row in sql.rows(connection, f"{_EXAMPLES} ORDER BY label_key")]


def read_one(connection: sa.Connection, label: str) -> TaughtLabel | None:
    """The label with this text, whatever its case and accents, or None."""
    row = sql.row(connection, f"{_EXAMPLES} WHERE label_key = ?", (label_key(label),))
    return None if row is None else _label(row)


def read_detector(connection: sa.Connection, label: str, space_name: str) -> bytes | None:
    """The bytes of the detector of a label in one space, or None."""
    data: bytes | None = sql.value(
        connection,
        "SELECT d.data FROM taught AS t JOIN detectors AS d ON d.taught_id = t.id "
        "WHERE t.label_key = ? AND d.space = ?",
        (label_key(label), space_name),
    )
    return data


def read_spaces(connection: sa.Connection, label: str) -> list[str]:
    """Names of the spaces in which a label has a detector."""
    return sql.column(
        connection,
        "SELECT d.space FROM taught AS t JOIN detectors AS d ON d.taught_id = t.id WHERE t.label_key = ? ORDER BY 1",
        (label_key(label),),
    )


def put(connection: sa.Connection, taught: TaughtLabel) -> int:
    """Keep a label in place of one with the same text, whose detectors are dropped; returns its id."""
    remove(connection, taught.label)
    statement = "INSERT INTO taught (label, label_key, examples, taught_at) VALUES (?, ?, ?, ?) RETURNING id"
    clips = json.dumps([_fields(clip) for clip in taught.clips])
    return int(sql.value(connection, statement, (taught.label, label_key(taught.label), clips, taught.taught_at)))


def put_detector(connection: sa.Connection, taught: TaughtLabel, space_name: str, data: bytes) -> bool:
    """Keep the detector of a label in a space; False, and nothing kept, where the label was taught anew meanwhile."""
    n_rows = sql.run(
        connection,
        "INSERT OR REPLACE INTO detectors (taught_id, space, data) "
        "SELECT id, ?, ? FROM taught WHERE label_key = ? AND taught_at = ?",
        (space_name, data, label_key(taught.label), taught.taught_at),
    )
    return n_rows > 0


def remove(connection: sa.Connection, label: str) -> int:
    """Delete a label with its detectors; returns how many there were, 0 or 1."""
    return sql.run(connection, "DELETE FROM taught WHERE label_key = ?", (label_key(label),))


def _fields(clip: TaughtClip) -> list[object]:
    span = None if clip.span is None else [clip.span.start_s, clip.span.end_s]
    return [clip.content_hash, clip.path.hex(), span, clip.is_like]


def _label(row: sql.Row) -> TaughtLabel:
    label, raw, taught_at = row
    try:
        clips = tuple(
            TaughtClip(str(content_hash), bytes.fromhex(path), None if span is None else Span(*span), bool(is_like))
            for content_hash, path, span, is_like in json.loads(raw)
        )
        return TaughtLabel(label, clips, taught_at)
    except (ValueError, TypeError) as error:
        raise CorruptError(
            f"What “{label}” was taught from can't be read.", next_step="Forget it, and teach it again."
        ) from error
