"""The demonstration finds what it should, by sound alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from .conftest import run_sono


def test_the_right_recording_is_first_in_at_least_five_of_six(tmp_path: Path) -> None:
    result = run_sono("demo", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    closing = re.search(r"came first in (\d) of (\d) searches", result.stdout)
    assert closing is not None, result.stdout
    n_right, n_asked = map(int, closing.groups())
    assert n_asked == 6
    assert n_right >= 5, result.stdout
    assert Image.open(tmp_path / "best-hit.png").size == (1200, 520)


def test_the_demo_of_a_folder_asks_general_questions_and_one_by_example(tmp_path: Path, sounds: Path) -> None:
    result = run_sono("demo", "--folder", sounds, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n“") == 5
    assert "which should find itself first" in result.stdout
    assert "came first" not in result.stdout
    assert (tmp_path / "best-hit.png").exists()


def test_the_demo_of_a_folder_without_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run_sono("demo", "--folder", tmp_path / "empty", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "No sound was found" in result.stderr


@pytest.mark.parametrize("name", ["absent", "file"])
def test_the_demo_needs_a_place(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    result = run_sono("demo", "--folder", tmp_path / "absent", "--out", tmp_path / name)
    assert result.exit_code in {1, 2}
    assert result.stderr.startswith("sono: ")
    assert "should not have happened" not in result.stderr
