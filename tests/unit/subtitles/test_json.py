"""JSON of recognisers, whole and spoiled."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tests.unit.subtitles.spoken import Cue, cues, read, words

from sonotheque.errors import BadInputError
from sonotheque.values.utterance import Transcript


def read_json(root: Any, duration_s: float | None = None) -> Transcript:
    return read(json.dumps(root), "talk.json", duration_s)


WHISPER = {
    "text": " Hello there. Bye.",
    "language": "en",
    "segments": [
        {
            "id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Hello there.", "tokens": [50364, 2425],
            "temperature": 0.0,
            "avg_logprob": -0.5, "compression_ratio": 0.7, "no_speech_prob": 0.01,
            "words": [
                {"word": " Hello", "start": 0.1, "end": 0.6, "probability": 0.9},
                {"word": " there.", "start": 0.6, "end": 1.4, "probability": 0.8},
            ],
        },
        {"id": 1, "start": 2, "end": 3, "text": " Bye."},
    ],
}  # fmt: skip


def test_whisper() -> None:
    transcript = read_json(WHISPER)
    assert cues(transcript) == [(0.0, 1.5, "Hello there."), (2.0, 3.0, "Bye.")]
    first, second = transcript.utterances
    assert words(first) == [(0.1, 0.6, "Hello"), (0.6, 1.4, "there.")]
    assert [word.confidence for word in first.words] == [0.9, 0.8]
    assert first.confidence == pytest.approx(math.exp(-0.5))
    assert (second.confidence, second.words, transcript.language) == (None, (), "en")


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        # a list of segments alone, as faster-whisper's users write it; numbers as text
        ([{"start": "0.5", "end": "00:00:02,000", "text": "Hi"}], [(0.5, 2.0, "Hi")]),
        # podcasts
        ({"version": "1.0.0", "segments": [{"speaker": "Vader", "startTime": 0.5, "endTime": 2.0, "body": "I am"}]},
         [(0.5, 2.0, "I am")]),
        # whisper.cpp, and an older one of it
        ({"transcription": [{"offsets": {"from": 500, "to": 2000}, "text": " Hi"}]}, [(0.5, 2.0, "Hi")]),
        ({"transcription": [{"timestamps": {"from": "00:00:00,500", "to": "00:00:02,000"}, "text": " Hi"}]},
         [(0.5, 2.0, "Hi")]),
        # Transformers, broken off
        ({"chunks": [{"timestamp": [0.5, 2.0], "text": " Hi"}, {"timestamp": [2.0, None], "text": " you"}]},
         [(0.5, 2.0, "Hi"), (2.0, 9.0, "you")]),
        # OpenAI's interface: words alone, and text alone
        ({"task": "transcribe", "language": "english", "text": "Hi you. Bye", "words": [
            {"word": "Hi", "start": 0.5, "end": 0.7}, {"word": "you.", "start": 0.7, "end": 1.0},
            {"word": "Bye", "start": 1.5, "end": 2.0}]}, [(0.5, 1.0, "Hi you."), (1.5, 2.0, "Bye")]),
        ({"text": "Hi you"}, [(0.0, 9.0, "Hi you")]),
        # silence
        ({"text": "", "segments": [], "language": "en"}, []),
        ({"transcription": []}, []),
    ],
)  # fmt: skip
def test_other_forms(root: Any, expected: list[Cue]) -> None:
    assert cues(read_json(root, duration_s=9.0)) == expected


def test_words_of_whisper_cpp_are_made_of_tokens() -> None:
    def token(text: str, start: int, end: int, p: float) -> dict[str, Any]:
        return {"text": text, "offsets": {"from": start, "to": end}, "p": p, "id": 1}

    tokens = [
        token("[_BEG_]", 0, 0, 0.9),
        token(" Ja", 0, 500, 0.9),
        token(" g", 500, 700, 0.8),
        token("ut", 700, 990, 0.6),
    ]
    segment = {
        "offsets": {"from": 0, "to": 1000},
        "text": " Ja gut",
        "tokens": [*tokens, token("[_TT_50]", 990, 990, 0.1)],
    }
    transcript = read_json({"result": {"language": "de"}, "transcription": [segment]})
    (one,) = transcript.utterances
    assert words(one) == [(0.0, 0.5, "Ja"), (0.5, 0.99, "gut")]
    assert [word.confidence for word in one.words] == [0.9, 0.6]
    assert one.language == "de"


def test_one_segment_a_word_is_said_together() -> None:
    said = "This is said word by word. And then".split()
    segments = [
        {"startTime": at, "endTime": at + 0.9, "body": word, "speaker": "A" if at < 3 else "B"}
        for at, word in enumerate(said)
    ]
    transcript = read_json({"segments": segments})
    assert [(one.speaker, one.text) for one in transcript.utterances] == [
        ("A", "This is said"),
        ("B", "word by word. And then"),
    ]
    assert len(transcript.utterances[1].words) == 5
    short = [
        {"start": at, "end": at + 0.9, "text": text}
        for at, text in enumerate(["我们今天去看他们的新家", "他说这个地方很好吧", "好"] * 3)
    ]
    assert len(read_json(short).utterances) == 9


def test_speakers_and_words_without_times_of_whisperx() -> None:
    segment = {
        "start": 1.0, "end": 3.0, "text": "In 1984 10 men", "speaker": "SPEAKER_00",
        "words": [{"word": "In", "start": 1.0, "end": 1.2, "score": 0.7}, {"word": "1984"}, {"word": "10"},
                  {"word": "men", "start": 2.2, "end": 2.5}, {"word": "5"}],
    }  # fmt: skip
    (one,) = read_json({"segments": [segment]}).utterances
    assert one.speaker == "SPEAKER_00"
    assert words(one) == [(1.0, 1.2, "In"), (1.2, 1.7, "1984"), (1.7, 2.2, "10"), (2.2, 2.5, "men"), (2.5, 3.0, "5")]
    assert one.words[0].confidence == 0.7


def test_what_makes_no_segment_is_told_with_its_place() -> None:
    segments: list[Any] = [
        {"start": 0, "end": 1, "text": "good"}, {"start": 3, "end": 2, "text": "x"},
        {"start": "soon", "end": 2, "text": "x"}, {"start": 4, "end": 5, "text": "good"},
        {"start": 4, "end": 5, "text": "good", "avg_logprob": "low", "words": 7},
        {"start": 1e300, "end": 1e301, "text": "x"}, {"start": 4, "end": 5, "text": None},
    ]  # fmt: skip
    transcript = read_json({"segments": segments, "language": 12})
    assert [text for _, _, text in cues(transcript)] == ["good"] * 3
    assert transcript.notes == (
        "segments[1] ends before it starts: left out",
        "segments[2] has no times: left out",
        "segments[5] has no possible time: left out",
        "segments[6] has no text: left out",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"segments": [\n{"start": 0,\n', r"talk\.json, line 3: is no JSON"),
        ('{"title": "My song", "tags": []}', "JSON that is no transcript"),
        ("7", "JSON that is no transcript"),
        ("[" * 200_000, "nested too deep"),
        ('{"segments": [' + "9" * 5000 + "]}", "a number too long"),
        ('{"segments": ["a", "b"]}', r"segments\[0\]: has no text \(the first of 2\)"),
        ('{"text": "no times"}', "plain text holds no times"),
    ],
)
def test_other_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(text, "talk.json")


def test_halves_of_characters_are_replaced() -> None:
    (one,) = read('{"segments": [{"start": 0, "end": 1, "text": "a\\ud800b"}]}', "talk.json").utterances
    assert one.text == "a\ufffdb"
