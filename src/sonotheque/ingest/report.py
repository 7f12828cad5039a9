"""What an index run tells: its progress while it goes, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file and what was wrong with it; `path` is the display form."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. Counts are of files to be read whose outcome is committed; neither they nor bytes go back.

    `bytes_done` also counts the part of files being read that is embedded, and `audio_s` all sound embedded so far.
    """

    n_files: int
    n_done: int
    n_failed: int
    bytes_total: int
    bytes_done: int
    audio_s: float
    elapsed_s: float
    current: str = ""

    @property
    def speed(self) -> float:
        """Seconds of sound per second of time."""
        return self.audio_s / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at the rate so far, by bytes; None while there is nothing to go by."""
        if self.bytes_done == 0:
            return None
        return self.elapsed_s * (self.bytes_total - self.bytes_done) / self.bytes_done


@dataclass(slots=True)
class IndexReport:
    """The outcome of a run, in files.

    A run that was not interrupted found what it indexed, left unchanged, saw as copies or moved, and failed at: each
    file counts once. `failed` also holds those that failed before and were not touched since; `partial` ones are
    among the indexed; `n_missing` are known files that are newly gone.
    """

    n_found: int = 0
    n_indexed: int = 0
    n_unchanged: int = 0
    n_copies: int = 0
    n_moved: int = 0
    n_missing: int = 0
    partial: list[FileProblem] = field(default_factory=list)
    failed: list[FileProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    audio_s: float = 0.0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def speed(self) -> float:
        """Seconds of sound per second of time."""
        return self.audio_s / self.seconds if self.seconds > 0 else 0.0

    def counters(self) -> dict[str, float]:
        """The figures that the catalogue keeps of a run."""
        return {
            "found": self.n_found,
            "indexed": self.n_indexed,
            "unchanged": self.n_unchanged,
            "copies": self.n_copies,
            "moved": self.n_moved,
            "missing": self.n_missing,
            "partial": len(self.partial),
            "failed": len(self.failed),
            "audio_s": round(self.audio_s, 3),
            "seconds": round(self.seconds, 3),
            "interrupted": int(self.interrupted),
        }
