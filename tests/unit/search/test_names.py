"""Finding recordings by what they are called, and how sure that makes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.unit.search.conftest import Fill

from sonotheque.library.library import Library
from sonotheque.search.names import FULL_MATCH, NameFinding, content_words, find_names, judge_name
from sonotheque.store.rows import PlacedRecording
from sonotheque.store.words import query_words
from sonotheque.values.plan import NameClause, Plan
from sonotheque.values.query import Filters
from sonotheque.values.recording import Recording


def placed(*displays: str, tags: Mapping[str, str] | None = None) -> PlacedRecording:
    recording = Recording("ab" * 32, 1.0, 8000, 1, "wav", "pcm_s16", tags or {}, id=1)
    n = len(displays)
    return PlacedRecording(recording, tuple(range(n)), tuple(text.encode() for text in displays), displays)


def judge(display: str, text: str, tags: Mapping[str, str] | None = None) -> NameFinding | None:
    return judge_name(placed(display, tags=tags), content_words(text))


def find(library: Library, text: str, k: int = 10) -> list[NameFinding]:
    return list(find_names(library.catalogue, Plan((), (NameClause(text),), Filters(), k), None).findings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the sound of a dog barking", ["dog", "barking"]),
        ("Rain on a tin roof", ["rain", "tin", "roof"]),
        ("el ruido de la lluvia", ["ruido", "lluvia"]),
        ("dog dog dogs", ["dog"]),
        ("下雨", ["下 雨"]),
        ("the", ["the"]),
        ("sound", ["sound"]),
        ("?!", []),
    ],
)
def test_content_words(text: str, words: list[str]) -> None:
    assert [word.text for word in content_words(text)] == words


@pytest.mark.parametrize(
    ("display", "text", "share", "detail"),
    [
        ("/s/dog barking.wav", "dog barking", 1.0, "name: dog, barking"),
        ("/s/DogBarking01.wav", "a barking dog", 1.0, "name: barking, dog"),
        ("/s/dogs.wav", "dog", 1.0, "name: dog"),
        ("/s/dog.wav", "dogs", 1.0, "name: dog"),
        ("/s/dog.wav", "dog barking", 0.5, "name: dog"),
        ("/s/dogma.wav", "dog", 0.5, "name: dog"),
        ("/s/dogma/dog.wav", "dog", 1.0, "name: dog"),
        ("/s/dog/001.wav", "dog", 0.75, "folder: dog"),
        ("/s/dog/take/001.wav", "dog", 0.5, "path: dog"),
        ("/s/animals/dog.wav", "animal dog", 0.875, "folder: animal; name: dog"),
        ("/s/下雨.wav", "下雨", 1.0, "name: 下雨"),
        ("/s/café noir.wav", "cafe", 1.0, "name: cafe"),
    ],
)
def test_how_sure_a_name_makes(display: str, text: str, share: float, detail: str) -> None:
    finding = judge(display, text)
    assert finding is not None
    assert finding.score == pytest.approx(FULL_MATCH * share)
    assert finding.detail == detail


@pytest.mark.parametrize(
    ("display", "text"),
    [
        ("/s/hotdog.wav", "dog"),
        ("/s/training.wav", "rain"),
        ("/s/cathedral.wav", "ca"),
        ("/s/雨下.wav", "下雨"),
        ("/s/the_a_of.wav", "the dog"),
        ("/s/dog.wav", "wav"),
    ],
)
def test_a_name_that_does_not_fit(display: str, text: str) -> None:
    assert judge(display, text) is None


def test_tags_count_a_little_less_than_the_name() -> None:
    finding = judge("/s/001.wav", "dog", {"title": "My Dog"})
    assert finding is not None
    assert finding.score == pytest.approx(FULL_MATCH * 0.85)
    assert finding.detail == "tag: dog"


def test_of_several_copies_the_best_named_one_speaks() -> None:
    finding = judge_name(placed("/s/001.wav", "/t/dog.wav", "/dog/x/1.wav"), query_words("dog"))
    assert finding is not None
    assert finding.detail == "name: dog"


def test_function_words_find_nothing(fill: Fill) -> None:
    library = fill({"/s/the sound of a bell.wav": (5.0, ()), "/s/dog.wav": (5.0, ())})
    assert [finding.detail for finding in find(library, "the sound of a dog")] == ["name: dog"]


def test_the_best_named_come_first(fill: Fill) -> None:
    library = fill(
        {
            "/s/dog.wav": (5.0, ()),
            "/s/barking/dog.wav": (5.0, ()),
            "/s/dog barking.wav": (5.0, ()),
            "/s/bell.wav": (5.0, ()),
        }
    )
    found = find(library, "dog barking")
    placed = library.catalogue.recordings_by_ids([finding.recording_id for finding in found])
    assert [placed[finding.recording_id].displays[0] for finding in found] == [
        "/s/dog barking.wav", "/s/barking/dog.wav", "/s/dog.wav",
    ]  # fmt: skip


def test_the_names_of_what_was_heard_are_judged_too(fill: Fill) -> None:
    library = fill({f"/s/{n}/dog.wav": (5.0, ()) for n in range(100)})
    plan = Plan((), (NameClause("dog"),), Filters(), 1)
    looked_up = {finding.recording_id for finding in find_names(library.catalogue, plan, None).findings}
    assert len(looked_up) < 100
    heard = next(row for row in range(1, 101) if row not in looked_up)
    found = find_names(library.catalogue, plan, None, [heard])
    assert {finding.recording_id for finding in found.findings} == looked_up | {heard}
    assert set(found.placed) == looked_up | {heard}


def test_no_clause_no_names(fill: Fill) -> None:
    library = fill({"/s/dog.wav": (5.0, ())})
    assert find(library, "?!") == []
