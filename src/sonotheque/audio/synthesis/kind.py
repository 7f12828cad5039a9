"""What a kind of synthetic sound is: a name, the words people use for it, and the procedure that makes it.

Knows nothing of the single sounds; those are in the family modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sonotheque.errors import BadInputError
from sonotheque.values.waveform import Waveform

MIN_CAPTIONS = 5
MAX_CAPTIONS = 10


class Renderer(Protocol):
    """Makes one sound. The same state of `rng` gives the same samples; every other state gives another variant.

    A sustained kind fills `duration_s`; any other ends when it has died away, at `duration_s` at the latest.
    The peak is at most 0.9.
    """

    def __call__(self, rng: np.random.Generator, duration_s: float, rate_hz: int) -> Waveform: ...


@dataclass(frozen=True, slots=True)
class SoundKind:
    """A kind of sound, its captions (5 to 10, English, as a person would write them) and its renderer.

    Raises `BadInputError` for an empty name, or a number of captions outside that range or with repeats.
    """

    name: str
    captions: tuple[str, ...]
    render: Renderer
    sustained: bool

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadInputError("A kind of sound needs a name.")
        n_captions = len(set(self.captions))
        if n_captions != len(self.captions) or not MIN_CAPTIONS <= n_captions <= MAX_CAPTIONS:
            raise BadInputError(
                f"The kind {self.name!r} needs {MIN_CAPTIONS} to {MAX_CAPTIONS} different captions: {self.captions}."
            )
