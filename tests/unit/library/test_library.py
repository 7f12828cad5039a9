"""The facade: opening, finding out, annotating, forgetting, and one search with the shipped model on made sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.unit.search.sounding import Event, WordEmbedder, add_recording

import sonotheque
from sonotheque.audio.synthesis.scene import SceneEvent, compose
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.library.library import Library, open_library
from sonotheque.models.sounds import WEIGHTS
from sonotheque.values.query import Example, Query
from sonotheque.values.span import Span

DOG = Event("dog", 1.0, 4.0)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library of three recordings below /sounds, one of which has two copies."""
    with Library(tmp_path / "library", create=True) as opened:
        opened.embedder = embedder = WordEmbedder()
        with opened.catalogue.write() as writer:
            add_recording(writer, "/sounds/dog.wav", 5.0, (DOG,), embedder=embedder)
            add_recording(writer, "/sounds/deep/rain.wav", 5.0, (), content="rain")
            add_recording(writer, "/sounds/deep/copy.wav", 5.0, (), content="rain")
            add_recording(writer, "/sounds/deeper.wav", 5.0, ())
        yield opened


def paths_of(library: Library) -> set[bytes]:
    return set(library.catalogue.files_under())


# ---- opening --------------------------------------------------------------------------------------------------------


def test_opening_makes_a_library_and_opening_again_finds_it(tmp_path: Path) -> None:
    with open_library(tmp_path / "new") as library:
        assert library.status().n_recordings == 0
    with open_library(tmp_path / "new", create=False) as library:
        assert library.folder == tmp_path / "new"


def test_a_library_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no library"):
        open_library(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_the_environment_names_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOTHEQUE_LIBRARY", str(tmp_path / "named"))
    with sonotheque.open() as library:
        assert library.folder == tmp_path / "named"


def test_the_package_offers_what_it_names() -> None:
    for name in sonotheque.__all__:
        assert getattr(sonotheque, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Libary'"):
        _ = sonotheque.Libary


def test_an_unknown_model_is_refused_when_it_is_needed(tmp_path: Path) -> None:
    with Library(tmp_path / "l", create=True, model="builtin:nothing") as library:
        assert library.status().n_files == 0
        with pytest.raises(BadInputError, match="builtin:nothing"):
            library.search("dog")


# ---- asking ---------------------------------------------------------------------------------------------------------


def test_a_ready_query_is_answered_as_the_words_are(library: Library) -> None:
    by_words, by_query = library.search("dog", k=2), library.search(Query("dog", k=2))
    assert by_words.hits == by_query.hits
    assert by_words.query == by_query.query


@pytest.mark.parametrize("like", ["missing.wav", b"missing.wav", Path("missing.wav"), Example(Path("missing.wav"))])
def test_an_example_that_is_not_there_is_named(library: Library, like: str) -> None:
    with pytest.raises(NotFoundError, match=r"missing\.wav"):
        library.search(like=like)


def test_a_question_that_asks_nothing_is_refused(library: Library) -> None:
    with pytest.raises(BadInputError, match="nothing to search for"):
        library.search()


def test_indexing_nothing_is_refused_in_a_new_library(tmp_path: Path) -> None:
    with Library(tmp_path / "l", create=True) as library, pytest.raises(BadInputError, match="Nothing was indexed"):
        library.index()


# ---- annotating -----------------------------------------------------------------------------------------------------


def test_a_label_stands_on_a_span_or_on_the_whole(library: Library) -> None:
    first = library.label("/sounds/dog.wav", "Rex", Span(1.0, 2.0))
    second = library.label(b"/sounds/dog.wav", "good")
    recording = library.recording_at("/sounds/dog.wav")
    segments = {segment.id: segment for segment in library.catalogue.segments_of(recording.id)}
    assert segments[first].span == Span(1.0, 2.0)
    assert segments[second].span == Span(0.0, 5.0)
    assert {segment.layer for segment in segments.values()} == {"user"}


def test_a_label_belongs_to_the_content(library: Library) -> None:
    library.label("/sounds/deep/rain.wav", "wet")
    copy = library.recording_at("/sounds/deep/copy.wav")
    assert [segment.text for segment in library.catalogue.segments_of(copy.id)] == ["wet"]


def test_a_file_that_is_not_indexed_can_not_be_labelled(library: Library) -> None:
    with pytest.raises(NotFoundError, match="not in this library"):
        library.label("/sounds/none.wav", "wet")


# ---- keeping house --------------------------------------------------------------------------------------------------


def test_forgetting_a_folder_takes_what_lies_in_it_and_nothing_beside(library: Library) -> None:
    assert library.forget(["/sounds/deep"]) == 2
    assert paths_of(library) == {b"/sounds/dog.wav", b"/sounds/deeper.wav"}
    assert library.status().n_recordings == 2


def test_forgetting_one_copy_keeps_the_recording(library: Library) -> None:
    assert library.forget(["/sounds/deep/copy.wav"]) == 1
    assert library.status().n_recordings == 3


def test_forgetting_the_root_empties_the_library(library: Library) -> None:
    assert library.forget(["/sounds/"]) == 4
    assert library.catalogue.roots() == []
    assert library.search("dog").hits == ()


def test_forgetting_what_is_not_known_is_refused(library: Library) -> None:
    with pytest.raises(NotFoundError, match="/elsewhere"):
        library.forget(["/elsewhere"])
    assert len(paths_of(library)) == 4


def test_what_is_out_of_date_is_counted(library: Library) -> None:
    assert library.out_of_date() == 0
    library.embedder = WordEmbedder(revision="2")
    assert library.out_of_date() == 3


# ---- with the shipped model -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scene of two bells, and one of noise, at another rate."""
    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(7)
    events = (SceneEvent("church bell", 6.0, 4.0), SceneEvent("church bell", 20.0, 4.0))
    for name, scene in (
        ("scene", compose(events, 30.0, -50.0, rng, rate_hz=22_050)),
        ("noise", compose((), 12.3, -30.0, rng, rate_hz=22_050)),
    ):
        soundfile.write(folder / f"{name}.wav", scene.waveform.samples, scene.waveform.rate_hz)
    return folder


@pytest.fixture(scope="module")
def real(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    if not (WEIGHTS / "card.json").is_file():
        pytest.skip("the weights are not in this checkout")
    with Library(tmp_path_factory.mktemp("real") / "library", create=True) as library:
        report = library.index(made)
        assert not report.failed
        yield library


def test_hits_of_a_real_search_lie_inside_their_files(real: Library, made: Path) -> None:
    result = real.search("church bell ringing", evidence=["sound"], k=20)
    assert {hit.path for hit in result.hits} == {str(made / name).encode() for name in ("scene.wav", "noise.wav")}
    for hit in result.hits:
        length_s = soundfile.info(hit.path.decode()).duration
        assert hit.duration_s == pytest.approx(length_s, abs=0.01)
        assert 0.0 <= hit.span.start_s < hit.span.end_s <= hit.duration_s + 1e-6
    for hit in result.hits:
        same = [other for other in result.hits if other is not hit and other.path == hit.path]
        assert all(hit.span.overlap_s(other.span) == 0.0 for other in same)


def test_a_span_of_a_file_finds_its_own_recording_first(real: Library, made: Path) -> None:
    result = real.search(like=Example(made / "scene.wav", Span(5.0, 10.0)))
    same = [hit for hit in result.hits if hit.path == str(made / "scene.wav").encode()]
    assert result.hits[0] is same[0]
    assert any(hit.span.overlap_s(Span(5.0, 10.0)) > 0.0 for hit in same)


def test_names_answer_beside_sound(real: Library) -> None:
    hit = real.search("noise").hits[0]
    assert hit.path.endswith(b"noise.wav")
    assert "name" in {item.kind for item in hit.evidence}


def test_tags_lie_inside_the_file(real: Library, made: Path) -> None:
    for tag in real.tag(made / "scene.wav", min_score=0.0):
        assert 0.0 <= tag.span.start_s < tag.span.end_s <= 30.0 + 1e-6
        assert tag.label in real.embedder.labels
    with pytest.raises(NotFoundError, match=r"none\.wav"):
        real.tag(made / "none.wav")


def test_an_example_outside_its_file_is_refused(real: Library, made: Path) -> None:
    with pytest.raises(BadInputError, match="50"):
        real.search(like=Example(made / "noise.wav", Span(50.0, 60.0)))
