"""What a made sound is: samples with the words for them, and the last touches that vary how it is heard.

Owns distance and muffling, loudness and the silence around a sound. Knows nothing of how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sonotheque.audio.synthesis.shaping import convolve, low_pass, make_room
from sonotheque.errors import BadInputError

Array = npt.NDArray[np.float64]
RATE_HZ = 16_000
LONGEST_S = 5.75
PEAK_DB = (-30.0, -1.0)
# A hush under half of the clips, as of a preamplifier; relative to full scale.
HUSH_DB = (-95.0, -65.0)


@dataclass(frozen=True, slots=True, eq=False)
class MadeSound:
    """Mono samples at 16 kHz with captions (the first is the plain name) and the label; `noun` stands in composed ones.

    Raises `BadInputError` without a caption or a sample.
    """

    set_name: str
    label: str
    captions: tuple[str, ...]
    samples: Array
    noun: str = ""

    def __post_init__(self) -> None:
        if not self.captions or not self.label:
            raise BadInputError(f"A made sound of {self.set_name!r} needs a label and at least one caption.")
        if self.samples.ndim != 1 or len(self.samples) == 0:
            raise BadInputError(f"{self.label!r} needs samples of shape (n,), n > 0, not {self.samples.shape}.")

    def with_captions(self, *more: str) -> MadeSound:
        """The same sound with further captions."""
        return replace(self, captions=tuple(dict.fromkeys((*self.captions, *more))))


def with_article(name: str) -> str:
    """`name` with a or an, but for plurals, what can't be counted and what has an article."""
    first = name.split(maxsplit=1)[0].lower()
    last = name.rsplit(maxsplit=1)[-1].lower()
    if first in {"a", "an", "the", "someone", "one"} or (last.endswith("s") and not last.endswith(("ss", "bass"))):
        return name
    return f"{'an' if first[0] in 'aeiou' and not first.startswith(('uk', 'one')) else 'a'} {name}"


def make_distant(rng: np.random.Generator, samples: Array) -> Array:
    """From far off: treble lost to the air, more echo than direct sound."""
    dull = low_pass(samples, RATE_HZ, float(rng.uniform(900, 2200)), order=1)
    padded = np.concatenate([dull, np.zeros(RATE_HZ // 2)])
    response = make_room(rng, RATE_HZ, float(rng.uniform(0.4, 0.9)), float(rng.uniform(1.2, 3.0)))
    response[0] = rng.uniform(0.3, 0.8)
    return convolve(padded, response)


def make_muffled(rng: np.random.Generator, samples: Array) -> Array:
    """Behind a wall or under a blanket: hardly anything above a few hundred hertz."""
    return low_pass(samples, RATE_HZ, float(rng.uniform(250, 600)), order=2)


def set_in_place(rng: np.random.Generator, samples: Array, level_db: float | None = None) -> Array:
    """The sound at a peak of `level_db` (drawn where not given), with silence before and after, at most 6 s in all."""
    peak_db = float(rng.uniform(*PEAK_DB)) if level_db is None else level_db
    lead_s, trail_s = rng.uniform(0, 0.7, 2) * (rng.random(2) < 0.7)
    room_s = LONGEST_S - lead_s
    heard = samples[: round(room_s * RATE_HZ)]
    loudest = max(1e-9, float(np.max(np.abs(heard))))
    n_trail = min(round(trail_s * RATE_HZ), round(LONGEST_S * RATE_HZ) - round(lead_s * RATE_HZ) - len(heard))
    n_ramp = min(len(heard), 160)
    heard = heard * (10 ** (peak_db / 20) / loudest)
    heard[-n_ramp:] *= np.linspace(1, 0, n_ramp)
    out = np.concatenate([np.zeros(round(lead_s * RATE_HZ)), heard, np.zeros(max(0, n_trail))])
    if rng.random() < 0.5:
        out += rng.standard_normal(len(out)) * 10 ** (float(rng.uniform(*HUSH_DB)) / 20)
    return out
