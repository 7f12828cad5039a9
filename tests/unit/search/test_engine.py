"""Search through the facade, in a world in which every score is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.search.conftest import Fill
from tests.unit.search.sounding import WORDS, Event, WordEmbedder, add_recording

from sonotheque.library.library import Library
from sonotheque.search.ranking import IN_A_ROW
from sonotheque.values.hit import Hit, SearchResult
from sonotheque.values.query import Example
from sonotheque.values.span import Span

DOG, RAIN = Event("dog", 0.0, 5.0), Event("rain", 0.0, 5.0)


def paths(result: SearchResult) -> list[str]:
    return [hit.path.decode() for hit in result.hits]


def kinds(hit: Hit) -> list[str]:
    return [item.kind for item in hit.evidence]


def test_recordings_are_ranked_by_how_long_the_word_sounds(fill: Fill) -> None:
    library = fill({f"/s/{n}.wav": (5.0, (Event("dog", 0.0, float(n)),)) for n in (3, 5, 1, 4, 2)})
    result = library.search("dog")
    assert paths(result) == [f"/s/{n}.wav" for n in (5, 4, 3, 2, 1)]
    assert [hit.rank for hit in result.hits] == [1, 2, 3, 4, 5]
    for hit, n in zip(result.hits, (5, 4, 3, 2, 1), strict=True):
        [evidence] = hit.evidence
        assert evidence.kind == "sound"
        assert evidence.cosine is not None
        assert evidence.cosine == pytest.approx(n / math.hypot(n, 5 - n), abs=2e-3)
        assert hit.score == pytest.approx(1 / (1 + math.exp(-10 * (evidence.cosine - 0.5))), abs=1e-3)
        assert hit.weak == (hit.score < 0.5)


def test_boundaries_come_from_the_half_second_vectors(fill: Fill) -> None:
    library = fill({"/s/long.wav": (60.0, (Event("bell", 20.0, 23.0),)), "/s/quiet.wav": (60.0, ())})
    hit = library.search("bell").hits[0]
    assert hit.path == b"/s/long.wav"
    assert hit.span.start_s == pytest.approx(20.0, abs=0.26)
    assert hit.span.end_s == pytest.approx(23.0, abs=0.26)
    assert hit.evidence[0].detail == str(hit.span)


def test_two_events_in_one_recording_are_two_hits(fill: Fill) -> None:
    library = fill({"/s/long.wav": (60.0, (Event("bell", 10.0, 13.0), Event("bell", 40.0, 44.0)))})
    strong = [hit for hit in library.search("bell").hits if not hit.weak]
    assert sorted(round(hit.span.start_s) for hit in strong) == [10, 40]


def test_a_sound_over_many_windows_is_one_hit(fill: Fill) -> None:
    library = fill({"/s/long.wav": (120.0, (Event("rain", 30.0, 90.0),))})
    hit = library.search("rain").hits[0]
    assert hit.span.start_s == pytest.approx(30.0, abs=0.3)
    assert hit.span.end_s == pytest.approx(90.0, abs=0.3)


def test_without_frames_the_windows_are_the_span(library: Library) -> None:
    embedder = WordEmbedder()
    with library.catalogue.write() as writer:
        recording = add_recording(writer, "/s/a.wav", 5.0, (DOG,))
        space = writer.ensure_space(embedder.card.space_name, len(WORDS))
        empty = np.zeros((0, len(WORDS)), np.int8)
        writer.put_frames(recording, space, empty, start_s=0.0, hop_s=0.5)
    assert library.search("dog").hits[0].span == Span(0.0, 5.0)


EVENTS = st.lists(
    st.builds(
        lambda word, start_s, length_s: Event(word, start_s, start_s + length_s),
        st.sampled_from(["dog", "bell"]), st.floats(0, 80), st.floats(0.3, 30),
    ),
    max_size=6,
)  # fmt: skip


@given(recordings=st.lists(st.tuples(st.floats(0.2, 100), EVENTS), min_size=1, max_size=4), k=st.integers(1, 12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hits_lie_inside_never_overlap_and_are_at_most_k(
    tmp_path_factory: pytest.TempPathFactory, recordings: list[tuple[float, list[Event]]], k: int
) -> None:
    with Library(tmp_path_factory.mktemp("library"), create=True) as library:
        library.embedder = WordEmbedder()
        with library.catalogue.write() as writer:
            for number, (duration_s, events) in enumerate(recordings):
                add_recording(writer, f"/s/{number} dog.wav", duration_s, events)
        hits = library.search("dog", k=k).hits
    assert 1 <= len(hits) <= k
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    for hit in hits:
        assert 0.0 <= hit.span.start_s < hit.span.end_s <= hit.duration_s + 1e-9
    for one, other in itertools.combinations(hits, 2):
        assert one.recording_id != other.recording_id or one.span.overlap_s(other.span) == 0.0
    assert [hit.weak for hit in hits] == sorted(hit.weak for hit in hits)


def test_a_very_long_sound_gives_hits_that_do_not_overlap(fill: Fill) -> None:
    library = fill({"/s/long.wav": (2000.0, (Event("rain", 0.0, 2000.0),))})
    hits = library.search("rain", k=20).hits
    assert len(hits) > 1
    for one, other in itertools.combinations(hits, 2):
        assert one.span.overlap_s(other.span) == 0.0


def test_one_recording_does_not_crowd_out_others(fill: Fill) -> None:
    barks = tuple(Event("dog", 10.0 * n, 10.0 * n + 5.0) for n in range(1, 12))
    library = fill({"/s/kennel.wav": (120.0, barks), "/s/street.wav": (60.0, (Event("dog", 20.0, 24.5),))})
    found = paths(library.search("dog", k=8))
    assert found.index("/s/street.wav") == IN_A_ROW
    assert found.count("/s/kennel.wav") == 7


def test_a_crowd_of_windows_does_not_hide_other_recordings(fill: Fill) -> None:
    """More windows of one recording than are asked for at first all fit better than another recording's."""
    library = fill(
        {
            "/s/hours.wav": (2000.0, (Event("rain", 0.0, 2000.0),)),
            **{f"/s/{n}.wav": (5.0, (Event("rain", 0.0, 4.0),)) for n in range(4)},
        }
    )
    assert len(set(paths(library.search("rain", k=10)))) >= 4


def test_k_is_kept_and_more_give_more(fill: Fill) -> None:
    library = fill({f"/s/{n}.wav": (5.0, (Event("dog", 0.0, 1.0 + n / 10),)) for n in range(30)})
    assert len(library.search("dog", k=4).hits) == 4
    assert len(library.search("dog", k=30).hits) == 30
    assert paths(library.search("dog", k=4)) == paths(library.search("dog", k=30))[:4]


def test_every_recording_can_be_ranked(fill: Fill) -> None:
    library = fill({f"/s/{n}.wav": (5.0, ()) for n in range(40)})
    assert len(set(paths(library.search("dog", k=1000)))) == 40


# ---- evidence -------------------------------------------------------------------------------------------------------


def test_a_name_and_a_sound_together_make_surer(fill: Fill) -> None:
    library = fill({"/s/dog.wav": (5.0, (DOG,)), "/s/a.wav": (5.0, (DOG,)), "/s/dog b.wav": (5.0, (RAIN,))})
    result = library.search("dog")
    assert paths(result) == ["/s/dog.wav", "/s/a.wav", "/s/dog b.wav"]
    first, second, third = result.hits
    assert kinds(first) == ["sound", "name"]
    assert kinds(second) == ["sound"]
    assert "name" in kinds(third)
    assert first.score > second.score
    assert first.evidence[1].detail == "name: dog"


def test_evidence_can_be_restricted(fill: Fill) -> None:
    library = fill({"/s/dog.wav": (5.0, (RAIN,)), "/s/a.wav": (5.0, (DOG,))})
    by_sound, by_name = library.search("dog", evidence=["sound"]), library.search("dog", evidence=["name"])
    assert {kind for hit in by_sound.hits for kind in kinds(hit)} == {"sound"}
    assert paths(by_sound)[0] == "/s/a.wav"
    assert paths(by_name) == ["/s/dog.wav"]
    assert kinds(by_name.hits[0]) == ["name"]


def test_equal_names_share_a_rank(fill: Fill) -> None:
    library = fill({f"/s/dog{n}.wav": (5.0, (RAIN,)) for n in range(4)})
    result = library.search("dog", evidence=["name"])
    assert [hit.evidence[0].rank for hit in result.hits] == [1, 1, 1, 1]


def test_a_name_alone_stands_for_the_whole_recording(fill: Fill) -> None:
    library = fill({"/s/dog.wav": (42.0, ())})
    hit = library.search("dog", evidence=["name"]).hits[0]
    assert hit.span == Span(0.0, 42.0)


def test_a_named_recording_is_listened_into(fill: Fill) -> None:
    """It is not among the best by sound, but its name says that it is meant, and its sound where."""
    crowd: dict[str, tuple[float, tuple[Event, ...]]] = {f"/s/{n}.wav": (5.0, (DOG,)) for n in range(300)}
    library = fill({**crowd, "/s/bark/dog.wav": (60.0, (Event("dog", 30.0, 33.5),))})
    assert b"/s/bark/dog.wav" not in [hit.path for hit in library.search("dog", k=5, evidence=["sound"]).hits]
    hit = library.search("dog bark", k=5).hits[0]
    assert hit.path == b"/s/bark/dog.wav"
    assert kinds(hit) == ["sound", "name"]
    assert hit.span.start_s == pytest.approx(30.0, abs=0.3)


def test_a_named_recording_that_does_not_sound_like_it_stays_whole(fill: Fill) -> None:
    crowd: dict[str, tuple[float, tuple[Event, ...]]] = {f"/s/{n}.wav": (5.0, (DOG,)) for n in range(300)}
    library = fill({**crowd, "/s/dog.wav": (60.0, (Event("rain", 30.0, 33.5),))})
    hit = next(hit for hit in library.search("dog", k=400).hits if hit.path == b"/s/dog.wav")
    assert "name" in kinds(hit)
    named = library.search("dog", k=400, evidence=["name"]).hits[0]
    assert named.span == Span(0.0, 60.0)


def test_by_example(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    library = fill({"/s/a.wav": (5.0, (DOG,)), "/s/b.wav": (5.0, (RAIN,))})
    monkeypatch.setattr("sonotheque.library.listening.load_clip", load_by_name)
    for word, path in (("dog", "/s/a.wav"), ("rain", "/s/b.wav")):
        result = library.search(like=word)
        assert paths(result)[0] == path
        assert kinds(result.hits[0]) == ["sound"]


def test_words_and_example_together(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    library = fill(
        {"/s/a.wav": (5.0, (DOG,)), "/s/b.wav": (5.0, (RAIN,)), "/s/c.wav": (5.0, (DOG, Event("rain", 0.0, 5.0)))}
    )
    monkeypatch.setattr("sonotheque.library.listening.load_clip", load_by_name)
    assert paths(library.search("dog", like="rain"))[0] == "/s/c.wav"
    assert paths(library.search("dog", like="rain", like_weight=0.99))[0] == "/s/b.wav"
    assert paths(library.search("dog", like="rain", like_weight=0.01))[0] == "/s/a.wav"


def load_by_name(example: Example, rate_hz: int) -> object:
    from tests.unit.search.sounding import clip_of

    return clip_of(example.path.name)


# ---- filters, scores, notes -----------------------------------------------------------------------------------------


def test_filters_narrow_what_answers(fill: Fill) -> None:
    library = fill({"/s/a/1.wav": (5.0, (DOG,)), "/s/b/2.wav": (20.0, (DOG,)), "/s/b/dog.wav": (30.0, ())})
    assert paths(library.search("dog", path="a/*")) == ["/s/a/1.wav"]
    assert set(paths(library.search("dog", min_duration_s=10.0))) == {"/s/b/2.wav", "/s/b/dog.wav"}
    assert paths(library.search("dog", max_duration_s=6.0)) == ["/s/a/1.wav"]


def test_when_nothing_passes_the_filters_that_is_said(fill: Fill) -> None:
    result = fill({"/s/a.wav": (5.0, (DOG,))}).search("dog", path="nowhere/*")
    assert result.hits == ()
    assert result.notes == ("No recording passes the filters.",)


def test_labels_filter_too(fill: Fill) -> None:
    library = fill({"/s/a.wav": (5.0, (DOG,)), "/s/b.wav": (5.0, (DOG,))})
    library.label("/s/b.wav", "Good one")
    assert paths(library.search("dog", label="good one")) == ["/s/b.wav"]


def test_min_score_cuts_and_says_what_was_cut(fill: Fill) -> None:
    library = fill({f"/s/{n}.wav": (5.0, (Event("dog", 0.0, float(n)),)) for n in (1, 3, 5)})
    assert paths(library.search("dog", min_score=0.9)) == ["/s/5.wav", "/s/3.wav"]
    result = library.search("bell", min_score=0.9)
    assert result.hits == ()
    assert "below 0.9" in result.notes[0]


def test_what_fits_badly_is_weak(fill: Fill) -> None:
    library = fill({"/s/a.wav": (5.0, (DOG,)), "/s/b.wav": (5.0, (RAIN,))})
    assert library.search("bell").is_weak
    assert all(hit.weak for hit in library.search("bell").hits)
    result = library.search("dog")
    assert not result.is_weak
    assert [hit.weak for hit in result.hits] == [False, True]


def test_unknown_words_are_named_in_the_notes(fill: Fill) -> None:
    result = fill({"/s/a.wav": (5.0, (DOG,))}).search("dog xyzzy")
    assert result.notes == ("The sound model does not know “xyzzy”.",)
    assert paths(result) == ["/s/a.wav"]


def test_unknown_words_still_find_names(fill: Fill) -> None:
    result = fill({"/s/a.wav": (5.0, (DOG,)), "/s/xyzzy.wav": (5.0, ())}).search("xyzzy")
    assert paths(result) == ["/s/xyzzy.wav"]
    assert "xyzzy" in result.notes[0]


def test_an_empty_library_says_so(library: Library) -> None:
    result = library.search("dog")
    assert result.hits == ()
    assert "No sound has been indexed yet" in result.notes[0]


def test_a_library_whose_space_is_empty_says_so_too(library: Library) -> None:
    with library.catalogue.write() as writer:
        writer.ensure_space(library.embedder.card.space_name, len(WORDS))
    assert "No sound has been indexed yet" in library.search("dog").notes[0]


def test_another_model_is_told_and_names_still_answer(fill: Fill) -> None:
    library = fill({"/s/dog.wav": (5.0, (DOG,)), "/s/a.wav": (5.0, (DOG,))})
    library.embedder = WordEmbedder(revision="2")
    result = library.search("dog")
    assert paths(result) == ["/s/dog.wav"]
    assert kinds(result.hits[0]) == ["name"]
    assert "test:words@1" in result.notes[0]
    assert "--refresh" in result.notes[0]


def test_a_library_half_refreshed_says_how_much_is_left(fill: Fill) -> None:
    library = fill({"/s/a.wav": (5.0, (DOG,)), "/s/b.wav": (5.0, (DOG,))})
    library.embedder = newer = WordEmbedder(revision="2")
    with library.catalogue.write() as writer:
        add_recording(writer, "/s/a.wav", 5.0, (DOG,), embedder=newer)
    result = library.search("dog")
    assert paths(result) == ["/s/a.wav"]
    assert "another model, and found by name only: 1 recording." in result.notes[0]


def test_missing_files_do_not_answer(fill: Fill) -> None:
    library = fill({"/s/dog.wav": (5.0, (DOG,)), "/s/b.wav": (5.0, (DOG,))})
    row = library.catalogue.file_at(b"/s/dog.wav")
    assert row is not None
    with library.catalogue.write() as writer:
        writer.mark_missing([row.file_id])
    assert paths(library.search("dog")) == ["/s/b.wav"]


def test_copies_answer_once_with_all_their_paths(library: Library) -> None:
    with library.catalogue.write() as writer:
        add_recording(writer, "/s/a.wav", 5.0, (DOG,), content="same")
        add_recording(writer, "/s/b.wav", 5.0, (DOG,), content="same")
    [hit] = library.search("dog").hits
    assert (hit.path, hit.other_paths) == (b"/s/a.wav", (b"/s/b.wav",))


def test_the_answer_carries_its_question_and_time(fill: Fill) -> None:
    result = fill({"/s/a.wav": (5.0, (DOG,))}).search("dog", k=3)
    assert (result.query.text, result.query.k) == ("dog", 3)
    assert result.seconds > 0.0
