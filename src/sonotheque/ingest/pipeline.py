"""Hashing, decoding and embedding, side by side.

Owns the way of a file from its path to an outcome in the ledger. Decoding happens in other processes and hashing on a
thread; embedding happens here, so the networks stay in one place. Knows nothing of roots and of what changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from sonotheque.audio.pool import Block, DecoderPool, Event, Failed, Finished, Started
from sonotheque.errors import UnavailableError
from sonotheque.ingest.hashing import HashAhead, HashedFile
from sonotheque.ingest.inventory import Todo
from sonotheque.ingest.ledger import EMBED_STAGE, Ledger
from sonotheque.ingest.outcomes import Failure, Placed, Work, is_passing
from sonotheque.models.roles import EmbeddedWindows, Embedder, EmbeddingStream
from sonotheque.store.catalogue import Catalogue

_MAX_IN_FLIGHT = 64
_POLL_S = 0.05


class Pipeline:
    """Reads files and enters what became of them in a ledger.

    `keep_up` is called after every step; whoever commits the ledger hands what was committed to `forget`.
    """

    def __init__(
        self, catalogue: Catalogue, embedder: Embedder, pool: DecoderPool, ledger: Ledger, keep_up: Callable[[], None]
    ) -> None:
        self._catalogue, self._embedder, self._pool, self._ledger = catalogue, embedder, pool, ledger
        self._keep_up = keep_up
        self._works: dict[int, Work] = {}
        self._streams: dict[int, EmbeddingStream] = {}
        self._by_hash: dict[str, Work] = {}
        self._failed_hashes: dict[str, str] = {}
        self._next_key = 0
        self.n_samples = 0
        self.current = b""

    @property
    def bytes_ahead(self) -> int:
        """Bytes of files being read that are embedded already, by what their headers promise."""
        return int(sum(work.todo.n_bytes * work.share_read for work in self._works.values()))

    def run(self, files: Sequence[Todo]) -> None:
        """Reads all of `files`; `Finished` and `Failed` ones alike have an outcome in the ledger at the end.

        Raises `UnavailableError` where decoding processes can't be started or the model can't run.
        """
        waiting = deque(files)
        with HashAhead([todo.found for todo in files]) as hashes:
            while waiting or self._works:
                self._feed(waiting, hashes)
                for event in self._pool.events(timeout_s=_POLL_S):
                    self._handle(event)
                    self._keep_up()
                    if waiting and len(self._works) < _MAX_IN_FLIGHT // 2:
                        break
                self._keep_up()

    def forget(self, work: Work) -> None:
        """Takes note that a content was committed: from now on the catalogue knows it."""
        self._by_hash.pop(work.content_hash, None)

    def _feed(self, waiting: deque[Todo], hashes: HashAhead) -> None:
        """Gives the pool files to decode as far as they are hashed; waits a moment where it has none."""
        while waiting and len(self._works) < _MAX_IN_FLIGHT:
            hashed = hashes.take(timeout_s=0.0 if self._works else _POLL_S)
            if hashed is None:
                return
            self._route(replace(waiting.popleft(), found=hashed.found), hashed)
            self._keep_up()

    def _route(self, todo: Todo, hashed: HashedFile) -> None:
        content_hash = hashed.content_hash
        if content_hash is None:
            self._ledger.enter(Failure(todo, hashed.reason, is_passing=True))
        elif content_hash in self._by_hash:
            self._by_hash[content_hash].twins.append(todo)
        elif content_hash in self._failed_hashes:
            self._ledger.enter(Failure(todo, self._failed_hashes[content_hash]))
        else:
            recording = self._catalogue.recording_by_hash(content_hash)
            if recording is not None and recording.id is not None and self._is_embedded(recording.id):
                self._ledger.enter(Placed(todo, recording.id))
            else:
                self._submit(Work(todo, content_hash))

    def _is_embedded(self, recording_id: int) -> bool:
        return self._catalogue.has_stage(recording_id, EMBED_STAGE, self._embedder.card.space_name)

    def _submit(self, work: Work) -> None:
        key, self._next_key = self._next_key, self._next_key + 1
        self._works[key] = self._by_hash[work.content_hash] = work
        self._pool.submit(key, work.todo.found.path, work.todo.found.stamp)

    def _handle(self, event: Event) -> None:
        work = self._works.get(event.key)
        if work is None:
            return  # it could not be embedded; what the decoder still has to say of it is of no use
        if isinstance(event, Failed):
            self._fail(event.key, event.reason)
            return
        try:
            rows = self._embed(work, event)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a model raises over a sound concerns this file alone
            self._fail(event.key, f"can't be embedded ({type(error).__name__}: {error})")
            return
        if rows is not None and (len(rows.spans) or len(rows.fine)):
            work.parts.append(rows)
        if isinstance(event, Finished):
            self._finish(work, event)

    def _embed(self, work: Work, event: Started | Block | Finished) -> EmbeddedWindows | None:
        if isinstance(event, Started):
            work.probe, self.current = event.probe, work.todo.found.path
            self._streams[event.key] = self._embedder.open_stream()
            return None
        if isinstance(event, Finished):
            return self._streams[event.key].finish()
        rows = self._streams[event.key].push(event.samples)
        self.n_samples += len(event.samples)
        work.duration_s += len(event.samples) / self._embedder.card.rate_hz
        return rows

    def _finish(self, work: Work, event: Finished) -> None:
        if not any(len(part.spans) for part in work.parts):
            self._fail(event.key, "holds no sound")
            return
        work.duration_s = event.n_samples / self._embedder.card.rate_hz
        work.reason = None if event.complete else event.reason or "is incomplete"
        del self._works[event.key], self._streams[event.key]
        self._ledger.enter(work)

    def _fail(self, key: int, reason: str) -> None:
        work = self._works.pop(key)
        self._streams.pop(key, None)
        del self._by_hash[work.content_hash]
        if is_passing(reason):
            self._ledger.enter(Failure(work.todo, reason, is_passing=True))
            if work.twins:  # this file moved under our hands; the next one with the same content may stand still
                self._submit(Work(work.twins[0], work.content_hash, work.twins[1:]))
            return
        self._failed_hashes[work.content_hash] = reason
        for todo in (work.todo, *work.twins):
            self._ledger.enter(Failure(todo, reason))
