"""`sono index`: the report and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sonotheque.ingest.report import IndexReport, Progress
from sonotheque.library.library import Library
from sonotheque.surfaces.cli.progress import Lines, describe, share_done

from .conftest import BAD_REASON, Run, run_sono


def test_the_report_tells_failures_with_reasons_and_exits_3(sounds: Path, tmp_path: Path) -> None:
    result = run_sono("--library", tmp_path, "index", sounds)
    assert result.exit_code == 3
    assert "6 files found" in result.stdout
    assert "       5  indexed" in result.stdout
    assert f"  {sounds}/letter.wav: {BAD_REASON}" in result.stdout


def test_again_everything_is_unchanged(sono: Run, sounds: Path) -> None:
    report = json.loads(sono("index", sounds, "--json").stdout)
    assert (report["indexed"], report["unchanged"]) == (0, 5)
    assert report["failed"] == [{"path": f"{sounds}/letter.wav", "reason": BAD_REASON}]


def test_without_a_path_the_known_folders_are_indexed(sono: Run) -> None:
    assert json.loads(sono("index", "--json").stdout)["found"] == 6


def test_without_a_path_a_new_library_has_nothing_to_index(tmp_path: Path) -> None:
    result = run_sono("--library", tmp_path, "index")
    assert result.exit_code == 2
    assert "sono index FOLDER" in result.stderr


def test_patterns_choose_files(sounds: Path, tmp_path: Path) -> None:
    patterns = ("--include", "*.wav", "--exclude", "rain", "--exclude", "letter*")
    result = run_sono("--library", tmp_path, "index", sounds, *patterns, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["indexed"] == 3


def test_an_absent_folder_is_an_error(sono: Run, tmp_path: Path) -> None:
    result = sono("index", tmp_path / "absent")
    assert result.exit_code == 1
    assert "There is no file or folder at" in result.stderr


def test_an_interrupted_run_exits_130_and_says_how_to_go_on(
    sono: Run, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "index", lambda *_, **__: IndexReport(n_found=3, interrupted=True))
    result = sono("index", sounds)
    assert result.exit_code == 130
    assert "run it again to go on" in result.stderr


def test_more_failures_than_fit_are_counted(sono: Run, sounds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonotheque.ingest.report import FileProblem

    report = IndexReport(failed=[FileProblem(f"/f{at}.wav", "is empty") for at in range(25)])
    monkeypatch.setattr(Library, "index", lambda *_, **__: report)
    result = sono("index", sounds)
    assert "/f19.wav" in result.stdout
    assert "/f20.wav" not in result.stdout
    assert "... and 5 more. All of them: sono status --failures" in result.stdout


HALF_DONE = Progress(
    n_files=310, n_done=120, n_failed=2, bytes_total=1000, bytes_done=400, audio_s=960.0, elapsed_s=10.0
)


def test_progress_in_words() -> None:
    assert describe(HALF_DONE) == "120 of 310 files, 96 × real time, 15 s left, 2 failed"
    assert share_done(HALF_DONE) == 0.4


def test_lines_come_only_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("sonotheque.surfaces.cli.progress.time.monotonic", lambda: now[0])
    lines = Lines()
    for _ in range(120):
        now[0] += 0.1
        lines(HALF_DONE)
    assert capsys.readouterr().err.splitlines() == [" 40%  " + describe(HALF_DONE)] * 2
