"""Reads a query into a plan.

Owns the step from what the person gave to vectors and clauses. Decoding an example is the caller's, handed in, because
a clip someone gives may be as bad as any other file.
"""

from __future__ import annotations

from collections.abc import Callable

from sonotheque.errors import BadInputError
from sonotheque.models.roles import Embedder
from sonotheque.values.plan import NameClause, Plan, SoundClause
from sonotheque.values.query import Example, Query
from sonotheque.values.waveform import Waveform


def read_query(query: Query, embedder: Embedder, load_clip: Callable[[Example], Waveform]) -> Plan:
    """The plan for `query`. Raises `BadInputError` where nothing of it can be searched for."""
    sounds: list[SoundClause] = []
    notes: list[str] = []
    names: tuple[NameClause, ...] = ()
    text_share = 1.0 if not query.like else 1.0 - query.like_weight
    if query.text is not None and "name" in query.evidence:
        names = (NameClause(query.text),)
    if query.text is not None and "sound" in query.evidence:
        unknown = embedder.unknown_words(query.text)
        try:
            sounds.append(SoundClause(embedder.embed_text(query.text), "text", query.text, text_share))
        except BadInputError:
            if not names:
                raise
        if unknown:
            notes.append(f"The sound model does not know {_quoted(unknown)}.")
    if query.like and "sound" not in query.evidence:
        raise BadInputError("An example is compared by its sound.", next_step="Allow sound as evidence.")
    for example in query.like:
        vector = embedder.embed_audio(load_clip(example))
        sounds.append(SoundClause(vector, "audio", str(example), (1.0 - text_share or 1.0) / len(query.like)))
    weighted = tuple(clause for clause in sounds if clause.weight > 0.0)
    return Plan(weighted, names, query.filters, query.k, query.min_score, tuple(notes))


def _quoted(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in dict.fromkeys(words))
