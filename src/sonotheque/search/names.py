"""Finds recordings by what they are called.

Owns which words of a query are looked up, and how sure a matched name makes: a word in the file's own name counts most,
then tags, the folder it lies in, and folders further up; a word that is only the beginning of a longer one counts half.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import Ids, PlacedRecording
from sonotheque.store.words import Word, query_words, split_words
from sonotheque.values.plan import Plan

FULL_MATCH = 0.9
_WORTH = {"name": 1.0, "tag": 0.85, "folder": 0.75, "path": 0.5}
_BEGINNING_WORTH = 0.5
_MIN_BEGINNING = 3
_MIN_MATCHES = 20
_MAX_TAG_CHARACTERS = 4000
_FUNCTION_WORDS = frozenset(
    # English, with what people wrap around the thing they look for
    "a an and are at be by for from in into is it its of off on or that the this to was with "
    "someone somebody something sound noise recording audio clip "
    # articles, prepositions and conjunctions of languages that name files often
    "de del la el los las un una y en con le les des du et au aux une dans avec der die das den dem ein eine und im "
    "mit auf il lo gli di da e o os as do dos".split()
)


@dataclass(frozen=True, slots=True)
class NameFinding:
    """A recording whose name, tags or folders hold words of the query."""

    recording_id: int
    score: float
    detail: str


@dataclass(frozen=True, slots=True)
class Names:
    """Findings, best first, and every recording that was looked at."""

    findings: tuple[NameFinding, ...]
    placed: Mapping[int, PlacedRecording]


def find_names(catalogue: Catalogue, plan: Plan, allowed: Ids | None, heard: Iterable[int] = ()) -> Names:
    """Recordings for the name clauses, best first; the score is at most 0.9, for a name that holds every word.

    The names of recordings that were `heard` (ids) are judged too: where a thousand names fit equally well, only a few
    of them are looked up, and those that also sound right must not lose by it.
    """
    asked = [content_words(clause.words) for clause in plan.names]
    n = max(_MIN_MATCHES, 2 * plan.k)
    matches = [match for words in asked for match in catalogue.search_names(" ".join(map(_plain, words)), n, allowed)]
    # In the order of BM25F, which stays the order of those that fit equally well.
    candidates = dict.fromkeys([*(match.recording_id for match in matches), *heard])
    placed = catalogue.recordings_by_ids(candidates)
    judged = [judge_name(placed[row], words) for words in asked for row in candidates if row in placed]
    best: dict[int, NameFinding] = {}
    for finding in judged:
        if finding is not None and (
            finding.recording_id not in best or finding.score > best[finding.recording_id].score
        ):
            best[finding.recording_id] = finding
    return Names(tuple(sorted(best.values(), key=lambda finding: -finding.score)), placed)


def content_words(text: str) -> list[Word]:
    """Distinct words of a query that say something, in order; all of them where none does."""
    words = query_words(text)
    return [word for word in words if word.text not in _FUNCTION_WORDS] or words


def judge_name(placed: PlacedRecording, words: Sequence[Word]) -> NameFinding | None:
    """How well one recording's best-named copy fits: 0.9 times the mean worth of the words. None where no word fits."""
    best: NameFinding | None = None
    for display in placed.displays:
        total, held = 0.0, dict[str, list[str]]()
        places = dict(_places(display, placed.recording.tags))
        for word in words:
            worth, column = _best_place(word, places)
            if worth > 0.0:
                total += worth
                held.setdefault(column, []).append(_plain(word))
        score = FULL_MATCH * total / max(1, len(words))
        if held and (best is None or score > best.score):
            detail = "; ".join(f"{column}: {', '.join(found)}" for column, found in held.items())
            best = NameFinding(placed.id, score, detail)
    return best


def _best_place(word: Word, places: Mapping[str, Callable[[], str]]) -> tuple[float, str]:
    best, best_column = 0.0, ""
    for column, read in places.items():  # from the worthiest on; the rest are not even split into words
        if _WORTH[column] <= best:
            break
        worth = _WORTH[column] * _fit(word, read())
        if worth > best:
            best, best_column = worth, column
    return best, best_column


def _places(display: str, tags: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], str]]]:
    """What stands where, the worthiest place first, to be split into words when it is looked at."""
    folders, _, name = display.rpartition("/")
    farther, _, parent = folders.rpartition("/")
    yield "name", functools.partial(_padded_words, name.rpartition(".")[0] or name)
    if tags:
        yield "tag", functools.partial(_padded_words, " ".join(tags.values())[:_MAX_TAG_CHARACTERS])
    yield "folder", functools.partial(_padded_words, parent)
    yield "path", functools.partial(_padded_words, farther)


@functools.lru_cache(maxsize=1024)
def _padded_words(text: str) -> str:
    """The folded words of a text with a space before and after each."""
    return f" {' '.join(split_words(text, joined=True))} "


def _fit(word: Word, text: str) -> float:
    """1 for the word itself or its plural, half for a longer word that begins with it, else 0."""
    if word.beginning not in text:
        return 0.0
    if word.whole in text or word.plural in text:
        return 1.0
    return 0.0 if word.is_phrase or len(word.text) < _MIN_BEGINNING else _BEGINNING_WORTH


def _plain(word: Word) -> str:
    return word.text.replace(" ", "") if word.is_phrase else word.text
