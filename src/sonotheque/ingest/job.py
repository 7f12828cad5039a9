"""One index run.

Owns the order of things: inventory, then hashing, decoding and embedding side by side, then commits as outcomes come.
Decoding happens in other processes and hashing on a thread; embedding happens here, so the networks stay in one place.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sonotheque.audio.pool import Block, DecoderPool, Event, Failed, Finished, Started
from sonotheque.ingest.hashing import HashAhead, HashedFile
from sonotheque.ingest.inventory import Inventory, Todo, Wish, take_inventory
from sonotheque.ingest.ledger import EMBED_STAGE, Ledger, Work
from sonotheque.ingest.report import IndexReport, Progress
from sonotheque.ingest.walk import Selection, resolve_root
from sonotheque.models.roles import Embedder, EmbeddingStream
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.lock import writer_lock
from sonotheque.values.recording import display_path
from sonotheque.values.waveform import FloatArray

_PASSING = ("changed while", "vanished", "interrupted")
_MAX_IN_FLIGHT = 64
_POLL_S = 0.05
_PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How a run goes about it. `refresh` also re-embeds what another model revision made; `retry` reads failed files."""

    selection: Selection = field(default_factory=Selection)
    retry: bool = False
    refresh: bool = False
    n_workers: int = 0
    stall_s: float = 20.0
    memory_limit_bytes: int = 1 << 30
    commit_every_s: float = 0.8
    worker_module: str = "sonotheque.audio.pool_worker"


class IndexJob:
    """Indexes roots into a catalogue with one embedder; `run` does it once."""

    def __init__(
        self,
        catalogue: Catalogue,
        embedder: Embedder,
        settings: IndexSettings,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._catalogue, self._embedder, self._settings = catalogue, embedder, settings
        self._on_progress = on_progress
        self._report = IndexReport()
        self._works: dict[int, Work] = {}
        self._streams: dict[int, EmbeddingStream] = {}
        self._by_hash: dict[str, Work] = {}
        self._next_key = 0
        self._audio_s = 0.0
        self._told_at = 0.0
        self._current = b""

    def run(self, paths: Sequence[str | bytes | os.PathLike[str]]) -> IndexReport:
        """Indexes `paths`, or every known root where none is given; holds the library's writer lock meanwhile.

        An interruption (KeyboardInterrupt) ends the run early with what is done so far committed.
        """
        started_at, self._started = time.time(), time.monotonic()
        with writer_lock(self._catalogue.folder):
            roots = self._roots(paths)
            space_name = self._embedder.card.space_name
            with self._catalogue.write() as writer:
                self._space = writer.ensure_space(space_name, self._embedder.card.dim)
                run_id = writer.record_run(started_at, None, {})
            lacking = self._catalogue.recordings_lacking(EMBED_STAGE, space_name)
            wish = Wish(self._settings.retry, frozenset(lacking if self._settings.refresh else ()))
            inventory = take_inventory(self._catalogue, roots, self._settings.selection, wish)
            self._take_over(inventory)
            try:
                self._work_off(inventory)
                self._ledger.close()
            except KeyboardInterrupt:
                self._report.interrupted = True
                self._flush()
            self._tidy_up()
            self._report.seconds = time.monotonic() - self._started
            with self._catalogue.write() as writer:
                writer.record_run(started_at, time.time(), self._report.counters(), run_id)
        return self._report

    def _roots(self, paths: Sequence[str | bytes | os.PathLike[str]]) -> list[tuple[int, bytes]]:
        if not paths:
            return [(root.id, root.path) for root in self._catalogue.roots()]
        resolved = list(dict.fromkeys(resolve_root(path) for path in paths))
        known = {root.path: root.id for root in self._catalogue.roots()}
        with self._catalogue.write() as writer:
            return [(known.get(path) or (writer.add_root(path) if os.path.lexists(path) else 0), path) for path in resolved]

    def _take_over(self, inventory: Inventory) -> None:
        """Starts the books with what the inventory alone decides."""
        report = self._report
        report.n_found, report.n_unchanged = inventory.n_found, inventory.n_unchanged
        report.notes.extend(inventory.notes)
        report.failed.extend(inventory.still_failing)
        self._inventory = inventory
        self._bytes_total = sum(todo.found.stamp.size for todo in inventory.todo)
        self._ledger = Ledger(
            self._catalogue, self._space, inventory.gone, report, self._settings.commit_every_s
        )
        if inventory.seen_again:
            with self._catalogue.write() as writer:
                writer.mark_seen(inventory.seen_again)
        for root_id, entry in inventory.unreadable:
            self._ledger.unreadable(root_id, entry.path, entry.reason)

    def _work_off(self, inventory: Inventory) -> None:
        todo = {item.found.path: item for item in inventory.todo}
        if todo:
            n_workers = self._settings.n_workers or max(1, min(os.cpu_count() or 1, 8, len(todo)))
            with contextlib.ExitStack() as stack:
                pool = stack.enter_context(
                    DecoderPool(
                        n_workers,
                        stall_s=self._settings.stall_s,
                        memory_limit_bytes=self._settings.memory_limit_bytes,
                        worker_module=self._settings.worker_module,
                    )
                )
                hashes = stack.enter_context(HashAhead(item.found for item in inventory.todo))
                self._pump(pool, hashes, todo)
        self._flush()

    def _pump(self, pool: DecoderPool, hashes: HashAhead, todo: dict[bytes, Todo]) -> None:
        """Feeds hashed files to the pool and takes its events until both have run dry."""
        n_left = len(todo)
        while n_left or self._works:
            while n_left and len(self._works) < _MAX_IN_FLIGHT:
                hashed = hashes.poll() if self._works else hashes.take()
                if hashed is None:
                    break
                n_left -= 1
                self._route(pool, hashed, todo[hashed.found.path])
                self._keep_up()
            for event in pool.events(timeout_s=_POLL_S):
                self._handle(event)
                self._keep_up()
                if n_left and len(self._works) < _MAX_IN_FLIGHT // 2:
                    break

    def _route(self, pool: DecoderPool, hashed: HashedFile, todo: Todo) -> None:
        todo = Todo(todo.root_id, hashed.found, todo.known)
        if hashed.content_hash is None:
            reason = hashed.reason or "can't be read"
            self._ledger.failed(todo, reason, passing=True)
            return
        running = self._by_hash.get(hashed.content_hash)
        if running is not None:
            running.twins.append(todo)
            return
        recording = self._catalogue.recording_by_hash(hashed.content_hash)
        if recording is not None and recording.id is not None and self._is_embedded(recording.id):
            self._ledger.placed(todo, recording.id)
            return
        key, self._next_key = self._next_key, self._next_key + 1
        work = Work(todo, hashed.content_hash)
        self._works[key] = self._by_hash[hashed.content_hash] = work
        pool.submit(key, todo.found.path, todo.found.stamp)

    def _is_embedded(self, recording_id: int) -> bool:
        return self._catalogue.has_stage(recording_id, EMBED_STAGE, self._space.name)

    def _handle(self, event: Event) -> None:
        work = self._works[event.key]
        if isinstance(event, Started):
            work.probe = event.probe
            self._streams[event.key] = self._embedder.open_stream()
            self._current = work.todo.found.path
        elif isinstance(event, Block):
            self._audio_s += len(event.samples) / self._embedder.card.rate_hz
            self._keep_rows(work, event.key, event.samples)
        elif isinstance(event, Finished):
            self._finish(work, event)
        elif isinstance(event, Failed):
            self._fail(work, event.key, event.reason)

    def _keep_rows(self, work: Work, key: int, samples: FloatArray) -> None:
        rows = self._streams[key].push(samples)
        if len(rows.spans) or len(rows.fine):
            work.parts.append(rows)

    def _finish(self, work: Work, event: Finished) -> None:
        rows = self._streams[event.key].finish()
        if len(rows.spans) or len(rows.fine):
            work.parts.append(rows)
        if not work.parts:
            self._fail(work, event.key, "holds no sound")
            return
        work.duration_s = event.n_samples / self._embedder.card.rate_hz
        work.complete, work.reason = event.complete, event.reason
        del self._works[event.key], self._streams[event.key]
        self._ledger.embedded(work)

    def _fail(self, work: Work, key: int, reason: str) -> None:
        del self._works[key]
        self._streams.pop(key, None)
        del self._by_hash[work.content_hash]
        passing = reason.startswith(_PASSING)
        for todo in (work.todo, *work.twins):
            self._ledger.failed(todo, reason, passing=passing)

    def _keep_up(self) -> None:
        """Commits when it is due and tells how far the run is."""
        if self._ledger.is_due:
            self._flush()
        now = time.monotonic()
        if self._on_progress is not None and now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            self._on_progress(self._progress())

    def _flush(self) -> None:
        if self._ledger.n_held:
            for work in self._ledger.commit():
                self._by_hash.pop(work.content_hash, None)
        if self._on_progress is not None:
            self._on_progress(self._progress())

    def _progress(self) -> Progress:
        report, n_todo = self._report, len(self._inventory.todo)
        n_done = report.n_indexed + report.n_copies + report.n_moved
        n_done += report.n_unchanged - self._inventory.n_unchanged
        n_failed = len(report.failed) - len(self._inventory.still_failing)
        return Progress(
            n_files=n_todo + len(self._inventory.unreadable),
            n_done=n_done + n_failed,
            n_failed=n_failed,
            bytes_total=self._bytes_total,
            bytes_done=min(self._ledger.bytes_done, self._bytes_total),
            audio_s=self._audio_s,
            elapsed_s=time.monotonic() - self._started,
            current=display_path(os.path.basename(self._current)),
        )

    def _tidy_up(self) -> None:
        """After a refresh that reached everything, drops what older revisions left; says so where it did not."""
        lacking = self._catalogue.count_lacking(EMBED_STAGE, self._space.name)
        if lacking:
            self._report.notes.append(
                f"{lacking} recordings were embedded by another model. Run `sono index --refresh` to embed them again."
            )
        elif self._settings.refresh and not self._report.interrupted:
            for space in self._catalogue.spaces():
                if space.id != self._space.id:
                    with self._catalogue.write() as writer:
                        writer.delete_space(space)
