"""Checks a library against itself and its media, and repairs what can be repaired.

Owns the list of what may be wrong. Never touches media, and never deletes what only the catalogue knows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sonotheque.errors import CorruptError

if TYPE_CHECKING:
    from sonotheque.library.library import Library


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, whether it was repaired, and what to do where it was not."""

    what: str
    repaired: bool = False
    next_step: str = ""


def examine(library: Library, *, repair: bool = False) -> list[Finding]:
    """Everything that was found, worst first; empty for a sound library."""
    findings = [Finding(line, next_step="Restore the folder from a backup, or index again into a new one.")
                for line in _database_faults(library)]  # fmt: skip
    if findings:
        return findings
    findings += _check_files(library, repair)
    findings += _check_vectors(library, repair)
    lacking = library.out_of_date()
    if lacking:
        findings.append(Finding(f"{lacking} recordings were embedded by another model.", next_step="sono index --refresh"))
    for failure in library.failures():
        findings.append(Finding(f"{failure.display} could not be indexed: {failure.reason}.", next_step="sono index --retry"))
    return findings


def _database_faults(library: Library) -> list[str]:
    try:
        return library.catalogue.check()
    except CorruptError as error:
        return [error.message]


def _check_files(library: Library, repair: bool) -> list[Finding]:
    gone, back, changed = [], [], []
    for path, row in library.catalogue.files_under().items():
        try:
            status = os.stat(path)
        except OSError:
            if not row.is_missing:
                gone.append(row.file_id)
            continue
        if row.is_missing:
            back.append(row.file_id)
        elif not row.is_unchanged(status) and row.failure is None:
            changed.append(path)
    if repair and (gone or back):
        with library.catalogue.write() as writer:
            writer.mark_missing(gone)
            writer.mark_seen(back)
    findings = []
    if gone:
        findings.append(Finding(f"{len(gone)} files are no longer where they were.", repair, "sono doctor --repair hides them"))
    if back:
        findings.append(Finding(f"{len(back)} missing files are back.", repair, "sono doctor --repair shows them again"))
    if changed:
        findings.append(Finding(f"{len(changed)} files have changed since they were read.", next_step="sono index"))
    return findings


def _check_vectors(library: Library, repair: bool) -> list[Finding]:
    findings = []
    for space in library.catalogue.spaces():
        stats = library.vectors.stats(space)
        behind = stats.n_rows - stats.n_indexed
        if repair:
            library.vectors.compact(space)
        elif stats.n_indexed and behind > max(20_000, stats.n_rows // 10):
            findings.append(
                Finding(f"{behind} windows of {space.name} are not in the fast index.", next_step="sono doctor --repair")
            )
    return findings
