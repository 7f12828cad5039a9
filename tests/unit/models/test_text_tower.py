"""The text tower: means of rows, and words it can't read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.models.text_tower import TextTower

VOCABULARY = "[UNK]\ndog\nbark\n##ing\nrain\n,\n\u2028\nzero\n"


def make_tensors() -> dict[str, npt.NDArray[Any]]:
    rows = np.array(
        [[0, 0, 0], [100, 0, 0], [0, 100, 0], [0, 0, 100], [50, 50, 0], [1, 1, 1], [0, 0, 0], [0, 0, 0]], np.int8
    )
    return {"rows": rows, "scales": np.array([1, 0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01], np.float32)}


@pytest.fixture
def tower() -> TextTower:
    return TextTower(make_tensors(), VOCABULARY)


def test_a_text_is_the_unit_mean_of_its_scaled_rows(tower: TextTower) -> None:
    mean = np.array([1.0, 2.0, 1.0]) / 3
    np.testing.assert_allclose(tower.embed("dog barking"), mean / np.linalg.norm(mean), rtol=1e-6)
    assert tower.embed("dog").dtype == np.float32


def test_order_case_and_unknown_words_do_not_matter(tower: TextTower) -> None:
    np.testing.assert_allclose(tower.embed("Barking DOG xyz"), tower.embed("dog barking"), rtol=1e-6)


@pytest.mark.parametrize("text", ["", "xyz", "!?", "zero"])
def test_a_text_without_meaning_is_refused(tower: TextTower, text: str) -> None:
    with pytest.raises(BadInputError, match="No word of") as caught:
        tower.embed(text)
    assert "--like" in caught.value.next_step


def test_unknown_words_are_named_in_order(tower: TextTower) -> None:
    assert tower.unknown_words("Xyzzy dog, 雨 barkish ! 🐶 barking") == ["xyzzy", "雨", "barkish"]
    assert tower.unknown_words("dog, rain!") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": None}, "missing"),
        ({"scales": np.ones(3, np.float32)}, "scales"),
        ({"rows": np.ones((8, 3), np.float32)}, "float32"),
        ({"rows": np.ones(8, np.int8)}, "rows int8"),
        ({"rows": np.ones((7, 3), np.int8), "scales": np.ones(7, np.float32)}, "8 tokens for 7 rows"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    tensors = {name: array for name, array in {**make_tensors(), **change}.items() if array is not None}
    with pytest.raises(CorruptError, match=message):
        TextTower(tensors, VOCABULARY)
