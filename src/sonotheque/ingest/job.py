"""One index run.

Owns the order of things: lock, inventory, reading, commits, tidying up. Knows nothing of how a file is read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence

from sonotheque.errors import UnavailableError
from sonotheque.ingest.inventory import Inventory, Wish, take_inventory
from sonotheque.ingest.ledger import EMBED_STAGE, Ledger
from sonotheque.ingest.reading import Reading
from sonotheque.ingest.report import IndexReport, Progress
from sonotheque.ingest.settings import IndexSettings
from sonotheque.ingest.walk import resolve_root
from sonotheque.models.cards import model_of
from sonotheque.models.roles import Embedder
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.lock import writer_lock
from sonotheque.store.rows import Space

__all__ = ["IndexJob", "IndexSettings"]


class IndexJob:
    """Indexes roots into a catalogue with one embedder."""

    def __init__(
        self,
        catalogue: Catalogue,
        embedder: Embedder,
        settings: IndexSettings,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._catalogue, self._embedder, self._settings = catalogue, embedder, settings
        self._on_progress = on_progress

    def run(self, paths: Sequence[str | bytes | os.PathLike[str]]) -> IndexReport:
        """Indexes `paths`, or every known root where none is given; holds the library's writer lock meanwhile.

        An interruption (KeyboardInterrupt) while files are read ends the run early with what is done so far committed.
        Raises `NotFoundError` where none of the roots is there, and `UnavailableError` while another job runs, where
        the disk is full, or where decoding processes can't be started.
        """
        started_at, started = time.time(), time.monotonic()
        card, report = self._embedder.card, IndexReport()
        with _saying_when_full(self._catalogue.folder), writer_lock(self._catalogue.folder):
            inventory = take_inventory(self._catalogue, self._roots(paths), self._settings.selection, self._wish())
            with self._catalogue.write() as writer:
                run_id = writer.record_run(started_at, None, {})
                space = writer.ensure_space(card.space_name, card.dim)
                writer.mark_seen(inventory.seen_again)
            _open_books(report, inventory)
            ledger = Ledger(self._catalogue, space, inventory.gone, report, self._settings.commit_every_s)
            reading = Reading(
                self._catalogue,
                self._embedder,
                ledger,
                inventory=inventory,
                settings=self._settings,
                on_progress=self._on_progress,
            )
            try:
                reading.run()
                ledger.close()
            except KeyboardInterrupt:
                report.interrupted = True
                reading.flush()
            self._tidy_up(space, report)
            report.seconds = time.monotonic() - started
            with self._catalogue.write() as writer:
                writer.record_run(started_at, time.time(), report.counters(), run_id)
        return report

    def _roots(self, paths: Sequence[str | bytes | os.PathLike[str]]) -> list[tuple[int, bytes]]:
        """Id and path of each root; one that is not there and was not known before is kept out of the catalogue."""
        known = {root.path: root.id for root in self._catalogue.roots()}
        if not paths:
            return [(root_id, path) for path, root_id in known.items()]
        resolved = list(dict.fromkeys(resolve_root(path) for path in paths))
        new = [path for path in resolved if path not in known and os.path.lexists(path)]
        if new:
            with self._catalogue.write() as writer:
                known.update({path: writer.add_root(path) for path in new})
        return [(known.get(path, 0), path) for path in resolved]

    def _wish(self) -> Wish:
        lacking: Sequence[int] = ()
        if self._settings.refresh or self._settings.catch_up:
            lacking = self._catalogue.recordings_lacking(EMBED_STAGE, self._embedder.card.space_name)
        return Wish(self._settings.retry, frozenset(lacking))

    def _tidy_up(self, space: Space, report: IndexReport) -> None:
        """After a refresh that reached everything, drops what older revisions of the model left; says so where it did
        not. What other models made stays.
        """
        lacking = self._catalogue.count_lacking(EMBED_STAGE, space.name)
        if lacking and self._settings.catch_up and not self._settings.refresh:
            report.notes.append(
                f"{lacking} recordings were not reached and have no vectors of {model_of(space.name)} yet."
            )
        elif lacking:
            report.notes.append(
                f"{lacking} recordings were embedded by another model. Run `sono index --refresh` to embed them again."
            )
        elif self._settings.refresh and not report.interrupted:
            for other in self._catalogue.spaces():
                if other.id != space.id and model_of(other.name) == model_of(space.name):
                    with self._catalogue.write() as writer:
                        writer.delete_space(other)


@contextlib.contextmanager
def _saying_when_full(folder: os.PathLike[str]) -> Iterator[None]:
    """The catalogue says itself when it finds no room; this is for the small files beside it."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise
        raise UnavailableError(
            f"The disk that holds {folder} is full.",
            next_step="Free some space and run it again: what is done is kept.",
        ) from error


def _open_books(report: IndexReport, inventory: Inventory) -> None:
    """Starts a report with what the inventory alone decides."""
    report.n_found, report.n_unchanged = inventory.n_found, inventory.n_unchanged
    report.notes.extend(inventory.notes)
    report.failed.extend(inventory.still_failing)
