"""WordPiece tokenising as BERT's uncased models do it.

Owns normalisation (control characters out, accents off, lower case), splitting at spaces, punctuation and CJK
characters, and greedy longest-match pieces (Devlin et al. 2019; Schuster and Nakajima 2012). Knows nothing of vectors.

Two deliberate differences from the reference: a word that the vocabulary can't spell gives no token where the reference
gives `[UNK]`, because a mean over tokens is better without it; and a symbol beside a word (an emoji, an arrow) stands
alone as punctuation does, because the reference would lose the word with it.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Mapping

_MAX_WORD_CHARACTERS = 100
_CJK_RANGES = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
_DROPPED_CATEGORIES = ("Cc", "Cf", "Co", "Cs")


@functools.lru_cache(maxsize=4096)
def _spell(char: str) -> str:
    """What one character becomes: nothing, a space, itself between spaces, or plain lower-case letters."""
    if char in "\t\n\r":
        return " "
    category = unicodedata.category(char)
    if category in _DROPPED_CATEGORIES or char == "\ufffd":
        return ""
    if char.isspace():
        return " "
    plain = "".join(c for c in unicodedata.normalize("NFD", char) if unicodedata.category(c) != "Mn").lower()
    stands_alone = category[0] in "PS" or any(low <= ord(char) <= high for low, high in _CJK_RANGES)
    return f" {plain} " if stands_alone else plain


def split_words(text: str) -> list[str]:
    """Normalised words, single CJK characters, punctuation marks and symbols, in order."""
    return "".join(map(_spell, text)).split()


class WordPiece:
    """Tokenises with a vocabulary, one id a token in order."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._ids: Mapping[str, int] = {token: row for row, token in enumerate(vocabulary)}

    def __len__(self) -> int:
        return len(self._ids)

    def pieces(self, word: str) -> list[int]:
        """Token ids of one normalised word, empty where some part of it is not in the vocabulary."""
        if len(word) > _MAX_WORD_CHARACTERS:
            return []
        ids, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                token = self._ids.get(word[start:end] if start == 0 else "##" + word[start:end])
                if token is not None:
                    ids.append(token)
                    start = end
                    break
            else:
                return []
        return ids

    def encode(self, text: str) -> list[int]:
        """Token ids of a whole text, without special tokens."""
        return [token for word in split_words(text) for token in self.pieces(word)]
