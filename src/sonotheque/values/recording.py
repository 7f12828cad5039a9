"""Source files as the library knows them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sonotheque.errors import BadInputError

_HEX64 = re.compile(r"[0-9a-f]{64}")
# Control characters, line ends, and the marks that turn the direction of writing: with them a name poses as another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")


def absolute_path(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> bytes:
    """The path as the library keeps it: absolute and without `..`, links left as they are."""
    return os.path.abspath(os.fsencode(path))  # noqa: PTH100 - resolve() would follow links


def display_path(path: bytes) -> str:
    """`path` as text that is safe to print: UTF-8 where valid, otherwise `\\xNN`, control characters escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What the file system says of a file's state; two equal stamps mean that the content need not be read again."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, stat: os.stat_result) -> FileStamp:
        """The stamp in a stat result."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino)


NEVER_STAMP = FileStamp(-1, -1, -1)
"""The stamp of a file that is to be read again whatever its state: no file has it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One content, wherever its copies lie; `content_hash` is the file's SHA-256 in hex, `tags` are the container's."""

    content_hash: str
    duration_s: float
    rate_hz: int
    n_channels: int
    container: str
    codec: str
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    id: int | None = None

    def __post_init__(self) -> None:
        if not _HEX64.fullmatch(self.content_hash):
            raise BadInputError(f"A content hash is 64 hexadecimal digits, not {self.content_hash!r}.")
        if not 0 <= self.duration_s < math.inf or self.rate_hz <= 0 or self.n_channels <= 0:
            raise BadInputError(
                f"A recording needs a duration, rate and channel count, not {self.duration_s} s, {self.rate_hz} Hz, "
                f"{self.n_channels} channels."
            )
