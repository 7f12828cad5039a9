"""No training text gives a measuring wording away, and captions read as a person would type them.

Needs no torch: what is trained on is gathered apart from the training itself.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from sonotheque.training.captions import SPEECH_CAPTIONS, clean_name, clean_title, split_compound
from sonotheque.training.manifests import load_clips
from sonotheque.training.phrases import EVERYDAY, WIDER, calibration_phrases, read_concepts, trained_concepts
from sonotheque.training.sentences import training_sentences
from sonotheque.training.wording_guard import WordingGuard, content_words


@pytest.fixture(scope="module")
def labels() -> list[str]:
    text = resources.files("sonotheque.training").joinpath("labels.txt").read_text(encoding="utf-8")
    return text.splitlines()


@pytest.fixture(scope="module")
def phrases() -> list[str]:
    return [phrase for phrases in read_concepts().values() for phrase in phrases]


@pytest.fixture
def wordings(shared_data: Path) -> list[frozenset[str]]:
    """The content words of each wording, worked out here and not by the code under test."""
    with (shared_data / "text" / "wordings.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row["wording"] for row in csv.DictReader(lines)]
    assert len(rows) >= 150
    return [words for words in map(content_words, rows) if words]


def leaks(texts: list[str], wordings: list[frozenset[str]]) -> list[tuple[str, frozenset[str]]]:
    found = []
    for text in dict.fromkeys(texts):
        words = content_words(text)
        found += [(text, wording) for wording in wordings if wording <= words]
    return found


def test_no_caption_gives_a_wording_away(shared_data: Path, wordings: list[frozenset[str]]) -> None:
    captions = [caption for clip in load_clips(shared_data) for caption in clip.captions]
    assert len(captions) > 1000
    assert leaks(captions, wordings) == []


def test_no_phrase_and_no_label_gives_a_wording_away(
    phrases: list[str], labels: list[str], wordings: list[frozenset[str]]
) -> None:
    assert leaks([*phrases, *labels, *SPEECH_CAPTIONS], wordings) == []


def test_no_sentence_for_the_text_table_gives_a_wording_away(shared_data: Path, wordings: list[frozenset[str]]) -> None:
    sentences = training_sentences(shared_data)
    assert len(sentences) > 40_000
    assert leaks(sentences, wordings) == []


def test_the_comparison_can_fail(wordings: list[frozenset[str]]) -> None:
    wording = " ".join(sorted(wordings[0]))
    assert leaks([f"today {wording} again", "nothing of the kind"], wordings[:1]) == [
        (f"today {wording} again", wordings[0])
    ]


def test_what_a_guard_holds_back() -> None:
    guard = WordingGuard(["hound growling at the mailman", "the", ""])
    assert guard.holds_back("The mailman's friend: a HOUND, growling")
    assert not guard.holds_back("a hound at the mailman")
    assert not guard.holds_back("the")


def test_content_words_leave_function_words_out() -> None:
    assert content_words("The dog's on the roof, and it's raining!") == {"dog", "roof", "raining"}
    assert content_words("狗吠") == {"狗吠"}


def test_without_the_measuring_set_nothing_is_held_back(tmp_path: Path) -> None:
    assert not WordingGuard.from_data(tmp_path).holds_back("hound growling at the mailman")


def test_every_class_has_many_phrases_that_differ(shared_data: Path) -> None:
    classes = {clip.label for clip in load_clips(shared_data, ("esc50",))}
    assert classes == set(read_concepts(EVERYDAY))
    for names, fewest in ((EVERYDAY, 90), (WIDER, 6)):
        for name, phrases in read_concepts(names).items():
            assert phrases[0] == name
            assert len(phrases) > fewest, name
            assert all(text == text.strip() and text and "|" not in text for text in phrases), name


def test_no_phrase_of_the_calibration_is_learned_from(shared_data: Path) -> None:
    asked = calibration_phrases()
    assert len(asked) > 150
    assert {label for label, _ in asked} == set(read_concepts(EVERYDAY))
    learned = {phrase for phrases in trained_concepts(shared_data).values() for phrase in phrases}
    assert not learned & {phrase for _, phrase in asked}
    captions = {caption for clip in load_clips(shared_data) for caption in clip.captions}
    assert not captions & {phrase for _, phrase in asked}


def test_labels_are_distinct_names(labels: list[str]) -> None:
    assert len(labels) == len(set(labels)) > 30
    assert all(label == label.strip().lower() for label in labels)


@pytest.mark.parametrize(
    ("title", "caption"),
    [
        ("20091211.barking.stairs.wav", "barking stairs"),
        ("DoorSlam_02 (final mix).mp3", "door slam"),
        ("Rain on a Tin Roof 44.1kHz stereo", "rain on tin roof"),
        ("", ""),
        ("!!! 123", ""),
    ],
)
def test_titles_are_cleaned(title: str, caption: str) -> None:
    assert clean_title(title) == caption


@pytest.mark.parametrize(
    ("name", "caption"),
    [("metalhit 3", "metal hit"), ("Guitar C# loud", "guitar loud"), ("door door slam", "door slam")],
)
def test_names_are_cleaned(name: str, caption: str) -> None:
    assert clean_name(name) == caption


@pytest.mark.parametrize(
    ("word", "parts"), [("metalhit", "metal hit"), ("metal", "metal"), ("metalx", "metalx"), ("", "")]
)
def test_compounds_are_split_only_when_all_of_them_is_known(word: str, parts: str) -> None:
    assert split_compound(word) == parts


def test_clips_know_their_set_and_have_a_caption(shared_data: Path) -> None:
    clips = load_clips(shared_data, ("esc50", "speakers"))
    assert {clip.set_name for clip in clips} == {"esc50", "speakers"}
    assert all(clip.captions and clip.path.suffix for clip in clips)
    assert "4" not in {clip.fold for clip in clips if clip.set_name == "esc50"}


def test_texts_are_gathered_without_torch() -> None:
    code = "import sys, sonotheque.training.captions, sonotheque.training.sentences; sys.exit('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": ":".join(sys.path)}).returncode
        == 0
    )
