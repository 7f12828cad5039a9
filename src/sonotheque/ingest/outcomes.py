"""What becomes of a file in a run.

Owns the three outcomes (embedded, placed, failed) and which reasons pass by themselves. Knows nothing of the
catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sonotheque.audio.probe import Probe
from sonotheque.ingest.inventory import Todo
from sonotheque.models.roles import EmbeddedWindows

CHANGED = "changed while it was read"
VANISHED = "vanished before it was read"
_PASSING = ("changed while", "vanished")


@dataclass(slots=True, eq=False)
class Work:
    """One content on its way: the file it is read from, files with the same content, and the rows made so far.

    Once it is `finished`, `probe` is there and `parts` has at least one window.
    """

    todo: Todo
    content_hash: str
    twins: list[Todo] = field(default_factory=list)
    probe: Probe | None = None
    parts: list[EmbeddedWindows] = field(default_factory=list)
    duration_s: float = 0.0
    reason: str | None = None

    @property
    def n_rows(self) -> int:
        """Rows held in memory, windows and finer vectors."""
        return sum(len(part.spans) + len(part.fine) for part in self.parts)

    @property
    def share_read(self) -> float:
        """How much of the content was embedded, in [0, 1], by what the header promises."""
        promised_s = None if self.probe is None else self.probe.duration_s
        return min(1.0, self.duration_s / promised_s) if promised_s else 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that holds a content that is in the library already."""

    todo: Todo
    recording_id: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be indexed, and why."""

    todo: Todo
    reason: str
    is_passing: bool = False


Outcome = Work | Placed | Failure


def is_passing(reason: str) -> bool:
    """Whether the next run should try again by itself: the file was fine, the moment was not."""
    return reason.startswith(_PASSING)
