"""Spans of time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.errors import BadInputError
from sonotheque.values.span import Span

TIMES = st.floats(0.0, 1e6)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_s = draw(TIMES)
    return Span(start_s, start_s + draw(st.floats(0.01, 1e4)))


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 1.0), (1.0, 1.0), (-0.1, 1.0)])
def test_an_impossible_span_is_refused_with_both_numbers(start_s: float, end_s: float) -> None:
    with pytest.raises(BadInputError, match=f"{start_s:g} to {end_s:g}"):
        Span(start_s, end_s)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_times_are_finite(bad: float) -> None:
    with pytest.raises(BadInputError, match="finite"):
        Span(0.0, bad)
    with pytest.raises(BadInputError, match="finite"):
        Span(bad, 1.0)


def test_a_span_is_half_open() -> None:
    span = Span(0.0, 2.0)
    assert span.contains(0.0)
    assert span.contains(1.999)
    assert not span.contains(2.0)
    assert span.duration_s == 2.0
    assert str(Span(12.5, 15.0)) == "12.5-15"


def test_spans_that_touch_do_not_overlap() -> None:
    assert Span(0.0, 2.0).overlap_s(Span(2.0, 3.0)) == 0.0
    assert Span(0.0, 2.0).overlap_s(Span(1.5, 3.0)) == 0.5


def test_spans_sort_by_start_then_end() -> None:
    assert sorted([Span(1.0, 3.0), Span(0.0, 9.0), Span(1.0, 2.0)]) == [Span(0.0, 9.0), Span(1.0, 2.0), Span(1.0, 3.0)]


@given(spans(), spans())
def test_overlap_is_symmetric_and_bounded_and_the_union_covers_both(one: Span, other: Span) -> None:
    shared_s = one.overlap_s(other)
    assert shared_s == other.overlap_s(one)
    assert 0.0 <= shared_s <= min(one.duration_s, other.duration_s)
    union = one.union(other)
    assert union.overlap_s(one) == pytest.approx(one.duration_s)
    assert union.overlap_s(other) == pytest.approx(other.duration_s)
