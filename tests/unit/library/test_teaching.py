"""Teaching a library sounds of one's own, with the shipped model on made sound."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonotheque.audio.synthesis import render_kind
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.library.library import Library
from sonotheque.models.sounds import WEIGHTS, Sounds
from sonotheque.values.query import Example
from sonotheque.values.span import Span

KINDS = ("siren wail", "heavy rain", "dog bark", "organ chord", "songbird")
LABEL = "blorpf"
"""No word of any language: only the examples can tell what it is."""


def write(path: Path, kind: str, seed: int, seconds: float = 5.0) -> Path:
    waveform = render_kind(kind, seed, seconds)
    soundfile.write(path, waveform.samples, waveform.rate_hz, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    for kind in KINDS:
        for seed in range(4):
            write(folder / f"{KINDS.index(kind)}-{seed}.wav", kind, seed)
    (folder / "examples").mkdir()
    for seed in range(10, 15):
        write(folder / "examples" / f"{seed}.wav", "songbird", seed)
    return folder


@pytest.fixture(scope="module")
def indexed(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    with Library(folder, create=True) as library:
        library.index([path for path in sounds.iterdir() if path.is_file()])
    return folder


@pytest.fixture
def library(indexed: Path) -> Iterator[Library]:
    with Library(indexed) as opened:
        for taught in opened.taught():
            opened.forget_taught(taught.label)
        yield opened


@pytest.fixture
def examples(sounds: Path) -> list[Path]:
    return sorted((sounds / "examples").iterdir())


def test_what_was_taught_is_found_by_its_label(library: Library, examples: list[Path]) -> None:
    lesson = library.teach(LABEL, examples)
    assert lesson.notes == ()
    assert len(lesson.detector.left_out) == 5
    result = library.search("BLORPF", evidence=["sound"], k=20)
    kinds = [Path(hit.shown_path).name[0] for hit in result.hits]
    assert set(kinds[:4]) == {str(KINDS.index("songbird"))}
    assert not result.hits[0].weak
    assert all(hit.weak for hit in result.hits[6:])
    assert any("taught from 5 examples" in note for note in result.notes)


def test_without_teaching_the_label_means_nothing(library: Library) -> None:
    with pytest.raises(BadInputError):
        library.search(LABEL, evidence=["sound"])


def test_tagging_listens_for_what_was_taught(library: Library, sounds: Path, examples: list[Path]) -> None:
    library.teach(LABEL, examples)
    assert LABEL in {tag.label for tag in library.tag(sounds / "4-1.wav")}
    assert LABEL not in {tag.label for tag in library.tag(sounds / "1-1.wav")}
    assert {tag.label for tag in library.tag(sounds / "4-1.wav", labels=[LABEL])} == {LABEL}


def test_a_known_word_can_be_taught_another_meaning(library: Library, examples: list[Path]) -> None:
    library.teach("rain", examples)
    result = library.search("rain", evidence=["sound"], k=4)
    assert {Path(hit.shown_path).name[0] for hit in result.hits} == {str(KINDS.index("songbird"))}


def test_hits_and_spans_are_examples_too(library: Library, sounds: Path) -> None:
    hits = library.search("siren", evidence=["sound"], k=3).hits
    lesson = library.teach(LABEL, hits, unlike=Example(sounds / "1-1.wav", Span(1.0, 3.0)))
    assert [clip.span for clip in lesson.taught.like] == [hit.span for hit in hits]
    assert lesson.taught.like[0].content_hash == hits[0].content_hash
    assert lesson.taught.unlike[0].span == Span(1.0, 3.0)
    assert library.taught() == [lesson.taught]


def test_few_examples_come_with_a_warning(library: Library, examples: list[Path]) -> None:
    assert "Fewer than 3" in library.teach(LABEL, examples[:2]).notes[0]


def test_forgetting(library: Library, examples: list[Path]) -> None:
    library.teach(LABEL, examples[0])
    library.forget_taught(LABEL.upper())
    assert library.taught() == []
    with pytest.raises(NotFoundError, match="No label “blorpf”"):
        library.forget_taught(LABEL)


def test_what_can_not_be_taught_is_refused(library: Library, examples: list[Path], tmp_path: Path) -> None:
    silent, letter = tmp_path / "silent.wav", tmp_path / "letter.wav"
    soundfile.write(silent, np.zeros(32_000), 16_000)
    letter.write_text("Dear Sir or Madam,\n" * 20)
    with pytest.raises(BadInputError, match="needs a text"):
        library.teach("  ", examples)
    with pytest.raises(BadInputError, match="at least one example"):
        library.teach(LABEL, [])
    with pytest.raises(BadInputError, match=r"silent\.wav is silent"):
        library.teach(LABEL, [*examples, silent])
    with pytest.raises(BadInputError, match=r"letter\.wav.*text"):
        library.teach(LABEL, [*examples, letter])
    with pytest.raises(NotFoundError, match=r"none\.wav"):
        library.teach(LABEL, tmp_path / "none.wav")
    assert library.taught() == []


class Renamed(Sounds):
    """The same network under another revision: a model that replaced the one that was taught."""

    def __init__(self) -> None:
        import dataclasses

        super().__init__(WEIGHTS)
        self.card = dataclasses.replace(self.card, revision="other")


def test_another_model_learns_the_label_by_itself(library: Library, examples: list[Path]) -> None:
    library.teach(LABEL, examples)
    with Library(library.folder, model=Renamed()) as changed:
        assert changed.catalogue.detector(LABEL, changed.embedder.card.space_name) is None
        tags = changed.tag(examples[0], labels=[LABEL])
        assert {tag.label for tag in tags} == {LABEL}
        assert changed.catalogue.detector(LABEL, changed.embedder.card.space_name) is not None
    assert library.catalogue.detector(LABEL, library.embedder.card.space_name) is not None


def test_another_model_says_so_where_the_examples_are_gone(library: Library, tmp_path: Path) -> None:
    gone = write(tmp_path / "gone.wav", "songbird", 20)
    library.teach("rain", gone)
    gone.unlink()
    with Library(library.folder, model=Renamed()) as changed:
        notes = changed.search("rain").notes
        assert any("none of its examples is there any more" in note for note in notes)


def test_a_moved_example_is_known_by_its_content(library: Library, sounds: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.wav"
    moved.write_bytes((sounds / "4-2.wav").read_bytes())
    library.teach(LABEL, moved)  # a copy of what is indexed
    moved.unlink()
    with Library(library.folder, model=Renamed()) as changed:
        assert changed.tag(sounds / "4-2.wav", labels=[LABEL])


def test_teaching_waits_for_no_index_job(library: Library, examples: list[Path]) -> None:
    """Between two transactions of an index job there is always room for a short one."""
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            with library.catalogue.write() as writer:
                writer.write_note("busy", 1)

    job = threading.Thread(target=write_on)
    job.start()
    try:
        library.teach(LABEL, examples[:1])
    finally:
        stop.set()
        job.join()
    assert [taught.label for taught in library.taught()] == [LABEL]
