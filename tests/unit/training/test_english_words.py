"""The list of English words: what is counted in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sonotheque.models.lexicon.entries import read_english
from sonotheque.training.english_words import count_words, main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "text").mkdir()
    (tmp_path / "berklee").mkdir()
    with gzip.open(tmp_path / "text" / "audiocaps_captions.txt.gz", "wt", encoding="utf-8") as lines:
        lines.write("train\tabc\tA wuzzle hums\ntrain\tdef\tA Wuzzle's frobnication\n")
    ontology = [{"name": "Quonk", "description": "Once said."}]
    (tmp_path / "text" / "audioset_ontology.json").write_text(json.dumps(ontology), encoding="utf-8")
    (tmp_path / "berklee" / "manifest.csv").write_text("path,text\na.ogg,flonk c# xy\n", encoding="utf-8")
    return tmp_path


def test_words_are_counted_without_case() -> None:
    assert count_words(iter(["A dog's bark", "a DOG"])) == {"a": 2, "dog": 2, "s": 1, "bark": 1}


def test_the_list_is_sorted_and_holds_what_people_use(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "english.txt"
    assert main(["--data", str(data), "--out", str(out)]) == 0
    words = out.read_text(encoding="utf-8").splitlines()
    assert words == sorted(set(words))
    assert {"wuzzle", "quonk", "flonk", "woof", "boot"} <= set(words)
    assert not {"frobnication", "once", "xy", "abc"} & set(words) - read_english()


def test_the_shipped_list_is_up_to_date(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "english.txt"
    main(["--data", str(shared_data), "--out", str(out)])
    assert read_english() >= set(out.read_text(encoding="utf-8").split()), "python -m sonotheque.training.english_words"
