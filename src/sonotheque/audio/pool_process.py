"""One decoding process as its program sees it.

Owns the start of the process, its link, its shared memory, the jobs given to it and the watch over its progress. Knows
nothing of the other workers nor of what becomes of samples.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sonotheque.audio.pool_messages import Job, SharedSlots, SlotFreed, WorkerSettings, create_anonymous_file

_LONGEST_TICK_S = 1.0
_UNKNOWN_JOB_BYTES = 1 << 20


class WorkerProcess:
    """A started worker. Its jobs are done in order: the first of `jobs` is the one it is at."""

    def __init__(self, module: str, settings: WorkerSettings, lifeline: int) -> None:
        self.jobs: deque[Job] = deque()
        self.is_ready = False
        self._stalled_s = 0.0
        self._seen = (-1, time.monotonic())
        memory = create_anonymous_file(settings.shared_bytes)
        ours, theirs = socket.socketpair()
        self._errors = os.fdopen(create_anonymous_file(0), "r+b")
        self.shared = SharedSlots(memory, settings)
        arguments = [theirs.fileno(), memory, lifeline, os.getpid(), json.dumps(dataclasses.asdict(settings))]
        try:
            self._process = subprocess.Popen(
                # -P: nothing that lies in the current folder can be imported in place of a module.
                [sys.executable, "-P", "-m", module, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(theirs.fileno(), memory, lifeline),
                env=_environment(),
            )
        finally:
            theirs.close()
            os.close(memory)
        self.link = Connection(ours.detach())

    @property
    def outstanding_bytes(self) -> int:
        """Size of the files given to it that it has not finished."""
        return sum(job.expected.size if job.expected is not None else _UNKNOWN_JOB_BYTES for job in self.jobs)

    def give(self, job: Job) -> None:
        """Queue a job."""
        self.jobs.append(job)
        self._send(job)

    def free_slot(self) -> None:
        """Give back the oldest filled slot."""
        self._send(SlotFreed())

    def _send(self, message: object) -> None:
        try:
            self.link.send(message)
        except OSError:
            return  # it is dead: the end of the link will be read next, and its jobs given to another

    def receive(self) -> list[Any] | None:
        """The next messages, or None where the process has ended. Blocks until there are some."""
        try:
            messages: list[Any] = self.link.recv()
        except (EOFError, OSError):
            return None
        self.is_ready = True
        return messages

    def stalled_s(self) -> float:
        """Seconds without progress while it had work and a free slot. Call it often.

        Time during which this wasn't called counts one second at most: the program may itself have been stopped.
        """
        now = time.monotonic()
        last_progress, last_s = self._seen
        progress = self.shared.progress
        self._seen = (progress, now)
        if progress != last_progress or not self.jobs or self.shared.is_waiting:
            self._stalled_s = 0.0
        else:
            self._stalled_s += min(now - last_s, _LONGEST_TICK_S)
        return self._stalled_s

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        self.link.close()

    def describe_death(self) -> str:
        """How it ended, in words; waits for it shortly."""
        try:
            status = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            return "closed its link"
        if status >= 0:
            return f"exit status {status}"
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"

    def read_errors(self) -> str:
        """The last line that it wrote to stderr before it was ready."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def reap(self, timeout_s: float) -> bool:
        """Wait for a killed process; False where it is still there (waiting on a dead disk, for instance)."""
        try:
            self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return False
        self._errors.close()
        return True


def _environment() -> dict[str, str]:
    """Ours, with the same modules to import and no threads for linear algebra that decoding doesn't do."""
    package_root = str(Path(__file__).resolve().parents[2])
    paths = [package_root, *(entry for entry in sys.path if entry and entry != package_root)]
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)}
