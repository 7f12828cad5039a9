"""Models by name: the built-in one, a folder that training wrote, and names that mean nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sonotheque.errors import BadInputError, CorruptError, NotFoundError
from sonotheque.models.cards import model_of
from sonotheque.models.registry import load_embedder, settle_name
from sonotheque.models.sounds import MODEL_ID, WEIGHTS
from sonotheque.values.waveform import Waveform

pytestmark = pytest.mark.skipif(not (WEIGHTS / "card.json").is_file(), reason="the weights are not in this checkout")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What training leaves: a folder in the layout of the built-in model, with a revision of its own."""
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "mine"))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps({**card, "revision": "0123456789ab"}), encoding="utf-8")
    return folder


def test_a_trained_folder_is_a_model_of_its_own(folder: Path) -> None:
    mine, builtin = load_embedder(f"file:{folder}"), load_embedder()
    assert mine.card.space_name == "file:mine@0123456789ab"
    assert model_of(mine.card.space_name) == mine.card.model_id == "file:mine"
    assert mine.labels == builtin.labels
    np.testing.assert_array_equal(mine.embed_text("rain").vector, builtin.embed_text("rain").vector)
    with pytest.raises(BadInputError, match="does not lie in the space of file:mine@0123456789ab"):
        mine.background(builtin.embed_text("rain"))


def test_the_folder_around_it_is_enough(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run7").mkdir()
    folder.rename(tmp_path / "run7" / "sounds")
    assert load_embedder(f"file:{tmp_path / 'run7'}").card.model_id == "file:run7"
    assert load_embedder(f"file:{tmp_path / 'run7' / 'sounds'}").card.model_id == "file:sounds"


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no folder .*absent") as caught:
        load_embedder(f"file:{tmp_path / 'absent'}")
    assert MODEL_ID in caught.value.next_step


@pytest.mark.parametrize("lost", ["trunk.onnx", "vocabulary.txt"])
def test_a_folder_that_lacks_a_part_is_told_which(folder: Path, lost: str) -> None:
    (folder / lost).unlink()
    with pytest.raises(BadInputError, match=f"holds no model: {lost} is missing") as caught:
        load_embedder(f"file:{folder}")
    assert "sonotheque train sounds" in caught.value.next_step


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"card\.json, trunk\.onnx, .* are missing"):
        load_embedder(f"file:{tmp_path}")


def test_messages_speak_of_the_folder_and_not_of_the_built_in_model(folder: Path) -> None:
    mine = load_embedder(f"file:{folder}")
    with pytest.raises(BadInputError, match="file:mine hears 16000 Hz"):
        mine.embed_audio(Waveform(np.zeros(8000, np.float32), 8000))
    with pytest.raises(BadInputError, match="is known to file:mine"):
        mine.embed_text("\u2d63\u2d63")
    (folder / "trunk.onnx").write_bytes(b"not a network")
    with pytest.raises(CorruptError, match="networks of file:mine") as caught:
        mine.embed_audio(Waveform(np.zeros(16000, np.float32), 16000))
    assert str(folder) in caught.value.next_step
    (folder / "card.json").write_text("{", encoding="utf-8")
    with pytest.raises(CorruptError, match="card of file:mine"):
        load_embedder(f"file:{folder}")


@pytest.mark.parametrize("name", ["", "sounds", "builtin:noise", "http://x", "File:/x"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="No embedding model is called") as caught:
        load_embedder(name)
    assert "file:DIR" in caught.value.next_step


def test_a_name_is_settled_where_it_holds_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settle_name("file:mine") == f"file:{tmp_path}/mine"
    assert settle_name("hf:./clap") == f"hf:{tmp_path}/clap"
    assert settle_name("file:/a/b") == "file:/a/b"
    for name in (MODEL_ID, "hf:laion/clap-htsat-unfused@main", "file:"):
        assert settle_name(name) == name
