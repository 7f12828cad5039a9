"""Forms of words that the lexicon does not list.

Owns stems (the ending of a word taken off, by language), compounds written as one word, Korean particles, and the same
for English. A form is only accepted where its stem is that of a listed word; nothing is guessed from sound or spelling.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping

from sonotheque.models.lexicon.endings import (
    BEGINNINGS,
    COMPOUNDING,
    ENDINGS,
    ENGLISH_ENDINGS,
    KOREAN_PARTICLES,
    LEAST_STEM,
    LINKS,
    LONGEST_ENDING,
)


def stem(word: str, code: str) -> str:
    """`word` without the longest ending of its language that leaves a stem long enough."""
    endings = ENDINGS.get(code)
    if endings is None:
        return word
    least = LEAST_STEM.get(code, 4 if len(word) > 4 else 3)
    for at in range(max(least, len(word) - LONGEST_ENDING[code]), len(word)):
        if word[at:] in endings:
            return word[:at]
    return word


def _n_shared(one: str, other: str) -> int:
    """How many letters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


class Stems:
    """The single words of one language by stem, and what a form of one of them means."""

    def __init__(self, code: str, glosses: Mapping[str, str]) -> None:
        self._code, self._glosses = code, glosses
        self._sorted = sorted(key for key, gloss in glosses.items() if gloss and " " not in key)
        self._stems: dict[str, str] = {}
        for key in self._sorted:
            self._stems.setdefault(stem(key, code), glosses[key])

    def find(self, word: str) -> str | None:
        """Gloss of a form of a listed word, of a compound of two, or None."""
        if self._code == "ko":
            return self._find_korean(word)
        for form in (word, *self._without_beginning(word)):
            found = self._glosses.get(form) if form != word else None
            found = found or self._stems.get(stem(form, self._code))
            if found:
                return found
        if self._code in COMPOUNDING:
            found = self._find_compound(word)
        return found or self._find_neighbour(word)

    def _without_beginning(self, word: str) -> list[str]:
        return [word.removeprefix(part) for part in BEGINNINGS.get(self._code, ()) if word.startswith(part)]

    def _find_neighbour(self, word: str) -> str | None:
        """A listed word with the same first five letters or more, both endings short."""
        at = bisect_left(self._sorted, word)
        best, gloss = 0, None
        for other in self._sorted[max(0, at - 3) : at + 3]:
            n_same = _n_shared(word, other)
            rest = max(len(word), len(other)) - n_same
            if n_same >= 5 and rest <= 3 and n_same > best and 10 * n_same >= 7 * max(len(word), len(other)):
                best, gloss = n_same, self._glosses[other]
        return gloss

    def _find_compound(self, word: str) -> str | None:
        """Both parts of a word made of two; the most even cut counts."""
        cuts = sorted(range(3, len(word) - 2), key=lambda cut: abs(2 * cut - len(word)))
        for cut in cuts:
            head, tail = self._head(word[:cut]), self._whole(word[cut:])
            if head is not None and tail is not None and (head or tail):
                return f"{head} {tail}".strip()
        return None

    def _head(self, part: str) -> str | None:
        for link in LINKS:
            base = part.removesuffix(link) if part.endswith(link) else ""
            if len(base) >= 3 and base in self._glosses:
                return self._glosses[base]
        return next((self._glosses[part + end] for end in ("e", "en") if part + end in self._glosses), None)

    def _whole(self, part: str) -> str | None:
        found = self._glosses.get(part)
        return found if found is not None else self._stems.get(stem(part, self._code)) if len(part) >= 4 else None

    def _find_korean(self, word: str) -> str | None:
        for particle in KOREAN_PARTICLES:
            base = word.removesuffix(particle)
            if base and base != word and base in self._glosses:
                return self._glosses[base]
        plain = _undo_korean_statement(word)
        if plain != word:
            return self._glosses.get(plain) or self._stems.get(stem(plain, "ko")) or self._cover(plain)
        return self._stems.get(stem(word, "ko")) or self._cover(word)

    def _cover(self, word: str) -> str | None:
        """Glosses of listed words that make up all of `word`, a particle between or after them allowed."""
        covers: list[tuple[int, str] | None] = [(0, "")]
        for end in range(1, len(word) + 1):
            options = []
            for start in range(max(0, end - 8), end):
                before, part = covers[start], word[start:end]
                gloss = self._glosses.get(part, "" if start and part in KOREAN_PARTICLES else None)
                if before is not None and gloss is not None:
                    options.append((before[0] + 1, f"{before[1]} {gloss}".strip()))
            covers.append(min(options, default=None, key=lambda option: option[0]))
        whole = covers[-1]
        return whole[1] or None if whole is not None else None


def _undo_korean_statement(word: str) -> str:
    """A verb that ends a sentence (친다, 칩니다) in the form that stands before a noun (치는), else `word`.

    A Hangul syllable is 0xAC00 + 28 * (19 initials by 21 vowels) + final; of the finals, 4 is n and 17 is b.
    """
    if word.endswith("습니다") and len(word) > 3:
        return word.removesuffix("습니다") + "는"
    for ending, final in (("니다", 17), ("다", 4)):
        base = word.removesuffix(ending)
        if base and base != word and (ord(base[-1]) - 0xAC00) % 28 == final and "가" <= base[-1] <= "힣":
            return f"{base[:-1]}{chr(ord(base[-1]) - final)}는"
    return word


def find_english(word: str, english: Collection[str]) -> str | None:
    """The known English word or pair of words that `word` is a form, a drawl or a compound of, or None."""
    for ending in ENGLISH_ENDINGS:
        base = word.removesuffix(ending)
        if base == word or len(base) < 3:
            continue
        twice = base[:-1] if base[-1] == base[-2] else base
        for form in (base, f"{base}e", twice, f"{base.removesuffix('i')}y"):
            if len(form) >= 3 and form in english:
                return form
    for n_kept in (2, 1):
        short = re.sub(r"(.)\1{2,}", r"\1" * n_kept, word)
        if short != word and len(short) >= 2 and short in english:
            return short
    cuts = sorted(range(3, len(word) - 2), key=lambda cut: abs(2 * cut - len(word)))
    return next((f"{word[:c]} {word[c:]}" for c in cuts if word[:c] in english and word[c:] in english), None)
