"""Judges how well a model finds sound events, with their times, in scenes whose truth is known.

Owns the run over a set of scenes, the figures with their intervals, and their JSON form. Scores are defined in
`events_metrics` and `psds`; how a model's answers are read, in `event_timelines`. Prints nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.evaluation.bootstrap import Estimate, estimate
from sonotheque.evaluation.event_timelines import EventReader, RememberingEmbedder, embed_scene
from sonotheque.evaluation.events_metrics import (
    Collars,
    Counts,
    Event,
    Found,
    by_label,
    count_events,
    count_segments,
    f1_of,
    macro_f1,
    match_boundaries,
    micro_f1,
)
from sonotheque.evaluation.psds import PSDS_1, PSDS_2, PsdsCounts, count_file, psds, sum_counts
from sonotheque.evaluation.scene_truth import SceneSet, SceneTruth
from sonotheque.models.roles import Embedder
from sonotheque.search.tagging import TAG_FROM

THRESHOLDS = tuple(float(value) for value in np.round(np.linspace(0.02, 0.98, 25), 2))
"""Operating points of the PSD-ROC: chances, evenly spaced."""
WIDE = Collars(onset_s=0.5)
N_RESAMPLES, N_PSDS_RESAMPLES = 1000, 200

Weights = npt.NDArray[np.int64]
OnScene = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class _SceneResult:
    """What one scene adds: counts at the shown chance, counts over all chances, and boundaries."""

    segments: Counts
    events: Counts
    events_wide: Counts
    sharp: PsdsCounts
    rough: PsdsCounts
    tagged: list[Found]
    asked: list[Found]
    n_asked: int


@dataclass(frozen=True, slots=True)
class BoundaryReport:
    """How far found boundaries lie from true ones, over the events that were met.

    `met` is the share of true events with a found one that overlaps; the errors are medians of absolute seconds, biases
    medians of signed ones (late is positive).
    """

    met: Estimate
    error_s: Estimate
    onset_error_s: Estimate
    offset_error_s: Estimate
    onset_bias_s: float
    offset_bias_s: float
    within_quarter_second: float


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label's line of the table: true events, F1 over segments, over events and with wide collars."""

    label: str
    n_true: int
    segment_f1: float
    event_f1: float
    event_f1_wide: float
    met: float
    median_error_s: float


@dataclass(frozen=True, slots=True)
class EventsReport:
    """Figures of one model over one set; `figures` by name, each with its 95 % interval over scenes."""

    model: str
    min_score: float
    n_scenes: int
    n_events: int
    figures: dict[str, Estimate]
    tagged: BoundaryReport
    asked: BoundaryReport
    labels: tuple[LabelRow, ...]


def evaluate_events(
    scenes: SceneSet,
    folder: Path,
    embedder: Embedder,
    *,
    min_score: float = TAG_FROM,
    seed: int = 0,
    on_scene: OnScene | None = None,
) -> EventsReport:
    """Reads every scene with the model and judges what it hears against the truth.

    Tags are those that `sono tag` names among the set's labels at `min_score`; PSDS sweeps that chance. Boundaries are
    judged twice: of those tags, and of what is heard where a label is asked for in a scene that holds it (`asked`).
    Backgrounds with a label count as events of the whole scene, but have no boundaries to judge.
    """
    reader = EventReader(RememberingEmbedder(embedder), scenes.labels)
    results = []
    for number, scene in enumerate(scenes.scenes):
        results.append(_judge(scene, folder / scene.file, reader, min_score))
        if on_scene is not None:
            on_scene(number + 1, len(scenes.scenes))
    n = len(results)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), N_RESAMPLES)
    return EventsReport(
        embedder.card.space_name, min_score, n, scenes.n_events, _figures(results, drawn),
        _boundaries([(one.tagged, one.n_asked) for one in results], drawn),
        _boundaries([(one.asked, one.n_asked) for one in results], drawn),
        _rows(results, scenes.labels),
    )  # fmt: skip


def _judge(scene: SceneTruth, path: Path, reader: EventReader, min_score: float) -> _SceneResult:
    heard = embed_scene(path, reader.embedder)
    truth = [Event(event.label, event.span) for event in scene.events]
    bounded = [Event(event.label, event.span) for event in scene.events if not event.is_bed]
    tagged, labels = reader.tagged(heard, min_score), reader.labels
    swept = reader.tagged_at(heard, THRESHOLDS)
    asked = [event for label in sorted({one.label for one in bounded}) for event in reader.asked(heard, label)]
    return _SceneResult(
        count_segments(truth, tagged, labels, scene.duration_s),
        count_events(truth, tagged, labels),
        count_events(truth, tagged, labels, WIDE),
        count_file(truth, swept, labels, scene.duration_s, PSDS_1),
        count_file(truth, swept, labels, scene.duration_s, PSDS_2),
        match_boundaries(bounded, tagged),
        match_boundaries(bounded, asked),
        len(bounded),
    )


def _figures(results: Sequence[_SceneResult], drawn: Weights) -> dict[str, Estimate]:
    figures: dict[str, Estimate] = {}
    for name, counts in (
        ("segment_f1", np.stack([one.segments for one in results])),
        ("event_f1", np.stack([one.events for one in results])),
        ("event_f1_wide", np.stack([one.events_wide for one in results])),
    ):
        for kind, score in (("micro", micro_f1), ("macro", macro_f1)):
            values = np.array([score(np.tensordot(times, counts, 1)) for times in drawn])
            figures[f"{name}_{kind}"] = estimate(score(counts.sum(axis=0)), values, len(results))
    for name, parts, settings in (
        ("psds_1", [one.sharp for one in results], PSDS_1),
        ("psds_2", [one.rough for one in results], PSDS_2),
    ):
        values = np.array([psds(sum_counts(parts, times), settings) for times in drawn[:N_PSDS_RESAMPLES]])
        figures[name] = estimate(psds(sum_counts(parts), settings), values, len(results))
    return figures


def _boundaries(by_scene: Sequence[tuple[list[Found], int]], drawn: Weights) -> BoundaryReport:
    scene = np.array([at for at, (found, _) in enumerate(by_scene) for _ in found], np.int64)
    errors = np.array(
        [(one.onset_error_s, one.offset_error_s) for found, _ in by_scene for one in found], np.float64
    ).reshape(-1, 2)
    size = np.abs(errors)
    n_true = np.array([n for _, n in by_scene], np.int64)
    n_met = np.array([len(found) for found, _ in by_scene], np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        met = estimate(_share(int(n_met.sum()), int(n_true.sum())), drawn @ n_met / (drawn @ n_true), int(n_true.sum()))
    onset_bias_s, offset_bias_s = np.median(errors, axis=0).tolist() if len(errors) else (math.nan, math.nan)
    return BoundaryReport(
        met,
        _median(size, scene, drawn),
        _median(size[:, :1], scene, drawn),
        _median(size[:, 1:], scene, drawn),
        onset_bias_s,
        offset_bias_s,
        float((size <= 0.25).mean()) if len(size) else math.nan,
    )


def _median(values: npt.NDArray[np.float64], scene: Weights, drawn: Weights) -> Estimate:
    """The median of `values` (n, k), with its interval over resampled scenes."""
    if not len(values):
        return Estimate(math.nan, math.nan, math.nan, 0)
    resampled = [
        np.median(np.repeat(values, times[scene], axis=0)) if times[scene].any() else np.nan for times in drawn
    ]
    return estimate(float(np.median(values)), np.array(resampled), len(values))


def _rows(results: Sequence[_SceneResult], labels: Sequence[str]) -> tuple[LabelRow, ...]:
    segments, events, wide = (
        np.sum([getattr(one, name) for one in results], axis=0) for name in ("segments", "events", "events_wide")
    )
    scores = dict(zip(labels, np.stack([f1_of(segments), f1_of(events), f1_of(wide)], 1), strict=True))
    rows = []
    for label, (hits, _, missed) in by_label(events, labels).items():
        found = [one for result in results for one in result.tagged if one.label == label]
        errors = [abs(value) for one in found for value in (one.onset_error_s, one.offset_error_s)]
        if hits + missed == 0:
            continue
        segment, event, event_wide = (float(value) for value in scores[label])
        median = float(np.median(errors)) if errors else math.nan
        rows.append(
            LabelRow(label, hits + missed, segment, event, event_wide, _share(len(found), hits + missed), median)
        )
    return tuple(rows)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def as_json(report: EventsReport) -> dict[str, Any]:
    """The report as plain JSON values; what can't be known is null."""
    told: dict[str, Any] = _finite(asdict(report))
    return told


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
