"""Hashes files ahead of decoding, on a thread of its own.

Owns the reading of whole files for their SHA-256 and the check that a file stood still meanwhile. hashlib lets other
threads run, and reading warms the cache for the decoder.
"""

from __future__ import annotations

import hashlib
import os
import queue
import stat
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sonotheque.ingest.walk import FoundFile
from sonotheque.values.recording import FileStamp

_BLOCK_BYTES = 1 << 20
_MAX_AHEAD = 256


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file with its content's SHA-256 in hex, or the reason why there is none."""

    found: FoundFile
    content_hash: str | None
    reason: str | None = None


def hash_file(found: FoundFile, stop: threading.Event | None = None) -> HashedFile:
    """The hash of one file; a file that changed since it was found is hashed as it is now if it stands still."""
    try:
        handle = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return HashedFile(found, None, "vanished before it was read")
    except OSError as error:
        return HashedFile(found, None, f"can't be opened: {(error.strerror or 'unknown').lower()}")
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            return HashedFile(found, None, "is not a regular file")
        digest = hashlib.sha256()
        while block := os.read(handle, _BLOCK_BYTES):
            digest.update(block)
            if stop is not None and stop.is_set():
                return HashedFile(found, None, "interrupted")
        stamp = FileStamp.of(before)
        if FileStamp.of(os.fstat(handle)) != stamp:
            return HashedFile(found, None, "changed while it was read")
        return HashedFile(FoundFile(found.path, stamp), digest.hexdigest())
    except OSError as error:
        return HashedFile(found, None, f"can't be read: {(error.strerror or 'unknown').lower()}")
    finally:
        os.close(handle)


class HashAhead:
    """Hashes `files` in order on a thread; use it in a `with`. Call `take` until it returns None."""

    def __init__(self, files: Iterable[FoundFile]) -> None:
        self._files: Iterator[FoundFile] = iter(files)
        self._done: queue.Queue[HashedFile | None] = queue.Queue(_MAX_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sonotheque-hash", daemon=True)

    def __enter__(self) -> HashAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        while self._thread.is_alive():
            self.poll()
            self._thread.join(0.02)

    def poll(self) -> HashedFile | None:
        """The next hashed file if one is ready, else None."""
        try:
            return self._done.get_nowait()
        except queue.Empty:
            return None

    def take(self) -> HashedFile | None:
        """The next hashed file, waiting for it; None once all were taken."""
        return self._done.get()

    def _run(self) -> None:
        for found in self._files:
            if self._stop.is_set():
                return
            self._done.put(hash_file(found, self._stop))
        self._done.put(None)
