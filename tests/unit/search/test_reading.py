"""From a query to a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.search.sounding import WordEmbedder, clip_of

from sonotheque.errors import BadInputError
from sonotheque.search.reading import read_query
from sonotheque.values.plan import Plan
from sonotheque.values.query import Example, Query
from sonotheque.values.waveform import Waveform

DOG, BELL = Example(Path("dog")), Example(Path("bell"))


def load(example: Example) -> Waveform:
    return clip_of(example.path.name)


def read(text: str | None = None, **options: Any) -> Plan:
    return read_query(Query(text, **options), WordEmbedder(), load)


def weights(plan: Plan) -> list[tuple[str, str, float]]:
    return [(clause.kind, clause.said, clause.weight) for clause in plan.sounds]


def test_words_are_looked_for_in_sound_and_in_names() -> None:
    plan = read("a dog", k=7, min_score=0.25)
    assert weights(plan) == [("text", "a dog", 1.0)]
    assert [clause.words for clause in plan.names] == ["a dog"]
    assert (plan.k, plan.min_score, plan.notes) == (7, 0.25, ())


def test_evidence_can_be_left_out() -> None:
    assert read("dog", evidence=frozenset({"sound"})).names == ()
    assert read("dog", evidence=frozenset({"name"})).sounds == ()


def test_examples_share_their_weight() -> None:
    assert weights(read(like=(DOG, BELL))) == [("audio", "dog", 0.5), ("audio", "bell", 0.5)]
    assert weights(read("rain", like=(DOG, BELL), like_weight=0.5)) == [
        ("text", "rain", 0.5), ("audio", "dog", 0.25), ("audio", "bell", 0.25),
    ]  # fmt: skip


@pytest.mark.parametrize(("like_weight", "kinds"), [(0.0, ["text"]), (1.0, ["audio"]), (0.3, ["text", "audio"])])
def test_what_weighs_nothing_is_left_out(like_weight: float, kinds: list[str]) -> None:
    plan = read("rain", like=(DOG,), like_weight=like_weight)
    assert [clause.kind for clause in plan.sounds] == kinds
    assert plan.names


def test_a_clip_that_weighs_nothing_is_not_even_read() -> None:
    def refuse(example: Example) -> Waveform:
        raise AssertionError

    assert read_query(Query("rain", (DOG,), 0.0), WordEmbedder(), refuse).sounds


def test_like_weight_means_nothing_without_words() -> None:
    assert weights(read(like=(DOG,), like_weight=0.0)) == [("audio", "dog", 1.0)]


def test_unknown_words_are_named() -> None:
    plan = read("dog xyzzy plugh xyzzy")
    assert plan.notes == ("The sound model does not know “xyzzy”, “plugh”.",)
    assert len(plan.sounds) == 1


def test_where_no_word_is_known_names_still_answer() -> None:
    plan = read("xyzzy")
    assert plan.sounds == ()
    assert plan.names
    assert "“xyzzy”" in plan.notes[0]


def test_where_no_word_is_known_examples_still_answer() -> None:
    plan = read("xyzzy", like=(DOG,), evidence=frozenset({"sound"}))
    assert [clause.kind for clause in plan.sounds] == ["audio"]
    assert "“xyzzy”" in plan.notes[0]


def test_text_that_is_no_word_is_noted_too() -> None:
    assert "can't read “a”" in read("a").notes[0]


def test_where_nothing_can_be_searched_the_model_says_why() -> None:
    with pytest.raises(BadInputError, match="No word of 'xyzzy'"):
        read("xyzzy", evidence=frozenset({"sound"}))


def test_an_example_needs_sound_as_evidence() -> None:
    with pytest.raises(BadInputError, match="compared by its sound"):
        read("dog", like=(DOG,), evidence=frozenset({"name"}))
