"""What every store of vectors does.

Owns the narrow interface and the rules that one conformance suite checks in all of its implementations. Knows nothing
of recordings: a row is an id and a vector.

Rules: a call names its space. Ids are positive, rise, and are never used again. A vector is kept as float16, and scores
are inner products of these with the float32 query (cosines in a cosine space). A search sees what was added and deleted
before it began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sonotheque.store.rows import Ids, Space

NO_ID = -1


@dataclass(frozen=True, slots=True)
class VectorStats:
    """A space in figures: rows, how many of them the fast index covers, and bytes of derived files on disk."""

    n_rows: int
    n_indexed: int
    derived_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The best rows for each query, best first: ids int64 (q, k) and scores float32 (q, k).

    Where there are fewer than k rows the rest is `NO_ID` and minus infinity. Equal scores are ordered by id.
    """

    ids: Ids
    scores: npt.NDArray[np.float32]

    def first(self) -> tuple[Ids, npt.NDArray[np.float32]]:
        """Ids and scores for the first query, without the padding."""
        n = int((self.ids[0] != NO_ID).sum())
        return self.ids[0, :n], self.scores[0, :n]


class VectorStore(Protocol):
    """Rows of vectors in spaces; see the rules above."""

    def add(self, space: Space, ids: Ids, vectors: npt.NDArray[np.float32]) -> None:
        """Add rows; raises `BadInputError` for an id that is not new or a vector that is not finite."""

    def search(self, space: Space, queries: npt.NDArray[np.float32], k: int, allowed: Ids | None = None) -> Neighbours:
        """The `k` best rows for each query (q, dim), among the sorted ids `allowed` where they are given."""

    def delete(self, space: Space, ids: Ids) -> int:
        """Delete rows; ids that are not there are passed over. Returns how many were."""

    def compact(self, space: Space) -> None:
        """Bring derived files up to date, so that searches are fast again; changes no answer but by approximation."""

    def stats(self, space: Space) -> VectorStats:
        """The space in figures."""
