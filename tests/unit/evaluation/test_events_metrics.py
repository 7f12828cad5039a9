"""Scores of found events: by hand, and as sed_eval and psds_eval give them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonotheque.errors import BadInputError
from sonotheque.evaluation.events_metrics import (
    Collars,
    Event,
    count_events,
    count_segments,
    f1_of,
    macro_f1,
    match_boundaries,
    micro_f1,
)
from sonotheque.evaluation.psds import PsdsSettings, count_file, psds, sum_counts
from sonotheque.values.span import Span

GOLDEN = Path(__file__).parents[2] / "golden" / "events" / "scores.json"


def event(label: str, start_s: float, end_s: float) -> Event:
    return Event(label, Span(start_s, end_s))


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return told


def events_of(rows: list[list[Any]], least: float = 0.0) -> list[Event]:
    return [event(row[0], row[1], row[2]) for row in rows if len(row) < 4 or row[3] >= least]


def test_segments_are_counted_by_hand() -> None:
    truth = [event("dog", 0.5, 2.0), event("cat", 3.2, 3.4)]
    found = [event("dog", 1.0, 3.0)]
    counts = count_segments(truth, found, ["dog", "cat"], 5.0)
    # dog: true in seconds 0 and 1, found in 1 and 2; cat: true in second 3.
    assert counts.tolist() == [[1, 1, 1], [0, 0, 1]]
    assert micro_f1(counts) == pytest.approx(2 / (2 + 1 + 2))
    assert macro_f1(counts) == pytest.approx(0.25)


def test_an_event_that_ends_on_a_border_does_not_count_behind_it() -> None:
    found = [event("dog", 0.1 + 0.2, 0.7)]
    counts = count_segments([event("dog", 0.3, 0.7)], found, ["dog"], 1.0, segment_s=0.1)
    assert counts.tolist() == [[4, 0, 0]]


@pytest.mark.parametrize(
    ("start_s", "end_s", "hit"),
    [(1.0, 3.0, True), (1.19, 3.9, True), (1.21, 3.0, False), (0.81, 2.1, True), (1.0, 4.1, False)],
)
def test_an_event_counts_within_its_collars(start_s: float, end_s: float, hit: bool) -> None:
    counts = count_events([event("dog", 1.0, 3.0)], [event("dog", start_s, end_s)], ["dog"])
    assert counts.tolist() == ([[1, 0, 0]] if hit else [[0, 1, 1]])


def test_events_are_matched_so_that_most_count() -> None:
    # The first true event could take either; taken greedily it would leave none for the second.
    truth = [event("dog", 1.0, 2.0), event("dog", 1.25, 2.25)]
    found = [event("dog", 1.1, 2.1), event("dog", 0.9, 1.9)]
    assert count_events(truth, found, ["dog"]).tolist() == [[2, 0, 0]]
    assert count_events(truth, found[:1], ["dog"]).tolist() == [[1, 0, 1]]


def test_nothing_there_and_nothing_found_is_no_figure() -> None:
    assert math.isnan(micro_f1(np.zeros((2, 3), np.int64)))
    assert math.isnan(macro_f1(np.array([[0, 5, 0]])))
    assert f1_of(np.array([[0, 0, 3]])).tolist() == [0.0]


def test_boundaries_pair_the_closest_of_one_label() -> None:
    truth = [event("dog", 1.0, 3.0), event("cat", 5.0, 6.0), event("dog", 8.0, 9.0)]
    found = [event("dog", 2.8, 3.4), event("dog", 1.25, 2.9), event("dog", 5.0, 6.0)]
    [met] = match_boundaries(truth, found)
    assert met.label == "dog"
    assert [met.onset_error_s, met.offset_error_s] == pytest.approx([0.25, -0.1])


def test_segments_are_scored_as_sed_eval_does(golden: dict[str, Any]) -> None:
    for segment_s, expected in golden["f1"]["segments"].items():
        counts = sum(
            count_segments(events_of(true), events_of(heard, 0.5), golden["labels"], 20.0, float(segment_s))
            for true, heard in zip(golden["truth"], golden["found"], strict=True)
        )
        assert [micro_f1(np.asarray(counts)), macro_f1(np.asarray(counts))] == pytest.approx(expected)


def test_events_are_scored_as_sed_eval_does(golden: dict[str, Any]) -> None:
    for onset_s, share, expected in golden["f1"]["events"]:
        counts = sum(
            count_events(events_of(true), events_of(heard, 0.5), golden["labels"], Collars(onset_s, share))
            for true, heard in zip(golden["truth"], golden["found"], strict=True)
        )
        assert [micro_f1(np.asarray(counts)), macro_f1(np.asarray(counts))] == pytest.approx(expected)


def test_psds_is_that_of_psds_eval(golden: dict[str, Any]) -> None:
    seen = set()
    for case in golden["psds"]:
        settings = PsdsSettings(**case["settings"])
        parts = [
            count_file(
                events_of(true), [events_of(heard, least) for least in golden["thresholds"]], golden["labels"],
                golden["duration_s"], settings,
            )
            for true, heard in zip(golden["truth"], golden["found"], strict=True)
        ]  # fmt: skip
        score = psds(sum_counts(parts), settings)
        assert score == pytest.approx(case["psds"], abs=1e-9)
        seen.add(round(score, 3))
    assert len(seen) == len(golden["psds"])


SETTINGS = PsdsSettings(dtc=0.5, gtc=0.5, cttc=0.3, alpha_ct=1.0, alpha_st=0.0, e_max=100.0)


def score_of(found: list[list[Event]], truth: list[Event], settings: PsdsSettings = SETTINGS) -> float:
    return psds(count_file(truth, found, ["dog", "cat"], 360.0, settings), settings)


def test_psds_by_hand() -> None:
    truth = [event("dog", 10, 20), event("dog", 30, 40)]
    assert score_of([truth], truth) == 1.0
    assert score_of([[]], truth) == 0.0
    # Half is met without a false one; all of it at one false one in 360 s, 10 an hour.
    low = [*truth, event("dog", 100, 101)]
    assert score_of([truth[:1], low], truth) == pytest.approx((10 * 0.5 + 90 * 1.0) / 100)
    # Two halves of an event meet it together; each alone does not.
    halves = [event("dog", 10, 14), event("dog", 15, 19)]
    assert score_of([halves], truth) == 0.5
    assert score_of([halves[:1]], truth) == 0.0


def test_cross_triggers_cost_by_the_time_of_the_other_label() -> None:
    truth = [event("dog", 10, 20), event("cat", 30, 66)]
    found = [*truth, event("dog", 40, 50)]
    # One false one in 360 s is 10 an hour; one cross trigger in 36 s of cats is 100 an hour: 110 in all.
    free = PsdsSettings(dtc=0.5, gtc=0.5, cttc=0.3, alpha_ct=0.0, alpha_st=0.0, e_max=200.0)
    priced = PsdsSettings(dtc=0.5, gtc=0.5, cttc=0.3, alpha_ct=1.0, alpha_st=0.0, e_max=200.0)
    assert score_of([found], truth, free) == pytest.approx((1.0 + 190 / 200) / 2)
    assert score_of([found], truth, priced) == pytest.approx((1.0 + 90 / 200) / 2)


def test_resampled_counts_weigh_files() -> None:
    truth = [event("dog", 10, 20)]
    good = count_file(truth, [truth], ["dog"], 60.0, SETTINGS)
    bad = count_file(truth, [[]], ["dog"], 60.0, SETTINGS)
    assert psds(sum_counts([good, bad], np.array([3, 1])), SETTINGS) == pytest.approx(0.75)
    with pytest.raises(BadInputError, match="no file"):
        sum_counts([good], np.array([0]))


@pytest.mark.parametrize("wrong", [{"dtc": 0.0}, {"cttc": 1.5}, {"alpha_ct": -0.1}, {"e_max": 0.0}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    given = {"dtc": 0.5, "gtc": 0.5, "cttc": 0.3, "alpha_ct": 0.0, "alpha_st": 0.0, **wrong}
    with pytest.raises(BadInputError, match=r"lie above 0|lies in 0 to 1"):
        PsdsSettings(**given)
