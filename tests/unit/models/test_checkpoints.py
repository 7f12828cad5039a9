"""Where a checkpoint is looked for, and what is said where it is not. No network and no torch."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from sonotheque.errors import BadInputError, CorruptError, NotFoundError, UnavailableError
from sonotheque.models.checkpoints import DOWNLOAD_VARIABLE, find_checkpoint, hub_cache

COMMIT = "8fa0f1c6d0433df6e97c127f64b2a1d6c0dcda8a"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub; whoever opens a socket fails."""
    for name in ("HF_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", DOWNLOAD_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path / "hub"


def keep_snapshot(cache: Path, *, reference: str = "main", weights: str = "model.safetensors") -> Path:
    """A snapshot as the hub's client leaves it."""
    place = cache / "models--ann--clap"
    folder = place / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (place / "refs" / reference).parent.mkdir(parents=True, exist_ok=True)
    (place / "refs" / reference).write_text(COMMIT)
    (folder / weights).write_bytes(b"weights")
    return folder


def test_the_commit_is_the_revision(cache: Path) -> None:
    folder = keep_snapshot(cache)
    for name in ("ann/clap", "ann/clap@main", f"ann/clap@{COMMIT}"):
        found = find_checkpoint(name)
        assert (found.folder, found.model_id, found.revision) == (folder, "hf:ann/clap", COMMIT[:12])
    assert [path.name for path in found.weights] == ["model.safetensors"]


def test_a_reference_may_be_a_pull_request(cache: Path) -> None:
    keep_snapshot(cache, reference="refs/pr/3")
    assert find_checkpoint("ann/clap@refs/pr/3").revision == COMMIT[:12]
    with pytest.raises(UnavailableError, match="not on this disk"):
        find_checkpoint("ann/clap")


def test_what_to_run_is_said_where_it_is_not_on_disk(cache: Path) -> None:
    with pytest.raises(UnavailableError, match=r"hf:ann/clap is not on this disk") as caught:
        find_checkpoint("ann/clap")
    assert "hf download ann/clap --exclude '*.bin'" in caught.value.next_step
    with pytest.raises(UnavailableError) as caught:
        find_checkpoint("ann/clap@v2")
    assert "hf download ann/clap --revision v2" in caught.value.next_step


def test_offline_wins_over_leave_to_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DOWNLOAD_VARIABLE, "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UnavailableError, match="not on this disk"):
        find_checkpoint("ann/clap")


def test_with_leave_only_safe_files_are_asked_for(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    asked: dict[str, Any] = {}

    def download(repository: str, **options: Any) -> str:
        asked.update(options, repository=repository)
        return str(keep_snapshot(cache))

    monkeypatch.setattr(hub, "snapshot_download", download)
    monkeypatch.setenv(DOWNLOAD_VARIABLE, "1")
    assert find_checkpoint("ann/clap").revision == COMMIT[:12]
    assert asked["repository"] == "ann/clap"
    assert asked["revision"] == "main"
    assert not [pattern for pattern in asked["allow_patterns"] if pattern.endswith((".bin", ".py", "*"))]


def test_pickled_weights_are_refused(cache: Path) -> None:
    keep_snapshot(cache, weights="pytorch_model.bin")
    with pytest.raises(BadInputError, match="pickled weights only"):
        find_checkpoint("ann/clap")


@pytest.mark.parametrize(
    "name", ["", "@main", "a/b/c", "ann/clap@../../x", "ann/..", "../..@x", "a b", "https://x/y", "ann/clap@"]
)
def test_names_that_are_none_or_climb_are_refused(name: str) -> None:
    if name == "ann/clap@":
        with pytest.raises(UnavailableError):
            find_checkpoint(name)
        return
    with pytest.raises((BadInputError, NotFoundError)):
        find_checkpoint(name)


def test_a_snapshot_outside_the_cache_is_not_followed(cache: Path, tmp_path: Path) -> None:
    keep_snapshot(cache)
    (tmp_path / "elsewhere").mkdir()
    (cache / "models--ann--clap" / "refs" / "main").write_text("../../../elsewhere")
    with pytest.raises(UnavailableError, match="not on this disk"):
        find_checkpoint("ann/clap")


def test_a_folder_is_known_by_the_content_of_its_weights(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"weights")
    one, two = find_checkpoint(str(tmp_path / "one")), find_checkpoint(str(tmp_path / "two"))
    assert (one.model_id, two.model_id) == ("hf:one", "hf:two")
    assert one.revision == two.revision
    (tmp_path / "two" / "model.safetensors").write_bytes(b"other weights")
    assert find_checkpoint(str(tmp_path / "two")).revision != one.revision


def test_folders_that_hold_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no folder"):
        find_checkpoint(str(tmp_path / "absent"))
    with pytest.raises(BadInputError, match=r"has no model\.safetensors"):
        find_checkpoint(str(tmp_path))


def test_broken_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    found = find_checkpoint(str(tmp_path))
    with pytest.raises(BadInputError, match=r"lacks config\.json"):
        found.read_json("config.json")
    for text in ("{", "[1]", "[" * 100_000):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(CorruptError, match=r"config\.json"):
            found.read_json("config.json")
    (tmp_path / "config.json").write_text(json.dumps({"a": 1}))
    assert found.read_json("config.json") == {"a": 1}


def test_the_cache_is_where_the_hubs_client_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub_cache().name == "hub"
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", "/x")
    assert hub_cache() == Path("/x/hub")
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/y")
    assert hub_cache() == Path("/y/huggingface/hub")
