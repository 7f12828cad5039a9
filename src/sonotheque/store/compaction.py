"""Making a new generation of derived files while searches go on with the old one.

Owns the order of the steps, so that neither a kill nor a full disk at any point leaves a library that answers wrongly:
files are complete before the catalogue names them, and old ones go last. Knows nothing of how files are searched.

A generation can be extended: the rows and the graph of the last one are taken over, deleted rows included, and only new
rows are added to the graph. That costs a tenth of a new graph where a tenth of the rows is new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from sonotheque.errors import SonothequeError, UnavailableError
from sonotheque.store import derived, sql, vector_rows
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.lock import build_lock
from sonotheque.store.rows import Ids, Space

_BLOCK_ROWS = 32_768


def compact(
    catalogue: Catalogue,
    space: Space,
    old: tuple[int, derived.Derived] | None,
    *,
    threads: int,
    progress: derived.Progress | None = None,
) -> None:
    """Put a new generation of files in place: the `old` one (its number and files) extended, or made from nothing.

    Raises `UnavailableError` where the files can't be written; the old ones are in use then as before.
    """
    folder = catalogue.folder
    with build_lock(folder):
        with catalogue.snapshot() as connection:
            state = vector_rows.read_state(connection, space)
            if old is not None and old[0] != state.generation:
                return  # another process has just done it
            derived.remove_generations(folder, space.id, keep=state.generation)
            base = None if old is None else old[1]
            after = 0 if base is None else state.covered_id
            n_new = int(
                sql.value(connection, "SELECT count(*) FROM vectors WHERE space_id = ? AND id > ?", (space.id, after))
            )
            n_rows = n_new + (0 if base is None else len(base))
            stem = derived.stem_of(folder, space.id, state.generation + 1)
            if n_rows:
                with _cleaning_up(folder, space, state.generation):
                    derived.write_rows(stem, space, n_rows, _read_blocks(connection, space, base, after))
        if n_rows:
            with _cleaning_up(folder, space, state.generation):
                derived.finish(stem, base, threads=threads, progress=progress)
        with catalogue.writing() as connection:
            vector_rows.publish(connection, space, state, n_covered=n_rows, kept_id=after)
        derived.remove_generations(folder, space.id, keep=state.generation + 1)


@contextlib.contextmanager
def _cleaning_up(folder: Path, space: Space, generation: int) -> Iterator[None]:
    """Remove half-made files when making them fails, and say so in the project's words."""
    try:
        yield
    except BaseException as error:
        derived.remove_generations(folder, space.id, keep=generation)
        if not isinstance(error, OSError | RuntimeError | MemoryError) or isinstance(error, SonothequeError):
            raise
        raise UnavailableError(
            f"The search index of {space.name} could not be written to {folder}: {error}.",
            next_step="Free some space; searches work without it, more slowly.",
        ) from error


def _read_blocks(
    connection: sa.Connection, space: Space, base: derived.Derived | None, after: int
) -> Iterator[tuple[Ids, npt.NDArray[np.float16]]]:
    """Ids and vectors in order of id: those of the old files, then those of the catalogue above `after`."""
    if base is not None:
        for low in range(0, len(base), _BLOCK_ROWS):
            yield base.ids[low : low + _BLOCK_ROWS], base.matrix[low : low + _BLOCK_ROWS]
    while True:
        ids, stored = vector_rows.read_vectors(connection, space, after=after, limit=_BLOCK_ROWS)
        if not len(ids):
            return
        yield ids, stored
        after = int(ids[-1])
