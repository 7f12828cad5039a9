"""Other libraries' files are read by us, and ours by them, to the same cues."""

from __future__ import annotations

import itertools
from pathlib import Path

import pysubs2
import pytest
from praatio import textgrid
from tests.unit.subtitles.spoken import Cue, cues, read, say

from sonotheque.subtitles.layout import lay_out
from sonotheque.subtitles.reading import read_transcript
from sonotheque.subtitles.writing import write_transcript
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance

TEXTS = ["Good morning.", "- Is it?\n- It is.", "Ça va, «été» – 5 €", "下雨了。", "1984", "Καλημέρα"]
SAID = [(at * 2.125, round(at * 2.125 + 1.001 + at / 8, 3), text) for at, text in enumerate(TEXTS)]


def said() -> Transcript:
    return Transcript("user", tuple(Utterance(Span(start_s, end_s), text) for start_s, end_s, text in SAID))


def peer_cues(text: str, form: str) -> list[Cue]:
    events = pysubs2.SSAFile.from_string(text, format_=form)
    return [(event.start / 1000, event.end / 1000, event.plaintext) for event in events]


@pytest.mark.parametrize("form", ["srt", "vtt", "ass", "ssa"])
def test_pysubs2_writes_and_we_read(form: str) -> None:
    subs = pysubs2.SSAFile()
    for start_s, end_s, text in SAID:
        event = pysubs2.SSAEvent(start=round(start_s * 1000), end=round(end_s * 1000))
        event.plaintext = text
        subs.append(event)
    subs[0].text = "{\\i1}Good{\\i0} morning."
    exact = form in {"srt", "vtt"}  # the others have hundredths of a second
    for start_s, end_s, text in SAID:
        at = TEXTS.index(text)
        got = cues(read(subs.to_string(form), f"a.{form}"))[at]
        assert got[2] == text
        assert got[:2] == pytest.approx((start_s, end_s), abs=0.0005 if exact else 0.0101)


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_we_write_and_pysubs2_reads(form: str) -> None:
    assert peer_cues(write_transcript(said(), form), form) == SAID


def test_pysubs2_reads_what_we_lay_out() -> None:
    talk = say("He said that it would rain all day, and so it did. " * 6, 0.25)
    subtitles = Transcript("user", tuple(lay_out([talk])))
    assert len(subtitles.utterances) > 2
    assert peer_cues(write_transcript(subtitles, "srt"), "srt") == cues(subtitles)


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_praatio_writes_and_we_read(form: str, tmp_path: Path) -> None:
    grid = textgrid.Textgrid()
    labels = [(0.1, 0.5, "Hello"), (0.5, 0.875, 'the "old"'), (1.5, 2.0, "man")]
    grid.addTier(textgrid.IntervalTier("Anna - words", labels, 0, 3.0))
    grid.addTier(textgrid.IntervalTier("Anna - utterances", [(0.1, 2.0, 'Hello the "old" man')], 0, 3.0))
    grid.addTier(textgrid.PointTier("clicks", [(0.3, "click")], 0, 3.0))
    path = tmp_path / "a.TextGrid"
    grid.save(str(path), format=form, includeBlankSpaces=True)
    transcript = read_transcript(path.read_bytes(), path.name)
    (one,) = transcript.utterances
    assert (one.speaker, one.text, one.span) == ("Anna", 'Hello the "old" man', Span(0.1, 2.0))
    assert [(word.span.start_s, word.span.end_s, word.text) for word in one.words] == labels


def test_we_write_and_praatio_reads(tmp_path: Path) -> None:
    spoken = say('He said "no" again', 0.125)
    other = Utterance(Span(0.5, 2.5), "Ça va, 下雨", speaker="Bob")
    path = tmp_path / "a.TextGrid"
    path.write_text(write_transcript(Transcript("user", (spoken, other)), "textgrid", duration_s=4.0), "utf-8")
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    assert grid.tierNames == ("utterances", "words", "Bob - utterances")
    assert grid.maxTimestamp == 4.0
    assert [tuple(entry) for entry in grid.getTier("words").entries] == [
        (pytest.approx(word.span.start_s, abs=0.0005), pytest.approx(word.span.end_s, abs=0.0005), word.text)
        for word in spoken.words
    ]
    assert [tuple(entry) for entry in grid.getTier("Bob - utterances").entries] == [(0.5, 2.5, "Ça va, 下雨")]
    whole = textgrid.openTextgrid(str(path), includeEmptyIntervals=True).getTier("words").entries
    assert all(left.end == right.start for left, right in itertools.pairwise(whole))
    assert (whole[0].start, whole[-1].end) == (0, 4.0)


def test_what_pysubs2_does_with_spoiled_files_and_we_do() -> None:
    """Why it is a peer in tests and not a part of the library."""
    blocks = (
        "00:00:01,000 --> 00:00:02,000\none",
        "00:00:0x,000 --> 00:00:04,000\ntwo",
        "00:05,000 --> 00:06,000\nthree",
    )
    spoiled = "\n".join(f"{number}\n{block}\n" for number, block in enumerate(blocks, 1))
    assert peer_cues(spoiled, "srt")[0][2].startswith("one\n\n2\n00:00:0x,000 --> 00:00:04,000\ntwo")
    ours = read(spoiled, "a.srt")
    assert cues(ours) == [(1.0, 2.0, "one"), (5.0, 6.0, "three")]
    assert ours.notes == ("line 6 holds a time that can't be read: left out",)
