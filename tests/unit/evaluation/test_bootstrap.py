"""Intervals cover what they should, clusters widen them, and significance behaves at both ends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sonotheque.errors import BadInputError
from sonotheque.evaluation.bootstrap import (
    FEW_QUERIES,
    compare_paired,
    correct_holm,
    draw_within,
    estimate_mean,
    estimate_rate,
    plan_resampling,
)


def test_the_interval_of_a_mean_is_about_two_standard_errors(rng: np.random.Generator) -> None:
    values = rng.normal(0.5, 0.2, 400)
    found = estimate_mean(values, plan_resampling(range(400)))
    error = values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((found.value - 1.96 * error, found.value + 1.96 * error), abs=0.003)
    assert found == estimate_mean(values, plan_resampling(range(400)))


def test_the_interval_covers_the_truth_about_as_often_as_it_says(rng: np.random.Generator) -> None:
    covered = 0
    for at in range(200):
        found = estimate_mean(rng.random(60), plan_resampling(range(60), seed=at, n_resamples=300))
        covered += found.low <= 0.5 <= found.high
    assert 180 <= covered <= 199


def test_queries_of_one_cluster_are_drawn_together(rng: np.random.Generator) -> None:
    clusters = np.repeat(np.arange(120), 5)
    values = np.repeat(rng.random(120), 5)
    together = plan_resampling(clusters.tolist())
    assert (together.queries.reshape(-1, 120, 5) == together.queries.reshape(-1, 120, 5)[:, :, :1]).all()
    wide, narrow = estimate_mean(values, together), estimate_mean(values, plan_resampling(range(600)))
    assert wide.high - wide.low > 1.8 * (narrow.high - narrow.low)


def test_values_that_are_no_number_do_not_count() -> None:
    found = estimate_mean(np.array([1.0, math.nan, 1.0, math.nan]), plan_resampling(range(4)))
    assert (found.value, found.low, found.high, found.n) == (1.0, 1.0, 1.0, 2)


def test_clips_are_resampled_for_few_queries_only_and_stay_within_their_class(rng: np.random.Generator) -> None:
    classes = ["dog"] * 5 + ["rain"] * 3 + ["bell"]
    few = plan_resampling(range(FEW_QUERIES - 1), classes, n_resamples=50)
    assert few.clips is not None
    assert (few.clips[:, :5].sum(axis=1) == 5).all()
    assert (few.clips[:, 5:8].sum(axis=1) == 3).all()
    assert (few.clips[:, 8] == 1).all()
    assert few.clips[:, :5].max() > 1
    assert "clips within their class" in few.told
    assert plan_resampling(range(FEW_QUERIES), classes).clips is None
    np.testing.assert_array_equal(draw_within([], rng, 3), np.zeros((3, 0)))


def test_a_clear_difference_is_significant_and_none_is_not(rng: np.random.Generator) -> None:
    first = rng.random(80)
    better = compare_paired(first, first + 0.1 + rng.normal(0, 0.05, 80), range(80))
    assert better.mean == pytest.approx(0.1, abs=0.02)
    assert 0 < better.low < better.mean < better.high
    assert better.p < 0.001
    same = compare_paired(first, first.copy(), range(80))
    assert (same.mean, same.p) == (0.0, 1.0)


def test_p_is_uniform_where_there_is_no_difference(rng: np.random.Generator) -> None:
    chances = [
        compare_paired(np.zeros(40), rng.normal(size=40), range(40), seed=at, n_permutations=300).p for at in range(200)
    ]
    assert 0.4 < np.mean(chances) < 0.6
    assert 0.01 < np.mean(np.array(chances) < 0.05) < 0.1


def test_p_is_never_zero_and_equals_the_exact_test_for_few_pairs() -> None:
    found = compare_paired(np.zeros(4), np.ones(4), range(4), n_permutations=20_000)
    assert found.p == pytest.approx(2 / 16, abs=0.01)
    assert compare_paired(np.zeros(60), np.ones(60), range(60), n_permutations=99).p == pytest.approx(0.01)


def test_pairs_that_are_no_number_are_left_out() -> None:
    found = compare_paired(np.array([0.0, math.nan, 0.0]), np.array([1.0, 5.0, 1.0]), ["a", "b", "c"])
    assert (found.mean, found.n) == (1.0, 2)
    assert math.isnan(compare_paired(np.array([math.nan]), np.array([1.0]), ["a"]).p)


def test_holm_by_hand() -> None:
    assert correct_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert correct_holm([0.6, 0.7]) == [1.0, 1.0]
    assert math.isnan(correct_holm([math.nan, 0.02])[0])
    assert correct_holm([math.nan, 0.02])[1] == 0.02


def test_a_rate_by_wilson() -> None:
    found = estimate_rate(50, 50)
    assert (found.value, found.high) == pytest.approx((1.0, 1.0))
    assert found.low == pytest.approx(0.9287, abs=1e-4)
    assert (estimate_rate(8, 10).low, estimate_rate(8, 10).high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert math.isnan(estimate_rate(0, 0).value)
    with pytest.raises(BadInputError, match="no rate"):
        estimate_rate(3, 2)


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(BadInputError, match="nothing to resample"):
        plan_resampling([])
