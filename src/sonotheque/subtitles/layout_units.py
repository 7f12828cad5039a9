"""The units of a text between which a subtitle may be cut: words, and single characters of scripts without spaces.

Owns where a text may break, how wide units are, and when each is said. Knows nothing of cues.
"""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sonotheque.subtitles.scripts import NO_END, NO_START, display_width, is_spaceless
from sonotheque.subtitles.timed_words import place_words
from sonotheque.values.span import Span
from sonotheque.values.utterance import Utterance, Word

_BREAKABLE = "[^\\S\u00a0\u202f\u2060]"
_TOKEN = re.compile(f"(?:(?!{_BREAKABLE}).)+", re.DOTALL)
_SENTENCE_ENDS = frozenset(".?!…。？！｡؟।")
_CLAUSE_ENDS = frozenset(",;:、，；：､،؛–—")
_CLOSING = "\"'”’»›)]}」』）】〉》"
_DASHES = ("-", "–", "—", "‐", "−")


@dataclass(frozen=True, slots=True)
class Unit:
    """What is never cut: `text` at `place` in the utterance's text, with a space before it or not.

    `stop` is 2 where a sentence ends with it, 1 where a clause does. `is_turn` marks the first unit of a line that
    begins with a dash, as lines of dialogue do. Times are guesses where the utterance has none for its words.
    """

    text: str
    place: int
    has_space: bool
    is_turn: bool
    width: int
    stop: int
    start_s: float = 0.0
    end_s: float = 0.0


def split_units(utterance: Utterance, max_width: int) -> list[Unit]:
    """The units of an utterance with their times; one wider than `max_width` columns is cut into pieces."""
    text = utterance.text
    pieces = [
        (piece, place) for token in _TOKEN.finditer(text) for piece, place in _split_token(token, max_width) if piece
    ]
    units = []
    for piece, place in _glue(text, pieces, max_width):
        has_space = place > 0 and _is_break(text[place - 1])
        is_turn = (place == 0 or text[place - 1] == "\n") and piece.startswith(_DASHES)
        units.append(Unit(piece, place, has_space, is_turn, max(1, display_width(piece)), _stop(piece)))
    return _timed(units, utterance)


def _split_token(token: re.Match[str], max_width: int) -> Iterator[tuple[str, int]]:
    """A token in pieces: characters of scripts without spaces alone, closing punctuation with what is before it."""
    text, start = token.group(), token.start()
    if text.isascii() and len(text) <= max_width:
        yield text, start
        return
    begin, width = 0, 0
    for at, character in enumerate(text):
        columns = display_width(character)
        last = text[at - 1] if at else ""
        may_break = at > begin and character not in NO_START and last not in NO_END and not _extends(character, last)
        is_between = may_break and (is_spaceless(character) or is_spaceless(last))
        if is_between or (at > begin and width + columns > max_width and not _extends(character, last)):
            yield text[begin:at], start + begin
            begin, width = at, 0
        width += columns
    yield text[begin:], start + begin


def _extends(character: str, last: str) -> bool:
    """Whether it is shown as one with the character before it."""
    return unicodedata.category(character) in {"Mn", "Me", "Mc", "Cf", "Sk"} or last == "\u200d"


def _glue(text: str, pieces: Sequence[tuple[str, int]], max_width: int) -> list[tuple[str, int]]:
    """Pieces of nothing but closing punctuation joined to the one before, opening ones and a dash to the next."""
    glued: list[tuple[str, int]] = []
    is_open = False
    for piece, place in pieces:
        is_closing = all(character in NO_START for character in piece) and place > 0 and text[place - 1] != "\n"
        if glued and (is_open or is_closing):
            begin = glued[-1][1]
            whole = text[begin : place + len(piece)].replace("\n", " ")
        if glued and (is_open or is_closing) and display_width(whole) <= max_width:
            glued[-1] = (whole, begin)
        else:
            glued.append((piece, place))
        starts_line = place == 0 or text[place - 1] == "\n"
        is_open = all(character in NO_END for character in piece) or (starts_line and piece in _DASHES)
    return glued


def _is_break(character: str) -> bool:
    return re.match(_BREAKABLE, character) is not None


def _stop(piece: str) -> int:
    last = piece.rstrip(_CLOSING)[-1:]
    return 2 if last in _SENTENCE_ENDS and last else 1 if last in _CLAUSE_ENDS and last else 0


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A word that was found in the text: where it begins and ends there, and when it is said."""

    begin: int
    end: int
    start_s: float
    end_s: float


def _timed(units: Sequence[Unit], utterance: Utterance) -> list[Unit]:
    """The units with times: those of their words, and between them in proportion to the length of the text."""
    anchors = _anchors(utterance.text, utterance.words, utterance.span)
    begins = [anchor.begin for anchor in anchors]
    timed: list[Unit] = []
    latest_s = 0.0
    for unit in units:
        start_s = _time_at(unit.place, anchors, bisect.bisect_right(begins, unit.place) - 1)
        end = unit.place + len(unit.text)
        end_s = _time_at(end, anchors, bisect.bisect_left(begins, end) - 1)
        start_s = max(start_s, latest_s)
        latest_s = max(start_s, end_s)
        timed.append(replace(unit, start_s=start_s, end_s=latest_s))
    return timed


def _anchors(text: str, words: Sequence[Word], span: Span) -> list[_Anchor]:
    """The words found in the text, between one of no length where the utterance begins and one where it ends."""
    start_s = min([span.start_s, *(word.span.start_s for word in words[:1])])
    anchors = [_Anchor(-1, 0, start_s, start_s)]
    for place, word in zip(place_words(text, words), words, strict=True):
        if place is not None:
            anchors.append(_Anchor(place, place + len(word.text), word.span.start_s, word.span.end_s))
    end_s = max(span.end_s, anchors[-1].end_s)
    return [*anchors, _Anchor(len(text) + 1, len(text) + 2, end_s, end_s)]


def _time_at(place: int, anchors: Sequence[_Anchor], at: int) -> float:
    """When the text at `place` is reached, within anchor `at` or between its end and the next."""
    anchor, following = anchors[at], anchors[at + 1]
    if place < anchor.end:
        begin, end, start_s, end_s = anchor.begin, anchor.end, anchor.start_s, anchor.end_s
    else:
        begin, end, start_s, end_s = anchor.end, following.begin, anchor.end_s, following.start_s
    if at + 2 == len(anchors) and place >= anchor.end:
        end = following.begin - 1
    return start_s + max(0.0, end_s - start_s) * min(1.0, (place - begin) / max(1, end - begin))


def runs_between(units: Sequence[Unit], cuts: Sequence[int]) -> Iterator[Sequence[Unit]]:
    """The stretches of `units` between cuts, which count the units before them; 0 and their number are cuts."""
    for begin, end in itertools.pairwise(cuts):
        yield units[begin:end]
