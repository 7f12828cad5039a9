"""Retrieving windows for one clause and for several."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.search.conftest import Fill
from tests.unit.search.sounding import Event, WordEmbedder, clip_of

from sonotheque.library.library import Library
from sonotheque.search.retrieve import SoundRetriever
from sonotheque.values.plan import SoundClause

RECORDINGS = {
    "/s/dog.wav": (5.0, (Event("dog", 0.0, 5.0),)),
    "/s/bell.wav": (5.0, (Event("bell", 0.0, 5.0),)),
    "/s/both.wav": (5.0, (Event("dog", 0.0, 5.0), Event("bell", 0.0, 5.0))),
    "/s/quiet.wav": (5.0, ()),
}


def retriever(library: Library, *clauses: SoundClause) -> SoundRetriever:
    space = library.catalogue.space(library.embedder.card.space_name)
    assert space is not None
    return SoundRetriever(library.catalogue, library.vectors, library.embedder, space, clauses)


def text_clause(word: str, weight: float = 1.0) -> SoundClause:
    return SoundClause(WordEmbedder().embed_text(word), "text", word, weight)


def audio_clause(word: str, weight: float = 1.0) -> SoundClause:
    return SoundClause(WordEmbedder().embed_audio(clip_of(word)), "audio", word, weight)


def logistic(cosine: float) -> float:
    return float(1 / (1 + np.exp(-10 * (cosine - 0.5))))


def test_one_clause_scores_by_its_cosine(fill: Fill) -> None:
    found = retriever(fill(RECORDINGS), text_clause("dog")).retrieve(10, None)
    assert found.exhausted
    np.testing.assert_allclose(found.cosines, [1.0, 0.5**0.5, 0.0, 0.0], atol=1e-3)
    np.testing.assert_allclose(found.chances, [logistic(cosine) for cosine in found.cosines], rtol=1e-4)
    assert found.windows.recording_ids.tolist()[:2] == [1, 3]


def test_two_clauses_must_both_be_pleased(fill: Fill) -> None:
    found = retriever(fill(RECORDINGS), text_clause("dog"), audio_clause("bell")).retrieve(10, None)
    chance = dict(zip(found.windows.recording_ids.tolist(), found.chances.tolist(), strict=True))
    one, both, none = logistic(1.0) * logistic(0.0), logistic(0.5**0.5) ** 2, logistic(0.0) ** 2
    assert chance == pytest.approx({1: one**0.5, 2: one**0.5, 3: both**0.5, 4: none**0.5}, rel=2e-2)
    assert max(chance, key=lambda row: chance[row]) == 3


def test_weights_decide_between_clauses(fill: Fill) -> None:
    library = fill(RECORDINGS)
    found = retriever(library, text_clause("dog", 3.0), audio_clause("bell", 1.0)).retrieve(10, None)
    cosine = dict(zip(found.windows.recording_ids.tolist(), found.cosines.tolist(), strict=True))
    assert cosine == pytest.approx({1: 0.75, 2: 0.25, 3: 0.5**0.5, 4: 0.0}, abs=1e-3)


def test_the_middle_is_found_where_few_candidates_are_asked_for(fill: Fill) -> None:
    """The best for each clause alone please only that one."""
    library = fill(
        {
            **{f"/s/dog{i}.wav": (5.0, (Event("dog", 0.0, 5.0),)) for i in range(5)},
            **{f"/s/bell{i}.wav": (5.0, (Event("bell", 0.0, 5.0),)) for i in range(5)},
            "/s/both.wav": (5.0, (Event("dog", 0.0, 5.0), Event("bell", 0.0, 5.0))),
        }
    )
    found = retriever(library, text_clause("dog"), text_clause("bell")).retrieve(2, None)
    best = int(found.windows.recording_ids[found.chances.argmax()])
    assert library.catalogue.recordings_by_ids([best])[best].displays == ("/s/both.wav",)


def test_only_allowed_windows_are_scored(fill: Fill) -> None:
    found = retriever(fill(RECORDINGS), text_clause("dog")).retrieve(10, np.array([2, 4]))
    assert sorted(found.windows.ids.tolist()) == [2, 4]


def test_more_rows_than_asked_for_leave_the_space_unexhausted(fill: Fill) -> None:
    assert not retriever(fill(RECORDINGS), text_clause("dog")).retrieve(2, None).exhausted


def test_strength_is_in_deviations_above_the_background(fill: Fill) -> None:
    library = fill(RECORDINGS)
    vectors = np.stack([WordEmbedder().embed_text(word).vector for word in ("dog", "bell")])
    strength = retriever(library, text_clause("dog")).strength(vectors)
    np.testing.assert_allclose(strength, [1.0 / 0.05, 0.0], rtol=1e-4)
