"""Which recordings a search may answer with.

Owns the reading of path patterns and the questions that narrow a search: path, duration, date, label. Knows nothing of
vectors or words.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from sonotheque.errors import BadInputError
from sonotheque.store import sql
from sonotheque.store.rows import Ids
from sonotheque.store.words import fold


@dataclass(frozen=True, slots=True)
class Filter:
    """What recordings must be like; a field that is None asks for nothing.

    `path_glob` is matched without regard to case against the whole path of any of the recording's files: `*` and `?`
    stay inside one folder, `**` crosses folders, a pattern that does not begin with `/` may begin at any folder, and
    one that names a folder takes all that is in it. The date of a recording is the one in its tags, else the file's
    own; `after` counts, `before` does not. `label` is a segment's text, whatever its case.
    """

    path_glob: str | None = None
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    after: dt.datetime | None = None
    before: dt.datetime | None = None
    label: str | None = None
    recording_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for bound in (self.after, self.before):
            if bound is not None and bound.tzinfo is None:
                raise BadInputError(f"A date filter needs a time zone, unlike {bound}.", next_step="Give it in UTC.")
        if self.path_glob is not None and not 0 < len(self.path_glob.strip("/")) <= 4096:
            raise BadInputError(
                "A path pattern has 1 to 4096 characters.", next_step="Write one such as '*.wav' or 'rain/**'."
            )

    @property
    def is_open(self) -> bool:
        """Whether every recording passes."""
        return self == Filter()


@functools.lru_cache(maxsize=64)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """The expression that a whole display path must match to lie under `pattern`."""
    body = pattern.rstrip("/")
    anchored = body.startswith("/")
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]/]+\])", body.lstrip("/"))
    source = "".join(_translate(part) for part in parts)
    return re.compile(("/" if anchored else "(?:.*/)?") + source + "(?:/.*)?", re.IGNORECASE | re.DOTALL)


def _translate(part: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part in fixed:
        return fixed[part]
    if len(part) > 2 and part.startswith("[") and part.endswith("]") and "/" not in part:
        negated = part[1] in "!^"
        members = part[2 if negated else 1 : -1]
        if members:
            escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
            try:
                re.compile(f"[{escaped}]")
            except re.error:
                return re.escape(part)
            return f"[^/{escaped}]" if negated else f"[{escaped}]"
    return re.escape(part)


def _like(pattern: str) -> str:
    """A LIKE pattern (escape `!`) that matches at least what the glob matches; it sifts in C before the exact look."""
    sifted = re.sub(r"\[[^\]/]+\]|\?|[^\x00-\x7f]", "_", pattern.strip("/"))
    sifted = sifted.replace("!", "!!").replace("%", "!%").replace("**/", "*")
    return "%" + re.sub(r"\*+", "%", sifted) + "%"


def allowed_recordings(connection: sa.Connection, wanted: Filter) -> Ids | None:
    """Sorted ids of the recordings that pass and of which a file is present; None where all of them do."""
    if wanted.is_open:
        return _visible(connection) if _any_hidden(connection) else None
    conditions, parameters = _conditions(wanted)
    rows = sql.rows(
        connection,
        "SELECT r.id, f.display FROM files AS f JOIN recordings AS r ON r.id = f.recording_id "
        f"WHERE f.missing_since IS NULL{''.join(' AND ' + condition for condition in conditions)}",
        tuple(parameters),
    )
    if wanted.path_glob is None:
        return _sorted_ids([row[0] for row in rows])
    expression = compile_glob(wanted.path_glob)
    return _sorted_ids([row[0] for row in rows if expression.fullmatch(row[1])])


def _conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    parameters: list[object] = []

    def require(condition: str, *values: object) -> None:
        conditions.append(condition)
        parameters.extend(values)

    date = "coalesce(r.recorded_at, f.mtime_ns / 1e9)"
    if wanted.path_glob is not None:
        require("f.display LIKE ? ESCAPE '!'", _like(wanted.path_glob))
    if wanted.min_duration_s is not None:
        require("r.duration_s >= ?", float(wanted.min_duration_s))
    if wanted.max_duration_s is not None:
        require("r.duration_s <= ?", float(wanted.max_duration_s))
    if wanted.after is not None:
        require(f"{date} >= ?", wanted.after.timestamp())
    if wanted.before is not None:
        require(f"{date} < ?", wanted.before.timestamp())
    if wanted.label is not None:
        require("r.id IN (SELECT recording_id FROM segments WHERE text_key = ?)", label_key(wanted.label))
    if wanted.recording_ids is not None:
        require("r.id IN (SELECT value FROM json_each(?))", json.dumps([int(row) for row in wanted.recording_ids]))
    return conditions, parameters


def label_key(text: str) -> str:
    """The form under which a label is found: folded, with single spaces."""
    return " ".join(fold(text).split())


def _any_hidden(connection: sa.Connection) -> bool:
    """Whether a recording is in the catalogue of which no file is present: its files are missing or were changed."""
    return sql.row(connection, "SELECT 1 FROM recordings WHERE n_present = 0 LIMIT 1") is not None


def _visible(connection: sa.Connection) -> Ids:
    return _sorted_ids(sql.column(connection, "SELECT id FROM recordings WHERE n_present > 0"))


def _sorted_ids(ids: Sequence[int]) -> Ids:
    return np.array(sorted(set(ids)), dtype=np.int64)  # np.unique would load numpy.ma, 30 ms of a search's start
