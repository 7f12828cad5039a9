"""Any bytes are read or refused, what is written is read back, and subtitles keep to their limits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sonotheque.errors import BadInputError
from sonotheque.subtitles.encodings import decode_text
from sonotheque.subtitles.layout import lay_out
from sonotheque.subtitles.markup import on_one_line, split_speaker, tidy
from sonotheque.subtitles.reading import SUFFIXES, read_transcript
from sonotheque.subtitles.scripts import display_width
from sonotheque.subtitles.writing import SUFFIX_OF, write_transcript
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance, Word

MANY = settings(max_examples=300, deadline=None)
FEWER = settings(max_examples=100, deadline=None)

MARKS = st.sampled_from(
    [
        "\n", "\r\n", "\n\n", "1", "00:00:01,000", "00:01.5", " --> ", "->", "WEBVTT\n", "NOTE", "STYLE",
        "X-TIMESTAMP-MAP=LOCAL:", "00:00:00.000,MPEGTS:900000", "<v A>", "</v>", "<i>", "<00:01.000>", "{\\an8}",
        "{\\k20}", "&amp;", "&#0;", "&#xD800;", "[00:01.00]", "[offset:500]", "[la:en]", "<00:02.00>", "[Anna]: ",
        'File type = "ooTextFile"\n', '"TextGrid"', "<exists>", '"IntervalTier"', '"words"', '""', '"', " 1 ", "-1",
        "1e400", '{"segments":[', '{"start":0,"end":1,"text":"a"}', '{"words":[', "]}", ",", "null",
        '"transcription":[', "[Events]\n", "Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,",
        "Format: Start, End, Text\n", "日本", "é", "\ufeff", "\x00", "\u2028", "word ",
        "[00:00.000 --> 00:01.000] ",
    ]
)  # fmt: skip
FILES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.tuples(
        st.lists(MARKS, max_size=40).map("".join), st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp1251"])
    ).map(lambda made: made[0].encode(made[1], "replace")),
)


@MANY
@given(FILES, st.sampled_from(sorted(SUFFIXES)), st.one_of(st.none(), st.floats(0.001, 100.0)))
@example(b"\xff\xfe", ".srt", None)
@example(b"[]", ".json", 1.0)
@example(b"00:00:01,000 --> 00:00:02,000\n<v a>", ".vtt", None)
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str, duration_s: float | None) -> None:
    try:
        transcript = read_transcript(data, f"a{suffix}", duration_s=duration_s)
    except BadInputError:
        return
    assert all(tidy(one.text) == one.text for one in transcript.utterances)
    assert duration_s is None or all(one.span.end_s <= duration_s for one in transcript.utterances)
    for form in SUFFIX_OF:
        write_transcript(transcript, form, word_times=True).encode()
    lay_out(transcript.utterances)


@MANY
@given(st.binary(max_size=200), st.sampled_from([None, "zh", "ru", "ja", "en", "zh-Hant"]))
def test_any_bytes_have_a_text(data: bytes, language: str | None) -> None:
    assert "\r" not in decode_text(data, language).text


def is_plain(text: str) -> bool:
    return bool(text) and split_speaker(text)[0] is None


BITS = 'a the word, <i> </i> < & &lt; --> -> 1 12:00 {\\b} - ... \n 日本 。 [x] " 1984'.split(" ")
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(BITS)).map(" ".join),
).map(tidy).filter(is_plain)  # fmt: skip
NAMES = st.one_of(
    st.none(),
    st.text(st.characters(exclude_characters="[]"), max_size=12).map(on_one_line).map(lambda name: name or None),
)


@st.composite
def transcripts(draw: st.DrawFn, overlap: bool = True) -> Transcript:
    utterances, time_ms = [], 0
    for number in range(draw(st.integers(0, 5))):
        time_ms += draw(st.integers(0, 3000))
        length_ms = draw(st.integers(1, 9000))
        utterances.append(
            Utterance(
                Span(time_ms / 1000, (time_ms + length_ms) / 1000), f"{number}. {draw(TEXTS)}", speaker=draw(NAMES)
            )
        )
        time_ms += 1 if overlap else length_ms
    return Transcript("user", tuple(utterances))


def compared(transcript: Transcript) -> list[tuple[int, int, str, str]]:
    said = transcript.utterances
    times = ((round(one.span.start_s * 1000), round(one.span.end_s * 1000)) for one in said)
    return sorted((*time, one.text, one.speaker or "") for time, one in zip(times, said, strict=True))


@FEWER
@given(transcripts(), st.sampled_from(["srt", "vtt", "json"]))
def test_what_is_written_is_read_back(transcript: Transcript, form: str) -> None:
    text = write_transcript(transcript, form)
    assert compared(read_transcript(text.encode(), f"a{SUFFIX_OF[form]}")) == compared(transcript)


SPOKEN = "a the house, said. 下雨 ok? — « x » incomprehensibilities".split()


@st.composite
def speeches(draw: st.DrawFn) -> Utterance:
    """An utterance whose words have times; some of it without spaces."""
    start_ms = draw(st.integers(0, 2000))
    words, time_ms = [], start_ms
    for text in draw(st.lists(st.sampled_from(SPOKEN), min_size=1, max_size=60)):
        end_ms = time_ms + draw(st.integers(20, 600))
        words.append(Word(text, Span(time_ms / 1000, end_ms / 1000)))
        time_ms = end_ms + draw(st.sampled_from([0, 0, 50, 300, 900]))
    return Utterance(Span(start_ms / 1000, words[-1].span.end_s), " ".join(word.text for word in words), tuple(words))


@FEWER
@given(st.lists(speeches(), max_size=3), st.sampled_from(["json", "textgrid", "vtt", "lrc"]))
def test_words_are_read_back(said: list[Utterance], form: str) -> None:
    shift_s, utterances = 0.0, []
    for one in said:
        moved = tuple(
            Word(word.text, Span(word.span.start_s + shift_s, word.span.end_s + shift_s)) for word in one.words
        )
        utterances.append(Utterance(Span(moved[0].span.start_s, moved[-1].span.end_s), one.text, moved))
        shift_s = round(moved[-1].span.end_s + 0.01, 3)
    text = write_transcript(Transcript("user", tuple(utterances)), form, word_times=True)
    back = read_transcript(text.encode(), f"a{SUFFIX_OF[form]}")
    for one, other in zip(utterances, back.utterances, strict=True):
        if len(one.words) == 1 and form == "vtt":
            continue  # its times are the cue's
        assert [
            (word.text, round(word.span.start_s * 1000), round(word.span.end_s * 1000)) for word in other.words
        ] == [(word.text, round(word.span.start_s * 1000), round(word.span.end_s * 1000)) for word in one.words]


@FEWER
@given(speeches(), st.integers(8, 50), st.integers(1, 3), st.booleans())
def test_subtitles_keep_to_their_limits(said: Utterance, width: int, n_lines: int, has_words: bool) -> None:
    whole = said if has_words else Utterance(said.span, said.text)
    parts = lay_out([whole], max_chars_per_line=width, max_lines=n_lines)
    assert [word for part in parts for word in part.words] == list(whole.words)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(said.text.split())
    for part in parts:
        lines = part.text.split("\n")
        assert len(lines) <= n_lines
        assert max(map(display_width, lines)) <= width
        assert part.span.duration_s <= 7.001
    for left, right in itertools.pairwise(parts):
        assert left.span.end_s <= right.span.start_s
    assert parts[0].span.start_s == pytest.approx(whole.span.start_s, abs=0.001) or has_words


@FEWER
@given(transcripts(overlap=False))
def test_subtitles_never_run_into_each_other(transcript: Transcript) -> None:
    parts = lay_out(transcript.utterances)
    pairs = itertools.pairwise(parts)
    assert len(parts) >= len(transcript.utterances)
    if all(one.span.duration_s > 0.1 for one in transcript.utterances):
        assert all(left.span.end_s <= right.span.start_s for left, right in pairs)
