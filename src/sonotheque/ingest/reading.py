"""The part of a run in which files are read.

Owns when outcomes are committed and when and what progress is told. Knows nothing of roots, locks and reports.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from sonotheque.audio.pool import DecoderPool
from sonotheque.ingest.inventory import Inventory
from sonotheque.ingest.ledger import Ledger
from sonotheque.ingest.outcomes import Failure, Work
from sonotheque.ingest.pipeline import Pipeline
from sonotheque.ingest.report import Progress
from sonotheque.ingest.settings import IndexSettings
from sonotheque.models.roles import Embedder
from sonotheque.store.catalogue import Catalogue
from sonotheque.values.recording import display_path

_MAX_WORKERS = 8
_PROGRESS_EVERY_S = 0.1


class Reading:
    """Reads the files of an inventory; commits what is due and tells how far it is."""

    def __init__(
        self,
        catalogue: Catalogue,
        embedder: Embedder,
        ledger: Ledger,
        *,
        inventory: Inventory,
        settings: IndexSettings,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._catalogue, self._embedder, self._settings = catalogue, embedder, settings
        self._files, self._unreadable = inventory.todo, inventory.unreadable
        self._ledger, self._on_progress = ledger, on_progress
        self._pipeline: Pipeline | None = None
        self._bytes_total = sum(todo.n_bytes for todo in inventory.todo)
        self._bytes_told = 0
        self._started = self._told_at = time.monotonic()

    def run(self) -> None:
        """Reads every file; all outcomes are committed at the end."""
        for todo, reason in self._unreadable:
            self._ledger.enter(Failure(todo, reason, is_passing=True))
        if self._files:
            settings = self._settings
            with DecoderPool(
                settings.n_workers or min(count_cores(), _MAX_WORKERS, len(self._files)),
                rate_hz=self._embedder.card.rate_hz,
                stall_s=settings.stall_s,
                memory_limit_bytes=settings.memory_limit_bytes,
                worker_module=settings.worker_module,
            ) as pool:
                self._pipeline = Pipeline(self._catalogue, self._embedder, pool, self._ledger, self._keep_up)
                self._pipeline.run(self._files)
        self.flush()

    def flush(self) -> None:
        """Commits what is done and tells so."""
        for outcome in self._ledger.commit():
            if isinstance(outcome, Work) and self._pipeline is not None:
                self._pipeline.forget(outcome)
        self._tell()

    def _keep_up(self) -> None:
        if self._ledger.is_due:
            self.flush()
        elif time.monotonic() - self._told_at >= _PROGRESS_EVERY_S:
            self._tell()

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        if self._on_progress is None:
            return
        pipeline, ledger = self._pipeline, self._ledger
        ahead = 0 if pipeline is None else pipeline.bytes_ahead
        # What is embedded but not committed yet counts in neither figure for a moment.
        self._bytes_told = max(self._bytes_told, min(ledger.bytes_done + ahead, self._bytes_total))
        self._on_progress(
            Progress(
                n_files=len(self._files) + len(self._unreadable),
                n_done=ledger.n_done,
                n_failed=ledger.n_failed,
                bytes_total=self._bytes_total,
                bytes_done=self._bytes_told,
                audio_s=0.0 if pipeline is None else pipeline.n_samples / self._embedder.card.rate_hz,
                elapsed_s=self._told_at - self._started,
                current="" if pipeline is None else display_path(pipeline.current.rpartition(b"/")[2]),
            )
        )


def count_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
