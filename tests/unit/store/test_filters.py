"""Which recordings a filter lets pass."""

from __future__ import annotations

import datetime as dt

import pytest

from sonotheque.errors import BadInputError
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.filters import Filter, compile_glob
from sonotheque.values.recording import FileStamp
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span

from .conftest import AddFile


@pytest.mark.parametrize(
    ("pattern", "path", "passes"),
    [
        ("*.wav", "/a/b/rain.wav", True),
        ("*.wav", "/a/b/rain.WAV", True),
        ("*.wav", "/a/b/rain.flac", False),
        ("rain*", "/a/rain/dog.wav", True),
        ("a/*.wav", "/a/rain.wav", True),
        ("a/*.wav", "/a/b/rain.wav", False),
        ("a/**/*.wav", "/a/b/c/rain.wav", True),
        ("a/**/*.wav", "/a/rain.wav", True),
        ("a/**", "/x/a/b/rain.wav", True),
        ("a/**", "/x/ab/rain.wav", False),
        ("/a/*", "/a/rain.wav", True),
        ("/a/*", "/x/a/rain.wav", False),
        ("dogs", "/x/dogs/1.wav", True),
        ("dogs/", "/x/dogs/1.wav", True),
        ("dogs", "/x/hotdogs/1.wav", False),
        ("take ?.wav", "/a/take 1.wav", True),
        ("take ?.wav", "/a/take 12.wav", False),
        ("take [12].wav", "/a/take 1.wav", True),
        ("take [!12].wav", "/a/take 1.wav", False),
        ("take [!12].wav", "/a/take 3.wav", True),
        ("a[b.wav", "/x/a[b.wav", True),
        ("été*", "/x/ÉTÉ 1.wav", True),
        ("100%_!.wav", "/x/100%_!.wav", True),
        ("100%_!.wav", "/x/100x_!.wav", False),
        ("a.c", "/x/abc", False),
    ],
)
def test_globs(catalogue: Catalogue, add_file: AddFile, pattern: str, path: str, passes: bool) -> None:
    assert (compile_glob(pattern).fullmatch(path) is not None) == passes
    with catalogue.write() as writer:
        recording, _ = add_file(writer, path)
    allowed = catalogue.allowed_recordings(Filter(path_glob=pattern))
    assert allowed is not None
    assert allowed.tolist() == ([recording] if passes else [])


def _allowed(catalogue: Catalogue, **wanted: object) -> list[int]:
    found = catalogue.allowed_recordings(Filter(**wanted))  # type: ignore[arg-type]
    assert found is not None
    return [int(row) for row in found]


def test_durations_dates_labels_and_ids(catalogue: Catalogue, add_file: AddFile) -> None:
    noon = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
    with catalogue.write() as writer:
        a, _ = add_file(writer, "/s/a.wav", duration_s=0.0, mtime_s=int(noon.timestamp()))
        b, _ = add_file(writer, "/s/b.wav", duration_s=30.0, mtime_s=0, tags={"date": "2024-05-02"})
        c, _ = add_file(writer, "/s/c.wav", duration_s=90.0, mtime_s=int(noon.timestamp()), tags={"date": "1999"})
        writer.add_segment(c, Segment(Span(0, 1), "user", "Dog  Bark"))
    assert _allowed(catalogue, max_duration_s=0.0) == [a]
    assert _allowed(catalogue, min_duration_s=30.0) == [b, c]
    assert _allowed(catalogue, min_duration_s=10, max_duration_s=30.0) == [b]
    assert _allowed(catalogue, after=noon) == [a, b]
    assert _allowed(catalogue, before=noon) == [c]
    assert _allowed(catalogue, after=noon, before=noon + dt.timedelta(hours=1)) == [a]
    assert _allowed(catalogue, label="dog bark") == [c]
    assert _allowed(catalogue, label="cat") == []
    assert _allowed(catalogue, recording_ids=(c, a, 999)) == [a, c]
    assert _allowed(catalogue, recording_ids=()) == []
    assert _allowed(catalogue, path_glob="*.wav", min_duration_s=1, label="DOG BARK") == [c]


def test_any_path_of_a_recording_will_do(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        recording, first = add_file(writer, "/dogs/a.wav", content="same")
        add_file(writer, "/cats/b.wav", content="same")
    assert _allowed(catalogue, path_glob="dogs/**") == _allowed(catalogue, path_glob="cats/**") == [recording]
    with catalogue.write() as writer:
        writer.mark_missing([first])
    assert _allowed(catalogue, path_glob="dogs/**") == []


def test_no_filter_allows_all(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        add_file(writer, "/dogs/a.wav")
    assert catalogue.allowed_recordings() is None
    assert catalogue.allowed_recordings(Filter()) is None


def test_answers_follow_changes(catalogue: Catalogue, add_file: AddFile) -> None:
    assert _allowed(catalogue, path_glob="*.wav") == []
    with catalogue.write() as writer:
        recording, file_id = add_file(writer, "/dogs/a.wav")
    assert _allowed(catalogue, path_glob="*.wav") == [recording]
    with catalogue.write() as writer:
        writer.move_file(file_id, b"/dogs/a.flac", writer.add_root(b"/sounds"), FileStamp(1, 1, 1))
    assert _allowed(catalogue, path_glob="*.wav") == []


@pytest.mark.parametrize("pattern", ["", "/", "x" * 5000])
def test_patterns_that_say_nothing_are_refused(pattern: str) -> None:
    with pytest.raises(BadInputError, match="1 to 4096 characters"):
        Filter(path_glob=pattern)


def test_dates_need_a_zone() -> None:
    with pytest.raises(BadInputError, match="time zone"):
        Filter(after=dt.datetime(2024, 1, 1))
