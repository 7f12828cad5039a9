"""Search in the rows that derived files cover.

Owns the choice between the graph and exact scoring, and the filling up of answers that a filter or deleted rows have
thinned out. Knows nothing of the catalogue.
"""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from sonotheque.store.derived import Derived, encode
from sonotheque.store.half import widen
from sonotheque.store.ranking import choose, inner_products, nothing, positions_of, score_exactly
from sonotheque.store.rows import Ids
from sonotheque.store.vectors import Neighbours

# Costs by the row: a candidate of the graph about 2.5 µs (search and second scoring), a row scored exactly 0.6 µs.
_GRAPH_COST, _EXACT_COST = 2.5, 0.6
_MIN_EXPANSION = 128
_EXTRA = 1.25
_MAX_FETCH = 20_000

Queries = npt.NDArray[np.float32]
Positions = npt.NDArray[np.intp]


class Base:
    """One generation of derived files, with the rows among them that were deleted since."""

    def __init__(self, files: Derived, dead: Ids | None = None, lock: threading.Lock | None = None) -> None:
        self._files = files
        self._dead = np.empty(0, np.int64) if dead is None else dead
        self._lock = threading.Lock() if lock is None else lock  # a mapped graph has one set of search buffers

    def __len__(self) -> int:
        return len(self._files)

    @property
    def files(self) -> Derived:
        """The files themselves."""
        return self._files

    @property
    def n_dead(self) -> int:
        """How many of the rows are deleted."""
        return len(self._dead)

    def without(self, dead: Ids) -> Base:
        """The same files with these sorted ids left out."""
        if len(dead) == len(self._dead):
            return self
        _, present = positions_of(dead, self._files.ids)
        return Base(self._files, dead[present], self._lock)

    def search(self, queries: Queries, k: int, allowed: Ids | None) -> Neighbours:
        """The `k` best rows for each query; as `VectorStore.search`."""
        if allowed is None:
            n_passing, positions = len(self) - self.n_dead, None
        else:
            places, present = positions_of(allowed, self._files.ids)
            present &= ~positions_of(allowed, self._dead)[1]
            positions = places[present]
            n_passing = len(positions)
        if n_passing == 0:
            return nothing(len(queries), k)
        if self._files.graph is None or self._fetch_size(k, n_passing) * _GRAPH_COST > n_passing * _EXACT_COST:
            return self._search_rows(queries, k, positions)
        found = [self._search_graph(query, k, allowed, n_passing) for query in queries]
        if any(part is None for part in found):
            return self._search_rows(queries, k, positions)
        parts = [part for part in found if part is not None]
        return Neighbours(np.concatenate([part.ids for part in parts]), np.concatenate([part.scores for part in parts]))

    def _fetch_size(self, k: int, n_passing: int) -> int:
        """How many candidates leave k when the rows that don't pass lie anywhere."""
        return int(max(k * _EXTRA, k + 32) * len(self) / n_passing)

    def _search_rows(self, queries: Queries, k: int, positions: Positions | None) -> Neighbours:
        """Exactly, over some rows or all that are not deleted."""
        if positions is None and self.n_dead:
            alive = np.ones(len(self), np.bool_)
            alive[positions_of(self._dead, self._files.ids)[0]] = False
            positions = np.flatnonzero(alive)
        if positions is None:
            return score_exactly(self._files.ids, self._files.matrix, queries, k)
        return score_exactly(self._files.ids, self._files.matrix, queries, k, positions)

    def _search_graph(
        self, query: npt.NDArray[np.float32], k: int, allowed: Ids | None, n_passing: int
    ) -> Neighbours | None:
        """By the graph's candidates; None where so many don't pass that exact scoring is the better way."""
        wanted = min(k, n_passing)
        fetch = self._fetch_size(k, n_passing)
        while fetch <= _MAX_FETCH:
            candidates = self._candidates(query, min(fetch, len(self)))
            ids = self._files.ids[candidates]
            keep = ~positions_of(ids, self._dead)[1]
            if allowed is not None:
                keep &= positions_of(ids, allowed)[1]
            if int(keep.sum()) >= wanted or fetch >= len(self):
                candidates, ids = candidates[keep], ids[keep]
                return choose(ids, inner_products(query[None], widen(self._files.matrix[candidates])), k)
            fetch *= 4
        return None

    def _candidates(self, query: npt.NDArray[np.float32], count: int) -> Positions:
        code = encode(query, 127.0 / max(float(np.abs(query).max()), 1e-9))
        graph = self._files.graph
        with self._lock:
            graph.expansion_search = max(_MIN_EXPANSION, count)
            found = graph.search(code, count, threads=1)
        return np.sort(np.asarray(found.keys).astype(np.intp))
