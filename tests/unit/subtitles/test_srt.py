"""SubRip as tools write it, and as people spoil it."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import Cue, cues, read

from sonotheque.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n00:00:01,000 --> 00:00:02,500\nOne\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo\n",
         [(1.0, 2.5, "One"), (3.0, 4.0, "Two")]),
        # numbers: none, wrong, twice; no blank line between; one that is text; one set apart by a blank line
        ("00:00:01,000 --> 00:00:02,500\nOne\n\n00:00:03,000 --> 00:00:04,000\nTwo",
         [(1.0, 2.5, "One"), (3.0, 4.0, "Two")]),
        ("7\n00:00:01,000 --> 00:00:02,500\nOne\n7\n00:00:03,000 --> 00:00:04,000\nTwo",
         [(1.0, 2.5, "One"), (3.0, 4.0, "Two")]),
        ("1\n00:00:01,000 --> 00:00:02,500\n1984\n\n2\n00:00:03,000 --> 00:00:04,000\n2001",
         [(1.0, 2.5, "1984"), (3.0, 4.0, "2001")]),
        ("1\n00:00:01,000 --> 00:00:02,500\n1984\n\n00:00:03,000 --> 00:00:04,000\nTwo",
         [(1.0, 2.5, "1984"), (3.0, 4.0, "Two")]),
        ("1\n00:00:01,000 --> 00:00:02,500\nOne\n\n2\n\n00:00:03,000 --> 00:00:04,000\nTwo",
         [(1.0, 2.5, "One"), (3.0, 4.0, "Two")]),
        # times: dots, no hours, few decimals, none, spaces, colon, coordinates behind
        ("0:01.5 --> 0:02", [(1.5, 2.0, "x")]),
        ("00:01:02.5 --> 00:01:03,25", [(62.5, 63.25, "x")]),
        ("00:00:01, 250 -->00:00:02 ,500", [(1.25, 2.5, "x")]),
        ("00:00:01:250 --> 00:00:02:500", [(1.25, 2.5, "x")]),
        ("00:00:01,000 -> 00:00:02,000", [(1.0, 2.0, "x")]),
        ("100:00:01,001 --> 100:00:02,002 X1:53 X2:303", [(360001.001, 360002.002, "x")]),
        ("-00:00:00,500 --> 00:00:02,000", [(0.0, 2.0, "x")]),
        # blank lines within a text, spaces, dialogue, an arrow in a text
        ("1\n00:00:01,000 --> 00:00:02,500\n\n  One  \n\n\n two \n\n", [(1.0, 2.5, "One\ntwo")]),
        ("00:00:01,000 --> 00:00:02,500\n- Yes.\n- No.\n", [(1.0, 2.5, "- Yes.\n- No.")]),
        ("00:00:01,000 --> 00:00:02,500\nA --> B\n", [(1.0, 2.5, "A --> B")]),
        # overlapping cues stay
        ("00:00:01,000 --> 00:00:05,000\nlong\n\n00:00:02,000 --> 00:00:03,000\nshort",
         [(1.0, 5.0, "long"), (2.0, 3.0, "short")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_is_read(text: str, expected: list[Cue], line_end: str, mark: str) -> None:
    text = text if "\n" in text else f"{text}\nx"
    transcript = read(mark + text.replace("\n", line_end), "talk.srt")
    assert cues(transcript) == expected
    assert transcript.notes == ()
    assert transcript.source == "sidecar:talk.srt"


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("<i>Hello</i> <B>you</B>", "Hello you"),
        ('<font color="#fff">red</FONT> {\\an8}{\\i1}top{\\i0}', "red top"),
        ("Tom &amp; Jerry &#39;s &lt;3 &nbsp;", "Tom & Jerry 's <3"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("I <3 you, a < b > c <Anna> {no}", "I <3 you, a < b > c <Anna> {no}"),
        ("AT&T; R&D &unknown; &amp", "AT&T; R&D &unknown; &amp"),
        ("♪ la la ♪", "♪ la la ♪"),
        ("a\x00b\x07c\ufeff", "abc"),
        ("<ruby>漢<rt>かん</rt></ruby>字", "漢字"),
        ("<ruby>漢<rt>かん</ruby>字", "漢字"),
    ],
)
def test_styling_is_dropped_and_text_is_kept(marked: str, text: str) -> None:
    assert cues(read(f"1\n00:00:01,000 --> 00:00:02,000\n{marked}\n", "a.srt")) == [(1.0, 2.0, text)]


def test_speakers() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n[Anna]: Hello\n\n2\n00:00:02,000 --> 00:00:03,000\n[music]\n"
    hello, music = read(text, "a.srt").utterances
    assert (hello.speaker, hello.text) == ("Anna", "Hello")
    assert (music.speaker, music.text) == (None, "[music]")


def test_what_makes_no_cue_is_told_with_its_line() -> None:
    blocks = [
        "1\n00:00:05,000 --> 00:00:06,000\nlate",
        "2\n00:00:04,000 --> 00:00:03,000\nbackwards",
        "3\n00:00:04,000 --> 00:00:04,000\nof no length",
        "4\n00:00:01,000 --> 00:00:02,000\nearly",
        "5\n00:00:0x,000 --> 00:00:03,000\ndamaged\nby hand",
        "6\n00:00:07,000 --> 00:00:08,000\n<i></i>",
    ]
    transcript = read("\n\n".join(blocks), "a.srt")
    assert cues(transcript) == [(1.0, 2.0, "early"), (5.0, 6.0, "late")]
    assert transcript.notes == (
        "line 6 ends before it starts: left out",
        "line 10 has no length: left out",
        "line 14 starts before the one above it: sorted",
        "line 18 holds a time that can't be read: left out",
    )


def test_many_of_a_kind_make_one_note() -> None:
    bad = "".join(f"00:00:0{n % 10},000 --> 00:00:00,000\nx\n\n" for n in range(1, 10))
    (note,) = read(bad + "00:00:01,000 --> 00:00:02,000\ny\n", "a.srt").notes
    assert note == "9 cues left out, as each ends before it starts: line 1, line 4, line 7, line 10, line 13 and 4 more"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\nDear diary,\ntoday it rained.\n", r"diary.srt, line 3: no line holds times such as 00:00:01,000"),
        ("{0}{25}MicroDVD\n", "line 1: no line holds times"),
        ("1\n00:00:01,000 --> 00:00:02.000\nx\n\n2\n00:00;03,000 --> 00:00:04,000\n\n3\n00:xx:05,000 --> 00:00:06,000\n"
         "\n4\n00:00:0 --> \n", r"line 6: holds a time that can't be read \(the first of 3\)"),
        ("1\n00:00:1\n--> 00:00:02,000\nx", "line 3: holds a time that can't be read"),
    ],
)  # fmt: skip
def test_what_is_no_subtitle_file_or_mostly_damaged_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(text, "diary.srt")


def test_rolling_captions_are_said_once() -> None:
    lines = ["so this is", "how it goes", "line by line", "to the end"]
    rolled = [
        f"{at + 1}\n00:00:0{at},000 --> 00:00:0{at + 1},000\n{above}{line}\n"
        for at, (above, line) in enumerate(zip(["", *(f"{line}\n" for line in lines)], lines, strict=False))
    ]
    transcript = read("\n".join(rolled), "a.srt")
    assert [text for _, _, text in cues(transcript)] == lines
    assert "rolling captions" in transcript.notes[0]


def test_a_song_repeats_its_lines() -> None:
    sung = ["la la", "la la", "oh no", "oh no", "oh yes", "la la", "it is", "over", "now"]
    text = "\n".join(f"00:00:0{at},000 --> 00:00:0{at + 1},000\n{line}\n" for at, line in enumerate(sung))
    assert [text for _, _, text in cues(read(text, "a.srt"))] == sung


def test_a_chant_is_no_rolling_caption() -> None:
    text = "\n".join(f"00:00:0{at},000 --> 00:00:0{at + 1},000\nYes.\n" for at in range(8))
    assert len(read(text, "a.srt").utterances) == 8
