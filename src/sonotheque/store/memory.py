"""Vectors in memory, by brute force: slow, obvious, and what every other store is checked against.

Owns nothing on disk. Knows no index.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.store.rows import Ids, Space
from sonotheque.store.vector_rows import check_query, check_vectors
from sonotheque.store.vectors import NO_ID, Neighbours, VectorStats


class MemoryVectors:
    """A `VectorStore` of dictionaries."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, npt.NDArray[np.float32]]] = {}
        self._last: dict[int, int] = {}

    def add(self, space: Space, ids: Ids, vectors: npt.NDArray[np.float32]) -> None:
        """Add rows, rounded as every store keeps them."""
        array = check_vectors(space, vectors).astype(np.float16).astype(np.float32)
        if len(ids) != len(array):
            raise BadInputError(f"{len(array)} vectors need as many ids, not {len(ids)}.")
        last = self._last.get(space.id, 0)
        for row in ids.tolist():
            if row <= last:
                raise BadInputError(f"New ids in {space.name} must rise from {last + 1}; an id is never used again.")
            last = row
        self._last[space.id] = last
        self._rows.setdefault(space.id, {}).update(zip(ids.tolist(), array, strict=True))

    def search(self, space: Space, queries: npt.NDArray[np.float32], k: int, allowed: Ids | None = None) -> Neighbours:
        """Score every row for every query and sort."""
        asked = check_query(space, queries, k)
        wanted = None if allowed is None else set(allowed.tolist())
        found_ids = np.full((len(asked), k), NO_ID, np.int64)
        found_scores = np.full((len(asked), k), -np.inf, np.float32)
        for index, query in enumerate(asked):
            scored = [
                (float(query @ vector), row)
                for row, vector in self._rows.get(space.id, {}).items()
                if wanted is None or row in wanted
            ]
            for rank, (score, row) in enumerate(sorted(scored, key=lambda pair: (-pair[0], pair[1]))[:k]):
                found_ids[index, rank], found_scores[index, rank] = row, score
        return Neighbours(found_ids, found_scores)

    def delete(self, space: Space, ids: Ids) -> int:
        """Delete rows."""
        rows = self._rows.get(space.id, {})
        return sum(rows.pop(row, None) is not None for row in set(ids.tolist()))

    def compact(self, space: Space) -> None:
        """Nothing is derived here."""

    def stats(self, space: Space) -> VectorStats:
        """Rows, none of them indexed."""
        return VectorStats(len(self._rows.get(space.id, {})), 0, 0)
