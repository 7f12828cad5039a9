"""Writing systems: how wide a text is shown, and where words stand without spaces.

Owns display width, the characters between which a line may break anywhere, and the joining of words. Knows no format.

Widths follow Unicode Standard Annex #11 (East Asian Width): wide and fullwidth characters take two columns, marks and
format characters none, ambiguous ones one. Which characters may not begin or end a line follows JIS X 4051 and the
W3C's Requirements for Japanese Text Layout (kinsoku shori).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SPACELESS = re.compile(
    "[\u2e80-\u303f\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffef\U00020000-\U0003ffff]"
)
NO_START = frozenset(
    "!%),.:;?]}¢°’”‰′″℃、。々〉》」』】〕〗〙〛〜〞〟ゝゞ゠・ーヽヾ！％），．：；？］｝｠｡｣､･ﾞﾟ…‥–—»›"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
)
"""Closing punctuation, small kana and marks of prolongation: no line begins with one."""
NO_END = frozenset("([{‘“〈《「『【〔〖〘〚〝（［｛｟｢«‹£¥＄￥￡")
"""Opening punctuation: no line ends with one."""


def display_width(text: str) -> int:
    """Columns that `text` takes in a font of equal widths; a line break takes none."""
    if text.isascii():
        return len(text) - text.count("\n")
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if character == "\n" or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def is_spaceless(character: str) -> bool:
    """Whether it belongs to a script that writes no spaces between words: Han and kana, not Hangul."""
    return _SPACELESS.match(character) is not None


def join_words(words: Iterable[str]) -> str:
    """The words as a text: a space between two of them unless both sides are of a script that writes none."""
    text: list[str] = []
    for word in words:
        if text and word and not (is_spaceless(text[-1][-1]) and is_spaceless(word[0])):
            text.append(" ")
        if word:
            text.append(word)
    return "".join(text)
