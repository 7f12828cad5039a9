"""`sono eval`: tables, files, exit codes and the errors that people make, on a handful of made sounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import Result

from sonotheque.audio.synthesis import render_kind
from sonotheque.evaluation.document import SCHEMA
from sonotheque.library.library import Library
from sonotheque.search.ranking import WEAK_BELOW

from .conftest import BAD_REASON, run_sono

KINDS = {"rain": "heavy rain", "siren": "siren wail", "dog": "dog bark"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of each kind, a letter, and a manifest that also names a file that is not there."""
    folder = tmp_path_factory.mktemp("labelled")
    lines = ["path,label,text,fold,group"]
    for label, kind in KINDS.items():
        for take in range(2):
            waveform = render_kind(kind, take, 5.0)
            soundfile.write(folder / f"{label}{take}.wav", waveform.samples, waveform.rate_hz, subtype="PCM_16")
            lines.append(f"{label}{take}.wav,{label},a sound of {label},{take},{'alarms' if label == 'siren' else ''}")
    (folder / "letter.wav").write_text("Dear Sir or Madam,\n" * 20)
    lines += ["letter.wav,dog,a letter,0,", "gone.wav,rain,nothing,0,"]
    (folder / "clips.csv").write_text("\n".join(lines) + "\n")
    words = "label,language,wording\nrain,en,water falling on a roof\ndog,en,barking\nrain,de,Regen\n"
    (folder / "words.csv").write_text(words)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests, so that each clip is heard once."""
    return tmp_path_factory.mktemp("cache")


def measure(folder: Path, cache: Path, what: str, *more: str | Path) -> Result:
    return run_sono("eval", what, "--manifest", folder / "clips.csv", "--cache", cache, *more)


def figures(folder: Path, cache: Path, what: str, *more: str | Path) -> dict[str, Any]:
    result = measure(folder, cache, what, "--json", "-", *more)
    assert result.exit_code == 3, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["schema"] == SCHEMA
    return report


def test_retrieval_tells_a_table_and_what_was_left_out(folder: Path, cache: Path) -> None:
    result = measure(folder, cache, "retrieval")
    assert result.exit_code == 3
    assert "6 with 3 different labels" in result.stdout
    assert "Text to audio: labels" in result.stdout
    assert f"letter.wav  {BAD_REASON}" in result.stdout
    assert "gone.wav" in result.stdout


def test_retrieval_as_json_and_as_a_page(folder: Path, cache: Path, tmp_path: Path) -> None:
    files = ("--json", tmp_path / "report.json", "--html", tmp_path / "report.html")
    result = measure(folder, cache, "retrieval", "--wordings", folder / "words.csv", *files)
    assert result.exit_code == 3
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["schema"] == SCHEMA
    assert report["study"]["n_clips"] == 6
    assert [item["line"] for item in report["study"]["left_out"]] == [8, 9]
    kinds = [(section["direction"], section["kind"]) for section in report["models"][0]["sections"]]
    assert kinds == [
        ("text to audio", "labels"), ("text to audio", "wordings en"), ("text to audio", "wordings de"),
        ("audio to text", "labels"), ("audio to audio", "clips"),
    ]  # fmt: skip
    by_name = report["models"][0]["sections"][0]["figures"]["mAP"]
    assert 0.5 < by_name["low"] <= by_name["value"] <= by_name["high"] <= 1.0
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 2
    assert "letter.wav" in page


def test_a_second_run_hears_nothing_again(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(folder, cache, "tagging")
    seen = []
    index = Library.index
    monkeypatch.setattr(Library, "index", lambda *args, **named: seen.append(index(*args, **named)) or seen[-1])  # type: ignore[func-returns-value]
    measure(folder, cache, "tagging")
    assert [(report.n_indexed, report.n_unchanged) for report in seen] == [(0, 6)]


def test_two_names_of_one_model_are_compared(folder: Path, cache: Path) -> None:
    once = figures(folder, cache, "retrieval", "--model", "builtin:sounds", "--model", "builtin:sounds")
    assert len(once["models"]) == 1
    assert once["comparisons"] == []


def test_tagging_chooses_among_the_labels_of_the_lines_chosen(folder: Path, cache: Path) -> None:
    report = figures(folder, cache, "tagging", "--fold", "0")
    assert report["study"]["n_clips"] == 3
    assert len(report["models"][0]["classes"]) == 3
    result = measure(folder, cache, "tagging", "--group", "alarms", "--json", "-")
    alone = json.loads(result.stdout)
    assert result.exit_code == 0
    assert alone["models"][0]["figures"]["accuracy"]["value"] == 1.0


def test_calibration_calls_weak_what_the_search_calls_weak(folder: Path, cache: Path, tmp_path: Path) -> None:
    report = figures(folder, cache, "calibration")
    section = report["models"][0]["sections"][0]
    assert set(section["figures"]) >= {"ECE, equal mass", "ECE, equal width", "Brier"}
    with Library(tmp_path / "library", create=True) as library:
        library.index(sorted(folder.glob("*[01].wav")))
        for label in KINDS:
            found = library.search(label, evidence=("sound",))
            assert found.is_weak == (label in section["weak"]["wrong_present"]), label
            assert found.hits[0].weak == (found.hits[0].score < WEAK_BELOW)
            others = [hit for hit in found.hits if label not in hit.shown_path.rpartition("/")[2]]
            assert all(hit.weak for hit in others) == (label not in section["weak"]["wrong_absent"]), label


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--manifest", "absent.csv"), "There is no file at absent.csv"),
        (("--manifest", "{folder}/words.csv"), "there is no column 'path'"),
        (("--manifest", "{folder}/clips.csv", "--fold", "9"), "has fold 9"),
        (("--manifest", "{folder}/clips.csv", "--model", "builtin:none"), "builtin:none"),
        (("--manifest", "{folder}/clips.csv", "--wordings", "{folder}/clips.csv"), "there is no column 'language'"),
        ((), "Missing option '--manifest'"),
    ],
)
def test_mistakes_are_told_before_anything_is_heard(
    options: tuple[str, ...], said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "index", lambda *_, **__: pytest.fail("heard"))
    result = run_sono("eval", "retrieval", *(option.format(folder=folder) for option in options))
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_a_manifest_without_one_readable_clip_is_an_error(folder: Path, cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("path,label\nnowhere.wav,dog\n")
    result = run_sono("eval", "tagging", "--manifest", path, "--cache", cache)
    assert result.exit_code == 2
    assert "Not one of the 1 clips can be read; line 2" in result.stderr


@pytest.mark.parametrize("name", ["retrieval", "tagging", "calibration"])
def test_help_of_each_measurement_ends_with_examples(name: str) -> None:
    result = run_sono("eval", name, "--help")
    assert result.exit_code == 0
    assert f"sono eval {name} --manifest" in result.stdout.split("\nExamples:\n")[1]
