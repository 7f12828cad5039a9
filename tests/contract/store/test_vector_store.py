"""Every store of vectors keeps the same rules: those written in `sonotheque.store.vectors`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sonotheque.errors import BadInputError
from sonotheque.store import base, derived
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.embedded import EmbeddedVectors
from sonotheque.store.memory import MemoryVectors
from sonotheque.store.rows import Space
from sonotheque.store.vectors import NO_ID, VectorStore

Array = npt.NDArray[np.float32]
DIM = 16


@dataclass
class Shelf:
    """A store under test with two spaces, and how to reach the states in which it must give the same answers."""

    store: VectorStore
    space: Space
    other: Space
    settle: Callable[[], None]


def _embedded(folder: Path, *, settles: bool) -> Iterator[Shelf]:
    with Catalogue.open(folder / "library", create=True) as catalogue:
        with catalogue.write() as writer:
            space, other = writer.ensure_space("model@1", DIM), writer.ensure_space("model@2", 4, "ip")
        store = EmbeddedVectors(catalogue, threads=1)
        yield Shelf(store, space, other, (lambda: store.compact(space)) if settles else (lambda: None))


@pytest.fixture(params=["memory", "embedded exact", "embedded compacted", "embedded graph"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    if request.param == "memory":
        yield Shelf(MemoryVectors(), Space(1, "model@1", DIM), Space(2, "model@2", 4, "ip"), lambda: None)
        return
    if request.param == "embedded graph":
        monkeypatch.setattr(derived, "GRAPH_MIN_ROWS", 1)
        monkeypatch.setattr(base, "_EXACT_COST", math.inf)  # the graph is always the cheaper way
        monkeypatch.setattr(base, "_MIN_EXPANSION", 1000)  # and looks at every row, so that no test depends on luck
    yield from _embedded(tmp_path, settles=request.param != "embedded exact")


def _unit(rng: np.random.Generator, n: int, dim: int = DIM) -> Array:
    vectors = rng.standard_normal((n, dim)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _expected(vectors: Array, ids: npt.NDArray[np.int64], query: Array, k: int) -> list[int]:
    scores = vectors.astype(np.float16).astype(np.float64) @ query.astype(np.float64)
    return [int(row) for row in ids[np.argsort(-scores, kind="stable")[:k]]]


def test_finds_the_nearest_best_first(shelf: Shelf, rng: np.random.Generator) -> None:
    vectors, ids = _unit(rng, 300), np.arange(1, 301)
    shelf.store.add(shelf.space, ids, vectors)
    shelf.settle()
    queries = _unit(rng, 3)
    found = shelf.store.search(shelf.space, queries, 10)
    assert found.ids.shape == found.scores.shape == (3, 10)
    assert found.ids.dtype == np.int64
    assert found.scores.dtype == np.float32
    for index, query in enumerate(queries):
        assert found.ids[index].tolist() == _expected(vectors, ids, query, 10)
        np.testing.assert_allclose(found.scores[index], vectors[found.ids[index] - 1] @ query, atol=2e-3)
        assert (np.diff(found.scores[index]) <= 0).all()


def test_pads_what_is_not_there(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.array([5, 9]), _unit(rng, 2))
    shelf.settle()
    found = shelf.store.search(shelf.space, _unit(rng, 2), 4)
    assert (found.ids[:, 2:] == NO_ID).all()
    assert np.isneginf(found.scores[:, 2:]).all()
    assert sorted(found.ids[1, :2].tolist()) == [5, 9]
    ids, scores = found.first()
    assert len(ids) == len(scores) == 2


def test_an_empty_space_answers_with_nothing(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.settle()
    assert len(shelf.store.search(shelf.space, _unit(rng, 1), 5).first()[0]) == 0
    assert shelf.store.stats(shelf.space).n_rows == 0


@pytest.mark.parametrize("n_allowed", [0, 1, 7, 150, 299])
def test_only_allowed_rows_answer(shelf: Shelf, rng: np.random.Generator, n_allowed: int) -> None:
    vectors, ids = _unit(rng, 300), np.arange(1, 301)
    shelf.store.add(shelf.space, ids, vectors)
    shelf.settle()
    allowed = np.sort(rng.choice(ids, n_allowed, replace=False))
    query = _unit(rng, 1)
    found, _ = shelf.store.search(shelf.space, query, 20, allowed).first()
    assert found.tolist() == _expected(vectors[allowed - 1], allowed, query[0], 20)


def test_allowed_rows_may_be_unknown(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.array([3, 4]), _unit(rng, 2))
    shelf.settle()
    found, _ = shelf.store.search(shelf.space, _unit(rng, 1), 5, np.array([1, 4, 1000])).first()
    assert found.tolist() == [4]


def test_rows_added_later_are_found(shelf: Shelf, rng: np.random.Generator) -> None:
    vectors, ids = _unit(rng, 200), np.arange(1, 201)
    shelf.store.add(shelf.space, ids[:120], vectors[:120])
    shelf.settle()
    query = _unit(rng, 1)
    shelf.store.search(shelf.space, query, 5)
    shelf.store.add(shelf.space, ids[120:121], vectors[120:121])
    shelf.store.search(shelf.space, query, 5)
    shelf.store.add(shelf.space, ids[121:], vectors[121:])
    assert shelf.store.search(shelf.space, query, 30).first()[0].tolist() == _expected(vectors, ids, query[0], 30)
    assert shelf.store.stats(shelf.space).n_rows == 200


def test_deleted_rows_are_not_found(shelf: Shelf, rng: np.random.Generator) -> None:
    vectors, ids = _unit(rng, 200), np.arange(1, 201)
    shelf.store.add(shelf.space, ids[:150], vectors[:150])
    shelf.settle()
    shelf.store.add(shelf.space, ids[150:], vectors[150:])
    query = _unit(rng, 1)
    best = _expected(vectors, ids, query[0], 200)
    gone = np.array(sorted([*best[:20], 149, 151, 152]))
    assert shelf.store.delete(shelf.space, gone) == len(set(gone.tolist()))
    left = np.setdiff1d(ids, gone)
    expected = _expected(vectors[left - 1], left, query[0], 30)
    assert shelf.store.search(shelf.space, query, 30).first()[0].tolist() == expected
    allowed = np.arange(1, 201, 2)
    odd = np.intersect1d(left, allowed)
    found = shelf.store.search(shelf.space, query, 30, allowed).first()[0]
    assert found.tolist() == _expected(vectors[odd - 1], odd, query[0], 30)
    assert shelf.store.delete(shelf.space, gone) == 0
    shelf.settle()
    assert shelf.store.search(shelf.space, query, 30).first()[0].tolist() == expected
    assert shelf.store.stats(shelf.space).n_rows == len(left)


def test_everything_may_be_deleted(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.arange(1, 51), _unit(rng, 50))
    shelf.settle()
    shelf.store.delete(shelf.space, np.arange(1, 51))
    assert len(shelf.store.search(shelf.space, _unit(rng, 1), 5).first()[0]) == 0
    shelf.settle()
    shelf.store.add(shelf.space, np.array([60]), _unit(rng, 1))
    assert shelf.store.search(shelf.space, _unit(rng, 1), 5).first()[0].tolist() == [60]


def test_compacting_changes_no_answer(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.arange(1, 301), _unit(rng, 300))
    shelf.store.delete(shelf.space, np.arange(1, 301, 3))
    query = _unit(rng, 2)
    before = shelf.store.search(shelf.space, query, 25)
    shelf.store.compact(shelf.space)
    after = shelf.store.search(shelf.space, query, 25)
    assert (before.ids == after.ids).all()
    np.testing.assert_allclose(before.scores, after.scores, atol=1e-6)


def test_spaces_are_apart(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.array([1, 2]), _unit(rng, 2))
    shelf.store.add(shelf.other, np.array([3]), np.array([[3.0, 0.0, 0.0, 4.0]], np.float32))
    shelf.settle()
    assert sorted(shelf.store.search(shelf.space, _unit(rng, 1), 5).first()[0].tolist()) == [1, 2]
    ids, scores = shelf.store.search(shelf.other, np.array([[1.0, 0.0, 0.0, 2.0]], np.float32), 5).first()
    assert ids.tolist() == [3]
    assert scores[0] == pytest.approx(11.0)  # an inner product: lengths count
    assert shelf.store.delete(shelf.other, np.array([1])) == 0


def test_cosine_does_not_see_lengths(shelf: Shelf, rng: np.random.Generator) -> None:
    vector = _unit(rng, 1)
    shelf.store.add(shelf.space, np.array([1]), vector * 40)
    shelf.settle()
    _, scores = shelf.store.search(shelf.space, vector * 0.01, 1).first()
    assert scores[0] == pytest.approx(1.0, abs=1e-3)


def test_equal_scores_are_ordered_by_id(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.arange(1, 41), np.repeat(_unit(rng, 1), 40, axis=0))
    shelf.settle()
    shelf.store.add(shelf.space, np.arange(41, 43), _unit(rng, 2))
    allowed = np.arange(2, 40)
    found, _ = shelf.store.search(shelf.space, _unit(rng, 1), 38, allowed).first()
    assert found.tolist() == allowed.tolist()


def test_an_id_is_never_used_again(shelf: Shelf, rng: np.random.Generator) -> None:
    shelf.store.add(shelf.space, np.array([4, 7]), _unit(rng, 2))
    shelf.store.delete(shelf.space, np.array([7]))
    shelf.settle()
    for ids in ([7], [3], [9, 8], [8, 8]):
        with pytest.raises(BadInputError, match="never used again"):
            shelf.store.add(shelf.space, np.array(ids), _unit(rng, len(ids)))
    assert shelf.store.stats(shelf.space).n_rows == 1


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (np.ones((1, DIM + 1)), "shape"),
        (np.ones(DIM), "shape"),
        (np.full((1, DIM), np.nan), "finite"),
        (np.full((1, DIM), np.inf), "finite"),
        (np.zeros((1, DIM)), "length zero"),
        (np.ones((2, DIM)), "as many ids"),
    ],
)
def test_bad_vectors_are_refused(shelf: Shelf, vectors: Array, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        shelf.store.add(shelf.space, np.array([1]), vectors)
    assert shelf.store.stats(shelf.space).n_rows == 0


def test_bad_queries_are_refused(shelf: Shelf, rng: np.random.Generator) -> None:
    with pytest.raises(BadInputError, match="shape"):
        shelf.store.search(shelf.space, np.ones((1, 3), np.float32), 5)
    with pytest.raises(BadInputError, match="at least one"):
        shelf.store.search(shelf.space, _unit(rng, 1), 0)
