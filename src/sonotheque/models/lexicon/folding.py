"""Spelling: what is taken as equal, and where a text falls into pieces.

Owns folding (compatibility forms, case, accents, vowel marks, kinds of kana and alef) and the cutting of a text into
words, runs of scripts without spaces, and symbols. Knows no language.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "run", "symbol"]

_HAN = "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_SOUTHEAST_ASIAN = "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd"
_WORD_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c2\u05c4-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u200c\u200d"
)
_DROPPED = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u093c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]+"
)
_LETTERS = {  # letters that no decomposition makes plain
    "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h",
    "ة": "ه", "ى": "ي", "ٱ": "ا", "ک": "ك", "ی": "ي", "ँ": "ं",
}  # fmt: skip
_LETTER = re.compile("[" + "".join(_LETTERS) + "]")
_KATAKANA = re.compile("[\u30a1-\u30f6]")
_PIECE = re.compile(
    f"(?P<run>[{_HAN}{_KANA}]+|[{_SOUTHEAST_ASIAN}]+)"
    f"|(?P<word>(?:[^\\W_{_HAN}{_KANA}{_SOUTHEAST_ASIAN}]|[{_WORD_MARKS}])+)"
    "|(?P<symbol>[^\\w\\s])"
)
_JOINT = re.compile("[ \t\u00a0'’ʼ`´‐‑-]*")


def fold(text: str) -> str:
    """`text` with the differences taken out that people do not type reliably. Keeps lines and spaces as they are.

    Compatibility forms (NFKC) and case; Latin, Greek and Cyrillic accents (й stays a letter of its own); Arabic vowel
    marks, tatweel and alef forms; Hebrew points; nukta; katakana becomes hiragana. Idempotent.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = unicodedata.normalize("NFD", text).replace("и\u0306", "й")
    text = _LETTER.sub(lambda found: _LETTERS[found[0]], _DROPPED.sub("", text))
    text = unicodedata.normalize("NFC", text)
    return _KATAKANA.sub(lambda found: chr(ord(found[0]) - 0x60), text)


def has_kana(text: str) -> bool:
    """Whether `text` holds kana, and so is Japanese where it also holds Han characters."""
    return re.search(f"[{_KANA}]", text) is not None


def scripts_of(word: str) -> set[str]:
    """The scripts of a word's letters, as the names of Unicode characters begin: `LATIN`, `HANGUL`, `CJK` ..."""
    return {unicodedata.name(char, "").partition(" ")[0] for char in word if char.isalpha()}


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a text as its author spelled it and as it is looked up; `joined` says that no comma comes before."""

    kind: Kind
    spelling: str
    folded: str
    joined: bool


def split_pieces(text: str) -> list[Piece]:
    """Words, runs without spaces and single symbols of `text`, in order. Hyphens and apostrophes part words."""
    pieces, end = [], 0
    for found in _PIECE.finditer(text):
        kind = found.lastgroup
        folded = fold(found[0]) if kind != "symbol" else found[0]
        joined = _JOINT.fullmatch(text, end, found.start()) is not None
        if kind == "symbol" and _JOINT.fullmatch(found[0]):
            continue
        if folded:
            pieces.append(Piece(kind, found[0], folded, joined))  # type: ignore[arg-type]  # the groups are the kinds
            end = found.end()
    return pieces
