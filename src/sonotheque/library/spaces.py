"""Which models a library holds vectors of, and which of them it uses where none is named.

Owns the note that remembers a model's name, and the figures of each space. Loads no model.
"""

from __future__ import annotations

from dataclasses import dataclass

from sonotheque.models.registry import settle_name
from sonotheque.models.sounds import MODEL_ID
from sonotheque.search.engine import EMBED_STAGE
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.vectors import VectorStore

_NOTE = "model"


@dataclass(frozen=True, slots=True)
class SpaceFigures:
    """The vectors of one model revision: windows, and recordings present in the library that have none."""

    name: str
    dim: int
    n_windows: int
    n_lacking: int


def read_default(catalogue: Catalogue) -> str:
    """The name of the model that a library uses where none is named."""
    name = catalogue.read_note(_NOTE)
    return name if isinstance(name, str) and name else MODEL_ID


def write_default(catalogue: Catalogue, name: str) -> None:
    """Remembers a model by a name that means it from any folder."""
    with catalogue.write() as writer:
        writer.write_note(_NOTE, settle_name(name))


def measure_spaces(catalogue: Catalogue, vectors: VectorStore) -> tuple[SpaceFigures, ...]:
    """The figures of every space, oldest first."""
    return tuple(
        SpaceFigures(
            space.name, space.dim, vectors.stats(space).n_rows, catalogue.count_lacking(EMBED_STAGE, space.name)
        )
        for space in catalogue.spaces()
    )
