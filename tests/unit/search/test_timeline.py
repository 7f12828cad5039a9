"""Reading stretches from the strength along the time line."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.search.timeline import MAX_GAP_S, heard_spans
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray

HOP_S = 0.5


def starts(n: int, start_s: float = 0.0) -> npt.NDArray[np.float64]:
    return start_s + HOP_S * np.arange(n, dtype=np.float64)


def line(values: list[float], start_s: float = 0.0) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    return np.array(values, np.float32), starts(len(values), start_s)


def steps(events: list[tuple[float, float]], n: int) -> FloatArray:
    """The share of each half second that lies inside an event."""
    lows = starts(n)
    shares = [np.clip(np.minimum(lows + HOP_S, end) - np.maximum(lows, start), 0, HOP_S) for start, end in events]
    out: FloatArray = (np.sum(shares, axis=0) / HOP_S).astype(np.float32)
    return out


@given(
    st.lists(st.floats(-3, 8, width=32), min_size=1, max_size=60),
    st.floats(-1, 1),
    st.floats(0, 1000),
    st.floats(0.01, 1.0),
)
def test_spans_lie_inside_do_not_overlap_and_come_strongest_first(
    values: list[float], rest: float, start_s: float, share: float
) -> None:
    strength, starts_s = line(values, start_s)
    end_s = float(starts_s[-1]) + share * HOP_S
    found = heard_spans(strength, starts_s, HOP_S, rest=rest, end_s=end_s)
    for span, peak in found:
        assert start_s <= span.start_s < span.end_s <= end_s
        assert rest < peak <= max(values)
    assert [peak for _, peak in found] == sorted((peak for _, peak in found), reverse=True)
    in_time = sorted(span for span, _ in found)
    assert all(one.end_s <= other.start_s for one, other in itertools.pairwise(in_time))
    assert bool(found) == (max(values) > rest) or share < 0.5


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [-1.0, -2.0]])
def test_nothing_is_heard_where_nothing_stands_out(values: list[float]) -> None:
    strength, starts_s = line(values)
    assert heard_spans(strength, starts_s, HOP_S, rest=0.0, end_s=10.0) == []


def test_all_of_it_where_it_always_sounds() -> None:
    strength, starts_s = line([1.0] * 8, start_s=2.5)
    assert heard_spans(strength, starts_s, HOP_S, rest=0.0, end_s=6.3) == [(Span(2.5, 6.3), 1.0)]


@given(st.floats(1.0, 12.0), st.floats(1.0, 10.0))
def test_the_boundaries_of_a_step_are_found_within_a_quarter_second(start_s: float, length_s: float) -> None:
    event = (start_s, start_s + length_s)
    strength = steps([event], 60)
    [(span, _)] = heard_spans(strength, starts(60), HOP_S, rest=0.0, end_s=30.0)
    assert abs(span.start_s - event[0]) <= 0.25 + 1e-6
    assert abs(span.end_s - event[1]) <= 0.25 + 1e-6


def test_the_median_error_over_many_steps_is_small() -> None:
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(200):
        start_s, length_s = rng.uniform(1, 15), rng.uniform(1, 10)
        strength = steps([(start_s, start_s + length_s)], 60) + rng.normal(0, 0.08, 60).astype(np.float32)
        found = heard_spans(strength, starts(60), HOP_S, rest=0.0, end_s=30.0)
        span = max((span for span, _ in found), key=lambda span: span.duration_s)
        errors += [abs(span.start_s - start_s), abs(span.end_s - start_s - length_s)]
    assert np.median(errors) < 0.15


def test_a_short_pause_does_not_end_a_stretch_and_a_long_one_does() -> None:
    near = steps([(2.0, 4.0), (4.0 + MAX_GAP_S, 7.5)], 30)
    [(span, _)] = heard_spans(near, starts(30), HOP_S, rest=0.0, end_s=15.0)
    assert span == Span(2.0, 7.5)
    far = steps([(2.0, 4.0), (4.0 + MAX_GAP_S + HOP_S, 8.0)], 30)
    found = heard_spans(far, starts(30), HOP_S, rest=0.0, end_s=15.0)
    assert sorted(span for span, _ in found) == [Span(2.0, 4.0), Span(6.0, 8.0)]


def test_what_stays_well_below_the_peak_is_left_out() -> None:
    strength, starts_s = line([0, 0, 4, 4, 0, 0, 0, 0, 2.3, 2.3, 0, 0])
    assert len(heard_spans(strength, starts_s, HOP_S, rest=0.0, end_s=6.0)) == 1
    assert len(heard_spans(strength, starts_s, HOP_S, rest=-0.5, end_s=6.0)) == 2


def test_the_boundary_is_interpolated_between_centres() -> None:
    strength, starts_s = line([0.0, 0.0, 4.0, 4.0, 0.0])
    [(span, _)] = heard_spans(strength, starts_s, HOP_S, rest=0.0, end_s=2.5)
    # The strength rises from 0 at 0.75 s to 4 at 1.25 s, so it passes 2 at 1.0 s.
    assert span == Span(1.0, 2.0)
