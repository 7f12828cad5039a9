"""TextGrids: both forms, the names of tiers, speakers, damage."""

from __future__ import annotations

import pytest
from tests.unit.subtitles.spoken import cues, read, words

from sonotheque.errors import BadInputError
from sonotheque.subtitles.reading import read_transcript
from sonotheque.subtitles.writing import write_transcript
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance

LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 3
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.25
            text = "so ""called"""
        intervals [3]:
            xmin = 1.25
            xmax = 2
            text = "dogs"
        intervals [4]:
            xmin = 2
            xmax = 3
            text = "sil"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 3
        points: size = 1
        points [1]:
            number = 1.5
            mark = "click"
'''.replace("\n", " \n")  # Praat ends lines with a space
SHORT = '''File type = "ooTextFile"
"TextGrid"

0
3
<exists>
2
"IntervalTier"
"words"
0
3
4
0
0.5
""
0.5
1.25
"so ""called"""
1.25
2
"dogs"
2
3
"sil"
"TextTier"
"clicks"
0
3
1
1.5
"click"
'''


def grid(*tiers: tuple[str, list[tuple[float, float, str]]]) -> str:
    parts = [f'File type = "ooTextFile"\nObject class = "TextGrid"\n0 9 <exists> {len(tiers)}\n']
    for name, labels in tiers:
        parts.append(f'"IntervalTier" "{name}" 0 9 {len(labels)}\n')
        parts += [f'{start} {end} "{text}"\n' for start, end, text in labels]
    return "".join(parts)


@pytest.mark.parametrize("text", [LONG, SHORT])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_both_forms_in_all_encodings_of_praat(text: str, encoding: str) -> None:
    transcript = read_transcript(text.encode(encoding), "talk.TextGrid")
    assert cues(transcript) == [(0.5, 2.0, 'so "called" dogs')]
    assert words(transcript.utterances[0]) == [(0.5, 1.25, 'so "called"'), (1.25, 2.0, "dogs")]
    assert "has tiers that are not read: 'clicks'" in transcript.notes


def test_words_go_to_their_utterances() -> None:
    text = grid(
        ("phones", [(0, 9, "a")]),
        ("Anna - words", [(0.5, 1, "Hello"), (1, 2, "there"), (5, 6, "lost")]),
        ("Anna - utterances", [(0.5, 2, "Hello there"), (3, 4, "Hm")]),
        ("Bob", [(1, 2, "Yes?"), (2, 2, "nothing")]),
        ("Bob - words", [(1, 2, "Yes?"), (5, 4, "back"), (6, 1e308, "far")]),
    )
    transcript = read(text, "talk.TextGrid")
    assert [(one.speaker, one.span.start_s, one.text, len(one.words)) for one in transcript.utterances] == [
        ("Anna", 0.5, "Hello there", 2), ("Bob", 1.0, "Yes?", 1), ("Anna", 3.0, "Hm", 0), ("Anna", 5.0, "lost", 1),
    ]  # fmt: skip
    assert "has tiers that are not read: 'phones'" in transcript.notes
    assert any("has no length" in note for note in transcript.notes)
    assert any(note.startswith("2 cues left out, as each has no possible time") for note in transcript.notes)


def test_the_only_two_tiers_belong_together_whatever_they_are_called() -> None:
    text = grid(("Anna", [(0, 2, "Hello there")]), ("words", [(0, 1, "Hello"), (1, 2, "there")]))
    (one,) = read(text, "a.TextGrid").utterances
    assert (one.speaker, len(one.words)) == ("Anna", 2)


@pytest.mark.parametrize(
    ("name", "speaker", "n_words"),
    [
        ("words", None, 1), ("WORD", None, 1), ("ORT-MAU", None, 1), ("Anna_words", "Anna", 1),
        ("Anna/word", "Anna", 1),
        ("Jean-Luc - words 2", "Jean-Luc", 1), ("utterances 2", None, 0), ("transcription", None, 0),
        ("Anna", "Anna", 0),
        ("Speaker 1", "Speaker 1", 0), ("phones", None, 0), ("", None, 0),
    ],
)  # fmt: skip
def test_names_of_tiers(name: str, speaker: str | None, n_words: int) -> None:
    (one,) = read(grid((name, [(0, 1, "hello")])), "a.TextGrid").utterances
    assert (one.speaker, len(one.words), one.text) == (speaker, n_words, "hello")


def test_points_alone_last_until_the_next() -> None:
    text = 'File type = "ooTextFile"\n"TextGrid" 0 9 <exists> 1 "TextTier" "verses" 0 9 2 1 "one" 3 "two"\n'
    assert cues(read(text, "a.TextGrid", duration_s=9.0)) == [(1.0, 3.0, "one"), (3.0, 9.0, "two")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LONG[:700], r"line 33: breaks off where the name of a tier should follow"),
        (SHORT.replace("1.25\n2\n", '1.25\n"x"\n'), 'line 20: has the text "x" where a time should be'),
        (SHORT.replace('"dogs"', "dogs"), 'line 22: has the number 2 where a label should be'),
        (SHORT.replace("TextTier", "PitchTier"), 'line 25: has a tier of the kind "PitchTier"'),
        (SHORT.replace("TextGrid", "Sound"), 'line 2: has "Sound" where "TextGrid" should be'),
        (LONG.replace("size = 2", "size = -2"), "line 7: has -2 where the number of tiers should be"),
    ],
)  # fmt: skip
def test_damage_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=f"a.TextGrid, {message}"):
        read(text, "a.TextGrid")


def test_what_overlaps_goes_to_further_tiers() -> None:
    said = [(0.0, 2.0, "one", "A"), (1.0, 3.0, "two", "A"), (1.5, 2.5, "three", "B"), (2.0, 4.0, "four", "A")]
    utterances = tuple(Utterance(Span(start, end), text, speaker=speaker) for start, end, text, speaker in said)
    text = write_transcript(Transcript("user", utterances), "textgrid", duration_s=5.0)
    assert [line.strip() for line in text.splitlines() if "name =" in line] == [
        'name = "A - utterances"', 'name = "A - utterances 2"', 'name = "B - utterances"',
    ]  # fmt: skip
    assert text.count("xmax = 5 ") == 1 + 3 + 3
    back = read(text, "a.TextGrid")
    assert [(*cue, one.speaker) for cue, one in zip(cues(back), back.utterances, strict=True)] == said


def test_silence_makes_a_textgrid_too() -> None:
    text = write_transcript(Transcript("user"), "textgrid")
    assert read(text, "a.TextGrid").utterances == ()
    assert "xmax = 1 " in text
