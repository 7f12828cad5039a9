"""JSON of speech recognisers (.json): OpenAI's Whisper, those that write as it does, and podcasts' transcripts.

Owns the forms of whole files: Whisper, WhisperX, faster-whisper and OpenAI's API (`segments`, `words`, or `text`
alone), whisper.cpp (`transcription`), Transformers (`chunks`), and the podcast namespace (`segments` with `startTime`
and `body`). Knows nothing of single values.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.json_items import (
    Item,
    read_certainty,
    read_confidence,
    read_number,
    read_speaker,
    read_text,
    read_times,
    read_word,
    read_words,
)
from sonotheque.subtitles.languages import language_tag
from sonotheque.subtitles.markup import tidy
from sonotheque.subtitles.plain import read_plain
from sonotheque.subtitles.scripts import display_width
from sonotheque.subtitles.timed_words import group_words, span_of, text_of
from sonotheque.values.utterance import Word

_SINGLE_WORDS_SHARE, _FEWEST_SINGLE_WORDS, _LONGEST_WORD, _LONGEST_SPACELESS = 0.9, 5, 20, 8
_ACCEPTED = "Accepted are the JSON of Whisper, whisper.cpp, OpenAI's API, Transformers and podcast transcripts."


def read_json(text: str, draft: Draft) -> None:
    """Adds the segments to `draft`; raises `BadInputError` for what is no JSON, with the line, or no transcript."""
    root = _parse(text, draft)
    root = {"segments": root} if isinstance(root, list) else root
    if not isinstance(root, dict):
        raise _refuse(draft)
    _read_language(root, draft)
    segments, cpp, chunks, words = (root.get(key) for key in ("segments", "transcription", "chunks", "words"))
    if isinstance(segments, list) and (segments or not words):
        _add_segments(segments, "segments", draft)
    elif isinstance(cpp, list):
        _add_segments([_from_cpp(item) for item in cpp], "transcription", draft)
    elif isinstance(chunks, list):
        _add_segments(_from_chunks(chunks, draft.duration_s), "chunks", draft)
    elif isinstance(words, list):
        _add_groups(words, "words", draft)
    elif isinstance(root.get("text"), str):
        read_plain(root["text"], draft)
    else:
        raise _refuse(draft)


def _refuse(draft: Draft) -> Exception:
    return draft.refuse("holds JSON that is no transcript", place="line 1", next_step=_ACCEPTED)


def _parse(text: str, draft: Draft) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        problem, line = f"is no JSON ({error.msg})", error.lineno
    except (ValueError, RecursionError):
        problem, line = "holds JSON nested too deep, or a number too long", 1
    raise draft.refuse(problem, place=f"line {line}", next_step=_ACCEPTED)


def _read_language(root: Item, draft: Draft) -> None:
    result = root.get("result")
    told = root.get("language") or (result.get("language") if isinstance(result, dict) else None)
    if isinstance(told, str) and (tag := language_tag(told)) is not None:
        draft.language = tag


def _from_chunks(items: Sequence[Any], duration_s: float | None) -> list[Any]:
    """Transformers: `timestamp` is a pair whose end is null where the sound ended within a segment."""
    told = [item.get("timestamp") if isinstance(item, dict) else None for item in items]
    pairs: list[list[Any]] = [pair if isinstance(pair, list) and len(pair) == 2 else [None, None] for pair in told]
    following = [*(pair[0] for pair in pairs[1:]), duration_s]
    return [
        {**item, "start": pair[0], "end": next_s if pair[1] is None else pair[1]} if isinstance(item, dict) else item
        for item, pair, next_s in zip(items, pairs, following, strict=False)
    ]


def _from_cpp(item: Any) -> Any:
    """whisper.cpp: `offsets` in milliseconds, or `timestamps` as clock times; `tokens` are parts of words."""
    times = _cpp_times(item)
    if times is None:
        return item
    tokens = item.get("tokens")
    words = _words_of_tokens(tokens) if isinstance(tokens, list) else []
    return {**item, "start": times[0], "end": times[1], "words": words}


def _cpp_times(item: Any) -> tuple[float, float] | None:
    for key, per_second in (("offsets", 1000), ("timestamps", 1)):
        pair = item.get(key) if isinstance(item, dict) else None
        if isinstance(pair, dict):
            start, end = (read_number(pair.get(name)) for name in ("from", "to"))
            if start is not None and end is not None:
                return start / per_second, end / per_second
    return None


def _words_of_tokens(tokens: Sequence[Any]) -> list[dict[str, Any]]:
    """Words of tokens, each as sure as its least sure token; a token that begins with a space begins a word."""
    words: list[dict[str, Any]] = []
    for token in tokens:
        text, times = read_text(token), _cpp_times(token)
        if text is None or times is None or (text.startswith("[_") and text.endswith("]")):
            continue
        certainty = read_certainty(token)
        if words and not text[:1].isspace():
            last = words[-1]
            certainties = [value for value in (last["p"], certainty) if value is not None]
            last |= {"word": last["word"] + text, "end": times[1], "p": min(certainties, default=None)}
        else:
            words.append({"word": text, "start": times[0], "end": times[1], "p": certainty})
    return words


def _add_segments(items: Sequence[Any], key: str, draft: Draft) -> None:
    if _are_single_words(items):
        _add_groups(items, key, draft)
        return
    for at, item in enumerate(items):
        text = read_text(item)
        times = None if text is None else read_times(item)
        if text is None:
            draft.damage("has no text", f"{key}[{at}]")
        elif times is not None:
            language = item.get("language")
            draft.add(
                f"{key}[{at}]",
                *times,
                text,
                speaker=read_speaker(item),
                words=read_words(item.get("words"), max(0.0, times[0]), times[1]),
                confidence=read_confidence(item),
                language=language_tag(language) if isinstance(language, str) else None,
            )
        elif tidy(text):
            draft.damage("has no times", f"{key}[{at}]")


def _are_single_words(items: Sequence[Any]) -> bool:
    """Whether the segments are words: whisper.cpp, Transformers and podcasts may write one for each."""
    texts = [text.strip() for item in items if (text := read_text(item)) is not None]
    if len(texts) < _FEWEST_SINGLE_WORDS or any(isinstance(item, dict) and item.get("words") for item in items):
        return False
    n_single = 0
    for text in texts:
        longest = _LONGEST_WORD if text.isascii() or display_width(text) == len(text) else _LONGEST_SPACELESS
        n_single += len(text) <= longest and display_width(text) <= longest and len(text.split()) == 1
    return n_single >= _SINGLE_WORDS_SHARE * len(texts)


def _add_groups(items: Sequence[Any], key: str, draft: Draft) -> None:
    """Words alone, as utterances: those of one speaker together until a pause."""
    run: list[Word] = []
    run_speaker: str | None = None
    for at, item in enumerate([*items, None]):
        word = None if item is None else read_word(item)
        if item is not None and word is None:
            draft.damage("is no word with times", f"{key}[{at}]")
            continue
        speaker = None if word is None else read_speaker(item)
        if run and (word is None or speaker != run_speaker):
            for group in group_words(sorted(run, key=lambda one: one.span.start_s)):
                span = span_of(group)
                draft.add(key, span.start_s, span.end_s, text_of(group), words=group, speaker=run_speaker)
            run = []
        run_speaker = speaker
        run += [] if word is None else [word]
