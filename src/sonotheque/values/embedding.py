"""Vectors that know which model made them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """One unit-length vector, float32 of shape (dim,), in the space of `model_id`.

    Raises `BadInputError` for other shapes, non-finite numbers, or a vector of length zero; any other length is scaled
    to one, so that a dot product is the cosine.
    """

    vector: npt.NDArray[np.float32]
    model_id: str

    def __post_init__(self) -> None:
        vector = np.asarray(self.vector, dtype=np.float32)
        if vector.ndim != 1:
            raise BadInputError(f"An embedding is one vector of shape (dim,), not {vector.shape}.")
        if not self.model_id:
            raise BadInputError("An embedding needs the id of the model that made it.")
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length == 0.0:
            raise BadInputError("An embedding needs finite numbers and a length above zero.")
        unit = vector / np.float32(length)
        unit.flags.writeable = False
        object.__setattr__(self, "vector", unit)

    @property
    def dim(self) -> int:
        """Number of dimensions."""
        return len(self.vector)

    def cosine(self, other: Embedding) -> float:
        """Cosine similarity in [-1, 1]; raises `BadInputError` when the two come from different models."""
        if self.model_id != other.model_id:
            raise BadInputError(
                f"Vectors of {self.model_id} and {other.model_id} lie in different spaces and can't be compared.",
                next_step="Embed both with the same model.",
            )
        return float(self.vector @ other.vector)

    def __repr__(self) -> str:
        return f"Embedding({self.dim} dimensions of {self.model_id})"
