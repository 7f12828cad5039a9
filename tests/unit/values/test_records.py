"""Recordings, segments and hits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.errors import BadInputError
from sonotheque.values.hit import Evidence, Hit, SearchResult
from sonotheque.values.query import Query
from sonotheque.values.recording import FileStamp, Recording, display_path
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span

HASH = "0f" * 32


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"/a/rain.wav", "/a/rain.wav"),
        ("/a/дождь 🐶 下雨.wav".encode(), "/a/дождь 🐶 下雨.wav"),
        (b"/a/\xff\xfe.wav", "/a/\\xff\\xfe.wav"),
        (b"/a/new\nline\ttab\x1b[31m.wav", "/a/new\\nline\\ttab\\x1b[31m.wav"),
        ("/a/\u202egnp.wav".encode(), "/a/\\u202egnp.wav"),
        ("/a/\u2028.wav".encode(), "/a/\\u2028.wav"),
        ("/a/👩\u200d🚒.wav".encode(), "/a/👩\u200d🚒.wav"),
    ],
)
def test_a_displayed_path_is_safe_to_print(path: bytes, shown: str) -> None:
    assert display_path(path) == shown


@given(st.binary(max_size=60))
def test_any_path_is_shown_in_one_printable_line(path: bytes) -> None:
    shown = display_path(path)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in shown)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"content_hash": HASH.upper()}, "64 hexadecimal"), ({"content_hash": HASH + "\n"}, "64 hexadecimal"),
        ({"duration_s": -1.0}, "duration"), ({"duration_s": float("nan")}, "duration"),
        ({"duration_s": float("inf")}, "duration"), ({"rate_hz": 0}, "0 Hz"), ({"n_channels": 0}, "0 channels"),
    ],
)  # fmt: skip
def test_a_recording_is_checked(options: dict[str, Any], message: str) -> None:
    whole: dict[str, Any] = {
        "content_hash": HASH, "duration_s": 1.0, "rate_hz": 8000, "n_channels": 1, "container": "wav",
        "codec": "pcm_s16",
    }  # fmt: skip
    assert Recording(**{**whole, "duration_s": 0.0}).duration_s == 0.0
    with pytest.raises(BadInputError, match=message):
        Recording(**{**whole, **options})


def test_stamps_are_equal_when_all_parts_are() -> None:
    assert FileStamp(1, 2, 3) == FileStamp(1, 2, 3)
    assert FileStamp(1, 2, 3) != FileStamp(1, 2, 4)


@pytest.mark.parametrize(
    ("layer", "text", "score", "message"),
    [
        ("User", "dog", None, "lower-case"), ("", "dog", None, "lower-case"), ("user\n", "dog", None, "lower-case"),
        ("user", "  ", None, "needs a text"), ("user", "dog", float("nan"), "finite"),
    ],
)  # fmt: skip
def test_a_segment_is_checked(layer: str, text: str, score: float | None, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Segment(Span(0.0, 1.0), layer, text, score=score)


def test_a_segment_at_zero_with_score_zero_is_valid() -> None:
    segment = Segment(Span(0.0, 1.0), "user", "dog", score=0.0)
    assert (segment.span.start_s, segment.score) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kind": "smell"}, "smell"), ({"rank": 0}, "start at 1"), ({"score": 1.2}, "between 0 and 1"),
     ({"score": float("nan")}, "between 0 and 1")],
)  # fmt: skip
def test_evidence_is_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Evidence(**{"kind": "sound", "rank": 1, "score": 0.5, "detail": "", **options})


def make_hit(**options: Any) -> Hit:
    whole: dict[str, Any] = {
        "rank": 1, "recording_id": 1, "content_hash": HASH, "path": b"/a/b.wav", "span": Span(0.0, 1.0), "score": 0.6,
        "fused": 0.01, "weak": False, "evidence": (Evidence("sound", 1, 0.6, ""),), "duration_s": 1.0,
    }  # fmt: skip
    return Hit(**{**whole, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [({"rank": 0}, "start at 1"), ({"evidence": ()}, "needs evidence"), ({"score": -0.1}, "between 0 and 1")],
)
def test_a_hit_is_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        make_hit(**options)


def test_a_result_is_weak_when_nothing_fits() -> None:
    query = Query("rain")
    assert SearchResult(query, ()).is_weak
    assert SearchResult(query, (make_hit(weak=True),)).is_weak
    assert not SearchResult(query, (make_hit(weak=True), make_hit(rank=2))).is_weak
