"""Metrics of chances: by hand, in limiting cases, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from sonotheque.errors import BadInputError
from sonotheque.evaluation.calibration_metrics import Binning, brier_score, calibration_error, reliability_bins


def test_bins_of_equal_width_worked_by_hand() -> None:
    bins = reliability_bins([0.05, 0.1, 0.4, 0.9, 1.0], [0, 1, 0, 1, 1], "width", n_bins=2)
    assert [(one.low, one.high, one.n) for one in bins] == [(0.0, 0.5, 3), (0.5, 1.0, 2)]
    assert bins[0].mean == pytest.approx(0.55 / 3)
    assert bins[0].share == pytest.approx(1 / 3)
    assert calibration_error(bins) == pytest.approx((3 * abs(1 / 3 - 0.55 / 3) + 2 * 0.05) / 5)


def test_bins_of_equal_mass_keep_equal_chances_together(rng: np.random.Generator) -> None:
    chances = np.array([0.99] * 30 + [0.1] * 10 + [0.2] * 10 + [0.3] * 10)
    came_true = rng.random(60) < chances
    bins = reliability_bins(chances, came_true, "mass", n_bins=6)
    assert [(one.low, one.n) for one in bins] == [(0.1, 10), (0.2, 10), (0.3, 10), (0.99, 30)]


@pytest.mark.parametrize("binning", ["mass", "width"])
def test_true_chances_have_a_small_error_and_shifted_ones_their_shift(
    binning: Binning, rng: np.random.Generator
) -> None:
    true = rng.uniform(0.1, 0.6, 200_000)
    came_true = rng.random(len(true)) < true
    assert calibration_error(reliability_bins(true, came_true, binning)) < 0.006
    assert calibration_error(reliability_bins(true + 0.3, came_true, binning)) == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("binning", ["mass", "width"])
def test_the_order_of_pairs_does_not_count(binning: Binning, rng: np.random.Generator) -> None:
    chances, came_true = np.round(rng.random(500), 1), rng.random(500) < 0.4
    shuffled = rng.permutation(500)
    first = reliability_bins(chances, came_true, binning)
    second = reliability_bins(chances[shuffled], came_true[shuffled], binning)
    assert calibration_error(first) == pytest.approx(calibration_error(second))
    assert sum(one.n for one in first) == 500


def test_sklearn_says_the_same(rng: np.random.Generator) -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    metrics = pytest.importorskip("sklearn.metrics")
    chances, came_true = rng.random(400), rng.random(400) < 0.5
    share, mean = calibration.calibration_curve(came_true, chances, n_bins=15, strategy="uniform")
    bins = reliability_bins(chances, came_true, "width")
    np.testing.assert_allclose([one.share for one in bins], share)
    np.testing.assert_allclose([one.mean for one in bins], mean)
    assert brier_score(chances, came_true) == pytest.approx(metrics.brier_score_loss(came_true, chances))


def test_nothing_has_no_error_and_what_is_no_chance_is_refused() -> None:
    assert np.isnan(calibration_error(reliability_bins([], [], "mass")))
    with pytest.raises(BadInputError, match="between 0 and 1"):
        reliability_bins([1.2], [1], "width")
