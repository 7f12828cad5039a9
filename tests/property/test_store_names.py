"""Any text is a query, and what is found holds a word of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sonotheque.store.catalogue import Catalogue
from sonotheque.store.words import index_text, query_words, split_words
from sonotheque.values.recording import FileStamp, Recording, display_path

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = (
    "rain on tin roof.wav",
    "DogBark01.flac",
    "下雨声.mp3",
    "Été à Paris.ogg",
    "AND OR NOT NEAR.wav",
    "a*b^c:d.wav",
)
WORDS = st.sampled_from(
    ["rain", "dog", "NEAR(", "AND", "OR", '"', "*", "^", "name:", "-", "下雨", "é", "(", "{a}", "+", "\x00"]
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    folder: Path = tmp_path_factory.mktemp("names") / "library"
    with Catalogue.open(folder, create=True) as opened:
        with opened.write() as writer:
            root = writer.add_root(b"/s")
            for name in NAMES:
                digest = hashlib.sha256(name.encode()).hexdigest()
                row = writer.upsert_recording(Recording(digest, 1.0, 8000, 1, "wav", "pcm"), 1)
                writer.put_file(f"/s/{name}".encode(), root, FileStamp(1, 1, 1), row)
        yield opened


@SLOW
@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join), st.lists(WORDS).map("".join)))
@example('"')
@example("rain AND")
@example("name : rain")
@example("NEAR(rain roof, 2)")
@example("\ud800 rain")
@example("ﷺ" * 50)
def test_any_text_is_a_query(catalogue: Catalogue, text: str) -> None:
    matches = catalogue.search_names(text, limit=10)
    asked = {word.text.replace(" ", "") for word in query_words(text)}
    for match in matches:
        assert match.score > 0
        assert set(match.words) <= asked
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)


@SLOW
@given(st.binary(min_size=1, max_size=40).filter(lambda raw: b"/" not in raw and raw.strip(b".") != b""))
def test_a_file_is_found_by_any_word_of_its_own_name(catalogue: Catalogue, raw: bytes) -> None:
    display = display_path(b"/other/" + raw)
    with catalogue.write() as writer:
        row = writer.upsert_recording(Recording(hashlib.sha256(raw).hexdigest(), 1.0, 8000, 1, "wav", "pcm"), 1)
        file_id = writer.put_file(b"/other/" + raw, writer.add_root(b"/other"), FileStamp(1, 1, 1), row)
    for word in set(index_text(display, {})[0].split()):
        allowed_matches = catalogue.search_names(word, limit=5000)
        if query_words(word) and len(allowed_matches) < 100:
            assert file_id in [match.file_id for match in allowed_matches], word


@given(st.text())
def test_words_are_stable(text: str) -> None:
    words = split_words(text)
    assert all(word and " " not in word for word in words)
    assert split_words(" ".join(words)) == words
