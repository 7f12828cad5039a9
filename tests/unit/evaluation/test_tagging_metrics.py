"""Metrics of naming: by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from sonotheque.errors import BadInputError
from sonotheque.evaluation.tagging_metrics import (
    accuracy,
    choose_labels,
    class_scores,
    confusion_matrix,
    macro_f1,
    resampled_macro_f1,
)


def one_hot(numbers: list[int], n: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.eye(n)[numbers]


def test_a_matrix_worked_by_hand() -> None:
    confusion = confusion_matrix(one_hot([0, 1, 1, 1], 3), np.array([0, 0, 1, 2]))
    assert confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    assert accuracy(confusion) == 0.5
    np.testing.assert_allclose(class_scores(confusion), np.array([[1, 1 / 2, 2 / 3], [1 / 3, 1, 1 / 2], [0, 0, 0]]))
    assert macro_f1(confusion) == pytest.approx((2 / 3 + 1 / 2) / 3)


def test_sklearn_says_the_same(rng: np.random.Generator) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, guess = rng.integers(0, 8, 200), rng.integers(0, 8, 200)
    guess[:80] = truth[:80]
    confusion = confusion_matrix(one_hot(guess.tolist(), 8), truth)
    np.testing.assert_array_equal(confusion, metrics.confusion_matrix(truth, guess))
    assert accuracy(confusion) == pytest.approx(metrics.accuracy_score(truth, guess))
    assert macro_f1(confusion) == pytest.approx(metrics.f1_score(truth, guess, average="macro"))


def test_tied_labels_share_a_clip() -> None:
    chosen = choose_labels([[0.5, 0.1, 0.2], [0.5, 0.3, 0.2], [0.2, 0.2, 0.2]])
    np.testing.assert_allclose(chosen, np.array([[1 / 2, 1 / 2, 0], [0, 1, 0], [1 / 3, 1 / 3, 1 / 3]]))
    assert accuracy(confusion_matrix(chosen, np.array([0, 1, 2]))) == pytest.approx((1 / 2 + 1 + 1 / 3) / 3)


def test_resampled_f1_equals_that_of_repeated_clips(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 5, 60)
    chosen = choose_labels(rng.integers(0, 4, (5, 60)))
    times = rng.integers(0, 3, (6, 60))
    expected = [macro_f1(confusion_matrix(np.repeat(chosen, each, axis=0), np.repeat(truth, each))) for each in times]
    np.testing.assert_allclose(resampled_macro_f1(chosen, truth, times), expected)


def test_a_true_label_without_a_column_is_refused() -> None:
    with pytest.raises(BadInputError, match="a column of theirs"):
        confusion_matrix(one_hot([0, 1], 2), np.array([0, 2]))
