"""Hashes files ahead of decoding, on a thread of its own.

Owns the reading of whole files for their SHA-256 and the check that a file stood still meanwhile. hashlib lets other
threads run, and reading warms the cache for the decoder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sonotheque.ingest.outcomes import CHANGED, VANISHED
from sonotheque.ingest.walk import FoundFile, explain
from sonotheque.values.recording import FileStamp

_BLOCK_BYTES = 1 << 20
_MAX_AHEAD = 256
_POLL_S = 0.05
_LAST_READ_S = 5.0


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file with its content's SHA-256 in hex, or the reason why there is none."""

    found: FoundFile
    content_hash: str | None
    reason: str = ""


def hash_file(found: FoundFile, stop: threading.Event | None = None) -> HashedFile:
    """The hash of one file; a file that changed since it was found is hashed as it is now if it stands still.

    `stop` ends the reading of a large file early, with a reason.
    """
    try:
        handle = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return HashedFile(found, None, VANISHED)
    except OSError as error:
        return HashedFile(found, None, f"can't be opened ({explain(error)})")
    try:
        return _hash_open(found, handle, stop)
    except OSError as error:
        return HashedFile(found, None, f"can't be read ({explain(error)})")
    finally:
        os.close(handle)


def _hash_open(found: FoundFile, handle: int, stop: threading.Event | None) -> HashedFile:
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        return HashedFile(found, None, "is not a regular file")
    digest, n_read = hashlib.sha256(), 0
    # A file that grows as fast as it is read would never end.
    while n_read <= before.st_size and (block := os.read(handle, _BLOCK_BYTES)):
        digest.update(block)
        n_read += len(block)
        if stop is not None and stop.is_set():
            return HashedFile(found, None, "was not read to its end: the run was stopped")
    stamp = FileStamp.of(before)
    if n_read != before.st_size or FileStamp.of(os.fstat(handle)) != stamp:
        return HashedFile(found, None, CHANGED)
    return HashedFile(FoundFile(found.path, stamp), digest.hexdigest())


class HashAhead:
    """Hashes `files` on a thread, a few hundred ahead; use it in a `with` and call `take` once for each file."""

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self._files = files
        self._done: queue.Queue[HashedFile] = queue.Queue(_MAX_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sonotheque-hash", daemon=True)

    def __enter__(self) -> HashAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # The thread is in the middle of a block at most; a dead disk may hold it longer, and is not waited for.
        self._stop.set()
        self._thread.join(_LAST_READ_S)

    def take(self, timeout_s: float) -> HashedFile | None:
        """The next file, in the order given; None where it is not hashed within `timeout_s`."""
        try:
            return self._done.get(timeout=timeout_s) if timeout_s > 0 else self._done.get_nowait()
        except queue.Empty:
            return None

    def _run(self) -> None:
        for found in self._files:
            try:
                hashed = hash_file(found, self._stop)
            except Exception as error:  # noqa: BLE001 - one file never stops a run, and `take` waits for each
                hashed = HashedFile(found, None, f"can't be read ({type(error).__name__}: {error})")
            while not self._stop.is_set():
                with contextlib.suppress(queue.Full):
                    self._done.put(hashed, timeout=_POLL_S)
                    break
            if self._stop.is_set():
                return
