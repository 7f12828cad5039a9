"""The bytes of one opened file.

Owns random access to them and the form in which each decoder takes them. Knows no format. It never opens anything: what
is read is the file that the caller opened.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO


class ByteSource:
    """An opened, seekable binary file; one with a descriptor is read through it, past Python's buffer."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        try:
            self._fd: int | None = file.fileno()
        except OSError:
            self._fd = None
        self.size_bytes = os.fstat(self._fd).st_size if self._fd is not None else file.seek(0, os.SEEK_END)

    def read_at(self, offset: int, n_bytes: int) -> bytes:
        """Up to `n_bytes` from `offset`; fewer only at the end of the file."""
        if self._fd is not None:
            return os.pread(self._fd, n_bytes, offset)
        # A decoder that is at work on the same file object counts on its position.
        position = self._file.tell()
        self._file.seek(offset)
        data = self._file.read(n_bytes)
        self._file.seek(position)
        return data

    def for_soundfile(self) -> int | BinaryIO:
        """What `soundfile.SoundFile` takes, at the start: the descriptor (much the faster), else the file object."""
        if self._fd is None:
            self._file.seek(0)
            return self._file
        os.lseek(self._fd, 0, os.SEEK_SET)
        return self._fd

    def for_av(self) -> io.FileIO | BinaryIO:
        """What `av.open` takes, at the start: a file object without a buffer of its own, which leaves the file open."""
        file = self._file if self._fd is None else io.FileIO(self._fd, closefd=False)
        file.seek(0)
        return file
