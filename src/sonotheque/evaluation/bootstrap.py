"""Intervals and significance by resampling.

Owns the bootstrap (Efron 1979) over queries, clustered and with a resampled gallery, the paired permutation test and
Holm's correction, and the Wilson interval of a rate. Knows nothing of what the values mean. Every draw is seeded.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

N_RESAMPLES = 1000
N_PERMUTATIONS = 10_000
FEW_QUERIES = 100
"""With fewer queries than this clips are resampled too: which ones were collected then matters about as much."""
_PERMUTED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, over `n` queries (or clips, as the context says)."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean difference of a second model from a first over the same queries, its interval, and the chance `p` of one at
    least as great if the two were alike.
    """

    mean: float
    low: float
    high: float
    p: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Resampling:
    """How often each query (n_resamples, n_queries) and, where they are resampled too, each clip is in a resample."""

    queries: Counts
    clips: Counts | None
    told: str


def plan_resampling(
    clusters: Sequence[Hashable],
    clip_classes: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    n_resamples: int = N_RESAMPLES,
) -> Resampling:
    """Draws for one kind of query. Queries of an equal cluster are drawn together, because they are not independent.

    With `clip_classes` and fewer than `FEW_QUERIES` clusters, clips are drawn too, within their class, so that every
    query keeps as many relevant clips as it has.
    """
    rng = np.random.default_rng(seed)
    of_query = _numbered(clusters)
    n_clusters = int(of_query.max(initial=-1)) + 1
    if n_clusters == 0:
        raise BadInputError("There is nothing to resample.")
    drawn = rng.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), n_resamples)
    queries: Counts = drawn[:, of_query].astype(np.int64)
    told = "queries" if n_clusters == len(of_query) else "classes with all their queries"
    if clip_classes is None or n_clusters >= FEW_QUERIES:
        return Resampling(queries, None, told)
    return Resampling(queries, draw_within(clip_classes, rng, n_resamples), f"{told}, and clips within their class")


def draw_within(classes: Sequence[Hashable], rng: np.random.Generator, n_resamples: int) -> Counts:
    """How often each item is drawn, (n_resamples, n_items), with replacement from its own class; class sizes stay."""
    number = _numbered(classes)
    times = np.zeros((n_resamples, len(number)), np.int64)
    for one in range(int(number.max(initial=-1)) + 1):
        members = np.flatnonzero(number == one)
        times[:, members] = rng.multinomial(len(members), np.full(len(members), 1.0 / len(members)), n_resamples)
    return times


def estimate_mean(values: Floats, resampling: Resampling, resampled: Floats | None = None) -> Estimate:
    """Mean of `values` (n_queries,) with its percentile interval; NaN values don't count.

    `resampled` (n_resamples, n_queries) are the values in each resample of the clips, where those are resampled.
    """
    each = np.broadcast_to(values, resampling.queries.shape) if resampled is None else resampled
    counted = resampling.queries * np.isfinite(each)
    with np.errstate(invalid="ignore"):
        means = (resampling.queries * np.nan_to_num(each)).sum(axis=1) / counted.sum(axis=1)
    valid = values[np.isfinite(values)]
    return estimate(float(valid.mean()) if len(valid) else math.nan, means, len(valid))


def estimate(value: float, resampled: Floats, n: int) -> Estimate:
    """A figure with the 2.5 and 97.5 percentiles of its resampled values; those that are NaN are left out."""
    known = resampled[np.isfinite(resampled)]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (math.nan, math.nan)
    return Estimate(value, float(low), float(high), n)


def compare_paired(
    first: Floats, second: Floats, clusters: Sequence[Hashable], *, seed: int = 0, n_permutations: int = N_PERMUTATIONS
) -> Difference:
    """`second` minus `first`, values (n,) of two models for the same queries; pairs with a NaN are left out.

    The interval is a bootstrap over clusters. p is that of a two-sided permutation test: under no difference the sign
    of each cluster's difference is a coin's (Fisher 1935; Smucker, Allan and Carterette 2007 for retrieval), with one
    added to both counts, so that p is never 0 (Phipson and Smyth 2010).
    """
    known = np.isfinite(first) & np.isfinite(second)
    if not known.any():
        return Difference(math.nan, math.nan, math.nan, math.nan, 0)
    differences = (second - first)[known]
    number = _numbered([cluster for cluster, keep in zip(clusters, known, strict=True) if keep])
    interval = estimate_mean(differences, plan_resampling(number.tolist(), seed=seed))
    sums = np.bincount(number, differences)
    rng = np.random.default_rng(seed)
    n_as_great, left = 0, n_permutations
    while left > 0:
        signs = rng.choice((-1.0, 1.0), (min(left, _PERMUTED_AT_ONCE), len(sums)))
        n_as_great += int((np.abs(signs @ sums) >= abs(float(sums.sum())) - 1e-12).sum())
        left -= len(signs)
    p = (n_as_great + 1) / (n_permutations + 1)
    return Difference(float(differences.mean()), interval.low, interval.high, p, int(known.sum()))


def correct_holm(chances: Sequence[float]) -> list[float]:
    """The p values corrected for their number (Holm 1979), in the given order; NaN stays and does not count."""
    known = [at for at, p in enumerate(chances) if not math.isnan(p)]
    corrected, reached = list(chances), 0.0
    for rank, at in enumerate(sorted(known, key=lambda at: chances[at])):
        reached = max(reached, min(1.0, (len(known) - rank) * chances[at]))
        corrected[at] = reached
    return corrected


def estimate_rate(n_right: int, n: int) -> Estimate:
    """A rate with its 95 % Wilson score interval (Wilson 1927), which also holds where all or none are right."""
    if not 0 <= n_right <= n:
        raise BadInputError(f"{n_right} of {n} is no rate.")
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    z, rate = 1.959964, n_right / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Estimate(rate, max(0.0, middle - half), min(1.0, middle + half), n)


def _numbered(keys: Sequence[Hashable]) -> Counts:
    """Keys as numbers from 0 in the order in which they first come, (n,)."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
