"""Measures retrieval: text to audio, audio to text, audio to audio.

Owns which queries are asked of which gallery, what counts as right, and which intervals belong to which figures. The
formulas are `retrieval_metrics`', the draws `bootstrap`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sonotheque.evaluation.bootstrap import (
    Difference,
    Estimate,
    Resampling,
    compare_paired,
    correct_holm,
    estimate,
    estimate_mean,
    plan_resampling,
)
from sonotheque.evaluation.gallery import Gallery, score_matrix
from sonotheque.evaluation.manifest import TextColumn, Wording
from sonotheque.evaluation.queries import Answers, QuerySet, ask, name_queries, wording_queries
from sonotheque.evaluation.retrieval_metrics import (
    RANK_METRICS,
    Floats,
    count_decisions,
    precision_recall_f1,
    resampled_groups,
    tie_groups,
)
from sonotheque.evaluation.tagging_metrics import choose_labels
from sonotheque.models.roles import Embedder
from sonotheque.search.ranking import WEAK_BELOW
from sonotheque.values.waveform import FloatArray

DECISION_METRICS = ("precision", "recall", "F1")
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Figures of one kind of query. `per_query` holds the ranked metrics of each, NaN where nothing is relevant;
    `clusters` says which queries are not independent.
    """

    direction: str
    kind: str
    n_queries: int
    n_unread: int
    resampled: str
    figures: dict[str, Estimate]
    per_query: dict[str, Floats] = field(repr=False)
    clusters: tuple[str, ...] = field(repr=False)

    @property
    def title(self) -> str:
        """`text to audio, labels`."""
        return f"{self.direction}, {self.kind}"


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One name: its clips, how well its text finds them and how well they find each other, and what they are taken for.

    Figures are NaN where there is nothing to measure.
    """

    name: str
    n_clips: int
    average_precision: float
    recall_at_10: float
    precision: float
    recall: float
    by_example: float
    nearest_right: float
    mistaken_for: str


@dataclass(frozen=True, slots=True, eq=False)
class RetrievalResult:
    """All figures of one model. `confusion` counts clips by name and nearest name, both in the order of `classes`;
    it is None where clips bear several names.
    """

    model: str
    sections: tuple[Section, ...]
    classes: tuple[ClassRow, ...]
    confusion: Floats | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model against the first one in one section and metric; `p_holm` is corrected for the number of comparisons."""

    model: str
    against: str
    section: str
    metric: str
    difference: Difference
    p_holm: float


def measure_retrieval(
    model: str, embedder: Embedder, gallery: Gallery, column: TextColumn, wordings: Sequence[Wording] = ()
) -> RetrievalResult:
    """Every section for one model: its names, other wordings by language, and each clip as a query."""
    named = name_queries(gallery, column)
    answers = ask(embedder, gallery, named)
    sections = [_text_to_audio(named, answers, gallery)]
    for queries in wording_queries(gallery, wordings):
        sections.append(_text_to_audio(queries, ask(embedder, gallery, queries), gallery))
    sections.append(_audio_to_text(named, answers, gallery))
    by_example = _audio_to_audio(gallery)
    sections.append(by_example)
    shares = choose_labels(answers.scores)
    confusion = _confusion(shares, named)
    return RetrievalResult(model, tuple(sections), _classes(named, answers, sections[0], by_example, shares), confusion)


def _text_to_audio(queries: QuerySet, answers: Answers, gallery: Gallery) -> Section:
    resampling = plan_resampling(queries.names, [clip.names for clip in gallery.clips])
    per_query = rank_values(answers.scores, queries.relevant, is_read=answers.is_read)
    resampled = None if resampling.clips is None else _resampled_values(answers, queries, resampling.clips)
    figures = {
        name: estimate_mean(values, resampling, None if resampled is None else resampled[name])
        for name, values in per_query.items()
    }
    figures |= _decision_figures(answers.chances >= WEAK_BELOW, queries.relevant, resampling)
    n_unread = int((~answers.is_read).sum())
    return Section(
        "text to audio", queries.kind, len(queries), n_unread, resampling.told, figures, per_query, queries.names
    )


def _audio_to_text(named: QuerySet, answers: Answers, gallery: Gallery) -> Section:
    clips = tuple(str(clip.path) for clip in gallery.clips)
    per_query = rank_values(answers.scores.T, named.relevant.T)
    return _clip_section("audio to text", named.kind, per_query, clips)


def _audio_to_audio(gallery: Gallery) -> Section:
    """Each clip against the others: those that share a name are right, and copies of its own content don't count."""
    clips = tuple(str(clip.path) for clip in gallery.clips)
    vectors = gallery.clip_vectors()
    names = {name: at for at, name in enumerate(sorted({name for clip in gallery.clips for name in clip.names}))}
    bears = np.zeros((len(gallery), len(names)), np.float32)
    for row, clip in enumerate(gallery.clips):
        bears[row, [names[name] for name in clip.names]] = 1.0
    parts = []
    for start in range(0, len(gallery), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        others = gallery.contents[rows, None] != gallery.contents[None, :]
        parts.append(rank_values(score_matrix(vectors[rows], gallery), bears[rows] @ bears.T > 0, others))
    per_query = {name: np.concatenate([part[name] for part in parts]) for name in RANK_METRICS}
    return _clip_section("audio to audio", "clips", per_query, clips)


def _clip_section(direction: str, kind: str, per_query: dict[str, Floats], clips: tuple[str, ...]) -> Section:
    resampling = plan_resampling(clips)
    figures = {name: estimate_mean(values, resampling) for name, values in per_query.items()}
    return Section(direction, kind, len(clips), 0, resampling.told, figures, per_query, clips)


def rank_values(
    scores: FloatArray,
    relevant: npt.NDArray[np.bool_],
    counted: npt.NDArray[np.bool_] | None = None,
    *,
    is_read: npt.NDArray[np.bool_] | None = None,
) -> dict[str, Floats]:
    """Every ranked metric of every query, (n_queries,); a query that can't be read finds nothing and has 0."""
    parts: dict[str, list[Floats]] = {name: [] for name in RANK_METRICS}
    for start in range(0, len(scores), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        groups = tie_groups(scores[rows], relevant[rows], None if counted is None else counted[rows])
        for name, metric in RANK_METRICS.items():
            parts[name].append(metric(groups))
    values = {name: np.concatenate(each) for name, each in parts.items()}
    return values if is_read is None else {name: np.where(is_read, each, 0.0) for name, each in values.items()}


def _resampled_values(answers: Answers, queries: QuerySet, times: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Every ranked metric in every resample of the clips, (n_resamples, n_queries)."""
    values = {name: np.zeros((len(times), len(queries))) for name in RANK_METRICS}
    for at in np.flatnonzero(answers.is_read).tolist():
        groups = resampled_groups(answers.scores[at], queries.relevant[at], times)
        for name, metric in RANK_METRICS.items():
            values[name][:, at] = metric(groups)
    return values


def _decision_figures(
    decided: npt.NDArray[np.bool_], relevant: npt.NDArray[np.bool_], resampling: Resampling
) -> dict[str, Estimate]:
    """Precision, recall and F1 over all pairs of query and clip, where a chance that is not weak is a yes."""
    counts = count_decisions(decided, relevant)
    if resampling.clips is None:
        pooled = (resampling.queries @ counts).astype(np.float64)
    else:
        parts = (decided & relevant, decided & ~relevant, ~decided & relevant)
        times = resampling.clips.astype(np.float64)
        pooled = np.stack([((times @ part.T) * resampling.queries).sum(axis=1) for part in parts], axis=1)
    values, resampled = precision_recall_f1(counts.sum(axis=0)), precision_recall_f1(pooled)
    return {
        name: estimate(float(values[at]), resampled[:, at], len(counts)) for at, name in enumerate(DECISION_METRICS)
    }


def _confusion(shares: Floats, named: QuerySet) -> Floats | None:
    if (named.relevant.sum(axis=0) != 1).any():
        return None
    out: Floats = named.relevant.astype(np.float64) @ shares
    return out


def _classes(
    named: QuerySet, answers: Answers, by_text: Section, by_example: Section, shares: Floats
) -> tuple[ClassRow, ...]:
    scores = precision_recall_f1(count_decisions(answers.chances >= WEAK_BELOW, named.relevant))
    examples = by_example.per_query["mAP"]
    rows = []
    for at, name in enumerate(named.names):
        own = named.relevant[at]
        taken_for = shares[own].sum(axis=0)
        wrong = np.where(np.arange(len(taken_for)) == at, 0.0, taken_for)
        known = examples[own][np.isfinite(examples[own])]
        rows.append(
            ClassRow(
                name,
                int(own.sum()),
                float(by_text.per_query["mAP"][at]),
                float(by_text.per_query["R@10"][at]),
                float(scores[at, 0]),
                float(scores[at, 1]),
                float(known.mean()) if len(known) else float("nan"),
                float(taken_for[at] / own.sum()),
                named.names[int(wrong.argmax())] if wrong.max(initial=0.0) > 0 else "",
            )
        )
    return tuple(rows)


def compare_models(results: Sequence[RetrievalResult], metrics: Sequence[str] = ("mAP", "R@10")) -> list[Comparison]:
    """Every later model against the first, in every section, over the same queries."""
    found = []
    for result in results[1:]:
        for base, other in zip(results[0].sections, result.sections, strict=True):
            for metric in metrics:
                paired = compare_paired(base.per_query[metric], other.per_query[metric], base.clusters)
                found.append((result.model, base.title, metric, paired))
    corrected = correct_holm([paired.p for *_, paired in found])
    return [
        Comparison(model, results[0].model, title, metric, paired, p)
        for (model, title, metric, paired), p in zip(found, corrected, strict=True)
    ]
