"""The typed reading of a query: clauses to be answered one by one, and filters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sonotheque.errors import BadInputError
from sonotheque.values.embedding import Embedding
from sonotheque.values.query import Filters
from sonotheque.values.waveform import FloatArray

MOST_CERTAIN = 0.95
"""A handful of examples would not justify a chance nearer to one."""


@dataclass(frozen=True, slots=True)
class ChanceCurve:
    """What a cosine with a vector of its own means: p = 1 / (1 + exp(-(bias + slope * cosine))), at most 0.95."""

    bias: float
    slope: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bias) and 0.0 <= self.slope < math.inf):
            raise BadInputError(f"A chance may not fall while the cosine rises: {self}.")

    def chances(self, cosines: FloatArray) -> FloatArray:
        """Chances (n,) in [0, 1] for cosines (n,)."""
        logit = np.clip(self.bias + self.slope * cosines.astype(np.float64), -40.0, 40.0)
        out: FloatArray = np.minimum(1.0 / (1.0 + np.exp(-logit)), MOST_CERTAIN).astype(np.float32)
        return out


@dataclass(frozen=True, slots=True)
class SoundClause:
    """Sounds like this vector. `weight` is its share among the sound clauses; `said` is what the person gave.

    A vector that was fitted to a taught label brings its own `curve`; what others mean is for the model to say.
    """

    vector: Embedding
    kind: str
    said: str
    weight: float = 1.0
    curve: ChanceCurve | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("text", "audio", "taught"):
            raise BadInputError(f"A sound clause comes from text, audio or a taught label, not {self.kind!r}.")
        if (self.kind == "taught") != (self.curve is not None):
            raise BadInputError("A taught clause, and no other, says itself what its cosines mean.")
        if not 0.0 < self.weight < math.inf:
            raise BadInputError(f"A clause's weight is above zero and finite, not {self.weight:g}.")


@dataclass(frozen=True, slots=True)
class NameClause:
    """Named like this: file names, folders and container tags."""

    words: str

    def __post_init__(self) -> None:
        if not self.words.strip():
            raise BadInputError("A name clause needs words.")


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
        if self.k < 1:
            raise BadInputError(f"A plan wants at least one answer, not {self.k}.")
        if not 0.0 <= self.min_score <= 1.0:
            raise BadInputError(f"min_score must lie between 0 and 1, not {self.min_score:g}.")
        if len({clause.vector.model_id for clause in self.sounds}) > 1:
            raise BadInputError("The sound clauses of a plan come from one model.")
