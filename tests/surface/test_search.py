"""`sono search`: what it takes and what it prints."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from .conftest import ODD_NAME, Run, run_sono


def parse(result: Result) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    answer: dict[str, Any] = json.loads(result.stdout, parse_constant=refuse)
    return answer


def test_json_is_one_object_with_all_that_a_hit_is(sono: Run, sounds: Path) -> None:
    answer = parse(sono("search", "rain", "--json"))
    assert set(answer) == {"query", "hits", "notes", "seconds"}
    assert answer["query"]["text"] == "rain"
    first = answer["hits"][0]
    assert set(first) == {
        "rank", "path", "start_s", "end_s", "score", "weak", "evidence", "duration_s", "other_paths",
    }  # fmt: skip
    assert first["rank"] == 1
    assert Path(first["path"]).parent == sounds / "rain"
    assert 0 <= first["start_s"] < first["end_s"] <= first["duration_s"] + 1e-3
    assert {reason["kind"] for reason in first["evidence"]} == {"sound", "name"}
    assert all(set(reason) == {"kind", "rank", "score", "cosine", "detail"} for reason in first["evidence"])


def test_a_name_that_is_not_utf8_comes_with_its_bytes(sono: Run, sounds: Path) -> None:
    answer = parse(sono("search", "odd name", "--evidence", "name", "--json"))
    hit = answer["hits"][0]
    assert bytes.fromhex(hit["path_bytes_hex"]) == os.fsencode(sounds) + b"/" + ODD_NAME
    assert hit["path"].endswith("odd \\xff\\nname.wav")


@pytest.mark.parametrize("form", [(), ("--csv",), ("--m3u",)])
def test_no_form_lets_a_control_character_through(sono: Run, form: tuple[str, ...]) -> None:
    result = sono("search", "odd name", "--evidence", "name", *form)
    assert result.exit_code == 0
    assert "name.wav" in result.stdout
    assert "\x1b" not in result.stdout
    assert all(line.isprintable() for line in result.stdout.splitlines())


def test_by_example_the_file_itself_is_first(sono: Run, sounds: Path) -> None:
    answer = parse(sono("search", "--like", f"{sounds}/siren.wav@1-4.5", "--json"))
    assert answer["hits"][0]["path"] == str(sounds / "siren.wav")
    assert answer["query"]["like"] == [f"{sounds}/siren.wav@1-4.5"]


def test_csv_has_a_heading_and_the_hits_of_the_json(sono: Run) -> None:
    rows = list(csv.DictReader(sono("search", "rain", "--csv").stdout.splitlines()))
    hits = parse(sono("search", "rain", "--json"))["hits"]
    assert [row["path"] for row in rows] == [hit["path"] for hit in hits]
    assert [float(row["start_s"]) for row in rows] == [hit["start_s"] for hit in hits]


def test_m3u_names_absolute_paths_with_times(sono: Run, sounds: Path) -> None:
    lines = sono("search", "rain", "-k", "1", "--m3u").stdout.splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[1].startswith("#EXTINF:")
    assert [line.split("=")[0] for line in lines[2:4]] == ["#EXTVLCOPT:start-time", "#EXTVLCOPT:stop-time"]
    assert Path(lines[4]).parent == sounds / "rain"


def test_m3u_writes_a_name_no_line_can_hold_as_a_uri(sono: Run) -> None:
    lines = sono("search", "odd name", "--evidence", "name", "-k", "1", "--m3u").stdout.splitlines()
    assert lines[-1].startswith("file:///")
    assert lines[-1].endswith("odd%20%FF%0Aname.wav")


def test_the_table_tells_score_time_path_and_reasons(sono: Run, sounds: Path) -> None:
    lines = sono("search", "rain", "-k", "2").stdout.splitlines()
    heading = next(line for line in lines if "Because" in line)
    assert heading.split() == ["#", "Score", "Time", "Path", "Because"]
    assert str(sounds / "rain") in lines[-1]
    assert "folder: rain" in lines[-1] or "name: rain" in lines[-1] or "rain" in lines[-1].rsplit("  ", 1)[-1]
    assert "–" in lines[-1]


def test_weak_hits_are_called_so(sono: Run) -> None:
    answer = parse(sono("search", "--like-weight", "0", "zither quartet", "--json"))
    result = sono("search", "zither quartet")
    assert ("Nothing fits well; these are the nearest." in result.stdout) == all(h["weak"] for h in answer["hits"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--path", "rain/**"), {"roof.wav", "shower.wav"}),
        (("--shorter", "0:03.5"), {"stereo.wav"}),
        (("--longer", "5s", "--path", "*.wav", "--after", "2020"), {"roof.wav", "shower.wav", "siren.wav"}),
    ],
)  # fmt: skip
def test_filters_leave_only_what_they_say(sono: Run, options: tuple[str, ...], expected: set[str]) -> None:
    answer = parse(sono("search", "rain", "-k", "50", *options, "--json"))
    assert {Path(hit["path"]).name for hit in answer["hits"]} == expected


def test_no_hit_says_what_to_do(sono: Run) -> None:
    result = sono("search", "rain", "--min-score", "100%", "--evidence", "sound")
    assert result.exit_code == 0
    assert "Nothing was found." in result.stdout
    assert "--min-score" in result.stdout


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert run_sono("--library", tmp_path / "new", "index", tmp_path / "nothing").exit_code == 0
    result = run_sono("--library", tmp_path / "new", "search", "rain")
    assert result.exit_code == 0
    assert "is empty" in result.stdout
    assert "sono index" in result.stdout


def test_no_library_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    result = run_sono("--library", tmp_path / "none", "search", "rain")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("sono: There is no library at")
    assert "sono index" in result.stderr.splitlines()[1]


def test_asking_nothing_is_a_usage_error(sono: Run) -> None:
    result = sono("search")
    assert result.exit_code == 2
    assert "nothing to search for" in result.stderr
