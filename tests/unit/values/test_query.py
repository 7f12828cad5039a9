"""What can be asked, and what can't."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonotheque.errors import BadInputError
from sonotheque.values.embedding import Embedding
from sonotheque.values.plan import NameClause, Plan, SoundClause
from sonotheque.values.query import Example, Filters, Query
from sonotheque.values.span import Span

NOON = dt.datetime(2026, 7, 4, 12, tzinfo=dt.UTC)


def test_text_is_trimmed_and_blank_text_is_none() -> None:
    assert Query("  rain ").text == "rain"
    assert Query("  ", like=(Example(Path("a.wav")),)).text is None


@pytest.mark.parametrize("text", [None, "", " \n "])
def test_a_query_asks_something(text: str | None) -> None:
    with pytest.raises(BadInputError, match="nothing to search for"):
        Query(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must"), ({"k": 10_001}, "k must"), ({"k": 2.5}, "whole number"),
        ({"min_score": 1.1}, "min_score"), ({"min_score": float("nan")}, "min_score"),
        ({"like_weight": -0.1}, "like_weight"),
        ({"evidence": frozenset()}, "not nothing"), ({"evidence": {"sound", "smell"}}, "smell"),
    ],
)  # fmt: skip
def test_numbers_and_evidence_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Query("rain", **options)


def test_bounds_count() -> None:
    query = Query("rain", k=10_000, min_score=1.0, like_weight=0.0)
    assert (query.k, query.min_score, query.like_weight) == (10_000, 1.0, 0.0)


def test_an_example_prints_as_it_is_written() -> None:
    assert str(Example(Path("a b.wav"), Span(12.5, 15.0))) == "a b.wav@12.5-15"
    assert str(Example(Path("a.wav"))) == "a.wav"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_duration_s": -1.0}, "from 0 on"), ({"max_duration_s": float("nan")}, "from 0 on"),
        ({"min_duration_s": 5.0, "max_duration_s": 2.0}, "longer than 5 s and shorter than 2 s"),
        ({"after": dt.datetime(2026, 1, 1)}, "time zone"),
        ({"after": NOON, "before": NOON}, "No date"),
    ],
)  # fmt: skip
def test_filters_that_nothing_can_pass_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Filters(**options)


def test_zero_is_a_duration_and_no_filter_is_empty() -> None:
    assert Filters().is_empty
    assert not Filters(min_duration_s=0.0).is_empty


def vector(model_id: str = "m@1") -> Embedding:
    return Embedding(np.array([1.0, 0.0], np.float32), model_id)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_clause_weighs_something(weight: float) -> None:
    with pytest.raises(BadInputError, match="weight"):
        SoundClause(vector(), "text", "rain", weight)


def test_clauses_say_where_they_come_from() -> None:
    with pytest.raises(BadInputError, match="'smell'"):
        SoundClause(vector(), "smell", "rain")
    with pytest.raises(BadInputError, match="needs words"):
        NameClause(" ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sounds": (), "names": ()}, "at least one clause"),
        ({"k": 0}, "at least one answer"),
        ({"min_score": 2.0}, "min_score"),
        ({"sounds": (SoundClause(vector(), "text", "a"), SoundClause(vector("m@2"), "text", "b"))}, "one model"),
    ],
)
def test_a_plan_is_checked(options: dict[str, Any], message: str) -> None:
    whole: dict[str, Any] = {"sounds": (), "names": (NameClause("rain"),), "filters": Filters(), "k": 3}
    with pytest.raises(BadInputError, match=message):
        Plan(**{**whole, **options})
