"""Words with times: from texts with times in between, back into them, and grouped into utterances.

Owns these three. Knows no format: how a time is written and how marks are escaped is given by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from sonotheque.subtitles.clock import milliseconds
from sonotheque.subtitles.markup import tidy
from sonotheque.subtitles.scripts import is_spaceless, join_words
from sonotheque.values.span import Span
from sonotheque.values.utterance import Word

_TOKEN = re.compile(r"\S+")
_SHORTEST_S = 0.001
_PAUSE_S = 0.7
_BREATH_S = 0.2
_LONGEST_S = 15.0
_SENTENCE_ENDS = tuple(".?!…。？！")
_MOST_PIECES = 20_000
"""No cue has more: where there are, their times are not read."""
_SEARCHED = 200
"""How far behind the last word the next is looked for, in characters: what a recogniser left out is shorter."""

Piece = tuple[float | None, str]
"""A stretch of text and the time at which it begins, where that is known."""


def make_word(text: str, start_s: float, end_s: float, confidence: float | None = None) -> Word | None:
    """The word, at least a millisecond long as recognisers write some without length; None where it has no text."""
    text = tidy(text).replace("\n", " ")
    start_s = max(0.0, start_s)
    return Word(text, Span(start_s, max(end_s, start_s + _SHORTEST_S)), confidence) if text else None


def words_of_pieces(pieces: Sequence[Piece], span: Span) -> tuple[Word, ...]:
    """The words of a text within `span`; none where no piece has a time.

    A word begins where its piece does, and ends where the next piece does; where a piece holds several, they share its
    time by their lengths. Without a space between them two pieces are one word (sung syllables), but for Han and kana.
    """
    if len(pieces) > _MOST_PIECES or all(time_s is None for time_s, _ in pieces):
        return ()
    found: list[tuple[str, float, float]] = []
    is_open = False
    for text, start_s, end_s in _stretches(pieces, span):
        n_characters = sum(len(token) for token in text.split())
        passed = 0
        for token in _TOKEN.finditer(text):
            first_s = start_s + (end_s - start_s) * passed / n_characters
            passed += len(token.group())
            last_s = start_s + (end_s - start_s) * passed / n_characters
            word = token.group()
            if is_open and token.start() == 0 and not (is_spaceless(word[0]) or is_spaceless(found[-1][0][-1])):
                found[-1] = (found[-1][0] + word, found[-1][1], last_s)
            else:
                found.append((word, first_s, last_s))
        is_open = not text[-1:].isspace() if text else is_open
    made = (make_word(text, first_s, last_s) for text, first_s, last_s in found)
    return tuple(word for word in made if word is not None)


def _stretches(pieces: Sequence[Piece], span: Span) -> Iterator[tuple[str, float, float]]:
    """Texts with the times between which each is said, never running backwards nor out of `span`."""
    gathered: list[tuple[float, list[str]]] = [(span.start_s, [])]
    for time_s, text in pieces:
        if time_s is not None:
            gathered.append((min(max(time_s, gathered[-1][0]), span.end_s), []))
        gathered[-1][1].append(text)
    for (start_s, texts), (end_s, _) in zip(gathered, [*gathered[1:], (span.end_s, [])], strict=True):
        yield "".join(texts), start_s, end_s


def place_words(text: str, words: Sequence[Word]) -> list[int | None]:
    """Where each word begins in `text`, in order; None for one that is not found near behind the word before it."""
    places: list[int | None] = []
    position = 0
    folded = _fold(text)
    for word in words:
        place = _place(folded, _fold(word.text), position)
        places.append(place)
        position = position if place is None else place + len(word.text)
    return places


def _fold(text: str) -> str:
    """Lower case, where that keeps the length."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _place(text: str, word: str, position: int) -> int | None:
    """The next place of `word` that is not within another; else right at `position`, as a part of a word."""
    last = position + _SEARCHED + len(word)
    place = text.find(word, position, last)
    first = place
    while place >= 0:
        if _is_apart(text, place) and _is_apart(text, place + len(word)):
            return place
        place = text.find(word, place + 1, last)
    return first if first == position or (first > 0 and text[position:first].isspace()) else None


def _is_apart(text: str, place: int) -> bool:
    """Whether no word runs on over `place`."""
    if not 0 < place < len(text):
        return True
    left, right = text[place - 1], text[place]
    return not (left.isalnum() and right.isalnum()) or is_spaceless(left) or is_spaceless(right)


def mark_times(
    text: str,
    words: Sequence[Word],
    write_time: Callable[[int], str],
    escape: Callable[[str], str],
    within: Span | None = None,
) -> str:
    """`text` with the time of each word before it, and of its end where the next does not begin there.

    Times at the edges of `within` and outside it are left out, since the cue itself tells them.
    """
    marked: list[str] = []
    position = 0
    bounds = (-1, None) if within is None else (milliseconds(within.start_s), milliseconds(within.end_s))

    def mark(time_ms: int) -> str:
        return write_time(time_ms) if time_ms > bounds[0] and (bounds[1] is None or time_ms < bounds[1]) else ""

    placed = [(place, word) for place, word in zip(place_words(text, words), words, strict=True) if place is not None]
    for at, (place, word) in enumerate(placed):
        end = place + len(word.text)
        end_ms = milliseconds(word.span.end_s)
        marked += [escape(text[position:place]), mark(milliseconds(word.span.start_s)), escape(text[place:end])]
        if at + 1 == len(placed) or milliseconds(placed[at + 1][1].span.start_s) > end_ms:
            marked.append(mark(end_ms))
        position = end
    return "".join([*marked, escape(text[position:])])


def group_words(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words in order of time as utterances: cut at pauses, at sentence ends with a breath, and after 15 s."""
    groups: list[list[Word]] = []
    for word in words:
        if groups:
            last = groups[-1][-1]
            pause_s = word.span.start_s - last.span.end_s
            is_end = last.text.rstrip("\"'”’»)」』").endswith(_SENTENCE_ENDS)
            is_long = word.span.end_s - groups[-1][0].span.start_s > _LONGEST_S
            if pause_s < (_BREATH_S if is_end else _PAUSE_S) and not is_long:
                groups[-1].append(word)
                continue
        groups.append([word])
    return [tuple(group) for group in groups]


def text_of(words: Sequence[Word]) -> str:
    """The words as a text."""
    return join_words(word.text for word in words)


def span_of(words: Sequence[Word]) -> Span:
    """From the first word's start to the last end; `words` are in order and not none."""
    return Span(words[0].span.start_s, max(word.span.end_s for word in words))
