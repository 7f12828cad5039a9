"""What a person asks."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sonotheque.errors import BadInputError
from sonotheque.values.span import Span

EvidenceKind = Literal["sound", "name"]
EVIDENCE_KINDS: tuple[EvidenceKind, ...] = ("sound", "name")
MAX_K = 10_000


@dataclass(frozen=True, slots=True)
class Example:
    """A clip to search by: a file, or a span of it."""

    path: Path
    span: Span | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(os.fspath(self.path)))

    def __str__(self) -> str:
        return f"{self.path}@{self.span}" if self.span is not None else str(self.path)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a recording must be to be considered at all; None asks nothing.

    `path` is a glob over displayed paths. Dates are aware times, `[after, before)`. `label` is a user's label.
    """

    path: str | None = None
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    after: dt.datetime | None = None
    before: dt.datetime | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        low, high = self.min_duration_s, self.max_duration_s
        for bound in (low, high):
            if bound is not None and not bound >= 0:
                raise BadInputError(f"A duration is a number of seconds from 0 on, not {bound:g}.")
        if low is not None and high is not None and low > high:
            raise BadInputError(f"No recording is longer than {low:g} s and shorter than {high:g} s.")
        for date in (self.after, self.before):
            if date is not None and date.tzinfo is None:
                raise BadInputError(f"A date needs its time zone: {date}.")
        if self.after is not None and self.before is not None and self.after >= self.before:
            raise BadInputError(f"No date is after {self.after} and before {self.before}.")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Query:
    """A question: words, clips to resemble, or both, with weights, filters and how many answers.

    `like_weight` in [0, 1] is the share of the examples where words are given too. `min_score` is a chance in [0, 1].
    Raises `BadInputError` for a question that asks nothing and for numbers out of range.
    """

    text: str | None = None
    like: tuple[Example, ...] = ()
    like_weight: float = 0.5
    k: int = 10
    min_score: float = 0.0
    filters: Filters = field(default_factory=Filters)
    evidence: frozenset[EvidenceKind] = frozenset(EVIDENCE_KINDS)

    def __post_init__(self) -> None:
        text = (self.text or "").strip()
        object.__setattr__(self, "text", text or None)
        object.__setattr__(self, "like", tuple(self.like))
        object.__setattr__(self, "evidence", frozenset(self.evidence))
        if not text and not self.like:
            raise BadInputError("There is nothing to search for.", next_step="Give words, a clip with --like, or both.")
        if not isinstance(self.k, int) or not 1 <= self.k <= MAX_K:
            raise BadInputError(f"k must be a whole number between 1 and {MAX_K}, not {self.k}.")
        for name, value in (("like_weight", self.like_weight), ("min_score", self.min_score)):
            if not 0.0 <= value <= 1.0:
                raise BadInputError(f"{name} must lie between 0 and 1, not {value:g}.")
        unknown = sorted(self.evidence - set(EVIDENCE_KINDS))
        if unknown or not self.evidence:
            raise BadInputError(f"Evidence is one or more of {', '.join(EVIDENCE_KINDS)}, not {unknown or 'nothing'}.")
