"""Ranked metrics: by hand, against all orders of ties, against ir-measures, and what must not change them."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonotheque.errors import BadInputError
from sonotheque.evaluation.retrieval_metrics import (
    RANK_METRICS,
    average_precision,
    count_decisions,
    hit_at,
    ndcg_at,
    precision_recall_f1,
    recall_at,
    resampled_groups,
    tie_groups,
)


def values(name: str, scores: list[float], relevant: list[int]) -> float:
    return float(RANK_METRICS[name](tie_groups([scores], np.array([relevant], bool)))[0])


def slow_metric(name: str, ranked: list[bool]) -> float:
    """The textbook's definition on one strict order."""
    n_relevant = sum(ranked)
    kind, _, cut = name.partition("@")
    k = int(cut) if cut else len(ranked)
    places = [place for place, right in enumerate(ranked[:k], start=1) if right]
    if kind == "mAP":
        return sum(sum(ranked[:place]) / place for place in places) / min(n_relevant, k)
    if kind == "R":
        return len(places) / n_relevant
    if kind == "hit":
        return float(bool(places))
    ideal = sum(1 / np.log2(1 + place) for place in range(1, min(n_relevant, k) + 1))
    return float(sum(1 / np.log2(1 + place) for place in places) / ideal)


def test_a_ranking_worked_by_hand() -> None:
    scores, relevant = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 0, 1]
    assert values("mAP", scores, relevant) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert values("R@1", scores, relevant) == pytest.approx(1 / 3)
    assert values("R@5", scores, relevant) == 1.0
    assert values("hit@1", scores, relevant) == 1.0
    groups = tie_groups([scores], np.array([relevant], bool))
    assert average_precision(groups, 2)[0] == pytest.approx(1 / 2)
    assert ndcg_at(groups, 3)[0] == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2))


def test_all_tied_is_the_mean_over_all_orders() -> None:
    assert values("mAP", [0.5, 0.5], [1, 0]) == pytest.approx((1 + 1 / 2) / 2)
    assert values("hit@1", [0.5, 0.5, 0.5], [1, 1, 0]) == pytest.approx(2 / 3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.booleans()), min_size=1, max_size=6).filter(
        lambda items: any(right for _, right in items)
    )
)
def test_ties_have_the_expected_value_over_every_order(items: list[tuple[float, bool]]) -> None:
    scores, relevant = [score for score, _ in items], [int(right) for _, right in items]
    orders = [
        [items[at][1] for at in order]
        for order in itertools.permutations(range(len(items)))
        if all(items[a][0] >= items[b][0] for a, b in itertools.pairwise(order))
    ]
    groups = tie_groups([scores], np.array([relevant], bool))
    for k in (1, 2, 3):
        for metric, name in ((recall_at, "R"), (hit_at, "hit"), (ndcg_at, "nDCG"), (average_precision, "mAP")):
            expected = np.mean([slow_metric(f"{name}@{k}", order) for order in orders])
            assert metric(groups, k)[0] == pytest.approx(expected), (name, k)
    assert values("mAP", scores, relevant) == pytest.approx(np.mean([slow_metric("mAP", order) for order in orders]))


@pytest.fixture
def ranking(rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    scores, relevant = rng.normal(size=(30, 80)), rng.random((30, 80)) < 0.15
    relevant[:, 0] = True
    return scores, relevant


def test_ir_measures_says_the_same(ranking: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]) -> None:
    ir_measures = pytest.importorskip("ir_measures")
    scores, relevant = ranking
    qrels = {f"q{q}": {f"d{d}": int(relevant[q, d]) for d in range(80)} for q in range(30)}
    run = {f"q{q}": {f"d{d}": float(scores[q, d]) for d in range(80)} for q in range(30)}
    peers = {"mAP": "AP", "mAP@10": "AP@10", "R@1": "R@1", "R@5": "R@5", "R@10": "R@10", "nDCG@10": "nDCG@10",
             "hit@1": "Success@1", "hit@5": "Success@5", "hit@10": "Success@10"}  # fmt: skip
    assert set(peers) == set(RANK_METRICS)
    groups = tie_groups(scores, relevant)
    for name, peer in peers.items():
        found = {
            item.query_id: item.value for item in ir_measures.iter_calc([ir_measures.parse_measure(peer)], qrels, run)
        }
        theirs = np.array([found[f"q{q}"] for q in range(30)])
        if name == "mAP@10":  # they divide by all that is relevant, so that a perfect ranking has less than 1
            theirs = theirs * relevant.sum(axis=1) / np.minimum(relevant.sum(axis=1), 10)
        np.testing.assert_allclose(RANK_METRICS[name](groups), theirs, atol=1e-6, err_msg=name)


def test_sklearn_says_the_same_of_average_precision(
    ranking: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]],
) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    scores, relevant = ranking
    theirs = [metrics.average_precision_score(right, row) for right, row in zip(relevant, scores, strict=True)]
    np.testing.assert_allclose(average_precision(tie_groups(scores, relevant)), theirs)


@pytest.mark.parametrize("name", [name for name in RANK_METRICS if name not in ("R@1", "R@5", "R@10")])
def test_a_perfect_ranking_has_1(name: str) -> None:
    relevant = np.arange(60)[None] < np.array([[1], [7], [25], [60]])
    np.testing.assert_allclose(RANK_METRICS[name](tie_groups(np.tile(-np.arange(60.0), (4, 1)), relevant)), 1.0)


@pytest.mark.parametrize("name", list(RANK_METRICS))
def test_neither_the_order_of_items_nor_the_scale_of_scores_counts(name: str, rng: np.random.Generator) -> None:
    scores = rng.integers(0, 12, (10, 40)).astype(float)
    relevant = rng.random((10, 40)) < 0.3
    shuffled = rng.permutation(40)
    base = RANK_METRICS[name](tie_groups(scores, relevant))
    np.testing.assert_allclose(RANK_METRICS[name](tie_groups(scores[:, shuffled], relevant[:, shuffled])), base)
    np.testing.assert_allclose(RANK_METRICS[name](tie_groups(np.exp(scores), relevant)), base)


def test_moving_a_relevant_item_up_never_lowers_a_metric(rng: np.random.Generator) -> None:
    scores = rng.normal(size=(20, 30))
    relevant = rng.random((20, 30)) < 0.3
    relevant[:, 4] = True
    better = scores.copy()
    better[:, 4] += 1.5
    for name, metric in RANK_METRICS.items():
        assert (metric(tie_groups(better, relevant)) >= metric(tie_groups(scores, relevant)) - 1e-12).all(), name


def test_nothing_relevant_is_no_number_and_left_out_items_do_not_count(rng: np.random.Generator) -> None:
    scores, relevant = rng.normal(size=(3, 20)), rng.random((3, 20)) < 0.4
    counted = rng.random((3, 20)) < 0.7
    relevant[0] = False
    for name, metric in RANK_METRICS.items():
        found = metric(tie_groups(scores, relevant, counted))
        assert np.isnan(found[0]), name
        for row in (1, 2):
            kept = counted[row]
            alone = metric(tie_groups(scores[row : row + 1, kept], relevant[row : row + 1, kept]))
            assert found[row] == pytest.approx(alone[0]), name


@pytest.mark.parametrize("with_ties", [False, True])
def test_a_resample_equals_items_that_are_really_repeated(with_ties: bool, rng: np.random.Generator) -> None:
    scores = rng.integers(0, 6, 25).astype(float) if with_ties else rng.permutation(25).astype(float)
    relevant = rng.random(25) < 0.4
    times = rng.integers(0, 4, (7, 25))
    groups = resampled_groups(scores, relevant, times)
    for name, metric in RANK_METRICS.items():
        found = metric(groups)
        for row, each in enumerate(times):
            repeated = np.repeat(np.arange(25), each)
            expected = metric(tie_groups(scores[repeated][None], relevant[repeated][None]))[0]
            assert found[row] == pytest.approx(expected), name


def test_scores_that_cannot_be_ranked_are_refused() -> None:
    with pytest.raises(BadInputError, match="not a number"):
        tie_groups([[0.1, float("nan")]], [[True, False]])
    with pytest.raises(BadInputError, match="of that shape"):
        tie_groups([[0.1, 0.2]], [[True]])


def test_decisions_worked_by_hand() -> None:
    decided = np.array([[True, True, False, False], [False, False, False, False]])
    relevant = np.array([[True, False, True, True], [True, False, False, False]])
    counts = count_decisions(decided, relevant)
    assert counts.tolist() == [[1, 1, 2], [0, 0, 1]]
    np.testing.assert_allclose(precision_recall_f1(counts[0]), [1 / 2, 1 / 3, 2 / 5])
    np.testing.assert_allclose(precision_recall_f1(counts.sum(axis=0)), [1 / 2, 1 / 4, 2 / 6])
    assert np.isnan(precision_recall_f1(counts[1])[0])
    assert precision_recall_f1(counts[1])[2] == 0.0
