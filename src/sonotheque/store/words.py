"""Words of names and queries.

Owns how a text is split into words and folded, the same for what is indexed and what is asked. Knows no database.

Words are folded (compatibility forms, case, accents) and split at anything that is not a letter or digit, between
letters and digits, and in CamelCase; the joined form of a split word is indexed too, so `DogBark01` answers to "dog",
"bark", "01" and "dogbark01". Scripts written without spaces become single characters, asked for as phrases.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Mapping

MAX_QUERY_WORDS = 16

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLITS = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")


class Word:
    """One word asked for: its folded form, whether it is a phrase of single characters, and what to look for."""

    __slots__ = ("beginning", "exact", "is_phrase", "plural", "prefixed", "text", "whole")

    def __init__(self, text: str, *, is_phrase: bool = False) -> None:
        self.text, self.is_phrase = text, is_phrase
        # Full-text expressions: for the word itself, and for longer words that begin so. Anything is safe in quotes.
        self.exact = '"' + text.replace('"', '""') + '"'
        self.prefixed = self.exact if is_phrase or len(text) < 3 else self.exact + "*"
        # What stands in an indexed text that has a space before and after each word.
        self.beginning, self.whole, self.plural = f" {text}", f" {text} ", f" {text}s "

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Word) and (self.text, self.is_phrase) == (other.text, other.is_phrase)

    def __hash__(self) -> int:
        return hash((self.text, self.is_phrase))

    def __repr__(self) -> str:
        return f"Word({self.text!r}, is_phrase={self.is_phrase})"


def fold(text: str) -> str:
    """`text` without case, accents and compatibility forms."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", _strip_accents(text.casefold()))


def split_words(text: str, *, joined: bool = False) -> list[str]:
    """The folded words of `text` in order; characters of scripts without spaces stand alone.

    With `joined`, a word that was split is followed by its whole, folded form.
    """
    return [word for run in _runs(text) for word in _split_run(run, joined)]


def query_words(text: str) -> list[Word]:
    """The distinct words that a query asks for, the first `MAX_QUERY_WORDS` of them."""
    words: dict[Word, None] = {}
    for run in _runs(text):
        if _is_spaceless(run):
            words[Word(" ".join(_split_run(run, False)), is_phrase=True)] = None
        else:
            words.update(dict.fromkeys(Word(_singular(piece)) for piece in _split_run(run, False)))
    return list(words)[:MAX_QUERY_WORDS]


def index_text(display: str, tags: Mapping[str, str]) -> tuple[str, str, str]:
    """What the index holds of a file: the words of its name (without suffix), of its folders, and of its tags."""
    folders, _, name = display.rpartition("/")
    stem = name.rpartition(".")[0] or name
    values = " ".join(str(value) for value in tags.values())[:4000]
    return (" ".join(split_words(stem, joined=True)), _folder_text(folders), " ".join(split_words(values)))


@functools.lru_cache(maxsize=256)
def _folder_text(folders: str) -> str:
    return " ".join(split_words(folders, joined=True))


def _runs(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text)
    return _any_word().findall(unicodedata.normalize("NFKC", text))


@functools.cache
def _spaceless() -> str:
    """Characters of Chinese, Japanese and Korean, as members of a regular expression's class."""
    kana_and_marks = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    return kana_and_marks + "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"


@functools.cache
def _any_word() -> re.Pattern[str]:
    # Compiled when first needed: so wide a class takes 20 ms, which a search in plain letters need not wait for.
    # The signs belong to the letter before them, but `\w` leaves them out: accents, points, vowel signs.
    signs = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0980-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd"
    return re.compile(rf"[{_spaceless()}]+|(?:(?![{_spaceless()}_])[\w{signs}])+")


@functools.cache
def _spaceless_start() -> re.Pattern[str]:
    return re.compile(rf"[{_spaceless()}]")


def _is_spaceless(run: str) -> bool:
    return not run.isascii() and _spaceless_start().match(run) is not None


def _split_run(run: str, joined: bool) -> list[str]:
    if _is_spaceless(run):
        return list(run)
    plain = run if run.isascii() else unicodedata.normalize("NFKC", _strip_accents(run))
    pieces = [fold(piece) for camel in _split_camel(plain) for piece in _SPLITS.split(camel)]
    pieces = [word for piece in pieces for word in piece.split()]
    if joined and len(pieces) > 1:
        pieces.append("".join(pieces))
    return pieces


def _strip_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _split_camel(run: str) -> list[str]:
    if run.isascii():
        return _CAMEL.split(run)
    shapes = "".join("a" if char.islower() else "A" if char.isupper() else "-" for char in run)
    ends = [match.start() for match in _CAMEL.finditer(shapes)]
    return [run[low:high] for low, high in itertools.pairwise([0, *ends, len(run)])]


def _singular(word: str) -> str:
    """A plural asks for its singular: "dogs" must find `dog`, and as the beginning of a word it still finds `dogs`."""
    return word[:-1] if len(word) >= 4 and word.isascii() and word.endswith("s") and not word.endswith("ss") else word
