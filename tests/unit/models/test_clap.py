"""CLAP checkpoints, with a tiny one of random weights in the real format. What real ones know is not tested."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonotheque.errors import BadInputError, CorruptError, UnavailableError
from sonotheque.models import background
from sonotheque.models.registry import load_embedder
from sonotheque.models.roles import QueryKind
from sonotheque.models.sounds import Sounds
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray, Waveform

pytest.importorskip("torch", reason="torch is not installed (pip install 'sonotheque[hub]')")
pytest.importorskip("transformers", reason="transformers is not installed (pip install 'sonotheque[hub]')")

from tests.unit.models.clap_checkpoint import DIM, RATE_HZ, WINDOW_S, write_checkpoint

from sonotheque.models.clap import ClapEmbedder

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # transformers may warn of its own affairs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module")
def clap(folder: Path) -> ClapEmbedder:
    return ClapEmbedder(str(folder))


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three ordinary sounds, a cache of its own, and no network."""
    monkeypatch.setattr(background, "N_SOUNDS", 3)
    monkeypatch.setattr(background, "SOUND_S", 0.3)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path / "cache"


def noise(seconds: float, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(0.0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


def fresh(folder: Path) -> ClapEmbedder:
    return ClapEmbedder(str(folder))


def test_the_card_is_read_without_the_weights(clap: ClapEmbedder, folder: Path) -> None:
    card = fresh(folder).card
    assert (card.model_id, card.rate_hz, card.dim) == ("hf:tiny", RATE_HZ, DIM)
    assert len(card.revision) == 12
    assert card.size_bytes == (folder / "model.safetensors").stat().st_size
    assert load_embedder(f"hf:{folder}").card == card


def test_texts_are_unit_vectors_alone_and_in_batches(clap: ClapEmbedder) -> None:
    texts = ["rain", "a dog", "wind in trees"]
    rows = clap.embed_texts(texts)
    assert rows.shape == (3, DIM)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    for text, row in zip(texts, rows, strict=True):
        np.testing.assert_allclose(clap.embed_text(text).vector, row, atol=1e-5)
    assert np.abs(rows[0] - rows[1]).max() > 1e-3
    assert clap.unknown_words("Xyzzy ありがとう") == []


def test_a_long_text_is_cut_off(clap: ClapEmbedder) -> None:
    long = "rain on a tin roof " * 100
    np.testing.assert_allclose(clap.embed_text(long).vector, clap.embed_text(long[:500]).vector, atol=1e-6)
    with pytest.raises(BadInputError, match="no word"):
        clap.embed_text("  ")


def test_the_vectors_are_those_that_transformers_gives(clap: ClapEmbedder, folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

    model: Any = ClapModel.from_pretrained(folder)
    model.eval()
    samples = noise(WINDOW_S)
    features = ClapFeatureExtractor.from_pretrained(folder)([samples], sampling_rate=RATE_HZ, return_tensors="pt")
    tokens = AutoTokenizer.from_pretrained(folder)(["rain"], return_tensors="pt")
    with torch.inference_mode():
        out = model(**tokens, **features)
    np.testing.assert_allclose(clap.embed_text("rain").vector, out.text_embeds[0].numpy(), atol=1e-5)
    waveform = Waveform(samples, RATE_HZ)
    np.testing.assert_allclose(clap.embed_audio(waveform).vector, out.audio_embeds[0].numpy(), atol=1e-5)


def test_a_stream_gives_windows_and_a_time_line(clap: ClapEmbedder) -> None:
    samples, stream = noise(3.7), clap.open_stream()
    parts = [stream.push(samples[:50_000]), stream.push(samples[50_000:]), stream.finish()]
    spans = np.concatenate([part.spans for part in parts])
    vectors = np.concatenate([part.vectors for part in parts])
    fine = np.concatenate([part.fine for part in parts])
    assert spans[0, 0] == 0.0
    assert spans[-1, 1] == pytest.approx(3.7)
    np.testing.assert_allclose(np.diff(spans[:, 0]), WINDOW_S / 2)
    assert vectors.shape == (len(spans), DIM)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
    assert fine.dtype == np.int8
    assert len(fine) == np.ceil(3.7 / parts[0].fine_hop_s)
    np.testing.assert_allclose(np.linalg.norm(fine / 127.0, axis=1), 1.0, atol=0.05)


def test_a_fusing_checkpoint_hears_the_same_every_time(tmp_path: Path) -> None:
    """The extractor of such checkpoints picks at random which window it calls long."""
    fusing = fresh(write_checkpoint(tmp_path / "fusing", fusing=True))
    windows = [noise(WINDOW_S, seed) for seed in range(3)]
    np.random.seed(1)  # the generator that the extractor uses
    first, _ = fusing.networks.embed(windows)
    for _ in range(3):
        np.testing.assert_array_equal(fusing.networks.embed(windows)[0], first)


def test_another_rate_an_empty_clip_and_another_space_are_refused(clap: ClapEmbedder) -> None:
    with pytest.raises(BadInputError, match="hears 48000 Hz, not 16000 Hz"):
        clap.embed_audio(Waveform(noise(1.0), 16_000))
    with pytest.raises(BadInputError, match="empty clip"):
        clap.embed_audio(Waveform(np.zeros(0, np.float32), RATE_HZ))
    with pytest.raises(BadInputError, match="does not lie in the space"):
        clap.background(Embedding(np.ones(DIM, np.float32), "other@1"))


def test_the_background_is_made_once_and_kept(folder: Path, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clap = fresh(folder)
    query = clap.embed_text("rain")
    cosines = clap.background(query)
    assert cosines.shape == (3,)
    assert len(list(alone.rglob("*.npy"))) == 1
    monkeypatch.setattr(background, "make_sounds", None)  # nobody makes sounds any more
    np.testing.assert_array_equal(fresh(folder).background(query), cosines)


def test_a_cache_that_is_damaged_or_cannot_be_written_costs_only_time(folder: Path, alone: Path) -> None:
    query = fresh(folder).embed_text("rain")
    expected = fresh(folder).background(query)
    (kept,) = alone.rglob("*.npy")
    kept.write_bytes(b"no array")
    np.testing.assert_allclose(fresh(folder).background(query), expected, atol=1e-6)
    shutil.rmtree(alone)
    alone.write_text("a file where a folder should be")
    np.testing.assert_allclose(fresh(folder).background(query), expected, atol=1e-6)


def test_chances_rise_with_the_cosine_by_the_stated_rule(clap: ClapEmbedder) -> None:
    query = clap.embed_text("rain")
    ordinary = clap.background(query)
    even = np.float32(ordinary.mean() + 3.0 * ordinary.std())
    cosines = np.array([-1.0, ordinary.mean(), even, even + ordinary.std(), 100.0], np.float32)
    kinds: tuple[QueryKind, ...] = ("text", "audio")
    for kind in kinds:
        chances = clap.probability(kind, query, cosines)
        assert (np.diff(chances) >= 0).all()
        assert chances[2] == pytest.approx(0.5, abs=0.01)
        assert chances[3] == pytest.approx(1 / (1 + np.exp(-1.5)), abs=0.01)
        assert chances[-1] == pytest.approx(0.99)


def test_labels_are_those_of_the_built_in_model(clap: ClapEmbedder) -> None:
    assert clap.labels == Sounds().labels


def test_pickled_weights_are_never_read(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="pickled weights only"):
        fresh(write_checkpoint(tmp_path / "pickled", pickled=True))


def test_models_of_another_kind_are_refused(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "model_type": "clip"}))
    with pytest.raises(BadInputError, match="type 'clip', not 'clap'"):
        fresh(other)


@pytest.mark.parametrize("damage", ["cut", "tensor", "tokenizer"])
def test_damaged_checkpoints_are_told_when_they_are_loaded(folder: Path, tmp_path: Path, damage: str) -> None:
    import safetensors.torch

    other = Path(shutil.copytree(folder, tmp_path / "other"))
    weights = other / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "tensor":
        tensors = safetensors.torch.load_file(weights)
        del tensors["audio_projection.linear1.weight"]
        safetensors.torch.save_file(tensors, weights, metadata={"format": "pt"})
    else:
        (other / "tokenizer.json").write_text("{")
    with pytest.raises(CorruptError, match="hf:other"):
        fresh(other).embed_text("rain")


def test_without_the_extra_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonotheque.models.clap.importlib.util.find_spec", lambda _: None)
    with pytest.raises(UnavailableError, match="needs torch") as caught:
        fresh(folder)
    assert "sonotheque[hub]" in caught.value.next_step
