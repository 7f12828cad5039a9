"""Lyrics: times of lines and words, tags, repeated lines."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import Cue, cues, read, words

from sonotheque.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[00:01.00]one\n[00:02.50]two\n[00:04.00]\n", [(1.0, 2.5, "one"), (2.5, 4.0, "two")]),
        ("[00:01]one\n[00:02,5] two\n[00:04.123]\n", [(1.0, 2.5, "one"), (2.5, 4.123, "two")]),
        ("[00:01:50]one\n[00:02:50]two\n[61:00.00]\n", [(1.5, 2.5, "one"), (2.5, 3660.0, "two")]),
        ("[01:00:01.00]one\n[01:00:02.00]\n", [(3601.0, 3602.0, "one")]),
        # the last line, with nothing to end it
        ("[00:01.00]one\n", [(1.0, 6.0, "one")]),
        # a chorus; not in order
        ("[00:10.00][00:01.00]oh\n[00:05.00]verse\n[00:12.00]\n",
         [(1.0, 5.0, "oh"), (5.0, 10.0, "verse"), (10.0, 12.0, "oh")]),
        # a translation below each line
        ("[00:01.00]uno\n[00:01.00]one\n[00:02.00]dos\n[00:02.00]two\n[00:03.00]\n",
         [(1.0, 2.0, "uno"), (1.0, 2.0, "one"), (2.0, 3.0, "dos"), (2.0, 3.0, "two")]),
        # tags; sooner by half a second, never before the start
        ("[ar:A band]\n[ti:A song]\n[offset:+500]\n[00:00.20]one\n[00:02.00]\n", [(0.0, 1.5, "one")]),
        ("[offset:-250]\n[00:01.00]one\n[00:02.00]\n", [(1.25, 2.25, "one")]),
        ("[00:01.00]one\nand on\n[00:02.00]\n", [(1.0, 2.0, "one\nand on")]),
        ("[00:01.00][music]\n[00:02.00]\n", [(1.0, 2.0, "[music]")]),
    ],
)  # fmt: skip
def test_what_is_read(text: str, expected: list[Cue]) -> None:
    transcript = read(text, "song.lrc")
    assert cues(transcript) == expected
    assert transcript.notes == ()


def test_the_recording_ends_the_last_line() -> None:
    assert cues(read("[00:01.00]one\n", "song.lrc", duration_s=3.0)) == [(1.0, 3.0, "one")]
    assert cues(read("[offset:1000]\n[00:02.00]one\n", "song.lrc", duration_s=3.0)) == [(1.0, 3.0, "one")]


@pytest.mark.parametrize(
    "line",
    [
        "[00:01.00]<00:01.00>When <00:01.50>the <00:01.75>truth<00:02.50>",
        "[00:01.00]When [00:01.50]the [00:01.75]truth[00:02.50]",
    ],
)
def test_words_have_times(line: str) -> None:
    transcript = read(f"{line}\n[00:03.00]\n", "song.lrc")
    assert cues(transcript) == [(1.0, 3.0, "When the truth")]
    assert words(transcript.utterances[0]) == [(1.0, 1.5, "When"), (1.5, 1.75, "the"), (1.75, 2.5, "truth")]


def test_syllables_make_words_and_a_chorus_moves_them() -> None:
    text = (
        "[la:eng]\n[00:01.00][00:11.00]<00:01.00>Hal<00:01.20>le<00:01.40>lu <00:02.00>ja 下<00:02.50>雨\n[00:13.00]\n"
    )
    first, second = read(text, "song.lrc").utterances
    assert words(first) == [(1.0, 2.0, "Hallelu"), (2.0, 2.333, "ja"), (2.333, 2.5, "下"), (2.5, 4.5, "雨")]
    assert [start_s for start_s, _, _ in words(second)] == [11.0, 12.0, 12.333, 12.5]
    assert first.language == "en"


def test_speakers_and_words() -> None:
    (one,) = read("[00:01.00][Anna]: <00:01.50>Hello\n[00:02.00]\n", "song.lrc").utterances
    assert (one.speaker, one.text, words(one)) == ("Anna", "Hello", [(1.5, 2.0, "Hello")])


def test_lines_before_the_first_time_are_told() -> None:
    transcript = read("A song\nby a band\n[00:01.00]one\n[00:02.00]\n", "song.lrc")
    assert cues(transcript) == [(1.0, 2.0, "one")]
    assert transcript.notes == ("2 cues left out, as each has no time: line 1, line 2",)


def test_lyrics_without_times_are_refused() -> None:
    with pytest.raises(BadInputError, match=r"song.lrc, line 1: no line holds times such as \[00:12.50\]"):
        read("la la la\n", "song.lrc")
