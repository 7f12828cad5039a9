"""Detectors of taught sounds, and the bytes they are kept as.

Owns the value and its form in storage: a JSON header with its length before it, then the direction as float32, all
little-endian. Knows nothing of how a detector is fitted, nor where the bytes lie.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

import numpy as np

from sonotheque.errors import BadInputError, CorruptError, SonothequeError
from sonotheque.values.embedding import Embedding
from sonotheque.values.plan import ChanceCurve
from sonotheque.values.waveform import FloatArray

_LENGTH_BYTES = 4
_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A taught sound in one space: its direction, what a cosine with it means, and how well the examples agree.

    `left_out` holds the chance of each example by a detector fitted without it; empty for a single example.
    """

    vector: Embedding
    curve: ChanceCurve
    left_out: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not all(0.0 <= chance <= 1.0 for chance in self.left_out):
            raise BadInputError(f"Chances lie between 0 and 1: {self.left_out}.")

    @property
    def space_name(self) -> str:
        """The space whose vectors it can judge."""
        return self.vector.model_id

    def chances(self, vectors: FloatArray, space_name: str) -> FloatArray:
        """Chances (n,) of unit vectors (n, dim); raises `BadInputError` for vectors of another space."""
        if space_name != self.space_name:
            raise BadInputError(
                f"A detector taught with {self.space_name} can't judge vectors of {space_name}.",
                next_step="Teach the label again with this model.",
            )
        return self.curve.chances(vectors @ self.vector.vector)

    def to_bytes(self) -> bytes:
        """The form in which it is kept."""
        facts = {
            "space": self.space_name,
            "dim": self.vector.dim,
            "bias": self.curve.bias,
            "slope": self.curve.slope,
            "left_out": list(self.left_out),
        }
        header = json.dumps(facts).encode()
        return len(header).to_bytes(_LENGTH_BYTES, "little") + header + self.vector.vector.astype(_STORED).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The detector that these bytes are; raises `CorruptError` where they contradict themselves."""
        stop = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
        try:
            facts = json.loads(data[_LENGTH_BYTES:stop])
            vector = np.frombuffer(data[stop:], _STORED).astype(np.float32)
            if len(vector) != facts["dim"]:
                raise ValueError(f"{len(vector)} numbers for {facts['dim']} dimensions")
            curve = ChanceCurve(float(facts["bias"]), float(facts["slope"]))
            return cls(Embedding(vector, str(facts["space"])), curve, tuple(map(float, facts["left_out"])))
        except (ValueError, TypeError, KeyError, RecursionError, SonothequeError) as error:
            raise CorruptError(
                f"A taught detector can't be read: {error}.", next_step="Teach its label again."
            ) from error
