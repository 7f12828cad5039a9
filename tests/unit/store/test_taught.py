"""Taught labels in the catalogue."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.connection import FILE_NAME
from sonotheque.store.taught import TaughtClip, TaughtLabel
from sonotheque.values.span import Span

from .conftest import AddFile

CLIPS = (
    TaughtClip("aa", b"/sounds/a \xff.wav", None),
    TaughtClip("bb", b"/sounds/b.wav", Span(1.5, 3.0)),
    TaughtClip("cc", b"/sounds/c.wav", None, is_like=False),
)
DOOR = TaughtLabel("My Door", CLIPS, 100.0)


def test_a_label_comes_back_as_it_was(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.put_taught(DOOR)
        assert writer.put_detector(DOOR, "m@1", b"one")
    assert catalogue.taught_labels() == [DOOR]
    assert catalogue.taught_label("  my DOOR ") == DOOR
    assert [clip.content_hash for clip in DOOR.like] == ["aa", "bb"]
    assert [clip.content_hash for clip in DOOR.unlike] == ["cc"]
    assert catalogue.taught_label("door") is None


def test_each_space_has_its_own_detector(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.put_taught(DOOR)
        writer.put_detector(DOOR, "m@1", b"one")
        writer.put_detector(DOOR, "m@2", b"two")
        writer.put_detector(DOOR, "m@2", b"three")
    assert catalogue.detector("my door", "m@1") == b"one"
    assert catalogue.detector("my door", "m@2") == b"three"
    assert catalogue.detector("my door", "m@3") is None


def test_teaching_again_replaces_the_label_and_drops_its_detectors(catalogue: Catalogue) -> None:
    again = TaughtLabel("my door", CLIPS[:1], 200.0)
    with catalogue.write() as writer:
        writer.put_taught(DOOR)
        writer.put_detector(DOOR, "m@1", b"one")
        writer.put_taught(again)
    assert catalogue.taught_labels() == [again]
    assert catalogue.detector("my door", "m@1") is None
    with catalogue.write() as writer:
        assert not writer.put_detector(DOOR, "m@1", b"late")
    assert catalogue.detector("my door", "m@1") is None


def test_forgetting_leaves_nothing(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.put_taught(DOOR)
        writer.put_detector(DOOR, "m@1", b"one")
        assert writer.delete_taught("MY DOOR")
        assert not writer.delete_taught("my door")
    assert catalogue.taught_labels() == []
    with sqlite3.connect(catalogue.folder / FILE_NAME) as raw:
        assert raw.execute("SELECT count(*) FROM detectors").fetchone() == (0,)


def test_a_label_has_a_text_and_an_example() -> None:
    with pytest.raises(BadInputError, match="needs a text"):
        TaughtLabel(" ", CLIPS, 0.0)
    with pytest.raises(BadInputError, match="at least one example"):
        TaughtLabel("door", CLIPS[2:], 0.0)


def test_examples_that_are_damaged_are_told(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.put_taught(DOOR)
    with sqlite3.connect(catalogue.folder / FILE_NAME) as raw:
        raw.execute("UPDATE taught SET examples = '[[1]]'")
    with pytest.raises(CorruptError, match="My Door"):
        catalogue.taught_labels()


def test_a_library_from_before_teaching_gets_its_tables(folder: Path, add_file: AddFile) -> None:
    with Catalogue.open(folder, create=True) as catalogue, catalogue.write() as writer:
        add_file(writer, "/sounds/a.wav")
    with sqlite3.connect(folder / FILE_NAME) as raw:
        raw.execute("DROP TABLE detectors")
        raw.execute("DROP TABLE taught")
        raw.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
    with Catalogue.open(folder) as catalogue:
        assert catalogue.status().n_files == 1
        with catalogue.write() as writer:
            writer.put_taught(DOOR)
        assert catalogue.taught_labels() == [DOOR]


def test_sampled_windows_are_of_their_space_and_not_more_than_asked(
    catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator
) -> None:
    spans, vectors = np.array([[0.0, 5.0], [5.0, 10.0]]), np.eye(2, dtype=np.float32)
    with catalogue.write() as writer:
        one, other = writer.ensure_space("m@1", 2), writer.ensure_space("m@2", 2)
        ids = [
            writer.add_windows(add_file(writer, f"/sounds/{number}.wav")[0], space, spans, vectors)
            for number, space in enumerate([one, other] * 20)
        ]
    own = set(np.concatenate(ids[::2]).tolist())
    assert set(catalogue.sample_windows(one, 1000, rng).ids.tolist()) == own
    drawn = catalogue.sample_windows(one, 5, rng).ids.tolist()
    assert len(drawn) == 5
    assert set(drawn) < own
    assert drawn == sorted(drawn)
