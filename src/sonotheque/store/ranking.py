"""Choosing the best of many scores.

Owns exact scoring of a matrix and the merging of lists. Knows nothing of where vectors come from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonotheque.store.half import widen
from sonotheque.store.rows import Ids
from sonotheque.store.vectors import NO_ID, Neighbours

BLOCK_ROWS = 16_384
"""Rows scored at a time: 16 MB of float32 at 256 dimensions, so that memory stays bounded for any length of matrix."""

Scores = npt.NDArray[np.float32]
_STEPS = np.float32(1 << 20)
Matrix = npt.NDArray[np.float32] | npt.NDArray[np.float16]


def score_exactly(
    ids: Ids, matrix: Matrix, queries: Scores, k: int, positions: npt.NDArray[np.intp] | None = None
) -> Neighbours:
    """The `k` best rows of `matrix` (n, dim), float16 or float32, for each of `queries` (q, dim), in float32.

    With `positions` only these rows of it count.
    """
    best = nothing(len(queries), k)
    for low in range(0, len(ids) if positions is None else len(positions), BLOCK_ROWS):
        chosen = slice(low, low + BLOCK_ROWS) if positions is None else positions[low : low + BLOCK_ROWS]
        block = matrix[chosen]
        wide = widen(block)
        best = merge([best, choose(ids[chosen], inner_products(queries, wide), k)], k)
    return best


def inner_products(queries: Scores, rows: Scores) -> Scores:
    """Scores (q, n) of `rows` (n, dim) for `queries` (q, dim).

    They are rounded to 2^-20: a matrix product gives equal rows scores that differ in the last bits according to where
    the rows stand, and a query must rank equal vectors the same whichever way it finds them.
    """
    rounded: Scores = np.rint((queries @ rows.T) * _STEPS) / _STEPS
    return rounded


def choose(ids: Ids, scores: Scores, k: int) -> Neighbours:
    """The `k` best of `scores` (q, n), whose columns stand for `ids` (n,) or, row by row, (q, n)."""
    n_queries, n = scores.shape
    table = np.broadcast_to(ids, scores.shape)
    if n > 2 * k and k > 0:
        # Keep what reaches the k-th score, ties with it included, so that equal scores are decided by id below.
        bound = np.partition(scores, n - k, axis=1)[:, n - k]
        keep = scores >= bound[:, None]
        width = int(keep.sum(axis=1).max())
        columns = (
            np.argsort(~keep, axis=1, kind="stable")[:, :width] if n_queries > 1 else np.flatnonzero(keep[0])[None]
        )
        table, kept = np.take_along_axis(table, columns, 1), np.take_along_axis(keep, columns, 1)
        scores = np.where(kept, np.take_along_axis(scores, columns, 1), -np.inf)
    order = np.lexsort((table, -scores), axis=1)[:, :k]
    return padded(np.take_along_axis(table, order, 1), np.take_along_axis(scores, order, 1), k)


def merge(parts: Sequence[Neighbours], k: int) -> Neighbours:
    """The `k` best rows of several lists for the same queries; their rows are distinct."""
    held = [part for part in parts if part.ids.size and (part.ids != NO_ID).any()]
    if len(held) == 1 and held[0].ids.shape[1] == k:
        return held[0]
    if not held:
        return nothing(len(parts[0].ids), k)
    return choose(np.concatenate([part.ids for part in held], 1), np.concatenate([part.scores for part in held], 1), k)


def padded(ids: Ids, scores: Scores, k: int) -> Neighbours:
    """`ids` and `scores` (q, n <= k), sorted, filled up to k columns; whatever scores minus infinity is no row."""
    short = k - ids.shape[1]
    if short > 0:
        ids = np.pad(ids, ((0, 0), (0, short)), constant_values=NO_ID)
        scores = np.pad(scores, ((0, 0), (0, short)), constant_values=-np.inf)
    return Neighbours(np.where(np.isneginf(scores), NO_ID, ids).astype(np.int64), scores.astype(np.float32, copy=False))


def nothing(n_queries: int, k: int) -> Neighbours:
    """An answer without rows."""
    return Neighbours(np.full((n_queries, k), NO_ID, np.int64), np.full((n_queries, k), -np.inf, np.float32))


def positions_of(wanted: Ids, within: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each of `wanted` stands in the sorted `within`, and whether it is there at all."""
    if not len(within):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    places = np.minimum(np.searchsorted(within, wanted), len(within) - 1)
    return places, within[places] == wanted
