"""Naming what is heard in one recording."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.search.sounding import Event, WordEmbedder, rows_of

from sonotheque.errors import BadInputError
from sonotheque.models.roles import EmbeddedWindows
from sonotheque.search.tagging import Tag, tag_windows


def tags_of(duration_s: float, events: list[Event], **options: float) -> list[Tag]:
    embedder = WordEmbedder()
    return tag_windows(rows_of(duration_s, events), embedder, embedder.labels, **options)  # type: ignore[arg-type]


def test_each_sound_is_named_where_it_is() -> None:
    tags = tags_of(60.0, [Event("dog", 10.0, 14.0), Event("bell", 40.0, 45.0)])
    assert [tag.label for tag in tags] == ["dog", "bell"]
    for tag, (start_s, end_s) in zip(tags, [(10.0, 14.0), (40.0, 45.0)], strict=True):
        assert tag.span.start_s == pytest.approx(start_s, abs=0.3)
        assert tag.span.end_s == pytest.approx(end_s, abs=0.3)
        assert 0.5 <= tag.score <= 1.0


def test_sounds_at_once_are_all_named() -> None:
    tags = tags_of(20.0, [Event("dog", 5.0, 15.0), Event("rain", 5.0, 15.0)])
    assert {tag.label for tag in tags} == {"dog", "rain"}


def test_quiet_has_no_tags_and_a_higher_bar_gives_fewer() -> None:
    events = [Event("dog", 5.0, 10.0), Event("bell", 20.0, 22.9)]
    assert tags_of(20.0, []) == []
    assert [tag.label for tag in tags_of(40.0, events, min_score=0.99)] == ["dog"]


def test_in_a_window_only_the_likeliest_count() -> None:
    events = [Event(word, 0.0, 5.0) for word in ("dog", "rain", "bell")]
    assert len(tags_of(5.0, events)) == 3
    assert len(tags_of(5.0, events, most=1)) == 1


def test_tags_come_in_order_of_time() -> None:
    tags = tags_of(60.0, [Event("siren", 50.0, 55.0), Event("dog", 3.0, 8.0), Event("siren", 20.0, 25.0)])
    assert [tag.label for tag in tags] == ["dog", "siren", "siren"]


def test_labels_must_be_given_and_known() -> None:
    with pytest.raises(BadInputError, match="no label"):
        tag_windows(rows_of(5.0, []), WordEmbedder(), [])
    with pytest.raises(BadInputError, match="xyzzy"):
        tag_windows(rows_of(5.0, []), WordEmbedder(), ["xyzzy"])


def test_nothing_heard_nothing_tagged() -> None:
    nothing = EmbeddedWindows(np.zeros((0, 2)), np.zeros((0, 8), np.float32), np.zeros((0, 8), np.int8), 0.0, 0.5)
    assert tag_windows(nothing, WordEmbedder(), ["dog"]) == []
