"""Which library is meant."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.settings import FOLDER_NAME, LIBRARY_VARIABLE, find_library, user_cache_dir, user_data_dir


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


def test_the_given_folder_comes_first(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / FOLDER_NAME).mkdir()
    environ[LIBRARY_VARIABLE] = "/elsewhere"
    assert find_library(tmp_path / "mine", start=tmp_path, environ=environ) == tmp_path / "mine"


def test_then_the_environment(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / FOLDER_NAME).mkdir()
    environ[LIBRARY_VARIABLE] = "/elsewhere"
    assert find_library(start=tmp_path, environ=environ) == Path("/elsewhere")


def test_then_the_nearest_folder_upwards(tmp_path: Path, environ: dict[str, str]) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / FOLDER_NAME).mkdir()
    assert find_library(start=deep, environ=environ) == tmp_path / FOLDER_NAME
    (tmp_path / "a" / FOLDER_NAME).mkdir()
    assert find_library(start=deep, environ=environ) == tmp_path / "a" / FOLDER_NAME


def test_a_file_of_that_name_is_no_library(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / FOLDER_NAME).write_text("not a folder")
    assert find_library(start=tmp_path, environ=environ) == tmp_path / "data" / "sonotheque" / "library"


def test_else_the_users_own(tmp_path: Path, environ: dict[str, str]) -> None:
    assert find_library(start=tmp_path, environ=environ) == tmp_path / "data" / "sonotheque" / "library"


def test_an_empty_variable_counts_as_none(tmp_path: Path, environ: dict[str, str]) -> None:
    environ[LIBRARY_VARIABLE] = ""
    assert find_library(start=tmp_path, environ=environ) == tmp_path / "data" / "sonotheque" / "library"


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_name_is_refused(given: str, environ: dict[str, str]) -> None:
    with pytest.raises(BadInputError, match="empty name"):
        find_library(given, environ=environ)


def test_a_tilde_is_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_library("~/sounds") == tmp_path / "sounds"
    assert find_library(environ={LIBRARY_VARIABLE: "~/other"}) == tmp_path / "other"


def test_a_tilde_of_nobody_is_refused() -> None:
    with pytest.raises(UnavailableError, match="not known"):
        find_library("~nobody-of-this-name/sounds")


def test_a_relative_data_home_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_data_dir({"XDG_DATA_HOME": "relative"}).is_relative_to(tmp_path)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the place differs by platform")
def test_the_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_data_dir({}) == tmp_path / ".local" / "share" / "sonotheque"


def test_a_user_without_home_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(UnavailableError, match="--library"):
        user_data_dir({})


def test_a_deleted_working_directory_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find_library(environ=environ) == tmp_path / "data" / "sonotheque" / "library"
    os.chdir(tmp_path)


def test_caches_lie_where_the_platform_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_cache_dir({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "sonotheque"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert user_cache_dir({"XDG_CACHE_HOME": "relative"}) == tmp_path / ".cache" / "sonotheque"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert user_cache_dir({}) == tmp_path / "Library" / "Caches" / "sonotheque"
