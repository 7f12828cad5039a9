"""The choice of a format, and bounds."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import cues, read

from sonotheque.errors import BadInputError
from sonotheque.subtitles import draft as drafts
from sonotheque.subtitles.reading import MAX_BYTES, MAX_LINES, SUFFIXES, read_transcript

CONTENTS = {
    ".srt": "1\n00:00:01,000 --> 00:00:02,000\nhello\n",
    ".vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n",
    ".lrc": "[ti:x]\n[00:01.00]hello\n[00:02.00]\n",
    ".json": '{"segments": [{"start": 1, "end": 2, "text": "hello"}]}',
    ".textgrid": 'File type = "ooTextFile"\n"TextGrid" 0 2 <exists> 1 "IntervalTier" "x" 0 2 1 1 2 "hello"',
    ".ass": "[Script Info]\n\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,hello\n",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_content_is_believed_before_the_ending(suffix: str, content: str) -> None:
    transcript = read(content, f"talk{suffix.upper()}")
    assert cues(transcript) == [(1.0, 2.0, "hello")]


def test_a_wrong_ending_is_told() -> None:
    assert read(CONTENTS[".vtt"], "a.srt").notes == ("is named .srt but holds WebVTT",)
    assert read(CONTENTS[".srt"], "a.vtt").notes == ("lacks the line WEBVTT at its start",)
    assert read(CONTENTS[".srt"], "a.srt").notes == ()


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_an_empty_file_says_nothing(suffix: str) -> None:
    for data in (b"", b" \r\n\t\n", b"\xef\xbb\xbf\n"):
        transcript = read_transcript(data, f"a{suffix}")
        assert (transcript.utterances, transcript.notes) == ((), ("is empty",))


def test_other_endings_are_refused() -> None:
    with pytest.raises(BadInputError, match=r"notes\.doc: \.doc is no known kind of transcript") as caught:
        read_transcript(b"x", "notes.doc")
    assert ".srt" in caught.value.next_step
    with pytest.raises(BadInputError, match="no ending"):
        read_transcript(b"x", "README")


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"33\.6 MB are more than 33\.6 MB"):
        read_transcript(bytes(MAX_BYTES + 1), "a.srt")
    with pytest.raises(BadInputError, match="more than 4,000,000 lines"):
        read_transcript(b"\n" * (MAX_LINES + 1), "a.srt")


def test_too_many_cues_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_UTTERANCES", 2)
    assert len(read("[00:01.00][00:02.00]x\n", "a.lrc").utterances) == 2
    with pytest.raises(BadInputError, match=r"a\.lrc, line 1: holds more than 2 cues"):
        read("[00:01.00][00:02.00][00:03.00]x\n", "a.lrc")


def test_the_length_of_the_recording_bounds_times() -> None:
    text = CONTENTS[".srt"] + "\n2\n00:00:05,000 --> 00:00:09,000\nlong\n\n3\n00:00:07,000 --> 00:00:08,000\nlate\n"
    transcript = read(text, "a.srt", duration_s=6.0)
    assert cues(transcript) == [(1.0, 2.0, "hello"), (5.0, 6.0, "long")]
    assert transcript.notes == ("line 10 starts after the recording's end: left out",)
    with pytest.raises(BadInputError, match=r"each cue starts after the recording's end \(0\.5 s\)"):
        read(text, "a.srt", duration_s=0.5)


def test_the_language_is_the_contents_then_the_callers_then_the_names() -> None:
    data = CONTENTS[".srt"].encode()
    assert read_transcript(data, "talk.pt-BR.srt").language == "pt-BR"
    assert read_transcript(data, "talk.pt-BR.srt", language="de").language == "de"
    assert read_transcript(data, "talk.srt").language is None
    assert read_transcript(b"[la:en]\n[00:01.00]x\n", "talk.de.lrc").language == "en"
