"""A program that indexes a folder and says what is done, to be killed at any moment by the tests beside it.

`python -m tests.reliability.index_child LIBRARY MEDIA`: prints `ready` when everything is loaded, then a line for each
path whose outcome was committed (as hexadecimal bytes), then `end`. Commits often, and builds the derived files of the
vector store however few rows there are, so that kills fall into every kind of write.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sonotheque.ingest.job import IndexSettings
from sonotheque.ingest.ledger import Ledger
from sonotheque.ingest.outcomes import Failure, Outcome, Work
from sonotheque.library.library import Library
from sonotheque.models.sounds import Sounds
from sonotheque.store import embedded

SETTINGS = IndexSettings(n_workers=1, commit_every_s=0.02)


def build_derived_always() -> None:
    """Makes a compaction due at the end of every run."""
    embedded.TAIL_MIN_ROWS = 0
    embedded.TAIL_SHARE = 0.0


def tell_commits() -> None:
    """Prints each path once the catalogue has it, and not before."""
    commit = Ledger.commit

    def commit_and_tell(ledger: Ledger) -> list[Outcome]:
        outcomes = commit(ledger)
        for outcome in outcomes:
            todos = [outcome.todo, *(outcome.twins if isinstance(outcome, Work) else ())]
            kind = "failed" if isinstance(outcome, Failure) else "indexed"
            for todo in todos:
                print(kind, todo.found.path.hex(), flush=True)  # noqa: T201
        return outcomes

    Ledger.commit = commit_and_tell  # type: ignore[method-assign, assignment]


def main() -> None:
    """Index the folder named on the command line."""
    build_derived_always()
    tell_commits()
    embedder = Sounds()
    assert embedder.networks is not None
    print("ready", flush=True)  # noqa: T201
    with Library(Path(sys.argv[1]), create=True) as library:
        library.__dict__["embedder"] = embedder
        library.index(sys.argv[2], settings=SETTINGS)
    print("end", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
