"""Plain text: paragraphs over a whole recording, and what recognisers print."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import cues, read

from sonotheque.errors import BadInputError


def test_lines_span_the_whole_recording() -> None:
    transcript = read("First line\n[Bob]: second line\n", "talk.txt", duration_s=12.5)
    assert cues(transcript) == [(0.0, 12.5, "First line"), (0.0, 12.5, "second line")]
    assert [one.speaker for one in transcript.utterances] == [None, "Bob"]
    assert transcript.notes == ("holds no times: each utterance spans the whole recording",)


def test_paragraphs_are_joined() -> None:
    transcript = read("One long\nparagraph.\n\n\nAnother.\n", "talk.txt", duration_s=1.0)
    assert [text for _, _, text in cues(transcript)] == ["One long paragraph.", "Another."]


def test_without_a_length_there_are_no_times() -> None:
    with pytest.raises(BadInputError, match="plain text holds no times") as caught:
        read("hello\n", "talk.txt")
    assert "duration" in caught.value.next_step


@pytest.mark.parametrize(
    "text",
    [
        "[00:00.500 --> 00:02.000]  Hello\n[00:02.000 --> 00:04.250]  Bye\n",
        "Detected language: English\n[00:00:00.500 --> 00:00:02.000] Hello\n[00:00:02.000 --> 00:00:04.250] Bye\n",
        "[0.50s -> 2.00s] Hello\n[2.00s -> 4.25s] Bye\n",
    ],
)
def test_what_recognisers_print_has_times(text: str) -> None:
    transcript = read(text, "talk.txt")
    assert cues(transcript) == [(0.5, 2.0, "Hello"), (2.0, 4.25, "Bye")]
    assert transcript.notes[0] == "is named .txt but holds a recogniser's printed lines"


def test_times_in_brackets_are_hours_minutes_seconds() -> None:
    transcript = read("[00:01:02] Anna speaks\n[01:00:00] Bob speaks\n", "interview.txt", duration_s=3700.0)
    assert cues(transcript) == [(62.0, 3600.0, "Anna speaks"), (3600.0, 3605.0, "Bob speaks")]
