"""Subtitle tracks within recordings."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.unit.subtitles.spoken import cues

from sonotheque.errors import BadInputError
from sonotheque.subtitles.tracks import read_track


@dataclass(frozen=True, slots=True)
class Shown:
    start_s: float
    end_s: float
    text: str
    speaker: str | None = None


def test_a_track_becomes_a_transcript() -> None:
    shown = [
        Shown(3, 4, "two\n\n lines "),
        Shown(1, 2, "one", "Anna"),
        Shown(1, 2, "one"),
        Shown(5, 5, "x"),
        Shown(-1, 1, "zero"),
    ]
    transcript = read_track(shown, 2, language="por", duration_s=3.5)
    assert transcript.source == "track:2"
    assert cues(transcript) == [(0.0, 1.0, "zero"), (1.0, 2.0, "one"), (3.0, 3.5, "two\nlines")]
    assert [(one.speaker, one.language) for one in transcript.utterances] == [
        (None, "pt"),
        ("Anna", "pt"),
        (None, "pt"),
    ]
    assert transcript.notes == (
        "2 cues sorted, as each starts before the one above it: text 2, text 5",
        "text 4 has no length: left out",
    )


def test_rolling_captions_are_said_once() -> None:
    lines = ["a b", "c d", "e f", "g h", "i j"]
    shown = [Shown(at, at + 1, "\n".join(lines[max(0, at - 1) : at + 1])) for at in range(5)]
    assert [text for _, _, text in cues(read_track(shown, 1))] == lines


def test_an_empty_track_and_one_of_another_recording() -> None:
    assert read_track([], 1, language="und").utterances == ()
    with pytest.raises(BadInputError, match="subtitle track 1: each cue starts after the recording's end"):
        read_track([Shown(5, 6, "x")], 1, duration_s=2.0)
