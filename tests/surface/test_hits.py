"""`sono play` and `sono cut`, and what N means."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from .conftest import STEREO_HZ, Run


@pytest.fixture
def searched(sono: Run) -> Run:
    """After a search for rain."""
    assert sono("search", "rain", "-k", "2").exit_code == 0
    return sono


def test_cut_n_is_the_hit_of_the_last_search(searched: Run, tmp_path: Path) -> None:
    hit = json.loads(searched("search", "rain", "-k", "2", "--json").stdout)["hits"][1]
    result = searched("cut", "2", "-o", tmp_path / "clip.wav")
    assert result.exit_code == 0, result.output
    samples, rate_hz = soundfile.read(tmp_path / "clip.wav", dtype="int16")
    whole, _ = soundfile.read(hit["path"], dtype="int16")
    start, end = round(hit["start_s"] * rate_hz), round(hit["end_s"] * rate_hz)
    assert abs(len(samples) - (min(end, len(whole)) - start)) <= 2  # the JSON's times are rounded
    assert (samples[:1000] == whole[start : start + 1000]).all()


def test_cut_of_a_span_keeps_rate_channels_and_samples(sono: Run, sounds: Path, tmp_path: Path) -> None:
    assert sono("cut", f"{sounds}/stereo.wav@0.5-1.25", "-o", tmp_path / "part.flac").exit_code == 0
    samples, rate_hz = soundfile.read(tmp_path / "part.flac", dtype="int16")
    whole, _ = soundfile.read(sounds / "stereo.wav", dtype="int16")
    assert rate_hz == STEREO_HZ
    assert (samples == whole[22_050:55_125]).all()


def test_cut_does_not_overwrite_unless_told(sono: Run, sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "clip.wav").write_bytes(b"mine")
    clip = f"{sounds}/stereo.wav@0-1"
    result = sono("cut", clip, "-o", tmp_path / "clip.wav")
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert (tmp_path / "clip.wav").read_bytes() == b"mine"
    assert sono("cut", clip, "-o", tmp_path / "clip.wav", "--force").exit_code == 0
    assert soundfile.info(tmp_path / "clip.wav").frames == STEREO_HZ


@pytest.mark.parametrize("number", ["0", "3"])
def test_a_hit_that_is_not_there(searched: Run, number: str) -> None:
    result = searched("cut", number, "-o", "clip.wav")
    assert result.exit_code == 1
    assert f"The last search has no hit {number}." in result.stderr
    assert "1 to 2" in result.stderr


def test_n_before_any_search(sono: Run) -> None:
    result = sono("cut", "1", "-o", "clip.wav")
    assert result.exit_code == 1
    assert "Search first" in result.stderr


def test_n_is_found_where_it_was_moved_to(tmp_path: Path, sounds: Path, sono: Run) -> None:
    shutil.copytree(sounds / "rain", tmp_path / "rain")
    library = ("--library", tmp_path / "moving")
    assert sono(*library, "index", tmp_path / "rain").exit_code == 0
    assert sono(*library, "search", "rain").exit_code == 0
    (tmp_path / "rain").rename(tmp_path / "weather")
    assert sono(*library, "cut", "1", "-o", "lost.wav").exit_code == 1
    assert sono(*library, "index", tmp_path).exit_code == 0
    assert sono(*library, "cut", "1", "-o", "found.wav").exit_code == 0


PLAYER = "import shutil, sys; shutil.copy(sys.argv[-1], sys.argv[1])"


def test_play_hands_the_cut_clip_to_the_player(sono: Run, sounds: Path, tmp_path: Path) -> None:
    player = f"{sys.executable} -c '{PLAYER}' {tmp_path}/heard.wav"
    result = sono("play", f"{sounds}/stereo.wav@1-2", "--pad", "0.5", "--player", player)
    assert result.exit_code == 0, result.output
    assert soundfile.info(tmp_path / "heard.wav").frames == 2 * STEREO_HZ


def test_play_n_uses_the_first_player_that_is_there(
    searched: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = tmp_path / "aplay"
    player.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(tmp_path / 'args')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
    )
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert searched("play", "1").exit_code == 0
    assert (tmp_path / "args").read_text().startswith("-q /")


def test_play_without_a_player_names_some(searched: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonotheque.surfaces.cli.hits.shutil.which", lambda _: None)
    result = searched("play", "1")
    assert result.exit_code == 1
    assert "No player was found" in result.stderr
    assert "mpv" in result.stderr


def test_a_player_that_fails_is_told(sono: Run, sounds: Path) -> None:
    result = sono("play", f"{sounds}/stereo.wav@1-2", "--player", "false")
    assert result.exit_code == 1
    assert "false ended with code 1" in result.stderr
