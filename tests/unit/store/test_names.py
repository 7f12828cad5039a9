"""Words of file names: how they are split, folded, found and ranked."""

from __future__ import annotations

import numpy as np
import pytest

from sonotheque.store import names
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.words import MAX_QUERY_WORDS, index_text, query_words, split_words

from .conftest import AddFile


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DogBark01", ["dog", "bark", "01"]),
        ("dog_bark-01.take 2", ["dog", "bark", "01", "take", "2"]),
        ("MP3Player", ["mp", "3", "player"]),
        ("HTMLFile", ["html", "file"]),
        ("ÉtéPluie ДождьГром", ["ete", "pluie", "дождь", "гром"]),
        ("Café ÉTÉ ﬁn Ⅳ", ["cafe", "ete", "fin", "iv"]),
        ("naïve cafe\u0301", ["naive", "cafe"]),
        ("下雨rain声", ["下", "雨", "rain", "声"]),
        ("東京の雨", ["東", "京", "の", "雨"]),
        ("빗소리", ["빗", "소", "리"]),
        ("дождь_ГРОМ", ["дождь", "гром"]),
        ("\x00\x01 -- ()", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert split_words(text) == expected


def test_a_split_word_is_also_kept_whole() -> None:
    assert split_words("DogBark01 rain", joined=True) == ["dog", "bark", "01", "dogbark01", "rain"]
    assert index_text("/My Sounds/DogBark.wav", {"title": "Big dog"}) == ("dog bark dogbark", "my sounds", "big dog")
    assert index_text("/a.b/.hidden", {})[0] == "hidden"


def test_a_query_is_read_once_per_word() -> None:
    assert [word.text for word in query_words("dogs Dog DOGS glass gas")] == ["dog", "glass", "gas"]
    assert [(word.text, word.is_phrase) for word in query_words("下雨 rain")] == [("下 雨", True), ("rain", False)]
    assert len(query_words(" ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"))) == MAX_QUERY_WORDS


def _fill(catalogue: Catalogue, add_file: AddFile, *paths: str) -> dict[str, int]:
    with catalogue.write() as writer:
        return {path: add_file(writer, path)[1] for path in paths}


def _found(catalogue: Catalogue, text: str) -> list[int]:
    return [match.file_id for match in catalogue.search_names(text)]


def test_any_word_finds_and_more_words_rank_higher(catalogue: Catalogue, add_file: AddFile) -> None:
    files = _fill(catalogue, add_file, "/s/rain.wav", "/s/tin roof rain.wav", "/s/roof.wav", "/s/dog.wav")
    found = _found(catalogue, "rain on a tin roof")
    assert found[0] == files["/s/tin roof rain.wav"]
    assert set(found) == {files["/s/rain.wav"], files["/s/tin roof rain.wav"], files["/s/roof.wav"]}


def test_a_name_counts_more_than_a_folder(catalogue: Catalogue, add_file: AddFile) -> None:
    files = _fill(catalogue, add_file, "/rain/a.wav", "/s/rain b.wav", "/s/c.wav")
    matches = catalogue.search_names("rain")
    assert [match.file_id for match in matches] == [files["/s/rain b.wav"], files["/rain/a.wav"]]
    assert [match.column for match in matches] == ["name", "folders"]
    assert matches[0].words == ("rain",)
    assert matches[0].score > matches[1].score > 0


def test_tags_are_searched(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        recording, _ = add_file(writer, "/s/0001.wav", tags={"title": "Thunder far away"})
    match = catalogue.search_names("thunder")[0]
    assert (match.recording_id, match.column) == (recording, "tags")


def test_whole_words_before_beginnings(catalogue: Catalogue, add_file: AddFile) -> None:
    files = _fill(catalogue, add_file, "/s/barking.wav", "/s/bark.wav", "/s/embark.wav", "/s/barks.wav")
    found = _found(catalogue, "bark")
    assert found[-1] == files["/s/barking.wav"]
    assert set(found[:2]) == {files["/s/bark.wav"], files["/s/barks.wav"]}
    assert files["/s/embark.wav"] not in found
    assert set(_found(catalogue, "barks")) == set(found)


def test_rare_words_count_more(catalogue: Catalogue, add_file: AddFile) -> None:
    paths = [f"/s/door {number}.wav" for number in range(30)]
    files = _fill(catalogue, add_file, *paths, "/s/cathedral.wav")
    assert _found(catalogue, "cathedral door")[0] == files["/s/cathedral.wav"]


def test_scripts_without_spaces(catalogue: Catalogue, add_file: AddFile) -> None:
    files = _fill(catalogue, add_file, "/s/昨晚下雨了.wav", "/s/雨下.wav", "/s/雷声.wav")
    assert _found(catalogue, "下雨") == [files["/s/昨晚下雨了.wav"]]
    assert catalogue.search_names("下雨")[0].words == ("下雨",)
    assert set(_found(catalogue, "雨")) == {files["/s/昨晚下雨了.wav"], files["/s/雨下.wav"]}


def test_accents_case_and_camel(catalogue: Catalogue, add_file: AddFile) -> None:
    files = _fill(catalogue, add_file, "/s/CaféDoor03.wav", "/s/नमस्ते.wav")
    for text in ("cafe", "CAFÉ", "door", "cafedoor", "03", "CafeDoor03"):
        assert _found(catalogue, text) == [files["/s/CaféDoor03.wav"]], text
    assert _found(catalogue, "नमस्ते") == [files["/s/नमस्ते.wav"]]


def test_files_that_failed_have_no_words(catalogue: Catalogue, add_file: AddFile) -> None:
    from sonotheque.values.recording import FileStamp

    with catalogue.write() as writer:
        writer.put_file(b"/s/rain.wav", writer.add_root(b"/s"), FileStamp(0, 0, 0), failure="it is empty")
    assert catalogue.search_names("rain") == []


def test_limit_and_nothing(catalogue: Catalogue, add_file: AddFile) -> None:
    _fill(catalogue, add_file, *(f"/s/rain {number}.wav" for number in range(20)))
    assert len(catalogue.search_names("rain", limit=5)) == 5
    assert catalogue.search_names("rain", limit=0) == []
    assert catalogue.search_names("") == []
    assert catalogue.search_names("snow") == []


@pytest.mark.parametrize("n_allowed", [0, 3, 40])
def test_only_allowed_recordings(
    catalogue: Catalogue, add_file: AddFile, monkeypatch: pytest.MonkeyPatch, n_allowed: int
) -> None:
    monkeypatch.setattr(names, "MAX_ALLOWED_READ", 5)
    with catalogue.write() as writer:
        ids = [add_file(writer, f"/s/rain {number}.wav")[0] for number in range(60)]
    allowed = np.array(sorted(ids[7 : 7 + n_allowed]), dtype=np.int64)
    found = catalogue.search_names("rain", allowed=allowed)
    assert sorted(match.recording_id for match in found) == allowed.tolist()


def test_common_words_are_found_together(
    catalogue: Catalogue, add_file: AddFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "MAX_MATCHES_READ", 10)
    paths = [f"/s/rain {number}.wav" for number in range(40)] + [f"/s/door {number}.wav" for number in range(40)]
    both = "/s/door in the rain.wav"
    files = _fill(catalogue, add_file, *paths, both, "/s/engine.wav")
    assert _found(catalogue, "rain door")[0] == files[both]
    assert _found(catalogue, "rain door zebra")[0] == files[both]
    assert set(_found(catalogue, "rain door engine")[:2]) == {files[both], files["/s/engine.wav"]}
