"""The dialogue of styled subtitles."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import cues, read, words

from sonotheque.errors import BadInputError

HEAD = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n"
FORMAT = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"


@pytest.mark.parametrize("name", ["a.ass", "a.ssa", "a.srt"])
def test_dialogue_is_read(name: str) -> None:
    events = [
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\i1}Hi{\\i0}\\Nthere, you\\hand me",
        "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,a remark",
        "Dialogue: 1,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\blur3}Hi\\Nthere, you\\hand me",
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}",
        "Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,[Bob]: No",
    ]
    transcript = read(HEAD + FORMAT + "\n".join(events), name)
    assert cues(transcript) == [(1.0, 2.5, "Hi\nthere, you and me"), (4.0, 5.0, "No")]
    assert [one.speaker for one in transcript.utterances] == ["Anna", "Bob"]


def test_fields_are_found_by_their_names() -> None:
    events = "Format: Marked, Start, End, Name, Text\nDialogue: Marked=0,0:00:01.00,0:00:02.00,,yes, it is\n"
    assert cues(read(HEAD + events, "a.ssa")) == [(1.0, 2.0, "yes, it is")]


def test_karaoke_tells_when_words_are_sung() -> None:
    event = "Dialogue: 0,0:00:03.00,0:00:05.00,Default,,0,0,0,,{\\k50}Ka{\\kf30}ra{\\K20}oke {\\k100}night"
    (one,) = read(HEAD + FORMAT + event, "a.ass").utterances
    assert (one.text, words(one)) == ("Karaoke night", [(3.0, 4.0, "Karaoke"), (4.0, 5.0, "night")])


def test_damage() -> None:
    good = "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,x\n"
    assert read(HEAD + FORMAT + good + "Dialogue: broken\n", "a.ass").notes == (
        "line 11 holds an event that can't be read: left out",
    )
    with pytest.raises(BadInputError, match="line 10: holds an event that can't be read"):
        read(HEAD + FORMAT + "Dialogue: broken\n", "a.ass")
    with pytest.raises(BadInputError, match=r"a\.ass, line 1: holds no event"):
        read("hello\n", "a.ass")
    assert read(HEAD, "a.ass").utterances == ()
