"""Metrics of ranked retrieval with binary relevance, in numpy, for many queries at once.

Owns the metrics and how ties are treated: each is the expected value over all orders of equally scored items, in closed
form after McSherry and Najork (2008), "Computing information retrieval performance measures efficiently in the presence
of tied scores". So no order in a list can raise a figure. A query with nothing relevant is NaN. Knows nothing of sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TieGroups:
    """Items of equal score, best first, counted: all that a metric needs of a ranking. Each (n_queries, n_groups).

    `sizes` items, of which `right` are relevant; `ahead` items and `right_ahead` relevant ones stand before the group.
    Groups may be empty, and those without a relevant item may be left out.
    """

    sizes: Counts
    right: Counts
    ahead: Counts
    right_ahead: Counts

    @property
    def n_relevant(self) -> Counts:
        """Relevant items of each query, (n_queries,)."""
        out: Counts = self.right.sum(axis=1)
        return out


def tie_groups(scores: npt.ArrayLike, relevant: npt.ArrayLike, counted: npt.ArrayLike | None = None) -> TieGroups:
    """Groups of `scores` (n_queries, n_items) with `relevant` (same shape, bool); `counted` (same) leaves items out.

    Raises `BadInputError` for other shapes and for scores that are NaN.
    """
    values, is_right = _checked(scores, relevant)
    n_queries, n_items = values.shape
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    group = np.zeros((n_queries, n_items), np.int64)
    np.cumsum(ranked[:, 1:] != ranked[:, :-1], axis=1, out=group[:, 1:])
    flat = (group + n_items * np.arange(n_queries)[:, None]).ravel()
    weights = np.ones_like(is_right) if counted is None else np.asarray(counted, bool)
    sizes = _summed(flat, np.take_along_axis(weights, order, axis=1), values.shape)
    right = _summed(flat, np.take_along_axis(weights & is_right, order, axis=1), values.shape)
    return TieGroups(sizes, right, np.cumsum(sizes, axis=1) - sizes, np.cumsum(right, axis=1) - right)


def resampled_groups(scores: npt.ArrayLike, relevant: npt.ArrayLike, times: Counts) -> TieGroups:
    """Groups of one query, `scores` and `relevant` (n_items,), for each row of `times` (n_resamples, n_items).

    A row says how often each item is in that resample. Equals `tie_groups` on items that are really repeated.
    """
    values, is_right = (array[0] for array in _checked(np.atleast_2d(scores), np.atleast_2d(relevant)))
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    shuffled, shuffled_right = times[:, order], times[:, order] * is_right[order]
    if len(starts) < len(order):
        shuffled, shuffled_right = (np.add.reduceat(part, starts, axis=1) for part in (shuffled, shuffled_right))
    holds_right = np.add.reduceat(is_right[order].astype(np.int64), starts) > 0
    ahead = (np.cumsum(shuffled, axis=1) - shuffled)[:, holds_right]
    right = shuffled_right[:, holds_right]
    return TieGroups(shuffled[:, holds_right], right, ahead, np.cumsum(right, axis=1) - right)


def average_precision(groups: TieGroups, k: int | None = None) -> Floats:
    """Mean of the precision at each relevant item, (n_queries,).

    With `k`, over the first k places and divided by min(n_relevant, k), so that a perfect ranking has 1 (trec_eval's
    map_cut divides by n_relevant). In a group of n items with r relevant ones after t items with R relevant ones, the
    expected sum is r/n * sum over i = 1..n of (R + 1 + (i - 1)(r - 1)/(n - 1)) / (t + i); both sums are differences of
    harmonic numbers.
    """
    taken = _taken(groups, k)
    harmonic = _harmonic_numbers(int((groups.ahead + groups.sizes).max(initial=0)))
    difference = harmonic[groups.ahead + taken] - harmonic[groups.ahead]
    share = groups.right / np.maximum(groups.sizes, 1)
    pairs = (groups.right - 1) / np.maximum(groups.sizes - 1, 1)
    sums = share * ((groups.right_ahead + 1) * difference + pairs * (taken - (groups.ahead + 1) * difference))
    n_relevant = groups.n_relevant
    return _divided(sums.sum(axis=1), n_relevant if k is None else np.minimum(n_relevant, k))


def recall_at(groups: TieGroups, k: int) -> Floats:
    """Share of a query's relevant items among the first k, (n_queries,): trec_eval's recall."""
    share = groups.right / np.maximum(groups.sizes, 1)
    return _divided((share * _taken(groups, k)).sum(axis=1), groups.n_relevant)


def hit_at(groups: TieGroups, k: int) -> Floats:
    """Chance that a relevant item is among the first k, (n_queries,): success@k, R@k where there is one answer.

    In the first group with relevant items, m of n places count: 1 - C(n - r, m) / C(n, m).
    """
    first = np.argmax(groups.right > 0, axis=1)[:, None]
    size, right, taken = (
        np.take_along_axis(array, first, axis=1)[:, 0] for array in (groups.sizes, groups.right, _taken(groups, k))
    )
    missed = np.ones(len(size))
    for place in range(min(k, int(taken.max(initial=0)))):
        factor = np.maximum(size - right - place, 0) / np.maximum(size - place, 1)
        missed = np.where(place < taken, missed * factor, missed)
    return np.where(groups.n_relevant > 0, 1.0 - missed, np.nan)


def ndcg_at(groups: TieGroups, k: int) -> Floats:
    """Discounted gain of the first k places, 1 / log2(1 + place) for a relevant item, over the greatest possible.

    (n_queries,), after Järvelin and Kekäläinen (2002), with the discount of Burges et al. (2005) and binary gains.
    """
    gains = np.concatenate([[0.0], np.cumsum(1.0 / np.log2(np.arange(2, k + 2)))])
    start = np.minimum(groups.ahead, k)
    difference = gains[start + np.minimum(_taken(groups, k), k - start)] - gains[start]
    share = groups.right / np.maximum(groups.sizes, 1)
    return _divided((share * difference).sum(axis=1), gains[np.minimum(groups.n_relevant, k)])


RANK_METRICS: Mapping[str, Callable[[TieGroups], Floats]] = MappingProxyType(
    {
        "mAP": average_precision,
        "mAP@10": lambda groups: average_precision(groups, 10),
        "R@1": lambda groups: recall_at(groups, 1),
        "R@5": lambda groups: recall_at(groups, 5),
        "R@10": lambda groups: recall_at(groups, 10),
        "hit@1": lambda groups: hit_at(groups, 1),
        "hit@5": lambda groups: hit_at(groups, 5),
        "hit@10": lambda groups: hit_at(groups, 10),
        "nDCG@10": lambda groups: ndcg_at(groups, 10),
    }
)
"""Every ranked metric by the name it is shown under."""


def count_decisions(decided: Bools, relevant: Bools) -> Counts:
    """True positives, false positives and false negatives of each row, (n_rows, 3)."""
    counts = [(decided & relevant), (decided & ~relevant), (~decided & relevant)]
    return np.stack([part.sum(axis=1) for part in counts], axis=1).astype(np.int64)


def precision_recall_f1(counts: npt.ArrayLike) -> Floats:
    """Precision, recall and F1 (..., 3) of counts (..., 3) of true positives, false positives and false negatives.

    Pooled counts give the micro average (van Rijsbergen 1979). Precision is NaN where nothing was decided for, recall
    and F1 where nothing is relevant.
    """
    true, false, missed = np.moveaxis(np.asarray(counts, np.float64), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(true + missed > 0, 2 * true / (2 * true + false + missed), np.nan)
        return np.stack([true / (true + false), true / (true + missed), f1], axis=-1)


def _checked(scores: npt.ArrayLike, relevant: npt.ArrayLike) -> tuple[Floats, Bools]:
    values, is_right = np.asarray(scores), np.asarray(relevant, bool)
    if values.ndim != 2 or values.shape != is_right.shape or values.shape[1] == 0:
        raise BadInputError(f"Scores (n_queries, n_items) need relevance of that shape, not {is_right.shape}.")
    if np.isnan(values).any():
        raise BadInputError("A score that is not a number can't be ranked.")
    return values, is_right


def _summed(flat: Counts, values: Bools, shape: tuple[int, ...]) -> Counts:
    return np.bincount(flat, values.ravel(), shape[0] * shape[1]).astype(np.int64).reshape(shape)


def _taken(groups: TieGroups, k: int | None) -> Counts:
    """How many items of each group are among the first k."""
    return groups.sizes if k is None else np.clip(k - groups.ahead, 0, groups.sizes)


def _harmonic_numbers(n: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, n + 1))])


def _divided(sums: Floats, by: npt.NDArray[np.number]) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where(by > 0, sums / np.maximum(by, 1e-300), np.nan)
