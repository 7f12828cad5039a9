"""What is written, and that it reads back the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.subtitles.spoken import cues, read, words

from sonotheque.errors import BadInputError
from sonotheque.subtitles.writing import SUFFIX_OF, write_transcript
from sonotheque.values.span import Span
from sonotheque.values.utterance import Alternative, Transcript, Utterance, Word

SAID = Transcript(
    "builtin:ears@1",
    (
        Utterance(
            Span(0.0004, 1.2996),
            "Hello, world!",
            (
                Word("Hello,", Span(0.1, 0.55), 0.9, (Alternative("yellow", 0.05),)),
                Word("world!", Span(0.6, 1.2), 0.8),
            ),
            0.85,
            "en",
            "Anna",
        ),
        Utterance(Span(1.5, 3.25), "- Yes & <i>no</i> -->\n- AT&amp;T {\\an8} 1 < 2", language="en"),
        Utterance(Span(3.25, 4.0), "1984", language="de"),
        Utterance(Span(3600.0, 360000.001), "下雨了。"),
    ),
)
MILLISECONDS = [(0.0, 1.3), (1.5, 3.25), (3.25, 4.0), (3600.0, 360000.001)]


@pytest.mark.parametrize("form", ["srt", "vtt", "lrc", "json", "textgrid"])
@pytest.mark.parametrize("word_times", [False, True])
def test_what_is_written_is_read_back(form: str, word_times: bool) -> None:
    text = write_transcript(SAID, form, word_times=word_times)
    back = read(text, f"a{SUFFIX_OF[form]}")
    assert [(start_s, end_s) for start_s, end_s, _ in cues(back)] == MILLISECONDS
    texts = [one.text for one in SAID.utterances]
    if form == "lrc":
        texts = [text.replace("\n", " ") for text in texts]
    assert [one.text for one in back.utterances] == texts
    assert [one.speaker for one in back.utterances] == ["Anna", None, None, None]
    assert back.notes == ()
    if form in {"json", "textgrid"} or (word_times and form != "srt"):
        assert words(back.utterances[0]) == [(0.1, 0.55, "Hello,"), (0.6, 1.2, "world!")]


def test_srt() -> None:
    assert write_transcript(SAID, "srt").split("\n\n")[:2] == [
        "1\n00:00:00,000 --> 00:00:01,300\n[Anna]: Hello, world!",
        "2\n00:00:01,500 --> 00:00:03,250\n- Yes & &lt;i>no&lt;/i> -->\n- AT&amp;amp;T &#123;\\an8} 1 < 2",
    ]


def test_marks_that_srt_would_misread_are_written_otherwise() -> None:
    for text in (
        "00:00:01,000 --> 00:00:02,000",
        "a\n12:00 -> 13:00",
        "1:0 --> x",
        "&lt;",
        "<b>",
        "{\\i1}x",
        "<00:01.000>",
    ):
        back = read(write_transcript(Transcript("user", (Utterance(Span(0.0, 1.0), text),)), "srt"), "a.srt")
        assert cues(back) == [(0.0, 1.0, text)]


def test_vtt() -> None:
    text = write_transcript(SAID, "vtt", word_times=True)
    assert text.startswith(
        "WEBVTT\nLanguage: en\n\n00:00:00.000 --> 00:00:01.300\n"
        "<v Anna><00:00:00.100>Hello,<00:00:00.550> <00:00:00.600>world!<00:00:01.200>\n\n"
    )
    assert "- Yes &amp; &lt;i&gt;no&lt;/i&gt; --&gt;\n- AT&amp;amp;T" in text
    assert "100:00:00.001" in text


def test_lrc_ends_lines_and_words() -> None:
    assert write_transcript(SAID, "lrc", word_times=True).splitlines()[:4] == [
        "[la:en]",
        "[00:00.000][Anna]: <00:00.100>Hello,<00:00.550> <00:00.600>world!<00:01.200>",
        "[00:01.300]",
        "[00:01.500]- Yes & <i>no</i> --> - AT&amp;T {\\an8} 1 < 2",
    ]


def test_lrc_overlaps_end_where_the_next_begins() -> None:
    said = Transcript("user", (Utterance(Span(0.0, 5.0), "long"), Utterance(Span(2.0, 3.0), "short")))
    assert cues(read(write_transcript(said, "lrc"), "a.lrc")) == [(0.0, 2.0, "long"), (2.0, 3.0, "short")]


def test_txt_has_a_line_for_each() -> None:
    assert write_transcript(SAID, "txt").splitlines() == [
        "[Anna]: Hello, world!", "- Yes & <i>no</i> --> - AT&amp;T {\\an8} 1 < 2", "1984", "下雨了。",
    ]  # fmt: skip


def test_json_is_whispers_and_holds_all() -> None:
    root: dict[str, Any] = json.loads(write_transcript(SAID, "json"))
    assert root["language"] == "en"
    assert root["text"].startswith(" Hello, world! - Yes")
    first, second, third, _ = root["segments"]
    assert (first["id"], first["start"], first["end"], first["text"]) == (0, 0.0, 1.3, " Hello, world!")
    assert "".join(word["word"] for word in first["words"]) == first["text"]
    assert first["words"][0]["probability"] == 0.9
    assert "language" not in second
    assert "words" not in second
    assert third["language"] == "de"
    (one, *_others) = read(json.dumps(root), "a.json").utterances
    assert one.confidence == pytest.approx(0.85, abs=1e-6)
    assert one.words[0].alternatives == (Alternative("yellow", 0.05),)
    assert [one.language for one in read(json.dumps(root), "a.json").utterances] == ["en", "en", "de", "en"]


def test_certainties_at_their_bounds() -> None:
    said = Transcript("user", tuple(Utterance(Span(at, at + 1.0), "x", confidence=float(at)) for at in (0, 1)))
    back = read(write_transcript(said, "json"), "a.json")
    assert [one.confidence for one in back.utterances] == [pytest.approx(0.0, abs=1e-9), 1.0]


def test_words_that_are_not_in_the_text() -> None:
    spoken = (Word("ein", Span(0.0, 0.3)), Word("zwei", Span(0.3, 0.6)), Word("drei", Span(0.6, 1.0)))
    said = Transcript("user", (Utterance(Span(0.0, 1.0), "Eine, Zwei – DREI.", spoken),))
    text = write_transcript(said, "lrc", word_times=True)
    assert text.splitlines()[0] == "[00:00.000]<00:00.000>Eine, <00:00.300>Zwei – <00:00.600>DREI<00:01.000>."
    assert words(read(write_transcript(said, "json"), "a.json").utterances[0]) == [
        (0.0, 0.3, "ein"), (0.3, 0.6, "zwei"), (0.6, 1.0, "drei"),
    ]  # fmt: skip


def test_utterances_shorter_than_a_millisecond_stay() -> None:
    said = Transcript("user", (Utterance(Span(1.0, 1.0001), "click"),))
    for form in ("srt", "vtt", "lrc", "json", "textgrid"):
        assert cues(read(write_transcript(said, form), f"a{SUFFIX_OF[form]}")) == [(1.0, 1.001, "click")]


@pytest.mark.parametrize("form", SUFFIX_OF)
def test_silence_is_written_and_read(form: str) -> None:
    text = write_transcript(Transcript("user"), form)
    assert read(text, f"a{SUFFIX_OF[form]}", duration_s=1.0).utterances == ()


def test_other_formats_are_refused() -> None:
    with pytest.raises(BadInputError, match="'docx' is no format of transcripts") as caught:
        write_transcript(SAID, "docx")
    assert "textgrid" in caught.value.next_step
