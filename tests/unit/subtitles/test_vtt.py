"""WebVTT: blocks, voices, times of words, streams."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import Cue, cues, read, words

from sonotheque.errors import BadInputError

VIDEO_SITE = """WEBVTT
Kind: captions
Language: en

00:00:00.000 --> 00:00:02.389 align:start position:0%
{0}
hello<00:00:00.480><c> everyone</c><00:00:00.960><c> welcome</c>

00:00:02.389 --> 00:00:02.399 align:start position:0%
hello everyone welcome
{0}

00:00:02.399 --> 00:00:05.000 align:start position:0%
hello everyone welcome
to<00:00:02.500><c> the</c>

00:00:05.000 --> 00:00:05.010 align:start position:0%
to the
{0}

00:00:05.010 --> 00:00:07.000 align:start position:0%
to the
show
""".format(" ")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("00:01.000 --> 00:02.500\nOne\n", [(1.0, 2.5, "One")]),
        ("intro\n00:00:01.000 --> 00:00:02.500 align:start line:0%\nOne\ntwo\n", [(1.0, 2.5, "One\ntwo")]),
        ("NOTE a comment\nof two lines\n\n00:01.000 --> 00:02.500\nOne\n\nNOTE\n", [(1.0, 2.5, "One")]),
        ("STYLE\n::cue { color: red }\n\nREGION\nid:bill\n\n00:01.000 --> 00:02.500\nOne\n", [(1.0, 2.5, "One")]),
        ("00:01.000 --> 00:02.500\nNOTE taken\n", [(1.0, 2.5, "NOTE taken")]),
        ("00:01.000 --> 00:02.500\nOne\n\nand behind a blank line\n", [(1.0, 2.5, "One\nand behind a blank line")]),
        ("00:01.000 --> 00:02.500\nOne\n2\n00:03.000 --> 00:04.000\nTwo\n", [(1.0, 2.5, "One"), (3.0, 4.0, "Two")]),
        ("00:01,000 --> 00:02,5\n<b.x>a</b> &lt;b&gt; &amp;amp; <new>c</new>\n", [(1.0, 2.5, "a <b> &amp; c")]),
        ("100:00:00.001 --> 100:00:00.002\nOne\n", [(360000.001, 360000.002, "One")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", ["WEBVTT\n\n", "\ufeffWEBVTT - a title\nKind: captions\n\n"])
def test_what_is_read(body: str, expected: list[Cue], header: str) -> None:
    transcript = read(header + body, "a.vtt")
    assert cues(transcript) == expected
    assert transcript.notes == ()


def test_voices() -> None:
    body = [
        "00:01.000 --> 00:02.000\n<v.loud Esme &amp; Co>Hee! <i>ha</i>\n",
        "00:02.000 --> 00:03.000\n<v A>Yes</v>\n<v B>No\n",
        "00:03.000 --> 00:04.000\n[Bob]: Well\n",
    ]
    said = read("\n".join(["WEBVTT\n", *body]), "a.vtt").utterances
    assert [(one.span.start_s, one.speaker, one.text) for one in said] == [
        (1.0, "Esme & Co", "Hee! ha"), (2.0, "A", "Yes"), (2.0, "B", "No"), (3.0, "Bob", "Well"),
    ]  # fmt: skip


def test_captions_of_a_video_site() -> None:
    transcript = read(VIDEO_SITE, "talk.de.vtt")
    assert cues(transcript) == [
        (0.0, 2.389, "hello everyone welcome"),
        (2.399, 5.0, "to the"),
        (5.01, 7.0, "show"),
    ]
    assert words(transcript.utterances[0]) == [(0.0, 0.48, "hello"), (0.48, 0.96, "everyone"), (0.96, 2.389, "welcome")]
    assert words(transcript.utterances[1]) == [(2.399, 2.5, "to"), (2.5, 5.0, "the")]
    assert transcript.language == "en"  # what the file says, before its name
    assert transcript.notes == ("holds rolling captions: what is shown again was left out",)


def test_parts_of_a_stream_put_together() -> None:
    parts = [
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\none\n",
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:01.000 --> 00:02.000\none\n\n",
        "00:03.000 --> 00:04.000\ntwo\n",
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:1800000\n\n00:01.000 --> 00:02.000\nthree\n",
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:nonsense\n\n00:05.000 --> 00:06.000\nfour\n",
    ]
    transcript = read("".join(parts), "a.vtt")
    assert cues(transcript) == [(1.0, 2.0, "one"), (3.0, 4.0, "two"), (11.0, 12.0, "three"), (15.0, 16.0, "four")]
    assert transcript.notes == ("comes from a stream whose clock shows 10 s where this begins: not added",)


def test_the_clock_of_a_stream_begins_again() -> None:
    ticks = (1 << 33) - 90_000
    parts = [
        f"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{ticks}\n\n00:00.000 --> 00:00.500\none\n\n",
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:90000\n\n00:00.000 --> 00:00.500\ntwo\n",
    ]
    assert [round(start_s, 3) for start_s, _, _ in cues(read("".join(parts), "a.vtt"))] == [0.0, 2.0]


def test_a_header_may_touch_the_first_cue() -> None:
    assert cues(read("WEBVTT\n00:01.000 --> 00:02.000\nx\n", "a.vtt")) == [(1.0, 2.0, "x")]


def test_a_header_may_be_missing_but_not_cues_too() -> None:
    transcript = read("00:01.000 --> 00:02.000\nx\n", "a.vtt")
    assert cues(transcript) == [(1.0, 2.0, "x")]
    assert transcript.notes == ("lacks the line WEBVTT at its start",)
    assert read("WEBVTT\n", "a.vtt").utterances == ()
    with pytest.raises(BadInputError, match=r"line 2: no line holds times such as 00:00:01\.000"):
        read("\nhello\n", "a.vtt")


def test_damage_is_told_with_its_line() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nx\n\n00:03.000 --> soon\nlost\n"
    transcript = read(text, "a.vtt")
    assert cues(transcript) == [(1.0, 2.0, "x")]
    assert transcript.notes == ("line 6 holds a time that can't be read: left out",)
