"""Turns a query in any language into English words.

Owns the choice of language by votes, the order in which a word is looked for, and what is called unknown. English
passes unchanged: a word of the English list that other languages also have ("pan", "motor", "chat") is theirs only
where the words around it are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sonotheque.models.lexicon.entries import (
    MOST_CHARACTERS,
    MOST_WORDS,
    Language,
    read_english,
    read_languages,
    read_symbols,
)
from sonotheque.models.lexicon.folding import Piece, has_kana, scripts_of, split_pieces
from sonotheque.models.lexicon.inflection import find_english
from sonotheque.models.lexicon.segmentation import segment_run

_WEAK_VOTE = 0.5
_FIRST_EMOJI, _SKIN_TONES = 0x1F300, range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Translation:
    """English `text` for a text tower, what could not be read (as spelled), and the codes of languages met, in order.

    Words that add nothing ("the sound of" in another language) are left out of both. A query that is all English has
    its own text and the languages `("en",)`.
    """

    text: str
    unknown: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one piece, or several words together, came to: English words, or None where nothing is known of it."""

    spelling: str
    english: str | None
    language: str


@dataclass(frozen=True, slots=True)
class _Vote:
    """Evidence of one word: for English, for others. A shared word has none and waits for its neighbours."""

    english: float = 0.0
    other: float = 0.0
    shared: bool = False


class Lexicon:
    """All languages. Immutable; one instance may be shared by threads."""

    def __init__(
        self, languages: Sequence[Language], english: Collection[str], symbols: dict[str, str] | None = None
    ) -> None:
        self.languages, self._english, self._symbols = tuple(languages), english, symbols or {}

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> Lexicon:
        """The lexicon of the package, read once."""
        return cls(read_languages(), read_english(), dict(read_symbols()))

    def translate(self, text: str, vocabulary: Collection[str] = frozenset()) -> Translation:
        """`text` as English words. Words of `vocabulary` stay as they are where no language has them. Never raises."""
        pieces = split_pieces(text)
        if all(piece.spelling.isascii() and (piece.kind == "symbol" or self._has_english(piece)) for piece in pieces):
            return Translation(text, (), ("en",) if pieces else ())
        ranked = self._rank_languages(pieces)
        votes = [_vote(piece, ranked, self._has_english(piece), vocabulary) for piece in pieces]
        is_latin = all(piece.kind == "symbol" or _is_latin(piece) for piece in pieces)
        is_mixed = any(vote.other and not vote.shared for vote in votes)
        if is_latin and not is_mixed and any(vote.english >= 1.0 for vote in votes):
            ranked = []  # nothing here is a word of another language alone
        readings: list[_Reading] = []
        at = 0
        while at < len(pieces):
            found, n_pieces = self._read(pieces, at, ranked, votes, vocabulary)
            readings += found
            at += n_pieces
        return _assemble(text, readings)

    def _read(
        self, pieces: Sequence[Piece], at: int, ranked: Sequence[Language], votes: Sequence[_Vote],
        vocabulary: Collection[str],
    ) -> tuple[list[_Reading], int]:  # fmt: skip
        piece = pieces[at]
        if piece.kind == "symbol":
            return self._read_symbol(piece), 1
        if piece.kind == "run":
            return self._read_run(piece, ranked, has_kana("".join(other.spelling for other in pieces))), 1
        for n_words in range(_n_joined(pieces, at), 0, -1):
            key = " ".join(other.folded for other in pieces[at : at + n_words])
            owner = next((language for language in ranked if key in language.glosses), None)
            if owner is not None and not self._stays_english(pieces, at, n_words, votes, owner.glosses[key]):
                spelling = " ".join(other.spelling for other in pieces[at : at + n_words])
                return [_Reading(spelling, owner.glosses[key], owner.code)], n_words
        return [self._read_word(piece, ranked, votes, vocabulary)], 1

    def _read_word(
        self, piece: Piece, ranked: Sequence[Language], votes: Sequence[_Vote], vocabulary: Collection[str]
    ) -> _Reading:
        word = piece.folded
        as_typed = piece.spelling if piece.spelling.isascii() else word
        if self._has_english(piece):
            return _Reading(piece.spelling, as_typed, "en")
        is_foreign = sum(vote.other for vote in votes) > 0.0
        speaks_english = sum(vote.english for vote in votes) > 0.0

        def read_form() -> _Reading | None:
            forms = ((language.stems.find(word), language.code) for language in ranked)
            return next((_Reading(piece.spelling, gloss, code) for gloss, code in forms if gloss), None)

        def read_whole() -> _Reading | None:
            return _Reading(piece.spelling, as_typed, "en") if word in vocabulary else None

        def read_english_form() -> _Reading | None:
            form = find_english(word, self._english)
            return _Reading(piece.spelling, form, "en") if form is not None else None

        ways: list[Callable[[], _Reading | None]] = [read_whole, read_form, read_english_form]
        if is_foreign:
            ways = [read_form, read_whole, read_english_form]
        elif speaks_english:
            ways = [read_whole, read_english_form, read_form]
        found = (way() for way in ways)
        return next((reading for reading in found if reading), _Reading(piece.spelling, None, ""))

    def _read_run(self, piece: Piece, ranked: Sequence[Language], japanese: bool) -> list[_Reading]:
        ordered = sorted(ranked, key=lambda language: language.code != ("ja" if japanese else "zh"))
        parts = segment_run(
            piece.folded, lambda word: any(word in language.glosses for language in ordered), MOST_CHARACTERS
        )
        own = piece.spelling if len(piece.spelling) == len(piece.folded) else piece.folded
        readings = []
        for start, end, listed in _join_unknown(parts):
            word = piece.folded[start:end]
            owner = next((language for language in ordered if word in language.glosses), None) if listed else None
            readings.append(
                _Reading(own[start:end], owner.glosses[word] if owner else None, owner.code if owner else "")
            )
        return readings

    def _read_symbol(self, piece: Piece) -> list[_Reading]:
        gloss = self._symbols.get(piece.folded)
        if gloss is not None:
            return [_Reading(piece.spelling, gloss, "symbols")]
        is_emoji = ord(piece.folded) >= _FIRST_EMOJI and ord(piece.folded) not in _SKIN_TONES
        return [_Reading(piece.spelling, None, "")] if is_emoji and ord(piece.folded) < 0x20000 else []

    def _has_english(self, piece: Piece) -> bool:
        return piece.folded in self._english or piece.folded.isdecimal()

    def _stays_english(
        self, pieces: Sequence[Piece], at: int, n_words: int, votes: Sequence[_Vote], gloss: str
    ) -> bool:
        """Whether words that English has too are English here: near votes weigh more, and English wins ties.

        Their own votes count only where they mean something: "la" alone is no Spanish query, "casa" is.
        """
        own = votes[at : at + n_words]
        both = zip(pieces[at : at + n_words], own, strict=True)
        if not all(vote.shared or self._has_english(piece) for piece, vote in both):
            return False
        english, other = 0.0, sum(vote.other for vote in own) if gloss else 0.0
        for place, vote in enumerate(votes):
            if not at <= place < at + n_words:
                distance = at - place if place < at else place - (at + n_words - 1)
                english, other = english + vote.english / distance, other + vote.other / distance
        return english >= other

    def _rank_languages(self, pieces: Sequence[Piece]) -> list[Language]:
        """Languages by how many words they cover that English has not, then by how many in all."""

        def covered(language: Language) -> tuple[int, int]:
            own = both = at = 0
            while at < len(pieces):
                n_words = next(
                    (
                        n
                        for n in range(_n_joined(pieces, at), 0, -1)
                        if " ".join(piece.folded for piece in pieces[at : at + n]) in language.glosses
                    ),
                    0,
                )
                words = pieces[at : at + n_words]
                both += n_words
                own += sum(piece.folded not in self._english for piece in words)
                at += max(1, n_words)
            return -own, -both

        foreign = (piece for piece in pieces if not self._has_english(piece))
        scripts = {script for piece in foreign for script in scripts_of(piece.folded)}
        used = [language for language in self.languages if language.script is None or language.script in scripts]
        return sorted(used, key=covered)


def _vote(piece: Piece, languages: Sequence[Language], has_english: bool, vocabulary: Collection[str]) -> _Vote:
    """A word that a large English vocabulary happens to hold ("la", "casa") is taken as shared, with half a vote.

    Words in other scripts have no vote: "狗 pan" speaks neither for Spanish nor against English.
    """
    is_listed = any(piece.folded in language.glosses for language in languages)
    if has_english:
        return _Vote(shared=True) if is_listed else _Vote(english=1.0)
    if not _is_latin(piece):
        return _Vote()
    if not is_listed:
        return _Vote(english=_WEAK_VOTE) if piece.folded in vocabulary else _Vote()
    return _Vote(other=_WEAK_VOTE, shared=True) if piece.folded in vocabulary else _Vote(other=1.0)


def _is_latin(piece: Piece) -> bool:
    return piece.kind == "word" and scripts_of(piece.folded) <= {"LATIN"}


def _join_unknown(parts: Sequence[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    """Parts of a run, where one listed character between unknown ones belongs to them: it is a syllable by chance."""
    joined: list[tuple[int, int, bool]] = []
    for place, (start, end, listed) in enumerate(parts):
        if joined and not joined[-1][2]:
            is_between = listed and end - start == 1 and place + 1 < len(parts) and not parts[place + 1][2]
            if is_between or not listed:
                joined[-1] = (joined[-1][0], end, False)
                continue
        joined.append((start, end, listed))
    return joined


def _n_joined(pieces: Sequence[Piece], at: int) -> int:
    """How many words from `at` on no comma parts, at most as many as the longest entry has."""
    n_words = 0
    while (
        n_words < MOST_WORDS
        and at + n_words < len(pieces)
        and pieces[at + n_words].kind == "word"
        and (n_words == 0 or pieces[at + n_words].joined)
    ):
        n_words += 1
    return n_words


def _assemble(text: str, readings: Sequence[_Reading]) -> Translation:
    unknown = tuple(reading.spelling for reading in readings if reading.english is None)
    languages = tuple(
        dict.fromkeys(reading.language for reading in readings if reading.language not in {"", "symbols"})
    )
    if all(reading.english == reading.spelling for reading in readings):
        return Translation(text, (), languages)
    return Translation(" ".join(reading.english for reading in readings if reading.english), unknown, languages)
