"""Keeps the measuring wordings out of what is trained on.

Owns the comparison: a text is held back when it contains every content word of a wording.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

FUNCTION_WORDS = frozenset(
    "a an the of in on at to and with for from by is are being my your out into off up down s his her its it".split()
)


def content_words(text: str) -> frozenset[str]:
    """Lower-case words of `text` without function words."""
    return frozenset(re.findall(r"[^\W_]+", text.lower())) - FUNCTION_WORDS


class WordingGuard:
    """Tells whether a training text gives a measuring wording away."""

    def __init__(self, wordings: Iterable[str]) -> None:
        self._wordings = [words for words in map(content_words, wordings) if words]

    @classmethod
    def from_data(cls, data: Path) -> WordingGuard:
        """The guard for `data/text/wordings.csv`; holds nothing back where that file is absent."""
        path = data / "text" / "wordings.csv"
        if not path.is_file():
            return cls([])
        with path.open(encoding="utf-8", newline="") as lines:
            return cls([row["wording"] for row in csv.DictReader(lines)])

    def holds_back(self, text: str) -> bool:
        """Whether `text` has all content words of some wording."""
        words = content_words(text)
        return any(wording <= words for wording in self._wordings)
