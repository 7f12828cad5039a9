"""`--model`: a second model beside the first, through the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sonotheque.models.sounds import WEIGHTS

from .conftest import Run, run_sono

pytestmark = pytest.mark.skipif(not (WEIGHTS / "card.json").is_file(), reason="the weights are not in this checkout")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A model that a user trained."""
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "mine"))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps({**card, "revision": "0123456789ab"}), encoding="utf-8")
    return folder


def test_two_models_side_by_side(sono: Run, mine: Path, sounds: Path) -> None:
    name = f"file:{mine}"
    before = json.loads(sono("search", "siren", "--model", name, "--json").stdout)
    assert "this is file:mine@0123456789ab: only names answer" in before["notes"][0]
    report = json.loads(sono("index", "--model", name, "--json").stdout)
    assert (report["indexed"], report["unchanged"]) == (5, 0)
    facts = json.loads(sono("status", "--json").stdout)
    assert facts["default_model"] == "builtin:sounds"
    assert [(space["out_of_date"], space["windows"] > 0) for space in facts["spaces"]] == [(0, True), (0, True)]
    assert facts["spaces"][1]["name"] == "file:mine@0123456789ab"
    assert facts["out_of_date"] == 0
    shown = sono("status").stdout
    assert "file:mine@0123456789ab: " in shown
    found = json.loads(sono("search", "siren", "--model", name, "--evidence", "sound", "--json").stdout)
    assert found["hits"]
    assert found["notes"] == []
    assert json.loads(sono("index", "--model", name, "--json").stdout)["indexed"] == 0


def test_a_new_library_remembers_its_model_and_says_where_it_has_gone(mine: Path, sounds: Path, tmp_path: Path) -> None:
    library = tmp_path / "new"
    result = run_sono("--library", library, "index", sounds / "siren.wav", "--model", f"file:{mine}")
    assert result.exit_code == 0, result.output
    facts = json.loads(run_sono("--library", library, "status", "--json").stdout)
    assert (facts["default_model"], facts["model"]) == (f"file:{mine}", "file:mine@0123456789ab")
    mine.rename(tmp_path / "moved")
    result = run_sono("--library", library, "search", "siren")
    assert result.exit_code == 1
    assert f"There is no folder {mine}" in result.stderr
    assert f"file:{mine}: There is no folder" in run_sono("--library", library, "status").stdout
    changed = run_sono("--library", library, "index", "--model", f"file:{tmp_path / 'moved'}", "--default")
    assert changed.exit_code == 0, changed.output
    assert run_sono("--library", library, "search", "siren").exit_code == 0


def test_tagging_with_another_model(sono: Run, mine: Path, sounds: Path) -> None:
    asked = ("tag", sounds / "siren.wav", "--label", "siren", "--min-score", "0", "--json")
    assert json.loads(sono(*asked, "--model", f"file:{mine}").stdout)["tags"] == json.loads(sono(*asked).stdout)["tags"]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_clap_checkpoint_beside_the_built_in_model(sono: Run, sounds: Path, tmp_path: Path) -> None:
    """Another sample rate, another dimension, and an example that is decoded for the model that is asked."""
    for package in ("torch", "transformers"):
        pytest.importorskip(package, reason=f"{package} is not installed (pip install 'sonotheque[hub]')")
    from tests.unit.models.clap_checkpoint import DIM, write_checkpoint

    from sonotheque.models import background

    name = f"hf:{write_checkpoint(tmp_path / 'clap')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        patch.setattr(background, "N_SOUNDS", 3)
        indexed = sono("index", "--model", name, "--json")
        assert json.loads(indexed.stdout)["indexed"] == 5, indexed.output
        spaces = json.loads(sono("status", "--json").stdout)["spaces"]
        assert [space["out_of_date"] for space in spaces] == [0, 0]
        assert spaces[1]["dim"] == DIM
        assert spaces[1]["windows"] > spaces[0]["windows"]
        found = sono("search", "--like", sounds / "siren.wav", "--model", name, "--json")
        first = json.loads(found.stdout)["hits"][0]
        assert first["evidence"][0]["cosine"] > 0.9
        assert sono("tag", sounds / "siren.wav", "--model", name, "--json").exit_code == 0
    assert sono("search", "siren", "--json").exit_code == 0


@pytest.mark.parametrize("command", [("index",), ("search", "rain"), ("tag", "siren.wav")])
def test_a_name_that_means_nothing_is_refused(sono: Run, sounds: Path, command: tuple[str, ...]) -> None:
    arguments = [sounds / part if part.endswith(".wav") else part for part in command]
    result = sono(*arguments, "--model", "builtin:noise")
    assert result.exit_code == 2
    assert "No embedding model is called 'builtin:noise'" in result.stderr


def test_default_needs_a_model(sono: Run) -> None:
    assert sono("index", "--default").exit_code == 2
