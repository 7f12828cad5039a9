"""Samples that know their rate and where in the recording they start."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono samples, float32 of shape (n_samples,), nominally within [-1, 1]; `start_s` is their place in the recording.

    Raises `BadInputError` for other shapes or a rate that is not positive. Other dtypes are converted.
    """

    samples: FloatArray
    rate_hz: int
    start_s: float = 0.0

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples, dtype=np.float32)
        if samples.ndim != 1:
            raise BadInputError(f"A waveform is mono: samples of shape (n_samples,), not {samples.shape}.")
        if self.rate_hz <= 0:
            raise BadInputError(f"A sample rate must be positive, not {self.rate_hz} Hz.")
        if not math.isfinite(self.start_s):
            raise BadInputError(f"A waveform starts at a finite time, not {self.start_s}.")
        object.__setattr__(self, "samples", samples)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz

    def __repr__(self) -> str:
        length = f"{len(self.samples)} samples at {self.rate_hz} Hz"
        return f"Waveform({length}, {self.duration_s:.2f} s from {self.start_s:g} s)"
