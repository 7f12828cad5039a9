"""What the catalogue hands out and takes in, beside the values of the project.

Owns small typed rows. Knows nothing of SQL.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.values.recording import FileStamp, Recording

Ids = npt.NDArray[np.int64]
"""Row ids; where they say which rows are allowed they are sorted and distinct."""

StageState = Literal["done", "partial", "failed"]
STAGE_STATES: tuple[StageState, ...] = ("done", "partial", "failed")
METRICS = ("cosine", "ip")


@dataclass(frozen=True, slots=True)
class Space:
    """Where vectors may be compared: the model revision that made them, their dimension and the metric.

    `cosine` scales every vector to length one; `ip` leaves lengths as they are. Scores are inner products in both.
    """

    id: int
    name: str
    dim: int
    metric: str = "cosine"

    def __post_init__(self) -> None:
        if self.dim <= 0 or not self.name:
            raise BadInputError(f"A space needs a name and a dimension above zero, not {self.name!r} and {self.dim}.")
        if self.metric not in METRICS:
            raise BadInputError(f"A space's metric is one of {', '.join(METRICS)}, not {self.metric!r}.")


class Root(NamedTuple):
    """A folder or file that was given to be indexed."""

    id: int
    path: bytes
    display: str


class FileRow(NamedTuple):
    """What the catalogue knows of one path. A tuple, because a library has hundreds of thousands of them."""

    file_id: int
    size: int
    mtime_ns: int
    inode: int
    recording_id: int | None
    failure: str | None
    is_missing: bool

    @property
    def stamp(self) -> FileStamp:
        """The file's state when it was last read."""
        return FileStamp(self.size, self.mtime_ns, self.inode)

    def is_unchanged(self, stat: os.stat_result) -> bool:
        """Whether a stat of the file tells that it need not be read again."""
        return self.mtime_ns == stat.st_mtime_ns and self.size == stat.st_size and self.inode == stat.st_ino


@dataclass(frozen=True, slots=True)
class PlacedRecording:
    """A recording with the files that hold it and are present, in the order in which they were found."""

    recording: Recording
    file_ids: tuple[int, ...]
    paths: tuple[bytes, ...]
    displays: tuple[str, ...]

    @property
    def id(self) -> int:
        """The recording's id."""
        assert self.recording.id is not None
        return self.recording.id


@dataclass(frozen=True, slots=True, eq=False)
class WindowRows:
    """Windows by column: ids, recording ids (both int64), starts and ends in seconds (float64), each of shape (n,)."""

    ids: Ids
    recording_ids: Ids
    starts_s: npt.NDArray[np.float64]
    ends_s: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class FrameBlock:
    """Vectors of successive frames of a recording, quantised.

    `codes` is int8 (n, dim), `scales` float32 (n,): a vector is its codes times its scale. `starts_s` float64 (n,)
    holds the start of each frame and `hop_s` the step.
    """

    codes: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    starts_s: npt.NDArray[np.float64]
    hop_s: float

    def __len__(self) -> int:
        return len(self.codes)

    def vectors(self) -> npt.NDArray[np.float32]:
        """The vectors, float32 (n, dim)."""
        return self.codes.astype(np.float32) * self.scales[:, None]


class NameMatch(NamedTuple):
    """A file whose name, folders or tags hold words of a query; a higher score is a better match."""

    recording_id: int
    file_id: int
    score: float
    column: str
    words: tuple[str, ...]


class FailedFile(NamedTuple):
    """A file that could not be indexed, and why."""

    display: str
    reason: str
    failed_at: float


class Run(NamedTuple):
    """One index run; `ended_at` is None where it was cut off. Times are seconds since the epoch."""

    started_at: float
    ended_at: float | None
    counters: dict[str, float]


@dataclass(frozen=True, slots=True)
class Status:
    """The library in figures. `n_recordings` and `duration_s` count recordings of which a file is present."""

    n_recordings: int
    duration_s: float
    n_files: int
    n_missing: int
    n_failed: int
    n_hidden: int
    n_segments: int
    spaces: tuple[Space, ...]
    n_windows: int
    size_bytes: int
    last_run: Run | None
