"""What people type for sounds: the concepts of the language files.

Owns reading `language/*.txt`, one concept a line with the phrases written for it. Knows nothing of tables and audio.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from sonotheque.training.wording_guard import WordingGuard

EVERYDAY, WIDER = "everyday.txt", "wider.txt"
"""The fifty classes of ESC-50, and the many sounds beyond them."""
_NATURAL_WORDS, _ASKED_FROM, _ASKED_EVERY = 3, 5, 12


@cache
def read_concepts(*names: str) -> Mapping[str, tuple[str, ...]]:
    """Concept to its phrases, its own name first, from the named files (all of them where none is named)."""
    concepts: dict[str, list[str]] = {}
    for name in names or (EVERYDAY, WIDER):
        for concept, phrases in _lines(name):
            concepts.setdefault(concept, [concept]).extend(phrases)
    return {concept: tuple(dict.fromkeys(phrases)) for concept, phrases in concepts.items()}


def trained_concepts(data: Path) -> dict[str, tuple[str, ...]]:
    """All concepts without the phrases that the wording guard holds back or that the calibration asks with."""
    guard, asked = WordingGuard.from_data(data), frozenset(phrase for _, phrase in calibration_phrases())
    concepts = {}
    for concept, phrases in read_concepts().items():
        kept = tuple(phrase for phrase in phrases if phrase not in asked and not guard.holds_back(phrase))
        if kept:
            concepts[concept] = kept
    return concepts


def calibration_phrases() -> list[tuple[str, str]]:
    """(label, phrase) pairs of the fifty classes that are never learned from, so that chances can be fitted on them."""
    pairs = []
    for label, phrases in read_concepts(EVERYDAY).items():
        natural = [phrase for phrase in phrases if len(phrase.split()) >= _NATURAL_WORDS]
        pairs += [(label, phrase) for phrase in natural[_ASKED_FROM::_ASKED_EVERY]]
    return pairs


def _lines(name: str) -> Iterator[tuple[str, list[str]]]:
    text = resources.files("sonotheque.training").joinpath("language", name).read_text(encoding="utf-8")
    for line in text.splitlines():
        concept, bar, rest = line.partition("|")
        if bar and not line.startswith("#"):
            yield concept.strip(), [phrase.strip() for phrase in rest.split(";") if phrase.strip()]
