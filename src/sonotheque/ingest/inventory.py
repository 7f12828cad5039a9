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
from sonotheque.values.recording import display_path


@dataclass(frozen=True, slots=True)
class Todo:
    """A file to read, with what the catalogue knew of its path."""

    root_id: int
    found: FoundFile
    known: FileRow | None


@dataclass(slots=True)
class Inventory:
    """The outcome of comparing: files to read, files back again, files gone (by path), and plain facts."""

    todo: list[Todo] = field(default_factory=list)
    unreadable: list[tuple[int, Unreadable]] = field(default_factory=list)
    seen_again: list[int] = field(default_factory=list)
    gone: dict[bytes, FileRow] = field(default_factory=dict)
    still_failing: list[FileProblem] = field(default_factory=list)
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
    absent = []
    for root_id, root in roots:
        if not os.path.lexists(root):
            absent.append(root)
            inventory.notes.append(f"{display_path(root)} is not there; what is known of it stays as it is.")
            continue
        n_before = len(seen)
        for entry in walk(root, selection):
            if entry.path in seen:
                continue
            seen.add(entry.path)
            _sort_in(inventory, root_id, entry, known.get(entry.path), wish)
        if len(seen) == n_before:
            inventory.notes.append(f"No sound was found in {display_path(root)}; what is known of it stays as it is.")
            continue
        _note_gone(inventory, root, known, seen)
    if absent and len(absent) == len(roots):
        raise NotFoundError(
            f"There is no file or folder at {', '.join(map(display_path, absent))}.",
            next_step="Give the path of a folder with sound, or mount the drive that holds it.",
        )
    inventory.n_found = len(seen)
    return inventory


def _sort_in(
    inventory: Inventory, root_id: int, entry: FoundFile | Unreadable, known: FileRow | None, wish: Wish
) -> None:
    if isinstance(entry, Unreadable):
        inventory.unreadable.append((root_id, entry))
        return
    if known is None or known.stamp != entry.stamp:
        inventory.todo.append(Todo(root_id, entry, known))
        return
    if known.is_missing:
        inventory.seen_again.append(known.file_id)
    if known.failure is not None and not wish.retry_failed:
        inventory.still_failing.append(FileProblem(display_path(entry.path), known.failure))
    elif known.failure is not None or known.recording_id in wish.recordings:
        inventory.todo.append(Todo(root_id, entry, known))
    else:
        inventory.n_unchanged += 1


def _note_gone(inventory: Inventory, root: bytes, known: dict[bytes, FileRow], seen: set[bytes]) -> None:
    """Files known below `root` that the walk did not see and that are really not there: patterns may have hidden them."""
    prefix = root.rstrip(b"/") + b"/"
    for path, row in known.items():
        if path not in seen and (path == root or path.startswith(prefix)) and not row.is_missing:
            if not os.path.lexists(path):
                inventory.gone[path] = row
