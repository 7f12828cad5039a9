"""Finds sound files below folders.

Owns which entries count: endings, hidden entries, links, include and exclude patterns. Opens no file. Reasons why an
entry could not be looked at are handed out beside the files, never raised.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sonotheque.audio.formats import is_sound_name
from sonotheque.errors import BadInputError
from sonotheque.store.filters import compile_glob
from sonotheque.values.recording import FileStamp, absolute_path, display_path


@dataclass(frozen=True, slots=True)
class Selection:
    """What a walk takes. Patterns are globs over the displayed path, without regard to case.

    With `include`, only files that match one of them; files or folders that match an `exclude` are left out. Hidden
    entries and links out of the folder walked are left out unless asked for.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    follow_links: bool = False

    def takes_file(self, path: bytes) -> bool:
        """Whether the patterns let this file through."""
        return (not self.include or _matches(self.include, path)) and not self.excludes(path)

    def excludes(self, path: bytes) -> bool:
        """Whether an exclude pattern names this path."""
        return _matches(self.exclude, path)


def _matches(patterns: tuple[str, ...], path: bytes) -> bool:
    if not patterns:
        return False
    shown = display_path(path)
    return any(compile_glob(pattern).fullmatch(shown) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may hold sound, with its state when it was seen."""

    path: bytes
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that could not be looked at, and why."""

    path: bytes
    reason: str


def resolve_root(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> bytes:
    """The absolute, normalised form of a root as the catalogue keeps it; links in it stay as they are."""
    if not os.fsencode(path):
        raise BadInputError("A path to index is empty.", next_step="Give a folder or a file.")
    return absolute_path(path)


def walk(root: bytes, selection: Selection) -> Iterator[FoundFile | Unreadable]:
    """Every sound file at or below `root`, in order of name; a file given as root is taken whatever its ending.

    Each folder is entered once, so that links in a circle end.
    """
    try:
        status = os.stat(root)  # noqa: PTH116 - a path of bytes
    except OSError as error:
        yield Unreadable(root, f"can't be looked at ({explain(error)})")
        return
    if not stat.S_ISDIR(status.st_mode):
        yield from _take_file(root, status)
        return
    real_root = os.path.realpath(root)
    entered = {(status.st_dev, status.st_ino)}
    stack = [root]
    while stack:
        folder = stack.pop()
        entries, problem = _list(folder)
        if problem is not None:
            yield problem
            continue
        folders: list[bytes] = []
        for entry in entries:
            if entry.name.startswith(b".") and not selection.hidden:
                continue
            yield from _visit(entry, selection, real_root, entered, folders)
        stack.extend(reversed(folders))


def _visit(
    entry: os.DirEntry[bytes],
    selection: Selection,
    real_root: bytes,
    entered: set[tuple[int, int]],
    folders: list[bytes],
) -> Iterator[FoundFile | Unreadable]:
    try:
        is_link = entry.is_symlink()
        if is_link and not selection.follow_links and not _is_inside(os.path.realpath(entry.path), real_root):
            return
        status = entry.stat()
    except OSError as error:
        if is_sound_name(entry.name) or _is_folder(entry):
            yield Unreadable(entry.path, f"can't be looked at ({explain(error)})")
        return
    if stat.S_ISDIR(status.st_mode):
        identity = (status.st_dev, status.st_ino)
        if identity not in entered and not selection.excludes(entry.path) and (selection.follow_links or not is_link):
            entered.add(identity)
            folders.append(entry.path)
    elif is_sound_name(entry.name) and selection.takes_file(entry.path):
        yield from _take_file(entry.path, status)


def _take_file(path: bytes, status: os.stat_result) -> Iterator[FoundFile | Unreadable]:
    if stat.S_ISREG(status.st_mode):
        yield FoundFile(path, FileStamp.of(status))
    else:
        yield Unreadable(path, "is not a regular file")


def _list(folder: bytes) -> tuple[Sequence[os.DirEntry[bytes]], Unreadable | None]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name), None
    except OSError as error:
        return (), Unreadable(folder, f"can't be listed ({explain(error)})")


def _is_inside(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def explain(error: OSError) -> str:
    """What the system says, in words."""
    return (error.strerror or type(error).__name__).lower()
