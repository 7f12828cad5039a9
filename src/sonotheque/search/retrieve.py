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

_MIN_DEVIATION = 1e-3


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
    """Scores the windows of one space against the sound clauses of one plan, at least one."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorStore,
        embedder: Embedder,
        space: Space,
        clauses: tuple[SoundClause, ...],
    ) -> None:
        assert clauses
        self._catalogue, self._vectors, self._embedder, self._space = catalogue, vectors, embedder, space
        self._clauses = clauses
        weights = np.array([clause.weight for clause in clauses], np.float32)
        self._weights = weights / weights.sum()
        self._queries = np.stack([clause.vector.vector for clause in clauses])
        backgrounds = [embedder.background(clause.vector) for clause in clauses]
        self._means = np.array([background.mean() for background in backgrounds], np.float32)
        self._deviations = np.array([max(float(part.std()), _MIN_DEVIATION) for part in backgrounds], np.float32)

    def retrieve(self, n: int, allowed: Ids | None) -> Candidates:
        """The best windows, each scored against all clauses: the `n` best for each clause and for their mean."""
        asked = self._queries
        if len(asked) > 1:  # a window that pleases every clause a little may be among the best of none
            mean = self._weights @ asked
            asked = np.concatenate([asked, mean[None] / max(float(np.linalg.norm(mean)), _MIN_DEVIATION)])
        found = self._vectors.search(self._space, asked, n, allowed)
        exhausted = bool((found.ids == NO_ID).any())
        if len(asked) == 1:
            ids, scores = found.first()
            cosines = scores[:, None]
        else:
            wanted = np.unique(found.ids[found.ids != NO_ID])
            ids, rows = self._catalogue.vectors_of(self._space, wanted)
            cosines = (rows @ self._queries.T).astype(np.float32)
        windows = self._catalogue.windows_by_ids(ids)
        if len(windows) != len(ids):
            cosines = cosines[np.isin(ids, windows.ids)]
        return Candidates(windows, self._chances(cosines), (cosines @ self._weights).astype(np.float32), exhausted)

    def strength(self, vectors: FloatArray) -> FloatArray:
        """How far vectors (n, dim) stand out for the clauses, in deviations above ordinary sound, (n,)."""
        deviations = (vectors @ self._queries.T - self._means) / self._deviations
        out: FloatArray = (deviations @ self._weights).astype(np.float32)
        return out

    def _chances(self, cosines: npt.NDArray[np.float32]) -> FloatArray:
        """Weighted geometric mean of the clauses' chances: a window must please all of them."""
        logs = np.zeros(len(cosines), np.float64)
        for column, (clause, weight) in enumerate(zip(self._clauses, self._weights, strict=True)):
            chance = chances_of(clause, self._embedder, cosines[:, column])
            logs += float(weight) * np.log(np.maximum(chance, 1e-9))
        out: FloatArray = np.exp(logs).astype(np.float32)
        return out


def chances_of(clause: SoundClause, embedder: Embedder, cosines: FloatArray) -> FloatArray:
    """Chances (n,) that windows with these cosines (n,) are what one clause means."""
    if clause.curve is not None:
        return clause.curve.chances(cosines)
    kind: QueryKind = "audio" if clause.kind == "audio" else "text"
    return embedder.probability(kind, clause.vector, cosines)
