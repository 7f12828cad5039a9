"""What is known of a model: its card."""

from __future__ import annotations

from dataclasses import dataclass

from sonotheque.errors import BadInputError


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Identity and shape of one model. `model_id` with `revision` names the space of its vectors."""

    model_id: str
    revision: str
    licence: str
    rate_hz: int
    dim: int
    size_bytes: int
    training_data: str

    def __post_init__(self) -> None:
        if not self.model_id or not self.revision:
            raise BadInputError("A model card needs an id and a revision.")
        if self.rate_hz <= 0 or self.dim <= 0:
            raise BadInputError(f"A model needs a rate and a dimension, not {self.rate_hz} Hz and {self.dim}.")

    @property
    def space_name(self) -> str:
        """`id@revision`: vectors may be compared when this is equal."""
        return f"{self.model_id}@{self.revision}"


def model_of(space_name: str) -> str:
    """The id of the model, whatever its revision, whose space has this name."""
    return space_name.rpartition("@")[0]
