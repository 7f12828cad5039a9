"""Lays results out as documents: which tables and pictures a report has.

Owns their order, titles and notes. Computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sonotheque.evaluation.bootstrap import Estimate
from sonotheque.evaluation.calibration import CalibrationResult
from sonotheque.evaluation.document import Document, Picture, Study, Table, shown
from sonotheque.evaluation.plots import MOST_CLASSES, draw_confusion, draw_intervals, draw_reliability
from sonotheque.evaluation.retrieval import DECISION_METRICS, Comparison, RetrievalResult
from sonotheque.evaluation.retrieval_metrics import RANK_METRICS
from sonotheque.evaluation.tagging import TaggingResult

_WORST_FIRST = 10
_NUMBERS = frozenset(range(1, 20))


def retrieval_document(study: Study, results: Sequence[RetrievalResult], comparisons: Sequence[Comparison]) -> Document:
    """The report of `sono eval retrieval`."""
    parts: list[Table | Picture] = []
    for at, section in enumerate(results[0].sections):
        names = [*RANK_METRICS, *(DECISION_METRICS if "precision" in section.figures else ())]
        rows = [(name, *(_interval(result.sections[at].figures[name]) for result in results)) for name in names]
        note = f"95 % intervals from resampled {section.resampled}; {section.n_queries} queries."
        unread = ", ".join(
            f"{result.model} knows no word of {result.sections[at].n_unread}, which count 0"
            for result in results
            if result.sections[at].n_unread
        )
        note = f"{note} {unread}." if unread else note
        title = f"{section.direction.capitalize()}: {section.kind}"
        parts.append(Table(title, ("metric", *(result.model for result in results)), tuple(rows), _NUMBERS, note))
    parts += _comparison_tables(comparisons)
    parts.append(_retrieval_picture(results))
    for result in results:
        parts.append(_class_table(result))
        if result.confusion is not None:
            parts.append(_confusion_picture(result.model, [row.name for row in result.classes], result.confusion))
    return Document("Retrieval", study.facts(), (*parts, *study.left_out_table()))


def _retrieval_picture(results: Sequence[RetrievalResult]) -> Picture:
    rows = [section.title for section in results[0].sections]
    figures = [[result.sections[at].figures["mAP"] for result in results] for at in range(len(rows))]
    svg = draw_intervals(rows, [result.model for result in results], figures)
    return Picture("Mean average precision", svg, "Dots are the figures, bars their 95 % intervals.")


def _comparison_tables(comparisons: Sequence[Comparison]) -> list[Table]:
    if not comparisons:
        return []
    rows = tuple(
        (
            item.section, item.metric, item.model,
            f"{item.difference.mean:+.3f} [{item.difference.low:+.3f}, {item.difference.high:+.3f}]",
            shown(item.difference.p, 4), shown(item.p_holm, 4),
        )
        for item in comparisons
    )  # fmt: skip
    columns = ("queries", "metric", "model", f"minus {comparisons[0].against}", "p", "p (Holm)")
    note = "Paired over the same queries: bootstrap interval, two-sided sign-flip permutation test, Holm's correction."
    return [Table("Side by side", columns, rows, frozenset({3, 4, 5}), note)]


def _class_table(result: RetrievalResult) -> Table:
    worst = sorted(result.classes, key=lambda row: row.average_precision)
    rows = tuple(
        (
            row.name, str(row.n_clips), shown(row.average_precision), shown(row.recall_at_10), shown(row.precision),
            shown(row.recall), shown(row.by_example), shown(row.nearest_right), row.mistaken_for,
        )
        for row in worst
    )  # fmt: skip
    columns = ("name", "clips", "AP", "R@10", "precision", "recall", "by example", "nearest", "mostly mistaken for")
    note = (
        "Worst first. AP and R@10 of the name as a query; precision and recall of what is not weak; by example, the "
        "mean AP of its clips as queries; nearest, the share of its clips whose nearest name is theirs."
    )
    return Table(f"By name, {result.model}", columns, rows, frozenset(range(1, 8)), note, _WORST_FIRST)


def _confusion_picture(model: str, names: Sequence[str], confusion: object) -> Picture:
    note = "A row is what clips are, a column the nearest name; a cell is as strong as its share of the row."
    if len(names) > MOST_CLASSES:
        note += f" Of {len(names)} names the {MOST_CLASSES} most confused."
    return Picture(f"Confusion, {model}", draw_confusion(names, confusion), note)  # type: ignore[arg-type]


def tagging_document(study: Study, results: Sequence[TaggingResult], comparisons: Sequence[Comparison]) -> Document:
    """The report of `sono eval tagging`."""
    rows = [(name, *(_interval(result.figures[name]) for result in results)) for name in results[0].figures]
    note = (
        "95 % intervals: accuracy from resampled clips, macro F1 from clips resampled within their label, mAP from "
        "resampled labels. By chance score, the label is chosen by its calibrated chance, as sono tag does."
    )
    columns = ("metric", *(result.model for result in results))
    parts: list[Table | Picture] = [Table("Nearest label", columns, tuple(rows), _NUMBERS, note)]
    parts += _comparison_tables(comparisons)
    for result in results:
        worst = sorted(result.classes, key=lambda row: row.f1)
        cells = tuple(
            (
                row.name, str(row.n_clips), shown(row.precision), shown(row.recall), shown(row.f1),
                shown(row.average_precision), row.mistaken_for,
            )
            for row in worst
        )  # fmt: skip
        titles = ("label", "clips", "precision", "recall", "F1", "AP", "mostly mistaken for")
        parts.append(
            Table(f"By label, {result.model}", titles, cells, frozenset(range(1, 6)), "Worst first.", _WORST_FIRST)
        )
        parts.append(_confusion_picture(result.model, [row.name for row in result.classes], result.confusion))
    return Document("Tagging", study.facts(), (*parts, *study.left_out_table()))


def calibration_document(study: Study, results: Sequence[CalibrationResult]) -> Document:
    """The report of `sono eval calibration`."""
    parts: list[Table | Picture] = []
    for result in results:
        sections = result.sections
        names = list(dict.fromkeys(name for section in sections for name in section.figures))
        rows = [
            (name, *(_interval(section.figures[name]) if section.figures else "–" for section in sections))
            for name in names
        ]
        columns = ("metric", *(section.kind for section in sections))
        note = (
            "Of the ten best hits of each query; where it says so, each is asked once more with its class removed. "
            f"95 % intervals from resampled {sections[0].resampled}."
        )
        parts.append(Table(f"Calibration, {result.model}", columns, tuple(rows), _NUMBERS, note))
        weak = [
            (section.kind, str(section.n_queries), *map(_interval, (section.weak.present, section.weak.absent)),
             _interval(section.weak.best_right))
            for section in sections
        ]  # fmt: skip
        titles = ("queries", "n", "not weak, class present", "weak, class removed", "best hit is right")
        note = "Whether the best hit is called weak as it should be; Wilson intervals."
        parts.append(Table(f"Weak or not, {result.model}", titles, tuple(weak), frozenset({1, 2, 3, 4}), note))
        for section in sections:
            title = f"Reliability, {result.model}, {section.kind}"
            parts.append(Picture(title, draw_reliability(section.bins), "Fifteen bins of about equally many hits."))
    return Document("Calibration", study.facts(), (*parts, *study.left_out_table()))


def _interval(one: Estimate) -> str:
    return shown(one.value) if one.low != one.low else f"{shown(one.value)} [{shown(one.low)}, {shown(one.high)}]"
