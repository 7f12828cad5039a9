"""Finds recordings by what they are called.

Owns how sure a matched name makes: the share of the query's words that it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import Ids
from sonotheque.values.plan import Plan

_FULL_MATCH = 0.9
_FUNCTION_WORDS = frozenset("a an and at by for from in into is of on or the to with someone something".split())
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class NameFinding:
    """A recording whose name, folders or tags hold words of the query."""

    recording_id: int
    score: float
    detail: str


def find_names(catalogue: Catalogue, plan: Plan, allowed: Ids | None) -> list[NameFinding]:
    """Recordings for the name clauses, best first; the score is at most 0.9, for a name that holds every word."""
    found: dict[int, NameFinding] = {}
    for clause in plan.names:
        wanted = content_words(clause.words)
        for match in catalogue.search_names(" ".join(wanted), max(50, 5 * plan.k), allowed):
            share = min(1.0, len(set(match.words)) / max(1, len(wanted)))
            if match.recording_id not in found:
                detail = f"{match.column}: {', '.join(match.words)}"
                found[match.recording_id] = NameFinding(match.recording_id, _FULL_MATCH * share, detail)
    return sorted(found.values(), key=lambda finding: -finding.score)


def content_words(text: str) -> list[str]:
    """Distinct words of a query that say something, in order; all of them where none does."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))
    return [word for word in words if word not in _FUNCTION_WORDS] or words
