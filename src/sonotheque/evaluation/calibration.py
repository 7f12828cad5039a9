"""Measures whether chances are true, and whether the best hit is called weak when it should be.

Owns which chances count (those of the hits that a search shows, and those of all pairs) and the weak-or-not test. The
rule for weak is the search's own: a chance below `WEAK_BELOW`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.evaluation.bootstrap import Estimate, Resampling, estimate, estimate_rate, plan_resampling
from sonotheque.evaluation.calibration_metrics import Bin, Floats, brier_score, calibration_error, reliability_bins
from sonotheque.evaluation.gallery import Gallery
from sonotheque.evaluation.manifest import TextColumn, Wording
from sonotheque.evaluation.queries import Answers, QuerySet, ask, name_queries, wording_queries
from sonotheque.models.roles import Embedder
from sonotheque.search.ranking import WEAK_BELOW

SHOWN = 10
"""Hits that a search shows unless told otherwise."""
_N_RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class WeakOrNot:
    """How often the best hit is called weak rightly: `present`, not weak while the class is in the gallery; `absent`,
    weak while it is not; `best_right`, how often the best hit is of the class where it is present.
    """

    present: Estimate
    absent: Estimate
    best_right: Estimate
    wrong_present: tuple[str, ...]
    wrong_absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalibrationSection:
    """Figures of one kind of query; bins are of the shown hits."""

    kind: str
    n_queries: int
    n_unread: int
    resampled: str
    figures: dict[str, Estimate]
    bins: tuple[Bin, ...]
    weak: WeakOrNot


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """All figures of one model."""

    model: str
    sections: tuple[CalibrationSection, ...]


def measure_calibration(
    model: str, embedder: Embedder, gallery: Gallery, column: TextColumn, wordings: Sequence[Wording] = ()
) -> CalibrationResult:
    """Every kind of text query for one model: the names of the clips, and other wordings by language."""
    sets = [name_queries(gallery, column), *wording_queries(gallery, wordings)]
    return CalibrationResult(model, tuple(_measure(queries, ask(embedder, gallery, queries)) for queries in sets))


def _measure(queries: QuerySet, answers: Answers) -> CalibrationSection:
    shown = np.argsort(-answers.scores, axis=1, kind="stable")[answers.is_read, :SHOWN]
    relevant = queries.relevant[answers.is_read]
    all_chances = answers.chances[answers.is_read].astype(np.float64)
    pairs = (np.take_along_axis(all_chances, shown, axis=1), np.take_along_axis(relevant, shown, axis=1))
    without = np.where(relevant, -np.inf, answers.scores[answers.is_read])
    n_left = min(SHOWN, int((~relevant).sum(axis=1).min(initial=SHOWN)))
    others = np.take_along_axis(all_chances, np.argsort(-without, axis=1, kind="stable")[:, :n_left], axis=1)
    both = (np.hstack([pairs[0], others]), np.hstack([pairs[1], np.zeros(others.shape, bool)]))
    figures: dict[str, Estimate] = {}
    told = ""
    bins: tuple[Bin, ...] = ()
    if len(shown):
        names = [name for name, is_read in zip(queries.names, answers.is_read, strict=True) if is_read]
        resampling = plan_resampling(names, n_resamples=_N_RESAMPLES)
        told = resampling.told
        figures = {
            "ECE, equal mass": _estimate(_mass_error, *pairs, resampling),
            "ECE, equal width": _estimate(_width_error, *pairs, resampling),
            "ECE, and without the class": _estimate(_mass_error, *both, resampling),
            "Brier": _estimate(brier_score, *pairs, resampling),
            "ECE of all pairs": _point(_mass_error, all_chances, relevant),
            "Brier of all pairs": _point(brier_score, all_chances, relevant),
        }
        bins = tuple(reliability_bins(pairs[0].ravel(), pairs[1].ravel(), "mass"))
    n_unread = int((~answers.is_read).sum())
    return CalibrationSection(queries.kind, len(queries), n_unread, told, figures, bins, weak_or_not(queries, answers))


def _mass_error(chances: Floats, came_true: npt.NDArray[np.bool_]) -> float:
    return calibration_error(reliability_bins(chances, came_true, "mass"))


def _width_error(chances: Floats, came_true: npt.NDArray[np.bool_]) -> float:
    return calibration_error(reliability_bins(chances, came_true, "width"))


def _point(
    metric: Callable[[Floats, npt.NDArray[np.bool_]], float], chances: Floats, relevant: npt.NDArray[np.bool_]
) -> Estimate:
    """A figure over so many pairs that no interval is drawn for it."""
    value = metric(chances.ravel(), relevant.ravel())
    return Estimate(value, float("nan"), float("nan"), chances.size)


def _estimate(
    metric: Callable[[Floats, npt.NDArray[np.bool_]], float],
    chances: Floats,
    relevant: npt.NDArray[np.bool_],
    resampling: Resampling,
) -> Estimate:
    """A figure over the pairs of all queries (n_queries, n_shown), its queries resampled with all their pairs."""
    rows = np.arange(len(chances))
    drawn = (np.repeat(rows, times) for times in resampling.queries)
    resampled = np.array([metric(chances[some].ravel(), relevant[some].ravel()) for some in drawn])
    return estimate(metric(chances.ravel(), relevant.ravel()), resampled, chances.size)


def weak_or_not(queries: QuerySet, answers: Answers) -> WeakOrNot:
    """The weak-or-not test. A query that can't be read is refused, which counts as weak in both cases."""
    best = answers.chances.max(axis=1)
    without = np.where(queries.relevant, 0.0, answers.chances).max(axis=1)
    strong, weak = best >= WEAK_BELOW, without < WEAK_BELOW
    top = np.argmax(answers.scores, axis=1)
    is_right = queries.relevant[np.arange(len(queries)), top] & answers.is_read
    return WeakOrNot(
        estimate_rate(int(strong.sum()), len(queries)),
        estimate_rate(int(weak.sum()), len(queries)),
        estimate_rate(int(is_right.sum()), len(queries)),
        tuple(text for text, is_strong in zip(queries.texts, strong, strict=True) if not is_strong),
        tuple(text for text, is_weak in zip(queries.texts, weak, strict=True) if not is_weak),
    )
