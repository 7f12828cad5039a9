"""Several models in one library: side by side, each brought up by itself, one of them remembered."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.unit.ingest.collection import write_sound
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.ingest.report import IndexReport
from sonotheque.ingest.settings import IndexSettings
from sonotheque.library import library as facade
from sonotheque.library.library import Library, open_library
from sonotheque.models.sounds import MODEL_ID

pytestmark = pytest.mark.slow


def named(model_id: str, revision: str = "1") -> PlainEmbedder:
    embedder = PlainEmbedder(revision)
    embedder.card = dataclasses.replace(embedder.card, model_id=model_id)
    return embedder


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str, PlainEmbedder]:
    """What can be loaded, by name."""
    known = {MODEL_ID: named(MODEL_ID), "hf:a": named("hf:a"), "file:/m/b": named("file:b")}

    def load(name: str) -> PlainEmbedder:
        if name not in known:
            raise BadInputError(f"No embedding model is called {name!r}.")
        return known[name]

    monkeypatch.setattr(facade, "load_embedder", load)
    return known


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for number in range(3):
        write_sound(tmp_path / "media" / f"{number}.wav", number)
    return tmp_path / "media"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


def index(folder: Path, *paths: Path, model: str | None = None, refresh: bool = False) -> IndexReport:
    with open_library(folder, model=model) as library:
        return library.index(paths, settings=IndexSettings(n_workers=1, refresh=refresh))


def figures(folder: Path) -> dict[str, tuple[int, int]]:
    """Windows and recordings without any, by space."""
    with open_library(folder) as library:
        return {space.name: (space.n_windows, space.n_lacking) for space in library.spaces()}


def test_a_second_model_embeds_what_it_lacks_and_the_first_one_stays(
    models: dict[str, PlainEmbedder], media: Path, folder: Path
) -> None:
    assert index(folder, media).n_indexed == 3
    report = index(folder, model="hf:a")
    assert (report.n_indexed, report.n_unchanged, report.notes) == (3, 0, [])
    assert figures(folder) == {f"{MODEL_ID}@1": (6, 0), "hf:a@1": (6, 0)}
    write_sound(media / "new.wav", 7)
    models["hf:a"].n_streams = 0
    report = index(folder, model="hf:a")
    assert (report.n_indexed, report.n_unchanged, models["hf:a"].n_streams) == (1, 3, 1)
    assert figures(folder) == {f"{MODEL_ID}@1": (6, 1), "hf:a@1": (8, 0)}
    assert "1 recordings were embedded by another model" in index(folder).notes[0]
    models[MODEL_ID].n_streams = 0
    assert index(folder, model=MODEL_ID).n_indexed == 1
    assert models[MODEL_ID].n_streams == 1
    assert figures(folder) == {f"{MODEL_ID}@1": (8, 0), "hf:a@1": (8, 0)}


def test_a_refresh_drops_older_revisions_of_its_own_model_only(
    models: dict[str, PlainEmbedder], media: Path, folder: Path
) -> None:
    index(folder, media)
    index(folder, model="hf:a")
    models[MODEL_ID] = named(MODEL_ID, "2")
    report = index(folder, refresh=True)
    assert report.n_indexed == 3
    assert figures(folder) == {"hf:a@1": (6, 0), f"{MODEL_ID}@2": (6, 0)}


def test_the_model_of_the_first_run_is_remembered(models: dict[str, PlainEmbedder], media: Path, folder: Path) -> None:
    index(folder, media, model="file:/m/b")
    with open_library(folder) as library:
        assert library.default_model == "file:/m/b"
        assert library.embedder is models["file:/m/b"]
        assert library.out_of_date() == 0
    index(folder, model="hf:a")
    with open_library(folder) as library:
        assert library.default_model == "file:/m/b"
        library.use_by_default("hf:a")
    with open_library(folder) as library:
        assert library.embedder is models["hf:a"]


def test_a_library_indexed_without_a_name_keeps_the_built_in_model(
    models: dict[str, PlainEmbedder], media: Path, folder: Path
) -> None:
    index(folder, media)
    index(folder, model="hf:a")
    with open_library(folder) as library:
        assert library.default_model == MODEL_ID


def test_a_model_that_cannot_be_loaded_is_not_remembered(
    models: dict[str, PlainEmbedder], media: Path, folder: Path
) -> None:
    with pytest.raises(BadInputError, match="hf:absent"):
        index(folder, media, model="hf:absent")
    with open_library(folder) as library:
        assert library.default_model == MODEL_ID
        with pytest.raises(BadInputError, match="hf:absent"):
            library.use_by_default("hf:absent")
        assert library.default_model == MODEL_ID


def test_a_search_stays_in_the_space_of_its_model(models: dict[str, PlainEmbedder], media: Path, folder: Path) -> None:
    index(folder, media)
    with open_library(folder, model="hf:a") as library:
        result = library.search("zzz")
        assert result.hits == ()
        assert f"indexed with {MODEL_ID}@1, and this is hf:a@1" in result.notes[0]
        assert "sono index --model NAME" in result.notes[0]
    index(folder, model="hf:a")
    write_sound(media / "new.wav", 7)
    index(folder)
    with open_library(folder, model="hf:a") as library:
        result = library.search(like=media / "2.wav")
        assert {hit.path.rpartition(b"/")[2] for hit in result.hits} == {b"0.wav", b"1.wav", b"2.wav"}
        assert "found by name only: 1 recording." in result.notes[0]
    with open_library(folder) as library:
        assert [hit for hit in library.search(like=media / "new.wav").hits if hit.path.endswith(b"new.wav")]


def test_the_doctor_tells_of_a_model_that_is_gone(models: dict[str, PlainEmbedder], media: Path, folder: Path) -> None:
    index(folder, media, model="hf:a")
    del models["hf:a"]
    with Library(folder) as library:
        (finding,) = library.examine()
        assert "The model hf:a can't be loaded" in finding.what
        with pytest.raises((BadInputError, NotFoundError), match="hf:a"):
            library.search("rain")
