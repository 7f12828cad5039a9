"""`sono teach`: what it takes, what it prints, and what search and tag make of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonotheque.audio.synthesis import render_kind
from sonotheque.surfaces.cli.teach import repeat_options

from .conftest import Run

LABEL = "blorpf"


@pytest.fixture
def sirens(tmp_path: Path) -> list[str]:
    """Three sirens that are not in the library."""
    paths = []
    for seed in (21, 22, 23):
        waveform = render_kind("siren wail", seed, 5.0)
        paths.append(str(tmp_path / f"{seed}.wav"))
        soundfile.write(paths[-1], waveform.samples, waveform.rate_hz, subtype="PCM_16")
    return paths


def test_taught_sounds_are_found_tagged_listed_and_forgotten(sono: Run, sounds: Path, sirens: list[str]) -> None:
    taught = sono("teach", LABEL, "--like", *sirens)
    assert taught.exit_code == 0, taught.output
    assert "Taught “blorpf” from 3 examples." in taught.stdout
    found = json.loads(sono("search", LABEL, "--evidence", "sound", "--json").stdout)
    assert found["hits"][0]["path"] == str(sounds / "siren.wav")
    assert any("taught from 3 examples" in note for note in found["notes"])
    tagged = json.loads(sono("tag", sounds / "siren.wav", "--json").stdout)
    assert LABEL in {tag["label"] for tag in tagged["tags"]}
    only = json.loads(sono("tag", sounds / "siren.wav", "--label", LABEL, "--json").stdout)
    assert {tag["label"] for tag in only["tags"]} == {LABEL}
    assert LABEL in sono("teach", "--list").stdout
    assert "Forgot" in sono("teach", "--forget", LABEL).stdout
    assert "Nothing was taught yet" in sono("teach", "--list").stdout
    assert sono("teach", "--forget", LABEL).exit_code == 1


def test_hits_spans_and_counterexamples(sono: Run, sounds: Path) -> None:
    assert sono("search", "siren", "-k", "1").exit_code == 0
    result = sono(
        "teach", LABEL, "--like", "1", f"{sounds}/siren.wav@1-4", "--unlike", f"{sounds}/rain/roof.wav", "--json"
    )
    answer = json.loads(result.stdout)
    assert [clip["start_s"] for clip in answer["like"]][1] == 1.0
    assert len(answer["unlike"]) == 1
    assert "Fewer than 3" in answer["notes"][0]
    listed = json.loads(sono("teach", "--list", "--json").stdout)["taught"]
    assert [row["label"] for row in listed] == [LABEL]


def test_labels_are_examples(sono: Run, sounds: Path) -> None:
    for name in ("roof.wav", "shower.wav"):
        assert sono("label", f"{sounds}/rain/{name}@0-5", "wet").exit_code == 0
    result = sono("teach", "wetness", "--from-label", "wet", "--json")
    assert [clip["end_s"] for clip in json.loads(result.stdout)["like"]] == [5.0, 5.0]
    missing = sono("teach", "wetness", "--from-label", "dry")
    assert missing.exit_code == 1
    assert "has the label “dry”" in missing.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("teach",), "before the clips"),
        (("teach", "--like", "a.wav", LABEL), "before the clips"),
        (("teach", LABEL), "at least one example"),
        (("teach", " ", "--like", "a.wav"), "needs a text"),
        (("teach", LABEL, "--list"), "stand alone"),
    ],
)
def test_what_it_does_not_take(sono: Run, args: tuple[str, ...], message: str) -> None:
    result = sono(*args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_silent_example_is_named(sono: Run, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(32_000), 16_000)
    result = sono("teach", LABEL, "--like", tmp_path / "silent.wav")
    assert result.exit_code == 2
    assert "silent.wav is silent" in result.stderr


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("x --like a b --unlike c d", "x --like a --like b --unlike c --unlike d"),
        ("x --like a --like b c", "x --like a --like b --like c"),
        ("x --like a b --json", "x --like a --like b --json"),
        ("--library l x --like a", "--library l x --like a"),
        ("x --like a -- --like b", "x --like a -- --like b"),
        ("x --like", "x --like"),
    ],
)
def test_a_list_of_clips_is_read_to_the_next_option(given: str, read: str) -> None:
    assert list(repeat_options(given.split())) == read.split()
