"""JSON as OpenAI's Whisper writes it, from a transcript.

Owns that form, with the few keys added that Whisper has no place for. Knows nothing of reading it.
"""

from __future__ import annotations

import json
import math
from typing import Any

from sonotheque.subtitles.cues import span_ms
from sonotheque.subtitles.markup import on_one_line, tidy
from sonotheque.subtitles.timed_words import place_words
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance, Word

_LEAST_LOGPROB = -23.0
"""exp(-23) is 1e-10: what stands for a confidence of nothing, whose logarithm JSON can't write."""


def write_json(transcript: Transcript) -> str:
    """Whisper's form with times to the millisecond; also `speaker`, `language` of a segment and `alternatives`."""
    segments = [_segment(at, one, transcript.language) for at, one in enumerate(transcript.utterances)]
    root = {
        "text": "".join(segment["text"] for segment in segments),
        "language": transcript.language,
        "source": transcript.source,
        "segments": segments,
    }
    return json.dumps(root, ensure_ascii=False, indent=1) + "\n"


def _segment(at: int, utterance: Utterance, language: str | None) -> dict[str, Any]:
    text = tidy(utterance.text)
    segment: dict[str, Any] = {"id": at, **_times(utterance.span), "text": " " + text}
    if utterance.confidence is not None:
        logprob = math.log(utterance.confidence) if utterance.confidence > 0 else _LEAST_LOGPROB
        segment["avg_logprob"] = round(max(_LEAST_LOGPROB, logprob), 6)
    if utterance.language != language:
        segment["language"] = utterance.language
    if utterance.speaker is not None:
        segment["speaker"] = utterance.speaker
    if utterance.words:
        places = place_words(text, utterance.words)
        segment["words"] = [_written(word, text, place) for word, place in zip(utterance.words, places, strict=True)]
    return segment


def _written(word: Word, text: str, place: int | None) -> dict[str, Any]:
    """A word as Whisper writes it: with the space before it that the text has, so that words add up to the text."""
    is_apart = place is None or place == 0 or text[place - 1].isspace()
    written: dict[str, Any] = {"word": (" " if is_apart else "") + on_one_line(word.text), **_times(word.span)}
    if word.confidence is not None:
        written["probability"] = round(word.confidence, 6)
    if word.alternatives:
        written["alternatives"] = [
            {"word": tidy(other.text), "probability": round(other.confidence, 6)}
            for other in word.alternatives
            if tidy(other.text)
        ]
    return written


def _times(span: Span) -> dict[str, float]:
    start_ms, end_ms = span_ms(span)
    return {"start": start_ms / 1000, "end": end_ms / 1000}
