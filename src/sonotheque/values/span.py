"""Spans of time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sonotheque.errors import BadInputError


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time `[start_s, end_s)` in seconds from the start of a recording.

    Raises `BadInputError` where the start is negative, either end is not finite, or the end is not after the start.
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise BadInputError(f"A span needs finite times, not {self.start_s} to {self.end_s}.")
        if self.start_s < 0 or self.end_s <= self.start_s:
            raise BadInputError(
                f"A span must start at 0 or later and end after its start, not {self.start_s:g} to {self.end_s:g}."
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def overlap_s(self, other: Span) -> float:
        """Seconds that the two spans share; 0.0 where they only touch or lie apart."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def contains(self, time_s: float) -> bool:
        """Whether `time_s` lies inside (the start counts, the end does not)."""
        return self.start_s <= time_s < self.end_s

    def union(self, other: Span) -> Span:
        """The shortest span that covers both."""
        return Span(min(self.start_s, other.start_s), max(self.end_s, other.end_s))

    def __str__(self) -> str:
        return f"{self.start_s:g}-{self.end_s:g}"
