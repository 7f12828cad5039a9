"""Retrieves windows for the sound clauses of a plan.

Owns how many candidates are asked for, how several clauses score one window, and what a window's cosines mean. Knows
nothing of files, names or the time line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.models.roles import Embedder, QueryKind
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import Ids, Space, WindowRows
from sonotheque.store.vectors import NO_ID, VectorStore
from sonotheque.values.plan import SoundClause
from sonotheque.values.waveform import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Windows that may answer: their rows, the chance of each (n,) and its weighted cosine (n,).

    `exhausted` tells that the space holds no more.
    """

    windows: WindowRows
    chances: FloatArray
    cosines: FloatArray
    exhausted: bool


class SoundRetriever:
    """Scores windows of one space against sound clauses."""

    def __init__(self, catalogue: Catalogue, vectors: VectorStore, embedder: Embedder, space: Space) -> None:
        self._catalogue, self._vectors, self._embedder, self._space = catalogue, vectors, embedder, space

    def retrieve(self, clauses: tuple[SoundClause, ...], n: int, allowed: Ids | None) -> Candidates:
        """The union of the `n` best windows for each clause, every one scored against all clauses."""
        queries = np.stack([clause.vector.vector for clause in clauses])
        found = self._vectors.search(self._space, queries, n, allowed)
        exhausted = bool((found.ids == NO_ID).any())
        if len(clauses) == 1:
            ids, scores = found.first()
            cosines = scores[:, None]
        else:
            wanted = np.unique(found.ids[found.ids != NO_ID])
            ids, rows = self._catalogue.vectors_of(self._space, wanted)
            cosines = (rows @ queries.T).astype(np.float32)
        windows = self._catalogue.windows_by_ids(ids)
        if len(windows) != len(ids):
            kept = np.isin(ids, windows.ids)
            cosines = cosines[kept]
        chances = self._chances(clauses, cosines)
        weights = _weights(clauses)
        return Candidates(windows, chances, (cosines @ weights).astype(np.float32), exhausted)

    def strength(self, clauses: tuple[SoundClause, ...], vectors: FloatArray) -> FloatArray:
        """How far vectors (n, dim) stand out for the clauses, in deviations above ordinary sound, (n,)."""
        total = np.zeros(len(vectors), np.float32)
        for clause, weight in zip(clauses, _weights(clauses), strict=True):
            background = self._embedder.background(clause.vector)
            cosines = vectors @ clause.vector.vector
            total += weight * (cosines - background.mean()) / max(float(background.std()), 1e-3)
        return total

    def _chances(self, clauses: tuple[SoundClause, ...], cosines: FloatArray) -> FloatArray:
        """Weighted geometric mean of the clauses' chances: a window must please all of them."""
        logs = np.zeros(len(cosines), np.float64)
        for column, (clause, weight) in enumerate(zip(clauses, _weights(clauses), strict=True)):
            kind: QueryKind = "audio" if clause.kind == "audio" else "text"
            chance = self._embedder.probability(kind, clause.vector, cosines[:, column])
            logs += weight * np.log(np.maximum(chance, 1e-9))
        out: FloatArray = np.exp(logs).astype(np.float32)
        return out


def _weights(clauses: tuple[SoundClause, ...]) -> npt.NDArray[np.float32]:
    weights = np.array([clause.weight for clause in clauses], np.float32)
    return weights / weights.sum()
