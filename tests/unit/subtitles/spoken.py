"""Transcripts made for tests, and what of one is compared."""

from __future__ import annotations

from sonotheque.subtitles.reading import read_transcript
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance, Word

Cue = tuple[float, float, str]


def read(text: str, name: str, duration_s: float | None = None) -> Transcript:
    return read_transcript(text.encode(), name, duration_s=duration_s)


def cues(transcript: Transcript) -> list[Cue]:
    """Start, end and text of each utterance."""
    return [(one.span.start_s, one.span.end_s, one.text) for one in transcript.utterances]


def words(utterance: Utterance) -> list[Cue]:
    """Start, end and text of each word, rounded to a millisecond."""
    return [(round(word.span.start_s, 3), round(word.span.end_s, 3), word.text) for word in utterance.words]


def say(text: str, start_s: float, per_letter_s: float = 0.06, pauses_s: dict[str, float] | None = None) -> Utterance:
    """An utterance with words, each as long as it is written, a pause after those that are named."""
    time_s, spoken = start_s, []
    for word in text.split():
        end_s = time_s + per_letter_s * len(word)
        spoken.append(Word(word, Span(time_s, end_s)))
        time_s = end_s + (pauses_s or {}).get(word, 0.02)
    return Utterance(Span(start_s, spoken[-1].span.end_s), text, tuple(spoken))
