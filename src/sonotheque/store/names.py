"""Finding recordings by the words in their file names, folders and tags.

Owns the search of the full-text index and the ranking of its matches. Knows nothing of sound, nor how words are made.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
import sqlalchemy as sa

from sonotheque.store import sql
from sonotheque.store.rows import Ids, NameMatch
from sonotheque.store.words import Word, query_words

COLUMNS = ("name", "folders", "tags")
MAX_MATCHES_READ = 400
MAX_PAIRS = 3
MAX_SCORED = 100
MAX_ALLOWED_READ = 200

# BM25F: Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), eq. 3.30. A word in the
# file's own name weighs most; folders are shared by many files.
_WEIGHTS = {"name": 3.0, "folders": 1.0, "tags": 2.0}
_K1, _B = 1.2, 0.3
_MEAN_LENGTH = 72.0
"""Length is counted in characters, a dozen words of six, because counting words costs as much as all the rest."""
_PREFIX_WORTH = 0.6


def search_names(connection: sa.Connection, text: str, limit: int, allowed: Ids | None = None) -> list[NameMatch]:
    """The files that match any word of `text`, best first, at most `limit`; see `Catalogue.search_names`."""
    words = query_words(text)
    if not words or limit <= 0:
        return []
    n_files = _n_files(connection)
    found, counts = _gather(connection, words, n_files)
    if allowed is not None and len(allowed) <= MAX_ALLOWED_READ:
        ids = _files_of(connection, allowed)
    else:
        ids = _choose(found if allowed is None else _restrict(connection, found, allowed), limit)
    weights = [(word, _idf(counts[word], n_files)) for word in words]
    matches = [match for row in _read(connection, ids) if (match := _score(row, weights)) is not None]
    return sorted(matches, key=lambda match: (-match.score, match.file_id))[:limit]


def _restrict(connection: sa.Connection, found: Mapping[int, float], allowed: Ids) -> dict[int, float]:
    rows = sql.rows(
        connection,
        "SELECT f.id, f.recording_id FROM json_each(?) AS wanted CROSS JOIN files AS f ON f.id = wanted.value",
        (json.dumps(list(found)),),
    )
    pairs = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return {int(row): found[int(row)] for row in pairs[np.isin(pairs[:, 1], allowed), 0]}


def _gather(connection: sa.Connection, words: Sequence[Word], n_files: int) -> tuple[dict[int, float], dict[Word, int]]:
    """Files that hold any of the words with the sum of the words' weights, and how many files hold each word.

    FTS5's own bm25() reads every match of every word before it gives the first result: 100 ms where a word stands in
    100,000 names. So at most `MAX_MATCHES_READ` matches of a word are read, in order of id: what more files hold tells
    little. Files that hold several such words are asked for together, as they would otherwise be left to chance.
    """
    found: dict[int, float] = {}
    counts: dict[Word, int] = {}
    for word in words:
        rows = _matches(connection, word.exact)
        if len(rows) < MAX_MATCHES_READ and word.prefixed != word.exact:
            rows = list(dict.fromkeys([*rows, *_matches(connection, word.prefixed)]))
        counts[word] = len(rows)
        _add(found, rows, _idf(len(rows), n_files))
    common = [word for word in words if counts[word] >= MAX_MATCHES_READ]
    held = [word for word in words if counts[word]]
    if common and len(held) > 1:
        together = _matches(connection, " AND ".join(word.exact for word in held))
        _add(found, together, sum(_idf(counts[word], n_files) for word in held))
        if len(held) > 2 and len(together) < MAX_MATCHES_READ:
            for one, other in itertools.islice(itertools.combinations(common, 2), MAX_PAIRS):
                rows = _matches(connection, f"{one.exact} AND {other.exact}")
                _add(found, rows, _idf(counts[one], n_files) + _idf(counts[other], n_files))
    return found, counts


def _matches(connection: sa.Connection, expression: str) -> list[int]:
    return sql.column(
        connection, f"SELECT rowid FROM names WHERE names MATCH ? LIMIT {MAX_MATCHES_READ}", (expression,)
    )


def _add(found: dict[int, float], rows: Sequence[int], weight: float) -> None:
    for row in rows:
        found[row] = found.get(row, 0.0) + weight


def _idf(count: int, n_files: int) -> float:
    return math.log(1.0 + (n_files - min(count, n_files) + 0.5) / (count + 0.5))


def _choose(found: Mapping[int, float], limit: int) -> list[int]:
    """The most promising files, enough of them that the true order of the first `limit` comes out."""
    n_scored = max(MAX_SCORED, limit)
    if len(found) <= n_scored:
        return list(found)
    ids = np.fromiter(found.keys(), np.int64, len(found))
    weights = np.fromiter(found.values(), np.float64, len(found))
    return [int(row) for row in ids[np.argsort(-weights, kind="stable")[:n_scored]]]


def _files_of(connection: sa.Connection, recording_ids: Ids) -> list[int]:
    return sql.column(
        connection,
        "SELECT id FROM files WHERE missing_since IS NULL AND recording_id IN (SELECT value FROM json_each(?))",
        (json.dumps(recording_ids.tolist()),),
    )


def _read(connection: sa.Connection, ids: Sequence[int]) -> list[sql.Row]:
    return sql.rows(
        connection,
        "SELECT n.rowid, f.recording_id, n.name, n.folders, n.tags FROM json_each(?) AS wanted "
        "CROSS JOIN names AS n ON n.rowid = wanted.value CROSS JOIN files AS f ON f.id = n.rowid",
        (json.dumps(ids),),
    )


def _n_files(connection: sa.Connection) -> int:
    return int(sql.value(connection, "SELECT max(id) FROM files") or 0)


def _score(row: sql.Row, weights: Sequence[tuple[Word, float]]) -> NameMatch | None:
    """A file's BM25F score; None where it holds none of the words."""
    file_id, recording_id, *texts = row
    frequencies = [0.0] * len(weights)
    best_worth, best_column = 0.0, ""
    for column, text in zip(COLUMNS, texts, strict=True):
        padded = f" {text} "
        for index, (word, idf) in enumerate(weights):
            if word.beginning not in padded:
                continue
            is_whole = word.whole in padded or word.plural in padded
            if not is_whole and (word.is_phrase or len(word.text) < 3):
                continue
            worth = _WEIGHTS[column] * (1.0 if is_whole else _PREFIX_WORTH)
            frequencies[index] += worth
            if worth * idf > best_worth:
                best_worth, best_column = worth * idf, column
    if not best_column:
        return None
    norm = _K1 * (1.0 - _B + _B * (len(texts[0]) + len(texts[1]) + len(texts[2])) / _MEAN_LENGTH)
    score, held = 0.0, []
    for (word, idf), frequency in zip(weights, frequencies, strict=True):
        if frequency:
            score += idf * frequency / (frequency + norm)
            held.append(word.text.replace(" ", "") if word.is_phrase else word.text)
    return NameMatch(recording_id, file_id, score, best_column, tuple(held))
