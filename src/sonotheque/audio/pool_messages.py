"""What passes between a program and its decoding processes, and what the program is told.

Owns the events of `DecoderPool` and the layout of the memory that both sides share. Knows nothing
of decoding or of processes.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sonotheque.values.recording import FileStamp
from sonotheque.values.span import Span

if TYPE_CHECKING:
    from sonotheque.audio.probe import Probe

FloatArray = npt.NDArray[np.float32]

_HEADER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Started:
    """The file was opened and is sound."""

    key: int
    probe: Probe


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The next samples of the file, float32 of shape (n,): a view that holds until the next event is asked for."""

    key: int
    samples: FloatArray


@dataclass(frozen=True, slots=True)
class Finished:
    """The file was read to its end; `reason` says why it isn't `complete`."""

    key: int
    complete: bool
    reason: str | None
    n_samples: int
    n_nonfinite: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The file gave nothing that can be relied upon; blocks already delivered for it are to be dropped."""

    key: int
    reason: str


Event = Started | Block | Finished | Failed


@dataclass(frozen=True, slots=True)
class Job:
    """A file to decode; `path` as bytes, `expected` the state it must have (None: any), `span` the part wanted."""

    key: int
    path: bytes
    expected: FileStamp | None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class SlotFilled:
    """From a decoding process: the next samples of the file are the first `n_samples` of a slot."""

    key: int
    slot: int
    n_samples: int


@dataclass(frozen=True, slots=True)
class SlotFreed:
    """To a decoding process: its oldest filled slot may be used again."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a decoding process does its work."""

    rate_hz: int
    block_s: float
    n_slots: int
    max_output_s: float
    memory_limit_bytes: int

    @property
    def slot_samples(self) -> int:
        """Samples that a slot holds."""
        return max(1, round(self.block_s * self.rate_hz))

    @property
    def shared_bytes(self) -> int:
        """Size of the shared memory."""
        return _HEADER_BYTES + 4 * self.n_slots * self.slot_samples


class SharedSlots:
    """Memory shared by one decoding process and its program: slots of samples and two counters.

    It is an anonymous file: nothing on disk or in /dev/shm has its name, so nothing is left however either side ends.
    """

    def __init__(self, descriptor: int, settings: WorkerSettings) -> None:
        self._map = mmap.mmap(descriptor, settings.shared_bytes)
        self._counters = np.frombuffer(self._map, dtype=np.int64, count=2)
        shape = (settings.n_slots, settings.slot_samples)
        flat = np.frombuffer(self._map, dtype=np.float32, offset=_HEADER_BYTES, count=shape[0] * shape[1])
        self.slots: FloatArray = flat.reshape(shape)

    @property
    def progress(self) -> int:
        """A number that grows while the decoding process gets on."""
        return int(self._counters[0])

    def add_progress(self) -> None:
        """Say that something was done."""
        self._counters[0] += 1

    @property
    def is_waiting(self) -> bool:
        """Whether the decoding process waits for a free slot, which is no fault of its own."""
        return bool(self._counters[1])

    @is_waiting.setter
    def is_waiting(self, value: bool) -> None:
        self._counters[1] = value


def create_anonymous_file(n_bytes: int) -> int:
    """Descriptor of a file of `n_bytes` zeros that has no name."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("sonotheque-slots", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, n_bytes)
    return descriptor
