"""The typed reading of a query: clauses to be answered one by one, and filters."""

from __future__ import annotations

from dataclasses import dataclass

from sonotheque.errors import BadInputError
from sonotheque.values.embedding import Embedding
from sonotheque.values.query import Filters


@dataclass(frozen=True, slots=True)
class SoundClause:
    """Sounds like this vector. `weight` is its share among the sound clauses; `said` is what the person gave."""

    vector: Embedding
    kind: str
    said: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in ("text", "audio"):
            raise BadInputError(f"A sound clause comes from text or audio, not {self.kind!r}.")
        if self.weight < 0:
            raise BadInputError(f"A clause's weight can't be negative: {self.weight:g}.")


@dataclass(frozen=True, slots=True)
class NameClause:
    """Named like this: file names, folders and container tags."""

    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be looked for, among which recordings, and how many answers are wanted."""

    sounds: tuple[SoundClause, ...]
    names: tuple[NameClause, ...]
    filters: Filters
    k: int
    min_score: float = 0.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.sounds and not self.names:
            raise BadInputError("A plan needs at least one clause.")
