"""Single values of a recogniser's JSON: numbers, certainties, speakers and words.

Owns which keys hold them and what is believed: nothing is trusted, every value is looked at. Knows no whole file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sonotheque.subtitles.clock import parse_time
from sonotheque.subtitles.draft import MAX_TIME_S
from sonotheque.subtitles.markup import on_one_line, tidy
from sonotheque.subtitles.timed_words import make_word
from sonotheque.values.utterance import Alternative, Word

Item = Mapping[str, Any]

_STARTS, _ENDS = ("start", "startTime"), ("end", "endTime")
_TEXTS, _WORD_TEXTS = ("text", "body", "word"), ("word", "text", "body")
_CERTAINTIES = ("probability", "confidence", "score", "p")
_LONGEST_NUMBER = 40
_SHORTEST_S = 0.001


def read_text(item: Any) -> str | None:
    """What the item says; None where it says nothing."""
    text = _first(item, _TEXTS) if isinstance(item, dict) else None
    return text if isinstance(text, str) else None


def read_times(item: Item) -> tuple[float, float] | None:
    """Start and end in seconds, possibly negative or backwards; None where either is missing."""
    start_s, end_s = read_number(_first(item, _STARTS)), read_number(_first(item, _ENDS))
    return None if start_s is None or end_s is None else (start_s, end_s)


def read_number(value: Any) -> float | None:
    """A finite number, also where it is written as text or as a clock time."""
    if isinstance(value, str):
        value = _spelled_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _spelled_number(text: str) -> float | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    clock = parse_time(text)
    try:
        return float(text) if clock is None else clock
    except ValueError:
        return None


def read_certainty(item: Item) -> float | None:
    """How sure the recogniser is of a word, within [0, 1]."""
    value = read_number(_first(item, _CERTAINTIES))
    return None if value is None else min(1.0, max(0.0, value))


def read_confidence(item: Item) -> float | None:
    """The segment's own confidence, else e to the mean log probability of its tokens, as Whisper tells it."""
    logprob = read_number(item.get("avg_logprob"))
    return read_certainty(item) if logprob is None else math.exp(max(-700.0, min(0.0, logprob)))


def read_speaker(item: Item) -> str | None:
    """Who says it, where that is told."""
    speaker = item.get("speaker")
    return on_one_line(speaker) or None if isinstance(speaker, str) else None


def read_word(item: Any) -> Word | None:
    """A word with its times; None where it is none or has none."""
    text, times = (_first(item, _WORD_TEXTS), read_times(item)) if isinstance(item, dict) else (None, None)
    if not isinstance(text, str) or times is None or max(times) > MAX_TIME_S or times[1] < 0:
        return None
    word = make_word(text, *times, read_certainty(item))
    alternatives = item.get("alternatives")
    if word is None or not isinstance(alternatives, list):
        return word
    others = [
        Alternative(tidy(other["word"]), read_certainty(other) or 0.0)
        for other in alternatives
        if isinstance(other, dict) and isinstance(other.get("word"), str) and tidy(other["word"])
    ]
    return Word(word.text, word.span, word.confidence, tuple(others))


def read_words(items: Any, start_s: float, end_s: float) -> list[Word]:
    """The words of a segment; one without times (WhisperX: numbers) lies between its neighbours, if there is room."""
    if not isinstance(items, list) or not 0 <= start_s < end_s <= MAX_TIME_S:
        return []
    found: list[Word] = []
    waiting: list[str] = []
    for item in items:
        word = read_word(item)
        if word is None:
            text = _first(item, _WORD_TEXTS) if isinstance(item, dict) else None
            waiting += [text] if isinstance(text, str) and tidy(text) else []
            continue
        found += _between(waiting, found[-1].span.end_s if found else start_s, word.span.start_s)
        found.append(word)
        waiting = []
    return found + _between(waiting, found[-1].span.end_s if found else start_s, end_s) if found else []


def _between(texts: Sequence[str], start_s: float, end_s: float) -> list[Word]:
    """Words that share the time between two others."""
    step_s = (end_s - start_s) / len(texts) if texts else 0.0
    if step_s < _SHORTEST_S:
        return []
    words = (make_word(text, start_s + at * step_s, start_s + (at + 1) * step_s) for at, text in enumerate(texts))
    return [word for word in words if word is not None]


def _first(item: Item, keys: Sequence[str]) -> Any:
    """The value of the first key that is there."""
    return next((item[key] for key in keys if key in item), None)
