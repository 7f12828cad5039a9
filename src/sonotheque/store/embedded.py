"""The vectors of a library folder, searched without a server.

Owns which way a search takes: rows that derived files cover through those files, newer rows exactly, deleted rows
masked. The rows themselves are the catalogue's, the files `derived`'s. Knows nothing of recordings.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from sonotheque.store import derived, vector_rows
from sonotheque.store.base import Base
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.compaction import compact
from sonotheque.store.half import widen
from sonotheque.store.ranking import merge, positions_of, score_exactly
from sonotheque.store.rows import Ids, Space
from sonotheque.store.vector_rows import SpaceState
from sonotheque.store.vectors import Neighbours, VectorStats

TAIL_MIN_ROWS = 2048
"""Rows that are read from the catalogue, at 3 µs each, whenever a process makes its first search."""
TAIL_SHARE = 0.1
DEAD_SHARE = 0.1
_WIDE_TAIL_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class _Tail:
    """Rows that no derived file covers, in memory: sorted ids and vectors, float32, or float16 where they are many."""

    ids: Ids
    matrix: npt.NDArray[np.float32] | npt.NDArray[np.float16]

    def search(self, queries: npt.NDArray[np.float32], k: int, allowed: Ids | None) -> Neighbours:
        if allowed is None:
            return score_exactly(self.ids, self.matrix, queries, k)
        places, present = positions_of(allowed, self.ids)
        return score_exactly(allowed[present], self.matrix[places[present]], queries, k)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A space as it stood at one commit."""

    state: SpaceState
    base: Base | None
    tail: _Tail


class EmbeddedVectors:
    """The `VectorStore` of a library: rows in its catalogue, derived files beside it. Any thread may use it."""

    def __init__(self, catalogue: Catalogue, *, threads: int | None = None) -> None:
        """Search the vectors of `catalogue`; `threads` (default: one per core) build its derived files.

        With one thread the same rows always give the same files.
        """
        self._catalogue = catalogue
        self._threads = threads or os.cpu_count() or 1
        self._views: dict[int, _View] = {}
        self._lock = threading.Lock()

    def add(self, space: Space, ids: Ids, vectors: npt.NDArray[np.float32]) -> None:
        """Add rows in a transaction of their own; ingest adds its windows through `Writer.add_windows` instead."""
        with self._catalogue.writing() as connection:
            vector_rows.insert_vectors(connection, space, np.asarray(ids, dtype=np.int64), vectors)

    def delete(self, space: Space, ids: Ids) -> int:
        """Delete rows in a transaction of their own."""
        with self._catalogue.writing() as connection:
            return vector_rows.delete_vectors(connection, space.id, [int(row) for row in ids])

    def search(self, space: Space, queries: npt.NDArray[np.float32], k: int, allowed: Ids | None = None) -> Neighbours:
        """See `VectorStore.search`."""
        asked = vector_rows.check_query(space, queries, k)
        view = self._view(space)
        parts = [] if view.base is None else [view.base.search(asked, k, allowed)]
        return merge([*parts, view.tail.search(asked, k, allowed)], k)

    def stats(self, space: Space) -> VectorStats:
        """See `VectorStore.stats`."""
        view = self._view(space)
        n_indexed = 0 if view.base is None else len(view.base) - view.base.n_dead
        return VectorStats(view.state.n_rows, n_indexed, derived.derived_bytes(self._catalogue.folder, space.id))

    def compact_if_due(self, space: Space, *, progress: derived.Progress | None = None) -> bool:
        """Compact where searches feel how many rows came or went since, or that files are damaged. Says if it did.

        Meant for the end of an index run. The last files are extended where few of their rows are dead and they are not
        outnumbered, else made anew.
        """
        derived.remove_strangers(self._catalogue.folder, [known.id for known in self._catalogue.spaces()])
        view = self._view(space)
        base, n_new = view.base, len(view.tail.ids)
        n_covered, n_dead = (0, 0) if base is None else (len(base), base.n_dead)
        if n_new + n_dead <= max(TAIL_MIN_ROWS, TAIL_SHARE * n_covered):
            return False
        extends = base is not None and base.files.graph is not None and n_dead <= DEAD_SHARE * n_covered
        old = (view.state.generation, base.files) if base is not None and extends and n_new <= n_covered else None
        compact(self._catalogue, space, old, threads=self._threads, progress=progress)
        return True

    def compact(self, space: Space, *, progress: derived.Progress | None = None) -> None:
        """Make the derived files anew from the catalogue; searches go on meanwhile, here and in other processes.

        Raises `UnavailableError` where the files can't be written.
        """
        compact(self._catalogue, space, None, threads=self._threads, progress=progress)

    def _view(self, space: Space) -> _View:
        with self._catalogue.reading() as connection:
            state = vector_rows.read_state(connection, space)
        view = self._views.get(space.id)
        if view is not None and view.state == state:
            return view
        with self._lock:
            view = self._renewed(space)
            if view.base is None and view.state.n_covered:
                view = self._renewed(space)  # files that were replaced between the look at the counters and at them
            return view

    def _renewed(self, space: Space) -> _View:
        with self._catalogue.snapshot() as connection:
            view = self._renew(connection, space, self._views.get(space.id))
        self._views[space.id] = view
        return view

    def _renew(self, connection: sa.Connection, space: Space, old: _View | None) -> _View:
        """The view of the present commit; what of the old one still holds is taken over."""
        state = vector_rows.read_state(connection, space)
        same_files = old is not None and old.state.generation == state.generation
        base = old.base if old is not None and same_files else self._open_base(space, state)
        covered_id = state.covered_id if base is not None or state.n_covered == 0 else 0
        if base is not None:
            base = base.without(vector_rows.read_tombstones(connection, space, upto=covered_id))
        if old is not None and same_files and old.state.last_tombstone == state.last_tombstone:
            ids, stored = vector_rows.read_vectors(connection, space, after=max(old.state.last_id, covered_id))
            return _View(state, base, _extended(old.tail, ids, stored))
        ids, stored = vector_rows.read_vectors(connection, space, after=covered_id)
        return _View(state, base, _Tail(ids, widen(stored) if len(ids) <= _WIDE_TAIL_ROWS else stored))

    def _open_base(self, space: Space, state: SpaceState) -> Base | None:
        if state.n_covered == 0:
            return None
        stem = derived.stem_of(self._catalogue.folder, space.id, state.generation)
        opened = derived.open_derived(stem, space, state.n_covered, state.covered_id)
        return None if opened is None else Base(opened)


def _extended(tail: _Tail, ids: Ids, stored: npt.NDArray[np.float16]) -> _Tail:
    if not len(ids):
        return tail
    more = stored if tail.matrix.dtype == np.float16 else widen(stored)
    return _Tail(np.concatenate([tail.ids, ids]), np.concatenate([tail.matrix, more]))
