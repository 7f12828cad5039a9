"""Locks between processes: one index job per library, and a fair turn for every short transaction.

Owns the two lock files beside the catalogue. Knows nothing of what the catalogue holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sonotheque.errors import UnavailableError

LOCK_NAME = "writer.lock"
TURNSTILE_NAME = "turn.lock"
BUILD_NAME = "vectors.lock"


@contextlib.contextmanager
def writer_lock(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the right to run the one index job of the library in `folder`.

    The system gives the lock up when the process ends, however it ends. Raises `UnavailableError` naming the process
    that holds it.
    """
    path = Path(folder) / LOCK_NAME
    handle = _open(path)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise UnavailableError(
                f"Another job (process {holder}) is indexing the library at {folder}.",
                next_step="Wait until it has ended, or stop it; labels and searches work meanwhile.",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Wait for the right to make derived files."""
    handle = _open(folder / BUILD_NAME)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Stand in line for the catalogue's write lock.

    SQLite lets waiting writers poll, so a job that commits and begins again at once would starve a label for as long as
    it runs. Whoever waits holds this lock while it waits; the job must pass here too and so lets the label go first.
    """
    handle = _open(folder / TURNSTILE_NAME)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnavailableError(
            f"The library at {path.parent} can't be written: {error.strerror}.",
            next_step="Check the folder's permissions, or choose another with --library.",
        ) from error
