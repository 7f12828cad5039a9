"""The decoding process: opens files, decodes them into shared memory, says how each one went.

Owns the loop of one worker of `DecoderPool`. It is started as a program of its own (`python -m`), never forked, and
imports no more than decoding needs. It ends by itself when the program that started it does.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import BinaryIO

from sonotheque.audio.decode import BlockStream, FloatArray, open_regular
from sonotheque.audio.pool_messages import (
    Failed,
    Finished,
    Job,
    SharedSlots,
    SlotFilled,
    SlotFreed,
    Started,
    WorkerSettings,
)
from sonotheque.audio.reader import UnreadableSoundError
from sonotheque.errors import NotFoundError, SonothequeError
from sonotheque.units import format_size
from sonotheque.values.recording import FileStamp

_PARENT_CHECK_S = 5.0


StreamOpener = Callable[..., BlockStream]
"""How an opened file becomes blocks: `BlockStream`, or in tests a decoder that hangs or dies."""


class _FileChangedError(Exception):
    """The file isn't what it was; the message is the reason."""


class _Worker:
    def __init__(self, link: Connection, shared: SharedSlots, settings: WorkerSettings, opener: StreamOpener) -> None:
        self._link, self._shared, self._settings, self._opener = link, shared, settings, opener
        self._jobs: deque[Job] = deque()
        self._outbox: list[object] = []
        self._n_free = settings.n_slots
        self._next_slot = 0

    def run(self) -> None:
        """Work until the program closes its end of the link."""
        self._shared.add_progress()
        self._link.send([])
        while True:
            while not self._jobs:
                self._receive()
            self._do(self._jobs.popleft())

    def _receive(self) -> None:
        message = self._link.recv()
        if isinstance(message, SlotFreed):
            self._n_free += 1
        else:
            self._jobs.append(message)

    def _do(self, job: Job) -> None:
        self._shared.add_progress()
        try:
            self._decode(job)
        except _FileChangedError as error:
            self._tell(Failed(job.key, str(error)))
        except UnreadableSoundError as error:
            self._tell(Failed(job.key, error.reason))
        except NotFoundError:
            self._tell(Failed(job.key, "does not exist" if job.expected is None else "vanished before it was read"))
        except SonothequeError as error:
            self._tell(Failed(job.key, error.message))
        except MemoryError:
            limit = format_size(self._settings.memory_limit_bytes)
            self._tell(Failed(job.key, f"needs more memory to decode than the {limit} allowed"))
        except EOFError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a decoder raises concerns this file alone
            self._tell(Failed(job.key, f"can't be decoded ({type(error).__name__}: {error})"))
        self._flush()
        self._shared.add_progress()

    def _decode(self, job: Job) -> None:
        with open_regular(job.path) as file:
            opened = FileStamp.of(os.fstat(file.fileno()))
            if job.expected not in {None, opened}:
                raise _FileChangedError("changed while it was read")
            try:
                finished = self._deliver(job, file)
            except SonothequeError:
                _check_unchanged(job.path, file, opened)
                raise
            _check_unchanged(job.path, file, opened)
        self._tell(finished)

    def _deliver(self, job: Job, file: BinaryIO) -> Finished:
        stream = self._opener(
            file,
            job.path,
            rate_hz=self._settings.rate_hz,
            span=job.span,
            max_output_s=self._settings.max_output_s,
            allocate=self._take_slot,
            on_progress=self._shared.add_progress,
        )
        with stream:
            self._tell(Started(job.key, stream.probe))
            for block in stream:
                slot = (self._next_slot - 1) % self._settings.n_slots
                self._tell(SlotFilled(job.key, slot, len(block)))
            end = stream.end
        assert end is not None
        return Finished(job.key, end.complete, end.reason, end.n_samples, end.n_nonfinite)

    def _take_slot(self) -> FloatArray:
        """The next slot, waited for where the program is behind."""
        self._flush()
        if self._n_free == 0:
            self._shared.is_waiting = True
            while self._n_free == 0:
                self._receive()
            self._shared.is_waiting = False
        self._n_free -= 1
        slot = self._next_slot
        self._next_slot = (slot + 1) % self._settings.n_slots
        block: FloatArray = self._shared.slots[slot]
        return block

    def _tell(self, message: object) -> None:
        self._outbox.append(message)

    def _flush(self) -> None:
        """Send what was gathered: a small file is one message, not three."""
        if self._outbox:
            self._link.send(self._outbox)
            self._outbox = []


def _check_unchanged(path: bytes, file: BinaryIO, opened: FileStamp) -> None:
    """Raise where the open file was written to, or its path is gone or leads to another file."""
    if FileStamp.of(os.fstat(file.fileno())) != opened:
        raise _FileChangedError("changed while it was read")
    try:
        is_same = os.stat(path).st_ino == opened.inode  # noqa: PTH116  # a path of bytes
    except OSError:
        raise _FileChangedError("vanished while it was read") from None
    if not is_same:
        raise _FileChangedError("changed while it was read")


def _end_with(lifeline: int, parent: int) -> None:
    """End this process when the other end of the lifeline closes, even while a decoder hangs."""
    while True:
        readable, _, _ = select.select([lifeline], [], [], _PARENT_CHECK_S)
        if readable or os.getppid() != parent:
            os._exit(0)


def _limit_resources(memory_limit_bytes: int) -> None:
    limit = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    resource.setrlimit(limit, (memory_limit_bytes, memory_limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve(opener: StreamOpener = BlockStream) -> None:
    """Run the worker that the command line describes: link, memory and lifeline descriptors, parent, settings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the program's to handle
    link_fd, memory_fd, lifeline, parent = (int(argument) for argument in sys.argv[1:5])
    settings = WorkerSettings(**json.loads(sys.argv[5]))
    threading.Thread(target=_end_with, args=(lifeline, parent), daemon=True).start()
    shared = SharedSlots(memory_fd, settings)
    os.close(memory_fd)
    _limit_resources(settings.memory_limit_bytes)
    # From here on only decoders write to stderr, and what they write there is of no use to anyone.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    os.close(silence)
    try:
        _Worker(Connection(link_fd), shared, settings, opener).run()
    except (EOFError, ConnectionError):
        os._exit(0)


if __name__ == "__main__":
    serve()
