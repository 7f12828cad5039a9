"""Two or three sounds in one clip, one after another or together, with a caption that says which and in what order.

Owns the laying out and the sentence. Knows nothing of where the sounds come from: recordings and made sounds alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.audio.synthesis.scene import cut_to_audible
from sonotheque.errors import BadInputError
from sonotheque.training.synthetic.clip import LONGEST_S, RATE_HZ
from sonotheque.values.waveform import Waveform

Array = npt.NDArray[np.float64]
# No part is this much quieter than another, so that everything named is heard.
GAIN_DB = (-6.0, 0.0)
LONGEST_PART_S = 2.6
GAP_S = (0.05, 0.6)
# The share of a part's energy that must not lie in the bands where the other is louder, for both to be heard at once.
FREE_SHARE = 0.2
Joins = tuple[str, ...]
_JOINS_AFTER: Joins = (
    "{0}, then {1}",
    "{0} followed by {1}",
    "{1} after {0}",
    "{0} and then {1}",
    "first {0}, then {1}",
)
_JOINS_TOGETHER: Joins = (
    "{0} and {1}",
    "{0} with {1}",
    "{0} while {1}",
    "{0} together with {1}",
    "{1} over {0}",
)
_JOINS_THREE: Joins = ("{0}, then {1}, then {2}", "{0}, {1} and then {2}", "first {0}, then {1}, finally {2}")
_JOIN_THREE_TOGETHER = "{0}, {1} and {2} at the same time"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A sound to be mixed, with the words that name it in a sentence."""

    waveform: Waveform
    words: str

    def __post_init__(self) -> None:
        if self.waveform.rate_hz != RATE_HZ:
            raise BadInputError(f"Mixtures are made at {RATE_HZ} Hz, not {self.waveform.rate_hz} Hz.")
        if not self.words.strip() or not np.any(self.waveform.samples):
            raise BadInputError("A part of a mixture needs words and a sound that is not silent.")


def compose(parts: Sequence[Part], rng: np.random.Generator) -> tuple[Waveform, str]:
    """The parts (two or three) in one clip of at most 6 s and its caption.

    They sound together only where each keeps enough energy where the others are weaker; else one after another.
    Raises `BadInputError` for another number of parts.
    """
    if len(parts) not in {2, 3}:
        raise BadInputError(f"A mixture has two or three parts, not {len(parts)}.")
    order = [parts[int(k)] for k in rng.permutation(len(parts))]
    sounds = [_prepare(rng, part.waveform, len(parts)) for part in order]
    words = [part.words for part in order]
    if rng.random() < 0.4 and all_heard_together(sounds):
        joins = _JOINS_TOGETHER if len(parts) == 2 else (_JOIN_THREE_TOGETHER,)
        mix = np.zeros(max(map(len, sounds)))
        for sound in sounds:
            start = int(rng.integers(0, len(mix) - len(sound) + 1))
            mix[start : start + len(sound)] += sound
    else:
        joins = _JOINS_AFTER if len(parts) == 2 else _JOINS_THREE
        mix = _one_after_another(rng, sounds)
    mix *= 10 ** (float(rng.uniform(-25, -1)) / 20) / max(1e-9, float(np.max(np.abs(mix))))
    return Waveform(mix.astype(np.float32), RATE_HZ), str(rng.choice(joins)).format(*words)


def _prepare(rng: np.random.Generator, waveform: Waveform, n_parts: int) -> Array:
    """What is audible of the sound, not too long, at a peak of -6 to 0 dB."""
    audible = cut_to_audible(waveform.samples).astype(np.float64)
    longest = round(min(LONGEST_PART_S, (LONGEST_S - 0.5) / n_parts) * RATE_HZ)
    if len(audible) > longest:
        loud = int(np.argmax(np.abs(audible)))
        start = int(np.clip(loud - rng.uniform(0.05, 0.5) * longest, 0, len(audible) - longest))
        audible = audible[start : start + longest].copy()
        n_ramp = min(longest, RATE_HZ // 50)
        audible[-n_ramp:] *= np.linspace(1, 0, n_ramp)
    audible /= max(1e-9, float(np.max(np.abs(audible))))
    return np.asarray(audible * 10 ** (float(rng.uniform(*GAIN_DB)) / 20), dtype=np.float64)


def _one_after_another(rng: np.random.Generator, sounds: Sequence[Array]) -> Array:
    pieces: list[Array] = []
    for sound in sounds:
        pieces += [sound, np.zeros(round(float(rng.uniform(*GAP_S)) * RATE_HZ))]
    return np.concatenate(pieces[:-1])[: round(LONGEST_S * RATE_HZ)]


def all_heard_together(sounds: Sequence[Array]) -> bool:
    """Whether each has a share of its energy in third-octave bands where it is louder than all others together."""
    power = np.stack([_band_power(sound) for sound in sounds])
    own = power > power.sum(axis=0) - power
    shares = (power * own).sum(axis=1) / np.maximum(1e-12, power.sum(axis=1))
    return bool(shares.min() >= FREE_SHARE)


def _band_power(samples: Array) -> Array:
    spectrum = np.abs(np.fft.rfft(samples, 8 * RATE_HZ)) ** 2
    frequency_hz = np.fft.rfftfreq(8 * RATE_HZ, 1 / RATE_HZ)
    edges_hz = 50 * 2 ** (np.arange(22) / 3)
    return np.asarray(np.add.reduceat(spectrum, np.searchsorted(frequency_hz, edges_hz)), dtype=np.float64)
