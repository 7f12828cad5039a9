"""Choosing the best: against sorting everything."""

from __future__ import annotations

import numpy as np
import pytest

from sonotheque.store import ranking
from sonotheque.store.half import widen
from sonotheque.store.ranking import choose, merge, nothing, positions_of, score_exactly
from sonotheque.store.vectors import NO_ID


def test_widen_equals_numpy_for_every_finite_number() -> None:
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    assert (widen(finite).view(np.int32) == finite.astype(np.float32).view(np.int32)).all()
    wide = np.ones((2, 3), np.float32)
    assert (widen(wide) == wide).all()
    assert widen(np.ones((0, 3), np.float16)).shape == (0, 3)


def test_widen_takes_rows_that_are_not_contiguous(rng: np.random.Generator) -> None:
    matrix = rng.standard_normal((900, 400)).astype(np.float16)
    assert (widen(matrix[::3, ::2]) == matrix[::3, ::2].astype(np.float32)).all()


@pytest.mark.parametrize("k", [1, 5, 49, 50, 51, 80])
def test_choose_equals_a_full_sort(rng: np.random.Generator, k: int) -> None:
    ids = np.arange(100, 150)
    scores = rng.integers(0, 8, (3, 50)).astype(np.float32)  # many ties
    found = choose(ids, scores, k)
    for row in range(3):
        order = sorted(range(50), key=lambda index: (-scores[row, index], index))[:k]
        assert found.ids[row, : len(order)].tolist() == ids[order].tolist()
        assert (found.ids[row, len(order) :] == NO_ID).all()
        assert found.scores[row, : len(order)].tolist() == scores[row, order].tolist()


def test_blocks_give_what_the_whole_gives(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = np.arange(1, 501)
    matrix = rng.standard_normal((500, 8)).astype(np.float16)
    queries = rng.standard_normal((4, 8)).astype(np.float32)
    chosen = np.flatnonzero(rng.random(500) < 0.3)
    whole, part = score_exactly(ids, matrix, queries, 20), score_exactly(ids, matrix, queries, 20, chosen)
    monkeypatch.setattr(ranking, "BLOCK_ROWS", 7)
    assert (score_exactly(ids, matrix, queries, 20).ids == whole.ids).all()
    assert (score_exactly(ids, matrix, queries, 20, chosen).ids == part.ids).all()
    assert np.isin(part.ids, ids[chosen]).all()


def test_merge_takes_the_best_of_all(rng: np.random.Generator) -> None:
    first = choose(np.array([1, 2, 3]), np.array([[0.1, 0.9, 0.5]], np.float32), 4)
    second = choose(np.array([7, 8]), np.array([[0.5, 1.0]], np.float32), 4)
    assert merge([first, nothing(1, 4), second], 4).ids.tolist() == [[8, 2, 3, 7]]
    assert merge([nothing(2, 3)], 3).ids.tolist() == [[NO_ID] * 3] * 2


def test_positions() -> None:
    places, present = positions_of(np.array([1, 4, 9]), np.array([4, 5]))
    assert present.tolist() == [False, True, False]
    assert places[1] == 0
    assert positions_of(np.array([1]), np.array([], np.int64))[1].tolist() == [False]
