"""How an index run is to go about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sonotheque.ingest.walk import Selection


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How a run goes about it. `catch_up` also embeds known recordings that this model has not embedded; `refresh` does
    that too and then drops what other revisions of the same model made. `retry` reads failed files.

    `n_workers` decoding processes, 0 for one per core; each is killed after `stall_s` seconds without progress or
    beyond `memory_limit_bytes`. What is done is committed every `commit_every_s` seconds.
    """

    selection: Selection = field(default_factory=Selection)
    retry: bool = False
    refresh: bool = False
    catch_up: bool = False
    n_workers: int = 0
    stall_s: float = 20.0
    memory_limit_bytes: int = 1 << 30
    commit_every_s: float = 0.8
    worker_module: str = "sonotheque.audio.pool_worker"
