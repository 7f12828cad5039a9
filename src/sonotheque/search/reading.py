"""Reads a query into a plan.

Owns the step from what the person gave to vectors and clauses. Decoding an example is the caller's, handed in, because
a clip someone gives may be as bad as any other file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sonotheque.errors import BadInputError
from sonotheque.models.roles import Embedder
from sonotheque.values.plan import NameClause, Plan, SoundClause
from sonotheque.values.query import Example, Query
from sonotheque.values.waveform import Waveform


class Said(NamedTuple):
    """The clauses that words became, and what the reader should know of that."""

    clauses: tuple[SoundClause, ...] = ()
    notes: tuple[str, ...] = ()


def _nothing_taught(text: str, share: float) -> Said:  # noqa: ARG001 - the signature of what finds taught labels
    return Said()


def read_query(
    query: Query,
    embedder: Embedder,
    load_clip: Callable[[Example], Waveform],
    find_taught: Callable[[str, float], Said] = _nothing_taught,
) -> Plan:
    """The plan for `query`. Raises `BadInputError` where nothing of it can be searched for.

    `find_taught` gives the clause, of the share given, that takes the place of the words where they are a taught label.
    """
    if query.like and "sound" not in query.evidence:
        raise BadInputError("An example is compared by its sound.", next_step="Allow sound as evidence.")
    text_share = 0.0 if query.text is None else 1.0 - query.like_weight if query.like else 1.0
    names = (NameClause(query.text),) if query.text is not None and "name" in query.evidence else ()
    has_more = bool(names) or (bool(query.like) and text_share < 1.0)
    said = _read_taught(query, text_share, find_taught)
    if not said.clauses:
        words = _read_text(query, embedder, text_share, has_more)
        said = Said(words.clauses, said.notes + words.notes)
    examples = _read_examples(query, embedder, load_clip, 1.0 - text_share)
    return Plan((*said.clauses, *examples), names, query.filters, query.k, query.min_score, said.notes)


def _read_taught(query: Query, share: float, find_taught: Callable[[str, float], Said]) -> Said:
    if query.text is None or "sound" not in query.evidence or share == 0.0:
        return Said()
    return find_taught(query.text, share)


def _read_text(query: Query, embedder: Embedder, share: float, has_more: bool) -> Said:
    """The clause for the words, and what the reader should know of them; without `has_more` they must be known."""
    if query.text is None or "sound" not in query.evidence or share == 0.0:
        return Said()
    unknown = embedder.unknown_words(query.text)
    notes = (f"The sound model does not know {_quoted(unknown)}.",) if unknown else ()
    try:
        return Said((SoundClause(embedder.embed_text(query.text), "text", query.text, share),), notes)
    except BadInputError:
        if not has_more:
            raise
        return Said((), notes or (f"The sound model can't read {_quoted([query.text])}.",))


def _read_examples(
    query: Query, embedder: Embedder, load_clip: Callable[[Example], Waveform], share: float
) -> tuple[SoundClause, ...]:
    if share == 0.0:
        return ()
    each = share / max(1, len(query.like))
    return tuple(
        SoundClause(embedder.embed_audio(load_clip(example)), "audio", str(example), each) for example in query.like
    )


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in dict.fromkeys(words))
