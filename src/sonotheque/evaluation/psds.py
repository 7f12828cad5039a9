"""The polyphonic sound detection score: one number for a detector over all its thresholds.

Owns intersection-based counting and the area under the PSD-ROC, after Bilen, Ferroni, Tuveri, Azcarreta and Krstulović
(A framework for the robust evaluation of sound event detection, ICASSP 2020). Knows nothing of models or files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.evaluation.events_metrics import Events
from sonotheque.values.span import Span

Floats = npt.NDArray[np.float64]
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class PsdsSettings:
    """What counts and what it costs.

    `dtc`: a found event is right where at least this share of it lies in true events of its label. `gtc`: a true event
    is met where right ones cover at least this share of it. `cttc`: a wrong one is a cross trigger where this share of
    it lies in true events of another label. `alpha_ct`: the price of cross triggers, `alpha_st` that of differences
    between labels. `e_max`: the most false ones an hour that matter.
    """

    dtc: float
    gtc: float
    cttc: float
    alpha_ct: float
    alpha_st: float
    e_max: float = 100.0

    def __post_init__(self) -> None:
        if not all(0.0 < share <= 1.0 for share in (self.dtc, self.gtc, self.cttc)):
            raise BadInputError(f"dtc, gtc and cttc lie above 0 and at most at 1: not {self}.")
        if not (0.0 <= self.alpha_ct <= 1.0 and 0.0 <= self.alpha_st < math.inf and 0.0 < self.e_max < math.inf):
            raise BadInputError(f"alpha_ct lies in 0 to 1, alpha_st is not negative, e_max is positive: not {self}.")


PSDS_1 = PsdsSettings(dtc=0.7, gtc=0.7, cttc=0.3, alpha_ct=0.0, alpha_st=1.0)
"""Scenario 1 of DCASE 2021 task 4: exact boundaries."""
PSDS_2 = PsdsSettings(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5, alpha_st=1.0)
"""Scenario 2: the right label, roughly placed."""


@dataclass(frozen=True, slots=True, eq=False)
class PsdsCounts:
    """Counts of files at thresholds, to be summed over files.

    `hits` and `false` (n_thresholds, n_labels): true events met, wrong ones found; `crossed` (n_thresholds, n_labels,
    n_labels): those of the wrong ones that lie in another label, by found and by true label; `n_true` (n_labels,)
    events and `true_s` (n_labels,) seconds of each label; `duration_s` of all.
    """

    hits: Floats
    false: Floats
    crossed: Floats
    n_true: Floats
    true_s: Floats
    duration_s: float


def count_file(
    truth: Events, by_threshold: Sequence[Events], labels: Sequence[str], duration_s: float, settings: PsdsSettings
) -> PsdsCounts:
    """The counts of one file; `by_threshold` is what was found at each threshold."""
    true = [[event.span for event in truth if event.label == label] for label in labels]
    n, n_labels = len(by_threshold), len(labels)
    hits, false = np.zeros((n, n_labels)), np.zeros((n, n_labels))
    crossed = np.zeros((n, n_labels, n_labels))
    for at, found in enumerate(by_threshold):
        for own, label in enumerate(labels):
            spans = [event.span for event in found if event.label == label]
            right = [span for span in spans if _covered(span, true[own]) >= settings.dtc]
            wrong = [span for span in spans if _covered(span, true[own]) < settings.dtc]
            hits[at, own] = sum(bool(right) and _covered(span, right) >= settings.gtc for span in true[own])
            false[at, own] = len(wrong)
            for other in range(n_labels) if wrong else ():
                if other != own and true[other]:
                    crossed[at, own, other] = sum(_covered(span, true[other]) >= settings.cttc for span in wrong)
    return PsdsCounts(
        hits, false, crossed,
        np.array([len(spans) for spans in true], np.float64),
        np.array([sum(span.duration_s for span in spans) for spans in true], np.float64),
        duration_s,
    )  # fmt: skip


def _covered(span: Span, others: Sequence[Span]) -> float:
    """The share of a span that lies in the others; what lies in two of them counts twice, as in the definition."""
    return sum(span.overlap_s(other) for other in others) / span.duration_s


def sum_counts(counts: Sequence[PsdsCounts], weights: npt.NDArray[np.integer] | None = None) -> PsdsCounts:
    """The counts of several files as one; `weights` (n_files,) say how often each is in a resample."""
    times = np.ones(len(counts)) if weights is None else np.asarray(weights, np.float64)
    kept = [(one, weight) for one, weight in zip(counts, times.tolist(), strict=True) if weight]
    if not kept:
        raise BadInputError("There is no file to count.")

    def total(name: str) -> Floats:
        return np.asarray(sum(weight * getattr(one, name) for one, weight in kept), np.float64)

    duration_s = float(sum(weight * one.duration_s for one, weight in kept))
    return PsdsCounts(total("hits"), total("false"), total("crossed"), total("n_true"), total("true_s"), duration_s)


def psds(counts: PsdsCounts, settings: PsdsSettings) -> float:
    """The score in [0, 1] of the labels that are in the truth: the normalised area under the PSD-ROC up to `e_max`.

    For each label the share of events met over the effective rate of false ones an hour, as a staircase that never
    falls; over the labels their mean less `alpha_st` times their deviation, not below zero. NaN without any truth.
    """
    present = counts.n_true > 0
    if not present.any():
        return math.nan
    rates, met = _operating_points(counts, present, settings.alpha_ct)
    steps = np.unique(np.concatenate([[0.0, settings.e_max], rates[rates <= settings.e_max]]))
    curves = np.stack([_staircase(steps, rates[:, at], met[:, at]) for at in range(rates.shape[1])])
    height = np.maximum(curves.mean(axis=0) - settings.alpha_st * curves.std(axis=0), 0.0)
    return float((height[:-1] * np.diff(steps)).sum() / settings.e_max)


def _operating_points(counts: PsdsCounts, present: npt.NDArray[np.bool_], alpha_ct: float) -> tuple[Floats, Floats]:
    """Effective false ones an hour and the share of events met, (n_thresholds, n_present) each."""
    false = counts.false[:, present] * HOUR_S / counts.duration_s
    met = counts.hits[:, present] / counts.n_true[present]
    n_present = int(present.sum())
    if n_present > 1:
        crossed = counts.crossed[:, present][:, :, present] * HOUR_S / counts.true_s[present]
        false = false + alpha_ct * crossed.sum(axis=2) / (n_present - 1)
    return false, met


def _staircase(steps: Floats, rates: Floats, met: Floats) -> Floats:
    """The greatest share met at a rate of at most each step, 0 where there is none."""
    order = np.argsort(rates, kind="stable")
    best = np.concatenate([[0.0], np.maximum.accumulate(met[order])])
    return best[np.searchsorted(rates[order], steps, side="right")]
