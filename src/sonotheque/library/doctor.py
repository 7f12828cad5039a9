"""Checks a library against itself and its media, and repairs what can be repaired.

Owns the list of what may be wrong. Never touches media, and never deletes what only the catalogue knows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sonotheque.errors import CorruptError, SonothequeError
from sonotheque.store.lock import writer_lock
from sonotheque.store.rows import FileRow

if TYPE_CHECKING:
    from sonotheque.library.library import Library


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, whether it was repaired, and what to do where it was not."""

    what: str
    repaired: bool = False
    next_step: str = ""


def examine(library: Library, *, repair: bool = False) -> list[Finding]:
    """Everything that was found, worst first; empty for a sound library.

    `repair` hides files that are gone, shows those that are back and builds the fast index anew; it raises
    `UnavailableError` while an index job runs.
    """
    findings = [Finding(line, next_step="Restore the folder from a backup, or index again into a new one.")
                for line in _database_faults(library)]  # fmt: skip
    if findings:
        return findings
    findings += _check_files(library, repair)
    findings += _check_vectors(library, repair)
    findings += _check_model(library)
    for failure in library.failures():
        findings.append(
            Finding(f"{failure.display} could not be indexed: {failure.reason}.", next_step="sono index --retry")
        )
    return findings


def _check_model(library: Library) -> list[Finding]:
    """Whether the library's model can be loaded and has embedded everything."""
    try:
        lacking = library.out_of_date()
    except SonothequeError as error:
        return [
            Finding(f"The model {library.default_model} can't be loaded: {error.message}", next_step=error.next_step)
        ]
    if not lacking:
        return []
    return [Finding(f"{lacking} recordings were embedded by another model.", next_step="sono index --refresh")]


def _database_faults(library: Library) -> list[str]:
    try:
        return library.catalogue.check()
    except CorruptError as error:
        return [error.message]


@dataclass(slots=True)
class _Presence:
    """What a look at each known file said, by file id; `n_present` counts those that are as they were read."""

    gone: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    n_present: int = 0
    n_changed: int = 0
    n_hidden: int = 0


def _check_files(library: Library, repair: bool) -> list[Finding]:
    findings, whole = [], _Presence()
    for root in library.catalogue.roots():
        rows = library.catalogue.files_under(root.id)
        found = _look_at(rows)
        if rows and not (found.n_present or found.n_changed or found.back):
            # The same rule as in ingest: from a drive that is not mounted nothing follows.
            if found.gone or not os.path.lexists(root.path):
                findings.append(
                    Finding(
                        f"Nothing known of {root.display} is there.", next_step="Mount the drive, or sono forget it."
                    )
                )
            continue
        whole.gone += found.gone
        whole.back += found.back
        whole.n_changed += found.n_changed
        whole.n_hidden += found.n_hidden
    if repair and (whole.gone or whole.back):
        with writer_lock(library.folder), library.catalogue.write() as writer:
            writer.mark_missing(whole.gone)
            writer.mark_seen(whole.back)
    return findings + _describe(whole, repair)


def _look_at(rows: Mapping[bytes, FileRow]) -> _Presence:
    found = _Presence()
    for path, row in rows.items():
        try:
            status = os.stat(path)  # noqa: PTH116 - a path of bytes
        except (FileNotFoundError, NotADirectoryError):
            if not row.is_missing:
                found.gone.append(row.file_id)
            continue
        except OSError:
            found.n_hidden += 1
            continue
        if not row.is_unchanged(status):
            found.n_changed += row.failure is None
            found.n_present += row.failure is not None
        elif row.is_missing:
            found.back.append(row.file_id)
        else:
            found.n_present += 1
    return found


def _describe(found: _Presence, repair: bool) -> list[Finding]:
    findings = []
    if found.gone:
        what = f"{_files(len(found.gone), 'is', 'are')} no longer at the known place."
        findings.append(Finding(what, repair, "" if repair else "sono doctor --repair hides them."))
    if found.back:
        what = f"{_files(len(found.back), 'was', 'were')} missing and back again."
        findings.append(Finding(what, repair, "" if repair else "sono doctor --repair shows them again."))
    if found.n_changed:
        what = f"{_files(found.n_changed, 'has', 'have')} changed since the last reading."
        findings.append(Finding(what, next_step="sono index"))
    if found.n_hidden:
        what = f"{_files(found.n_hidden, 'lies', 'lie')} where this program may not look."
        findings.append(Finding(what, next_step="Check the permissions of the folders."))
    return findings


def _files(n: int, one: str, more: str) -> str:
    return f"1 file {one}" if n == 1 else f"{n} files {more}"


def _check_vectors(library: Library, repair: bool) -> list[Finding]:
    findings = []
    for space in library.catalogue.spaces():
        stats = library.vectors.stats(space)
        behind = stats.n_rows - stats.n_indexed
        if repair:
            library.vectors.compact(space)
        elif stats.n_indexed and behind > max(20_000, stats.n_rows // 10):
            findings.append(
                Finding(
                    f"{behind} windows of {space.name} are not in the fast index.", next_step="sono doctor --repair"
                )
            )
    return findings
