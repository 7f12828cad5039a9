"""Metrics of chances: does what is shown as 70 % come true seven times in ten?

Owns expected calibration error over two kinds of bins, the Brier score and the rows of a reliability diagram. Knows
nothing of where chances come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError

Floats = npt.NDArray[np.float64]
Binning = Literal["width", "mass"]
N_BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Chances that lie together: how many, their mean, and the share of them that came true."""

    low: float
    high: float
    n: int
    mean: float
    share: float


def reliability_bins(
    chances: npt.ArrayLike, came_true: npt.ArrayLike, binning: Binning, n_bins: int = N_BINS
) -> list[Bin]:
    """The bins that hold anything, from low to high; `chances` and `came_true` are (n,).

    `width`: equal stretches of [0, 1]. `mass`: edges at the quantiles, so about equally many in each; equal chances
    always share a bin, so their order decides nothing. Raises `BadInputError` for chances outside [0, 1].
    """
    p, y = np.asarray(chances, np.float64), np.asarray(came_true, np.float64)
    if p.shape != y.shape or p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise BadInputError("Chances lie between 0 and 1, one for each outcome.")
    if not len(p):
        return []
    inner = np.arange(1, n_bins) / n_bins
    edges = inner if binning == "width" else np.quantile(p, inner, method="lower")
    # The upper edge belongs to the bin, so that ties at a quantile stay together.
    number = np.searchsorted(edges, p, side="left")
    bins = []
    for one in np.unique(number).tolist():
        inside = number == one
        low, high = (one / n_bins, (one + 1) / n_bins) if binning == "width" else (p[inside].min(), p[inside].max())
        bins.append(Bin(float(low), float(high), int(inside.sum()), float(p[inside].mean()), float(y[inside].mean())))
    return bins


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error: mean of |share - mean chance| over the bins, weighted by how many each holds.

    Naeini, Cooper and Hauskrecht (2015); equal-mass bins after Nguyen and O'Connor (2015). NaN where there is no bin.
    """
    n = sum(one.n for one in bins)
    return sum(one.n * abs(one.share - one.mean) for one in bins) / n if n else float("nan")


def brier_score(chances: npt.ArrayLike, came_true: npt.ArrayLike) -> float:
    """Mean squared distance of the chances from what came true (Brier 1950); 0 is perfect."""
    return float(np.mean((np.asarray(chances, np.float64) - np.asarray(came_true, np.float64)) ** 2))
