"""Compares what lies on disk with what the catalogue knows.

Owns the decision which files need reading. A file whose size, time and inode are as they were costs a stat and nothing
more. Where a root is absent or empty, nothing is concluded from what is not there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from sonotheque.errors import NotFoundError
from sonotheque.ingest.report import FileProblem
from sonotheque.ingest.walk import FoundFile, Selection, Unreadable, walk
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import FileRow
from sonotheque.values.recording import NEVER_STAMP, display_path


@dataclass(frozen=True, slots=True)
class Todo:
    """A file to read, with what the catalogue knew of its path; `n_bytes` is its size when it was found."""

    root_id: int
    found: FoundFile
    known: FileRow | None
    n_bytes: int = 0


@dataclass(slots=True)
class Inventory:
    """The outcome of comparing. Every entry that was found is in `todo`, `unreadable`, `still_failing` or unchanged.

    `gone` are known files, by path, that are certainly not there; `seen_again` ids of missing ones that are back.
    """

    todo: list[Todo] = field(default_factory=list)
    unreadable: list[tuple[Todo, str]] = field(default_factory=list)
    still_failing: list[FileProblem] = field(default_factory=list)
    seen_again: list[int] = field(default_factory=list)
    gone: dict[bytes, FileRow] = field(default_factory=dict)
    n_found: int = 0
    n_unchanged: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wish:
    """What besides new and changed files is to be read: failures once more, recordings that lack the model's stage."""

    retry_failed: bool = False
    recordings: frozenset[int] = frozenset()


def take_inventory(
    catalogue: Catalogue, roots: Sequence[tuple[int, bytes]], selection: Selection, wish: Wish
) -> Inventory:
    """Walks every root; raises `NotFoundError` where none of them is there."""
    known = catalogue.files_under()
    inventory = Inventory()
    seen: set[bytes] = set()
    conclusive, absent = [], []
    for root_id, root in roots:
        if not os.path.lexists(root):
            absent.append(display_path(root))
            inventory.notes.append(f"{display_path(root)} is not there; what is known of it stays as it is.")
            continue
        holds_sound = False
        for entry in walk(root, selection):
            holds_sound = holds_sound or isinstance(entry, FoundFile)
            if entry.path not in seen:
                seen.add(entry.path)
                _sort_in(inventory, root_id, entry, known.get(entry.path), wish)
        if holds_sound:
            conclusive.append(root)
        else:
            inventory.notes.append(f"No sound was found in {display_path(root)}; what is known of it stays as it is.")
    if absent and len(absent) == len(roots):
        raise NotFoundError(
            f"There is no file or folder at {', '.join(absent)}.",
            next_step="Give the path of a folder with sound, or mount the drive that holds it.",
        )
    inventory.n_found = len(seen)
    inventory.gone = _gone_below(conclusive, known, seen)
    return inventory


def _sort_in(
    inventory: Inventory, root_id: int, entry: FoundFile | Unreadable, known: FileRow | None, wish: Wish
) -> None:
    if isinstance(entry, Unreadable):
        # Whatever was known of it is not contradicted: it keeps the stamp that is known.
        found = FoundFile(entry.path, NEVER_STAMP if known is None else known.stamp)
        inventory.unreadable.append((Todo(root_id, found, known), entry.reason))
        return
    if known is None or known.stamp != entry.stamp:
        inventory.todo.append(Todo(root_id, entry, known, entry.stamp.size))
        return
    if known.is_missing:
        inventory.seen_again.append(known.file_id)
    if known.failure is not None and not wish.retry_failed:
        inventory.still_failing.append(FileProblem(display_path(entry.path), known.failure))
    elif known.failure is not None or known.recording_id in wish.recordings:
        inventory.todo.append(Todo(root_id, entry, known, entry.stamp.size))
    else:
        inventory.n_unchanged += 1


def _gone_below(roots: Sequence[bytes], known: dict[bytes, FileRow], seen: set[bytes]) -> dict[bytes, FileRow]:
    """Known files at or below `roots` that the walk did not see and that are certainly not there."""
    folders = tuple(root.rstrip(b"/") + b"/" for root in roots)
    return {
        path: row
        for path, row in known.items()
        if path not in seen and (path in roots or path.startswith(folders)) and _is_obsolete(path, row)
    }


def _is_obsolete(path: bytes, row: FileRow) -> bool:
    """Whether what is known of a path that the walk did not see holds no more.

    Patterns may have hidden the file, and a folder that can't be entered says nothing of what lies in it. A folder that
    could not be entered before and can now is no failure any more.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return row.recording_id is None and os.path.isdir(path)  # noqa: PTH112 - a path of bytes
