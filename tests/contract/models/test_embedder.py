"""What every embedder promises: one suite over the built-in model, one from a folder, and a CLAP checkpoint."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.unit.models.clap_checkpoint import write_checkpoint

from sonotheque.errors import BadInputError
from sonotheque.models import background
from sonotheque.models.registry import load_embedder
from sonotheque.models.roles import EmbeddedWindows, Embedder, QueryKind
from sonotheque.models.sounds import WEIGHTS
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray, Waveform

KINDS: tuple[QueryKind, ...] = ("text", "audio")
SECONDS = (0.01, 0.3, 4.0, 11.7)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module", params=["builtin", "file", "hf"])
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedder]:
    """Each of them, with a cache of its own."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(background, "N_SOUNDS", 3)
        yield load_embedder(make_model(request.param, folder))


def make_model(kind: str, folder: Path) -> str:
    """The name of a model of that kind, written where it is none that ships."""
    if kind == "hf":
        for package in ("torch", "transformers"):
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"{package} is not installed (pip install 'sonotheque[hub]')")
        return f"hf:{write_checkpoint(folder / 'clap')}"
    if not (WEIGHTS / "card.json").is_file():
        pytest.skip("the weights are not in this checkout")
    return "builtin:sounds" if kind == "builtin" else f"file:{shutil.copytree(WEIGHTS, folder / 'mine')}"


def noise(embedder: Embedder, seconds: float) -> FloatArray:
    n = round(seconds * embedder.card.rate_hz)
    return np.random.default_rng(1).normal(0.0, 0.1, n).astype(np.float32)


def stream_in(embedder: Embedder, samples: FloatArray, size: int) -> EmbeddedWindows:
    stream = embedder.open_stream()
    parts = [stream.push(samples[at : at + size]) for at in range(0, len(samples), size)]
    parts = [part for part in (*parts, stream.finish()) if len(part.spans) or len(part.fine)]
    return EmbeddedWindows(
        np.concatenate([part.spans for part in parts]),
        np.concatenate([part.vectors for part in parts if len(part.vectors)]),
        np.concatenate([part.fine for part in parts if len(part.fine)]),
        parts[0].fine_start_s,
        parts[0].fine_hop_s,
    )


def test_queries_are_unit_vectors_in_the_space_of_the_card(embedder: Embedder) -> None:
    waveform = Waveform(noise(embedder, 1.0), embedder.card.rate_hz)
    for query in (embedder.embed_text("a dog barking"), embedder.embed_audio(waveform)):
        assert query.model_id == embedder.card.space_name
        assert query.vector.shape == (embedder.card.dim,)
        assert query.vector.dtype == np.float32
        assert np.linalg.norm(query.vector) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("seconds", SECONDS)
def test_rows_cover_the_recording(embedder: Embedder, seconds: float) -> None:
    samples = noise(embedder, seconds)
    rows = stream_in(embedder, samples, len(samples))
    assert rows.spans[0, 0] == 0.0
    assert rows.spans[-1, 1] == pytest.approx(seconds, abs=0.05)
    assert (rows.spans[1:, 0] <= rows.spans[:-1, 1]).all()
    assert rows.vectors.shape == (len(rows.spans), embedder.card.dim)
    np.testing.assert_allclose(np.linalg.norm(rows.vectors, axis=1), 1.0, atol=1e-3)
    assert rows.fine.dtype == np.int8
    assert rows.fine_start_s == 0.0
    assert len(rows.fine) * rows.fine_hop_s == pytest.approx(seconds, abs=1.01 * rows.fine_hop_s)


@pytest.mark.parametrize("seconds", SECONDS)
def test_rows_do_not_depend_on_the_sizes_of_the_pushes(embedder: Embedder, seconds: float) -> None:
    samples = noise(embedder, seconds)
    whole, parts = stream_in(embedder, samples, len(samples)), stream_in(embedder, samples, 7001)
    np.testing.assert_allclose(whole.spans, parts.spans)
    np.testing.assert_allclose(whole.vectors, parts.vectors, atol=2e-3)
    assert int(np.abs(whole.fine.astype(int) - parts.fine).max()) <= 1


def test_chances_are_chances_and_never_fall(embedder: Embedder) -> None:
    query = embedder.embed_text("rain")
    for kind in KINDS:
        chances = embedder.probability(kind, query, np.linspace(-1, 1, 101, dtype=np.float32))
        assert ((chances >= 0) & (chances <= 1)).all()
        assert (np.diff(chances) >= 0).all()
    assert (np.abs(embedder.background(query)) <= 1.05).all()


def test_what_cannot_be_embedded_is_refused(embedder: Embedder) -> None:
    with pytest.raises(BadInputError, match="empty clip"):
        embedder.embed_audio(Waveform(np.zeros(0, np.float32), embedder.card.rate_hz))
    with pytest.raises(BadInputError, match="Hz, not 8000 Hz"):
        embedder.embed_audio(Waveform(np.zeros(100, np.float32), 8000))
    with pytest.raises(BadInputError, match="space"):
        embedder.background(Embedding(np.ones(embedder.card.dim, np.float32), "other@1"))
    with pytest.raises(BadInputError):
        embedder.embed_text(" ")


def test_every_label_can_be_read(embedder: Embedder) -> None:
    assert len(embedder.labels) > 20
    for label in embedder.labels[:5]:
        embedder.embed_text(label)
        assert embedder.unknown_words(label) == []
