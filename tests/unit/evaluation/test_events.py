"""The run over scenes: a reader that knows the truth gets every figure right, one that knows nothing gets none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sonotheque.evaluation import events
from sonotheque.evaluation.event_timelines import EventReader, RememberingEmbedder
from sonotheque.evaluation.events_metrics import Event
from sonotheque.evaluation.scene_truth import SceneSet, SceneTruth, TrueEvent
from sonotheque.values.embedding import Embedding
from sonotheque.values.span import Span

LABELS = ("cow", "dog", "rain")


def scene(number: int) -> SceneTruth:
    start_s = 2.0 + number
    heard = (
        TrueEvent("dog", Span(start_s, start_s + 1.5), 10.0, ("d.wav",)),
        TrueEvent("cow", Span(start_s + 5.0, start_s + 7.0), 5.0, ("c.wav",)),
        TrueEvent("rain", Span(0.0, 20.0), None, ("r.wav",), is_bed=True),
    )
    return SceneTruth(f"{number}.wav", 20.0, "rain", None, heard)


SCENES = SceneSet({}, LABELS, tuple(scene(number) for number in range(4)))
EMBEDDER: Any = SimpleNamespace(
    card=SimpleNamespace(space_name="told@1"), labels=LABELS, unknown_words=None, embed_audio=None
)


def evaluate(monkeypatch: pytest.MonkeyPatch, shift_s: float, deaf: bool = False) -> events.EventsReport:
    """The report of a reader that hears each event `shift_s` late, or nothing."""

    def told(truth: SceneTruth, label: str | None = None) -> list[Event]:
        late = [Event(one.label, Span(one.span.start_s + shift_s, one.span.end_s + shift_s)) for one in truth.events]
        return [] if deaf else [one for one in late if label in (None, one.label) and one.span.end_s <= 20.0 + shift_s]

    def swept(_: EventReader, heard: Any, thresholds: Sequence[float], at_most: int = 3) -> list[list[Event]]:
        return [told(heard) for _ in thresholds]

    by_name = {one.file: one for one in SCENES.scenes}
    monkeypatch.setattr(events, "embed_scene", lambda path, _: by_name[path.name])
    monkeypatch.setattr(EventReader, "tagged", lambda _, heard, _score: told(heard))
    monkeypatch.setattr(EventReader, "tagged_at", swept)
    monkeypatch.setattr(EventReader, "asked", lambda _, heard, label: told(heard, label))
    return events.evaluate_events(SCENES, Path(), EMBEDDER)


def test_a_reader_that_knows_the_truth_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    report = evaluate(monkeypatch, 0.0)
    assert {name: figure.value for name, figure in report.figures.items()} == dict.fromkeys(report.figures, 1.0)
    assert len(report.figures) == 8
    for how in (report.tagged, report.asked):
        # Eight bounded events; the four beds have no boundaries to judge.
        assert (how.met.value, how.met.n, how.error_s.value, how.error_s.n) == (1.0, 8, 0.0, 8)
    assert [(row.label, row.n_true, row.event_f1) for row in report.labels] == [(label, 4, 1.0) for label in LABELS]


def test_a_reader_that_is_late_is_late_by_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    report = evaluate(monkeypatch, 0.3)
    assert report.figures["event_f1_macro"].value == 0.0
    assert report.figures["event_f1_wide_macro"].value == 1.0
    assert report.asked.onset_error_s.value == pytest.approx(0.3)
    assert report.asked.offset_bias_s == pytest.approx(0.3)
    assert report.asked.within_quarter_second == 0.0


def test_a_deaf_reader_gets_nothing_and_the_json_stays_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    report = evaluate(monkeypatch, 0.0, deaf=True)
    assert {figure.value for figure in report.figures.values()} == {0.0}
    assert report.tagged.met.value == 0.0
    told = json.loads(json.dumps(events.as_json(report), allow_nan=False))
    assert told["tagged"]["error_s"]["value"] is None
    assert told["labels"][0]["median_error_s"] is None


def test_what_is_asked_again_is_remembered_and_stays_right(rng: np.random.Generator) -> None:
    calls: list[str] = []

    def probability(kind: str, query: Embedding, cosines: Any) -> Any:
        calls.append(kind)
        return cosines * 0.5

    inner: Any = SimpleNamespace(
        card=None, labels=(), unknown_words=None, embed_audio=None, probability=probability, open_stream=lambda: None
    )
    embedder = RememberingEmbedder(inner)
    query = Embedding(rng.standard_normal(4).astype(np.float32), "told@1")
    one, two = (rng.standard_normal(5).astype(np.float32) for _ in range(2))
    for cosines in (one, two, one, two):
        assert embedder.probability("text", query, cosines).tolist() == (cosines * 0.5).tolist()
    assert len(calls) == 2
    embedder.open_stream()
    embedder.probability("text", query, one)
    assert len(calls) == 3
