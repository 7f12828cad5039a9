"""Finds a model by its name. Owns the names that settings and options may use."""

from __future__ import annotations

from sonotheque.errors import BadInputError
from sonotheque.models.roles import Embedder
from sonotheque.models.sounds import MODEL_ID, Sounds


def load_embedder(name: str = MODEL_ID, *, n_threads: int = 1) -> Embedder:
    """The embedder called `name`; raises `BadInputError` for a name that no adapter knows."""
    if name == MODEL_ID:
        return Sounds(n_threads=n_threads)
    raise BadInputError(f"No embedding model is called {name!r}.", next_step=f"Use {MODEL_ID}.")
