"""Waveforms and embeddings: arrays that know what they are."""

from __future__ import annotations

import numpy as np
import pytest

from sonotheque.errors import BadInputError
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import Waveform


def test_a_waveform_knows_its_length_and_shows_no_samples() -> None:
    waveform = Waveform(np.zeros(8000, np.float32), 16_000, start_s=2.5)
    assert waveform.duration_s == 0.5
    assert repr(waveform) == "Waveform(8000 samples at 16000 Hz, 0.50 s from 2.5 s)"


def test_a_waveform_is_float32_whatever_it_was() -> None:
    samples: np.ndarray[tuple[int], np.dtype[np.float64]] = np.ones(4, np.float64)
    assert Waveform(samples, 8000).samples.dtype == np.float32  # type: ignore[arg-type]


def test_a_stereo_waveform_is_refused_with_its_shape() -> None:
    with pytest.raises(BadInputError, match=r"mono.*\(2, 4\)"):
        Waveform(np.zeros((2, 4), np.float32), 8000)


@pytest.mark.parametrize("rate_hz", [0, -1])
def test_a_rate_is_positive(rate_hz: int) -> None:
    with pytest.raises(BadInputError, match="sample rate"):
        Waveform(np.zeros(4, np.float32), rate_hz)


def test_a_waveform_starts_at_a_time() -> None:
    with pytest.raises(BadInputError, match="finite time"):
        Waveform(np.zeros(4, np.float32), 8000, start_s=float("nan"))


def test_an_embedding_has_length_one_and_can_not_be_changed() -> None:
    given = np.array([3.0, 4.0], np.float32)
    embedding = Embedding(given, "m@1")
    np.testing.assert_allclose(embedding.vector, [0.6, 0.8])
    with pytest.raises(ValueError, match="read-only"):
        embedding.vector[0] = 1.0
    given[0] = 9.0
    assert embedding.vector[0] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (np.zeros(3, np.float32), "length above zero"),
        (np.array([1.0, np.nan], np.float32), "finite"),
        (np.array([1.0, np.inf], np.float32), "finite"),
        (np.ones((2, 2), np.float32), r"\(2, 2\)"),
    ],
)
def test_an_embedding_refuses(vector: np.ndarray[tuple[int, ...], np.dtype[np.float32]], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Embedding(vector, "m@1")


def test_an_embedding_names_its_model() -> None:
    with pytest.raises(BadInputError, match="id of the model"):
        Embedding(np.ones(2, np.float32), "")


def test_only_vectors_of_one_model_are_compared() -> None:
    one, same = Embedding(np.array([1, 0], np.float32), "m@1"), Embedding(np.array([1, 1], np.float32), "m@1")
    assert one.cosine(same) == pytest.approx(0.5**0.5)
    with pytest.raises(BadInputError, match="m@1 and m@2"):
        one.cosine(Embedding(np.array([1, 0], np.float32), "m@2"))
