"""Decoding in separate processes that can be killed.

Owns the sharing out of files, the back-pressure, and the watch: a decoder that hangs or dies costs its file and nothing
else. Knows nothing of models or stores; what is done with the samples is the caller's.
"""

from __future__ import annotations

import os
import selectors
import time
from collections import deque
from collections.abc import Iterator

from sonotheque.audio.decode import BLOCK_S, RATE_HZ
from sonotheque.audio.pool_messages import (
    Block,
    Event,
    Failed,
    Finished,
    Job,
    SlotFilled,
    Started,
    WorkerSettings,
)
from sonotheque.audio.pool_process import WorkerProcess
from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.values.recording import FileStamp
from sonotheque.values.span import Span

__all__ = ["Block", "DecoderPool", "Event", "Failed", "FileStamp", "Finished", "Started"]

_MAX_JOBS_AHEAD = 8
_MAX_BYTES_AHEAD = 8 << 20
_WATCH_EVERY_S = 0.2
_START_LIMIT_S = 60.0


class DecoderPool:
    """Worker processes that decode files to mono float32 at `rate_hz`, in blocks of `block_s` seconds.

    Each worker has `n_slots` blocks of memory and waits when all are filled. One without progress for `stall_s` seconds
    is killed, one may use `memory_limit_bytes` of memory, and a file gives at most `max_output_s` seconds of sound.
    Use it in a `with`, from one thread. `worker_module` is the program that workers run.
    """

    def __init__(
        self,
        n_workers: int,
        *,
        rate_hz: int = RATE_HZ,
        block_s: float = BLOCK_S,
        n_slots: int = 8,
        stall_s: float = 20.0,
        memory_limit_bytes: int = 1 << 30,
        max_output_s: float = 100 * 3600.0,
        worker_module: str = "sonotheque.audio.pool_worker",
    ) -> None:
        if n_workers < 1 or n_slots < 1:
            raise BadInputError(f"A pool needs at least 1 worker and 1 slot, not {n_workers} and {n_slots}.")
        self._settings = WorkerSettings(rate_hz, block_s, n_slots, max_output_s, memory_limit_bytes)
        self._module, self._stall_s = worker_module, stall_s
        self._pending: deque[Job] = deque()
        self._inbox: deque[tuple[WorkerProcess, Event | SlotFilled]] = deque()
        self._dying: list[WorkerProcess] = []
        self._selector = selectors.DefaultSelector()
        self._lifeline, self._our_end = os.pipe()
        self._watched_at = time.monotonic()
        self._workers: list[WorkerProcess] = []
        self._workers.extend(self._start_worker() for _ in range(n_workers))

    def __enter__(self) -> DecoderPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def n_outstanding(self) -> int:
        """Files submitted whose end was not reported yet."""
        ends = sum(isinstance(message, Finished | Failed) for _, message in self._inbox)
        return len(self._pending) + sum(len(worker.jobs) for worker in self._workers) + ends

    def submit(self, key: int, path: bytes, expected: FileStamp | None = None, *, span: Span | None = None) -> None:
        """Queue a file, or a span of it, under a `key` of the caller's; if its state isn't `expected` it will fail."""
        self._pending.append(Job(key, path, expected, span))
        self._share_out()

    def events(self, timeout_s: float | None = None) -> Iterator[Event]:
        """What happens, in order within a file, until nothing is outstanding or for `timeout_s` nothing happened.

        Per file: `Started`, `Block` ..., then `Finished`; or `Failed` at any point. More may be submitted meanwhile.
        Raises `UnavailableError` where workers can't be started.
        """
        quiet_since = time.monotonic()
        while True:
            while self._inbox:
                yield from self._pass_on(*self._inbox.popleft())
                quiet_since = time.monotonic()
            if self.n_outstanding == 0:
                return
            if timeout_s is not None and time.monotonic() - quiet_since > timeout_s:
                return
            wait_s = _WATCH_EVERY_S if timeout_s is None else min(_WATCH_EVERY_S, timeout_s)
            for selected, _ in self._selector.select(wait_s):
                self._read_from(selected.data)
            self._watch()
            self._share_out()

    def close(self) -> None:
        """Kill the workers and free everything; blocks still held stay valid."""
        for worker in self._workers:
            self._retire(worker)
        self._workers.clear()
        for worker in self._dying:
            worker.reap(timeout_s=1.0)
        self._dying.clear()
        self._inbox.clear()
        self._pending.clear()
        self._selector.close()
        for descriptor in (self._lifeline, self._our_end):
            if descriptor >= 0:
                os.close(descriptor)
        self._lifeline = self._our_end = -1

    def _start_worker(self) -> WorkerProcess:
        worker = WorkerProcess(self._module, self._settings, self._lifeline)
        self._selector.register(worker.link, selectors.EVENT_READ, worker)
        return worker

    def _pass_on(self, worker: WorkerProcess, message: Event | SlotFilled) -> Iterator[Event]:
        if not isinstance(message, SlotFilled):
            yield message
            return
        try:
            yield Block(message.key, worker.shared.slots[message.slot, : message.n_samples])
        finally:
            worker.free_slot()

    def _share_out(self) -> None:
        """Keep every worker a few small files ahead, so that none waits; large files are given one at a time."""
        while self._pending:
            open_workers = [
                worker
                for worker in self._workers
                if not worker.jobs
                or (len(worker.jobs) < _MAX_JOBS_AHEAD and worker.outstanding_bytes < _MAX_BYTES_AHEAD)
            ]
            if not open_workers:
                return
            least_busy = min(open_workers, key=lambda worker: (len(worker.jobs), worker.outstanding_bytes))
            least_busy.give(self._pending.popleft())

    def _read_from(self, worker: WorkerProcess) -> None:
        messages = worker.receive()
        if messages is None:
            self._replace(worker, f"the decoder died ({worker.describe_death()})")
            return
        for message in messages:
            if isinstance(message, Finished | Failed):
                worker.jobs.popleft()
            self._inbox.append((worker, message))
        self._share_out()

    def _watch(self) -> None:
        now = time.monotonic()
        if now - self._watched_at < _WATCH_EVERY_S:
            return
        self._watched_at = now
        self._dying = [worker for worker in self._dying if not worker.reap(timeout_s=0.0)]
        for worker in list(self._workers):
            limit_s = self._stall_s if worker.is_ready else max(self._stall_s, _START_LIMIT_S)
            if worker.stalled_s() > limit_s and not worker.link.poll(0):
                self._replace(worker, f"the decoder made no progress for {self._stall_s:g} s")

    def _replace(self, worker: WorkerProcess, reason: str) -> None:
        """Fail the file the worker was at, give its other files to the rest, and start another in its place."""
        if not worker.is_ready:
            words = worker.read_errors()
            raise UnavailableError(
                f"The decoding process did not start: {reason}{': ' + words if words else ''}.",
                next_step=f"Try `python -m {self._module}` by hand and see what it says.",
            )
        if worker.jobs:
            self._inbox.append((worker, Failed(worker.jobs.popleft().key, reason)))
        self._pending.extendleft(reversed(worker.jobs))
        worker.jobs.clear()
        self._retire(worker)
        self._workers[self._workers.index(worker)] = self._start_worker()

    def _retire(self, worker: WorkerProcess) -> None:
        self._selector.unregister(worker.link)
        worker.kill()
        self._dying.append(worker)
