"""WordPiece tokenising as BERT's uncased models do it.

Owns normalisation (lower case, accents off, CJK characters apart), splitting at space and punctuation, and greedy
longest-match pieces (Devlin et al. 2019; Schuster and Nakajima 2012). Knows nothing of vectors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_MAX_WORD_CHARACTERS = 100
_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+|[^\w\s]|_")


def normalise(text: str) -> str:
    """Lower case without accents or control characters."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cc", "Cf", "Co", "Cs") or c in "\t\n\r")


def split_words(text: str) -> list[str]:
    """Words, single CJK characters and single punctuation marks, in order."""
    return _WORD.findall(normalise(text))


class WordPiece:
    """Tokenises with a vocabulary; `[UNK]` words give no token."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._ids: Mapping[str, int] = {token: row for row, token in enumerate(vocabulary)}

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
