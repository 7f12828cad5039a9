"""Detectors learned from a handful of vectors."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.search.sounding import WordEmbedder

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.models.detectors import Detector
from sonotheque.models.fewshot import fit_detector, ordinary_vectors
from sonotheque.values.embedding import Embedding
from sonotheque.values.plan import ChanceCurve
from sonotheque.values.waveform import FloatArray

DIM, SPACE = 24, "test@1"


def unit(rows: np.ndarray) -> FloatArray:
    out: FloatArray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return out


def ordinary(rng: np.random.Generator, n: int = 400) -> FloatArray:
    """Vectors that vary most where the classes below do not differ, as embeddings do."""
    spread = np.full(DIM, 0.15)
    spread[:4] = 1.0
    return unit(rng.normal(0.0, 1.0, (n, DIM)) * spread + 0.3)


def examples(rng: np.random.Generator, n: int, axis: int = 10, strength: float = 0.7) -> list[FloatArray]:
    """`n` examples of one vector each: ordinary sound with a share of one axis."""
    rows = ordinary(rng, n) + strength * np.eye(DIM, dtype=np.float32)[axis]
    return [row[None] for row in unit(rows)]


def separation(detector: Detector, rng: np.random.Generator, strength: float = 0.7) -> float:
    """How often a new example scores above new ordinary sound (the area under the ROC curve)."""
    like = np.concatenate(examples(rng, 200, strength=strength)) @ detector.vector.vector
    other = ordinary(rng) @ detector.vector.vector
    return float((like[:, None] > other[None, :]).mean())


def test_five_examples_separate_a_class(rng: np.random.Generator) -> None:
    like = examples(rng, 5)
    detector = fit_detector(like, ordinary(rng), SPACE)
    mean = Embedding(np.concatenate(like).mean(axis=0), SPACE)
    prototype = Detector(mean, ChanceCurve(0.0, 1.0))
    assert separation(detector, rng) > 0.98
    assert separation(detector, rng) > separation(prototype, rng) + 0.02


def test_chances_tell_the_class_from_ordinary_sound(rng: np.random.Generator) -> None:
    detector = fit_detector(examples(rng, 5), ordinary(rng), SPACE)
    assert (detector.chances(np.concatenate(examples(rng, 100)), SPACE) >= 0.5).mean() > 0.8
    assert (detector.chances(ordinary(rng), SPACE) >= 0.5).mean() < 0.02
    assert len(detector.left_out) == 5
    assert np.mean(detector.left_out) > 0.5


def test_a_chance_rises_with_the_cosine_and_is_never_certain(rng: np.random.Generator) -> None:
    curve = fit_detector(examples(rng, 4), ordinary(rng), SPACE).curve
    chances = curve.chances(np.linspace(-1.0, 1.0, 50).astype(np.float32))
    assert (np.diff(chances) >= 0.0).all()
    assert chances[0] < 0.01
    assert chances[-1] == pytest.approx(0.95)


def test_examples_with_nothing_in_common_are_not_recognised_by_each_other(rng: np.random.Generator) -> None:
    detector = fit_detector([row[None] for row in ordinary(rng, 5)], ordinary(rng), SPACE)
    assert np.mean(detector.left_out) < 0.5


def test_what_is_unlike_is_kept_apart(rng: np.random.Generator) -> None:
    like, background = examples(rng, 5, axis=10), ordinary(rng)
    confused = unit(np.concatenate(examples(rng, 40, axis=11)) + 0.4 * np.eye(DIM, dtype=np.float32)[10])
    plain = fit_detector(like, background, SPACE)
    told = fit_detector(like, background, SPACE, unlike=[row[None] for row in confused[:5]])
    new = np.concatenate(examples(rng, 100))

    def margin(detector: Detector) -> float:
        scores = new @ detector.vector.vector
        return float((scores.mean() - (confused[5:] @ detector.vector.vector).mean()) / scores.std())

    assert margin(told) > margin(plain) + 0.5


def test_fitting_words_help_and_misleading_ones_do_little_harm(rng: np.random.Generator) -> None:
    faint = 0.12
    like, background = examples(rng, 2, strength=faint), ordinary(rng)
    truth = np.eye(DIM, dtype=np.float32)

    def fit(words: FloatArray | None) -> float:
        said = None if words is None else Embedding(words, SPACE)
        return separation(fit_detector(like, background, SPACE, words=said), rng, faint)

    alone = fit(None)
    assert fit(truth[10]) > alone + 0.02
    assert fit(-truth[10]) > alone - 0.02


def test_one_example_is_enough_to_begin_with(rng: np.random.Generator) -> None:
    detector = fit_detector(examples(rng, 1), ordinary(rng), SPACE)
    assert detector.left_out == ()
    assert separation(detector, rng) > 0.7


def test_of_many_examples_only_some_are_left_out(rng: np.random.Generator) -> None:
    assert len(fit_detector(examples(rng, 60), ordinary(rng), SPACE).left_out) == 40


def test_ordinary_sound_without_spread_still_gives_finite_chances() -> None:
    flat = np.zeros((4, DIM), np.float32)
    detector = fit_detector([np.eye(DIM, dtype=np.float32)[:1]], flat, SPACE)
    assert np.isfinite(detector.chances(np.eye(DIM, dtype=np.float32), SPACE)).all()


def test_an_example_that_is_no_rows_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(BadInputError, match="at least one example"):
        fit_detector([], ordinary(rng), SPACE)
    with pytest.raises(BadInputError, match=r"vectors \(k, 24\)"):
        fit_detector([np.zeros((1, 3), np.float32)], ordinary(rng), SPACE)
    with pytest.raises(BadInputError, match="finite"):
        fit_detector([np.full((1, DIM), np.nan, np.float32)], ordinary(rng), SPACE)
    with pytest.raises(BadInputError, match="m of at least 2"):
        fit_detector(examples(rng, 1), np.zeros((1, DIM), np.float32), SPACE)
    with pytest.raises(BadInputError, match="words lie in other@1"):
        fit_detector(examples(rng, 1), ordinary(rng), SPACE, words=Embedding(np.ones(DIM, np.float32), "other@1"))


def test_vectors_of_another_model_are_not_judged(rng: np.random.Generator) -> None:
    detector = fit_detector(examples(rng, 2), ordinary(rng), SPACE)
    with pytest.raises(BadInputError, match=r"test@1 can't judge vectors of test@2"):
        detector.chances(ordinary(rng), "test@2")


def test_bytes_give_the_same_detector_again(rng: np.random.Generator) -> None:
    detector = fit_detector(examples(rng, 5), ordinary(rng), SPACE)
    again = Detector.from_bytes(detector.to_bytes())
    assert again.space_name == SPACE
    assert (again.curve, again.left_out) == (detector.curve, detector.left_out)
    np.testing.assert_allclose(again.vector.vector, detector.vector.vector, atol=1e-7)


@pytest.mark.parametrize("cut", [0, 3, 20, -4])
def test_broken_bytes_are_corrupt(rng: np.random.Generator, cut: int) -> None:
    data = fit_detector(examples(rng, 2), ordinary(rng), SPACE).to_bytes()
    with pytest.raises(CorruptError, match="can't be read"):
        Detector.from_bytes(data[:cut])


def test_the_background_of_any_embedder_is_found_through_its_cosines(rng: np.random.Generator) -> None:
    rows = ordinary(rng, 7)[:, :8]

    class Known(WordEmbedder):
        def background(self, query: Embedding) -> FloatArray:
            return rows @ query.vector

    np.testing.assert_allclose(ordinary_vectors(Known()), rows, atol=1e-6)
