"""Measures naming: the nearest of the labels for each clip.

Owns how a label is chosen (by cosine, and by chance as `sono tag` does) and the intervals. The formulas are
`tagging_metrics`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sonotheque.errors import BadInputError
from sonotheque.evaluation.bootstrap import (
    Estimate,
    compare_paired,
    correct_holm,
    draw_within,
    estimate,
    estimate_mean,
    plan_resampling,
)
from sonotheque.evaluation.gallery import Gallery
from sonotheque.evaluation.manifest import TextColumn
from sonotheque.evaluation.queries import ask, name_queries
from sonotheque.evaluation.retrieval import Comparison, rank_values
from sonotheque.evaluation.tagging_metrics import (
    Counts,
    Floats,
    choose_labels,
    class_scores,
    confusion_matrix,
    macro_f1,
    resampled_macro_f1,
)
from sonotheque.models.roles import Embedder

_N_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label: its clips, how it was chosen, how well it ranks them, and what they are taken for."""

    name: str
    n_clips: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    mistaken_for: str


@dataclass(frozen=True, slots=True, eq=False)
class TaggingResult:
    """All figures of one model; `confusion` counts clips by true and chosen label in the order of `classes`.

    `is_right` (n_clips,) is each clip's share of a right choice, for comparing models.
    """

    model: str
    figures: dict[str, Estimate]
    classes: tuple[LabelRow, ...]
    confusion: Floats = field(repr=False)
    is_right: Floats = field(repr=False)
    n_unread: int = 0


def measure_tagging(model: str, embedder: Embedder, gallery: Gallery, column: TextColumn) -> TaggingResult:
    """Accuracy, macro F1 and mAP of choosing the nearest label. Raises `BadInputError` for a clip with two labels."""
    double = next((clip for clip in gallery.clips if len(clip.names) > 1), None)
    if double is not None:
        raise BadInputError(
            f"{double.path} has {len(double.names)} labels: {', '.join(double.names)}.",
            next_step="Give each clip one, or measure retrieval, where a clip may have several.",
        )
    named = name_queries(gallery, column)
    answers = ask(embedder, gallery, named)
    truth = np.argmax(named.relevant, axis=0).astype(np.int64)
    chosen, by_chance = choose_labels(answers.scores), choose_labels(answers.chances)
    confusion = confusion_matrix(chosen, truth)
    precisions = rank_values(answers.scores, named.relevant, is_read=answers.is_read)["mAP"]
    resampling = plan_resampling(named.names)
    is_right = chosen[np.arange(len(truth)), truth]
    figures = {
        "accuracy": _over_clips(is_right),
        "macro F1": _macro_f1(chosen, truth),
        "mAP": estimate_mean(precisions, resampling),
        "accuracy by chance score": _over_clips(by_chance[np.arange(len(truth)), truth]),
    }
    rows = _rows(named.names, confusion, precisions)
    return TaggingResult(model, figures, rows, confusion, is_right, int((~answers.is_read).sum()))


def _over_clips(is_right: Floats) -> Estimate:
    return estimate_mean(is_right, plan_resampling(range(len(is_right))))


def _macro_f1(chosen: Floats, truth: Counts) -> Estimate:
    """With clips resampled within their label, so that no label is lost."""
    times = draw_within(truth.tolist(), np.random.default_rng(0), _N_RESAMPLES)
    return estimate(macro_f1(confusion_matrix(chosen, truth)), resampled_macro_f1(chosen, truth, times), len(truth))


def _rows(names: tuple[str, ...], confusion: Floats, precisions: Floats) -> tuple[LabelRow, ...]:
    scores = class_scores(confusion)
    rows = []
    for at, name in enumerate(names):
        wrong = np.where(np.arange(len(names)) == at, 0.0, confusion[at])
        mistaken_for = names[int(wrong.argmax())] if wrong.max() > 0 else ""
        precision, recall, f1 = scores[at].tolist()
        n_clips = round(float(confusion[at].sum()))
        rows.append(LabelRow(name, n_clips, precision, recall, f1, float(precisions[at]), mistaken_for))
    return tuple(rows)


def compare_tagging(results: Sequence[TaggingResult]) -> list[Comparison]:
    """Every later model's accuracy against the first's, over the same clips."""
    base = results[0].is_right
    paired = [compare_paired(base, result.is_right, range(len(base))) for result in results[1:]]
    corrected = correct_holm([difference.p for difference in paired])
    return [
        Comparison(result.model, results[0].model, "clips", "accuracy", difference, p)
        for result, difference, p in zip(results[1:], paired, corrected, strict=True)
    ]
