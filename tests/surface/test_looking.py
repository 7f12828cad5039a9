"""`sono tag`, `show`, `status`, `label`, `labels`, `forget` and `doctor`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from .conftest import BAD_REASON, Run, run_sono


def test_tag_lists_labels_with_times(sono: Run, sounds: Path) -> None:
    result = sono("tag", f"{sounds}/siren.wav@1-5", "--label", "siren", "--label", "rain", "--min-score", "0", "--json")
    tags = json.loads(result.stdout)["tags"]
    assert {tag["label"] for tag in tags} == {"siren", "rain"}
    assert all(1 <= tag["start_s"] < tag["end_s"] <= 5.01 for tag in tags)


def test_tag_of_nothing_says_so(sono: Run, sounds: Path) -> None:
    result = sono("tag", sounds / "siren.wav", "--min-score", "100%")
    assert result.exit_code == 0
    assert "Nothing is heard" in result.stdout


def test_tag_needs_no_library(sounds: Path, tmp_path: Path) -> None:
    result = run_sono(
        "--library", tmp_path / "none", "tag", sounds / "siren.wav", "--label", "siren", "--min-score", "0"
    )
    assert result.exit_code == 0
    assert "siren" in result.stdout
    assert not (tmp_path / "none").exists()


def test_tag_of_a_bad_file_gives_the_reason(sono: Run, sounds: Path) -> None:
    result = sono("tag", sounds / "letter.wav")
    assert result.exit_code == 2
    assert BAD_REASON in result.stderr


def test_show_draws_a_hit_and_does_not_overwrite(sono: Run) -> None:
    assert sono("search", "rain", "-k", "1").exit_code == 0
    result = sono("show", "1", "-o", "hit.png")
    assert result.exit_code == 0, result.output
    assert Image.open("hit.png").size == (1200, 520)
    assert sono("show", "1", "-o", "hit.png").exit_code == 2
    assert sono("show", "1", "-o", "hit.png", "--force").exit_code == 0


def test_show_marks_what_fits_the_query(sono: Run, sounds: Path) -> None:
    assert sono("show", sounds / "siren.wav", "-o", "plain.png").exit_code == 0
    assert sono("show", sounds / "siren.wav", "-o", "marked.png", "--query", "siren", "--min-score", "0").exit_code == 0
    assert Image.open("plain.png").tobytes() != Image.open("marked.png").tobytes()
    nothing = sono("show", sounds / "siren.wav", "-o", "none.png", "--query", "siren", "--min-score", "1")
    assert "no span is marked" in nothing.stderr
    assert Image.open("plain.png").tobytes() == Image.open("none.png").tobytes()


def test_status_in_figures(sono: Run, library: Path, sounds: Path) -> None:
    facts = json.loads(sono("status", "--json").stdout)
    assert (facts["recordings"], facts["files"], facts["failed"], facts["out_of_date"]) == (5, 6, 1, 0)
    assert facts["roots"] == [str(sounds)]
    assert facts["library"] == str(library)
    assert facts["failures"] == [{"path": f"{sounds}/letter.wav", "reason": BAD_REASON}]
    assert facts["last_run"]["counters"]["indexed"] == 5
    assert facts["size_bytes"] > 0


def test_status_for_people(sono: Run, sounds: Path) -> None:
    shown = sono("status").stdout
    assert "5, 25 s of sound" in shown
    assert "6 known, 1 failed" in shown
    assert f"{sounds}/letter.wav: {BAD_REASON}" in shown
    assert f"{sounds}/letter.wav: {BAD_REASON}" in sono("status", "--failures").stdout


def test_a_label_is_put_found_listed_and_taken_away(sono: Run, sounds: Path) -> None:
    assert sono("label", f"{sounds}/siren.wav@1-2.5", "Fire Engine").exit_code == 0
    assert json.loads(sono("labels", "--json").stdout) == {"labels": {"Fire Engine": 1}}
    place = json.loads(sono("labels", "fire engine", "--json").stdout)["places"][0]
    assert (place["path"], place["start_s"], place["end_s"]) == (str(sounds / "siren.wav"), 1.0, 2.5)
    found = json.loads(sono("search", "rain", "--label", "fire engine", "--json").stdout)["hits"]
    assert {hit["path"] for hit in found} == {str(sounds / "siren.wav")}
    elsewhere = sono("label", f"{sounds}/siren.wav@3-4", "Fire Engine", "--remove")
    assert elsewhere.exit_code == 1
    assert sono("label", f"{sounds}/siren.wav", "Fire Engine", "--remove").exit_code == 0
    assert "no labels yet" in sono("labels").stdout


def test_a_label_on_a_hit(sono: Run) -> None:
    hit = json.loads(sono("search", "rain", "-k", "1", "--json").stdout)["hits"][0]
    assert sono("label", "1", "wet").exit_code == 0
    place = json.loads(sono("labels", "wet", "--json").stdout)["places"][0]
    assert place["path"] == hit["path"]
    assert place["start_s"] == pytest.approx(hit["start_s"], abs=1e-3)


def test_only_what_is_indexed_can_be_labelled(sono: Run, tmp_path: Path) -> None:
    result = sono("label", tmp_path / "other.wav", "x")
    assert result.exit_code == 1
    assert "is not in this library" in result.stderr


def test_forget_asks_first(sono: Run, sounds: Path) -> None:
    refused = sono("forget", sounds / "rain")
    assert refused.exit_code == 2
    assert "2 files would be forgotten" in refused.stderr
    assert "Forgot 2 files" in sono("forget", sounds / "rain", "--yes").stdout
    assert json.loads(sono("status", "--json").stdout)["recordings"] == 3
    assert (sounds / "rain" / "roof.wav").exists()
    assert sono("forget", sounds / "rain", "--yes").exit_code == 1


def test_doctor_finds_what_is_gone_and_repairs_it(sounds: Path, tmp_path: Path) -> None:
    copies = Path(shutil.copytree(sounds / "rain", tmp_path / "rain"))
    library = ("--library", tmp_path / "library")
    assert run_sono(*library, "index", copies).exit_code == 0
    assert run_sono(*library, "doctor").exit_code == 0
    (copies / "roof.wav").unlink()
    sick = run_sono(*library, "doctor", "--json")
    assert sick.exit_code == 1
    assert json.loads(sick.stdout)["sound"] is False
    assert run_sono(*library, "doctor", "--repair").stdout.startswith("repaired: ")
    assert run_sono(*library, "doctor").exit_code == 0


def test_doctor_of_a_damaged_library_does_not_send_to_the_doctor(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite3").write_bytes(b"SQLite format 3\x00" + b"garbage " * 500)
    result = run_sono("--library", tmp_path, "doctor")
    assert result.exit_code == 1
    assert "damaged" in result.stdout
    assert "sono doctor" not in result.stdout
