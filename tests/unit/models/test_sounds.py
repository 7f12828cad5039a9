"""`builtin:sounds` as it is shipped: shapes, lengths, errors. What it knows is measured elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sonotheque.errors import BadInputError, CorruptError, UnavailableError
from sonotheque.models.cards import ModelCard
from sonotheque.models.registry import load_embedder
from sonotheque.models.roles import QueryKind
from sonotheque.models.sounds import MODEL_ID, WEIGHTS, Calibration, Sounds
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import Waveform

KINDS: tuple[QueryKind, ...] = ("text", "audio")
RATE_HZ = 16_000

pytestmark = pytest.mark.skipif(not (WEIGHTS / "card.json").is_file(), reason="the weights are not in this checkout")


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    return Sounds()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the weights to damage."""
    return Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))


def noise(seconds: float, seed: int = 0) -> Waveform:
    samples = np.random.default_rng(seed).normal(0.0, 0.1, round(seconds * RATE_HZ))
    return Waveform(samples.astype(np.float32), RATE_HZ)


def test_the_card_names_the_space(sounds: Sounds) -> None:
    assert sounds.card.space_name == f"{MODEL_ID}@{sounds.card.revision}"
    assert sounds.card.rate_hz == RATE_HZ
    assert sounds.card.size_bytes < 25_000_000
    assert sounds.card.licence
    assert sounds.card.training_data


def test_a_text_is_a_unit_vector_of_the_cards_space(sounds: Sounds) -> None:
    embedding = sounds.embed_text("a dog barking")
    assert embedding.dim == sounds.card.dim
    assert embedding.model_id == sounds.card.space_name
    assert np.linalg.norm(embedding.vector) == pytest.approx(1.0, abs=1e-5)
    assert sounds.embed_text("A dog, barking!").cosine(embedding) > 0.8


def test_a_text_of_unknown_words_is_refused_and_they_are_named(sounds: Sounds) -> None:
    with pytest.raises(BadInputError, match="No word"):
        sounds.embed_text("\u0e1d\u0e19\u0e15\u0e01 Zzxqy")
    assert sounds.unknown_words("\u0e1d\u0e19\u0e15\u0e01 狗 Zzxqy") == ["\u0e1d\u0e19\u0e15\u0e01", "Zzxqy"]
    assert sounds.unknown_words("a dog") == []


def test_a_text_in_another_language_lies_where_its_english_lies(sounds: Sounds) -> None:
    assert sounds.embed_text("狗 barking").cosine(sounds.embed_text("dog barking")) == pytest.approx(1.0, abs=1e-5)
    assert sounds.embed_text("教堂鐘聲").cosine(sounds.embed_text("church bells")) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("seconds", [1 / RATE_HZ, 0.3, 5.0, 12.3])
def test_a_clip_of_any_length_is_a_unit_vector(sounds: Sounds, seconds: float) -> None:
    embedding = sounds.embed_audio(noise(max(seconds, 1 / RATE_HZ)))
    assert embedding.dim == sounds.card.dim
    assert np.linalg.norm(embedding.vector) == pytest.approx(1.0, abs=1e-5)


def test_silence_is_a_sound(sounds: Sounds) -> None:
    silence = sounds.embed_audio(Waveform(np.zeros(3 * RATE_HZ, np.float32), RATE_HZ))
    assert np.isfinite(silence.vector).all()


def test_like_sounds_lie_closer_than_unlike_ones(sounds: Sounds) -> None:
    time_s = np.arange(5 * RATE_HZ) / RATE_HZ
    tone = Waveform((0.3 * np.sin(2 * np.pi * 880 * time_s)).astype(np.float32), RATE_HZ)
    one, other = sounds.embed_audio(noise(5.0, seed=1)), sounds.embed_audio(noise(5.0, seed=2))
    assert one.cosine(other) > 0.95
    assert one.cosine(other) > one.cosine(sounds.embed_audio(tone))


def test_another_rate_and_an_empty_clip_are_refused(sounds: Sounds) -> None:
    with pytest.raises(BadInputError, match="16000 Hz, not 8000 Hz"):
        sounds.embed_audio(Waveform(np.zeros(8000, np.float32), 8000))
    with pytest.raises(BadInputError, match="empty clip"):
        sounds.embed_audio(Waveform(np.zeros(0, np.float32), RATE_HZ))


def test_rows_of_a_stream(sounds: Sounds) -> None:
    stream = sounds.open_stream()
    parts = [stream.push(noise(12.3).samples), stream.finish()]
    spans = np.concatenate([part.spans for part in parts])
    vectors = np.concatenate([part.vectors for part in parts if len(part.vectors)])
    fine = np.concatenate([part.fine for part in parts if len(part.fine)])
    assert spans[0, 0] == 0.0
    assert spans[-1, 1] == pytest.approx(12.3)
    assert (np.diff(spans[:, 0]) > 0).all()
    assert vectors.shape == (len(spans), sounds.card.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert fine.dtype == np.int8
    assert len(fine) == 25
    np.testing.assert_allclose(np.linalg.norm(fine / 127.0, axis=1), 1.0, atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_chances_rise_with_the_cosine(sounds: Sounds, kind: QueryKind) -> None:
    chances = sounds.probability(kind, sounds.embed_text("rain"), np.linspace(-1, 1, 201, dtype=np.float32))
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (np.diff(chances) >= 0).all()
    assert chances[-1] > 0.5 > chances[100]


def test_the_background_is_ordinary(sounds: Sounds) -> None:
    background = sounds.background(sounds.embed_text("rain"))
    assert background.ndim == 1
    assert len(background) > 100
    assert (np.abs(background) <= 1.02).all()
    assert background.std() > 0.0


def test_a_query_of_another_model_is_refused(sounds: Sounds) -> None:
    stranger = Embedding(np.ones(sounds.card.dim, np.float32), "other@1")
    with pytest.raises(BadInputError, match="does not lie in the space"):
        sounds.background(stranger)


def test_every_label_can_be_read(sounds: Sounds) -> None:
    assert len(sounds.labels) > 20
    assert len(set(sounds.labels)) == len(sounds.labels)
    for label in sounds.labels:
        assert label == label.strip()
        sounds.embed_text(label)


def test_the_registry_knows_the_model_and_no_other() -> None:
    assert load_embedder().card.model_id == MODEL_ID
    with pytest.raises(BadInputError, match="'builtin:noise'") as caught:
        load_embedder("builtin:noise")
    assert MODEL_ID in caught.value.next_step


def test_missing_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="missing from this installation"):
        Sounds(tmp_path)


@pytest.mark.parametrize("change", [{"dim": "many"}, {"revision": ""}, {"calibration": {}}, {"dim": 0}])
def test_a_damaged_card_is_refused(folder: Path, change: dict[str, object]) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps({**card, **change}), encoding="utf-8")
    with pytest.raises(CorruptError, match="card"):
        Sounds(folder)


def test_a_card_that_is_no_json_is_refused(folder: Path) -> None:
    (folder / "card.json").write_text("{", encoding="utf-8")
    with pytest.raises(CorruptError, match="card"):
        Sounds(folder)


def test_damaged_networks_are_told_when_first_needed(folder: Path) -> None:
    (folder / "trunk.onnx").write_bytes(b"not a network")
    sounds = Sounds(folder)
    sounds.embed_text("rain")
    with pytest.raises(CorruptError, match="networks"):
        sounds.embed_audio(noise(1.0))


def test_damaged_text_is_told(folder: Path) -> None:
    (folder / "text.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(CorruptError, match=r"text\.safetensors"):
        Sounds(folder).embed_text("rain")


def test_the_calibration_is_the_formula() -> None:
    calibration = Calibration(bias=-2.0, slope=3.0, standout=0.5)
    background = np.array([0.0, 0.2], np.float32)  # mean 0.1, deviation 0.1
    chance = calibration.probability(np.array([0.3], np.float32), background)
    assert chance[0] == pytest.approx(1 / (1 + np.exp(-(-2.0 + 3.0 * 0.3 + 0.5 * 2.0))), rel=1e-5)


def test_a_background_without_spread_gives_finite_chances() -> None:
    calibration = Calibration(bias=-2.0, slope=3.0, standout=0.5)
    chances = calibration.probability(np.array([-1.0, 1.0], np.float32), np.full(5, 0.1, np.float32))
    assert np.isfinite(chances).all()


@pytest.mark.parametrize("numbers", [(0.0, -1.0, 1.0), (0.0, 1.0, -1.0), (float("nan"), 1.0, 1.0)])
def test_a_calibration_that_falls_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(BadInputError, match="may not fall"):
        Calibration(*numbers)


@pytest.mark.parametrize(("revision", "dim", "message"), [("", 3, "id and a revision"), ("1", 0, "dimension")])
def test_a_card_is_checked(revision: str, dim: int, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        ModelCard("m", revision, "MIT", RATE_HZ, dim, 0, "")
