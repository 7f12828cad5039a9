"""Answers: ranked spans with the evidence that made them."""

from __future__ import annotations

from dataclasses import dataclass

from sonotheque.errors import BadInputError
from sonotheque.values.query import EVIDENCE_KINDS, EvidenceKind, Query
from sonotheque.values.recording import display_path
from sonotheque.values.span import Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a hit: what kind, at which rank of that kind's own list, how sure, and in words where it shows.

    `score` is a chance in [0, 1] for sound and a BM25-derived value in [0, 1] for names; `detail` is what was matched.
    """

    kind: EvidenceKind
    rank: int
    score: float
    detail: str
    cosine: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in EVIDENCE_KINDS:
            raise BadInputError(f"Evidence is one of {', '.join(EVIDENCE_KINDS)}, not {self.kind!r}.")
        if self.rank < 1:
            raise BadInputError(f"Ranks start at 1, not {self.rank}.")
        if not 0.0 <= self.score <= 1.0:
            raise BadInputError(f"The score of evidence lies between 0 and 1, not {self.score:g}.")


@dataclass(frozen=True, slots=True)
class Hit:
    """A span of a recording that answers a query. `score` is the chance that it does; `weak` marks a doubtful one.

    `path` is the first present copy's, `other_paths` are the rest; both are bytes as the file system has them.
    """

    rank: int
    recording_id: int
    content_hash: str
    path: bytes
    span: Span
    score: float
    fused: float
    weak: bool
    evidence: tuple[Evidence, ...]
    duration_s: float
    other_paths: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise BadInputError(f"Ranks start at 1, not {self.rank}.")
        if not self.evidence:
            raise BadInputError("A hit needs evidence.")
        if not 0.0 <= self.score <= 1.0:
            raise BadInputError(f"The score of a hit is a chance between 0 and 1, not {self.score:g}.")

    @property
    def shown_path(self) -> str:
        """The path as text that is safe to print."""
        return display_path(self.path)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, with what the reader should know of them: notes such as a model out of date."""

    query: Query
    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_weak(self) -> bool:
        """Whether nothing fits well: no hit at all, or only weak ones."""
        return all(hit.weak for hit in self.hits)
