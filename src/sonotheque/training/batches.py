"""Training batches in the log-mel domain.

Owns the mixing of clips on a canvas of one window and the augmentation of the mixture: powers add, gains and filters
are offsets of the log. Every random choice comes from the generator given. Knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.models.sound_stream import FRAMES_PER_HIDDEN, LOG_FLOOR_POWER

FloatArray = npt.NDArray[np.float32]

CANVAS_FRAMES = 320
LOG_FLOOR = float(np.log(LOG_FLOOR_POWER))
DB = float(np.log(10.0) / 10.0)
AUDIBLE_DB = 15.0
"""A stretch this far under the clip's loudest moment is not what its caption speaks of."""


def peak_levels_db(log_mel: FloatArray) -> FloatArray:
    """The loudest band above the rumble in each hidden frame, (n_frames, 64) to (n_frames / 16,) in dB."""
    levels: FloatArray = log_mel[:, 4:].max(axis=1).reshape(-1, FRAMES_PER_HIDDEN).max(axis=1) / DB
    return levels


@dataclass(frozen=True, slots=True)
class Placed:
    """One clip on the canvas: its index and the frames it covers."""

    clip: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A mixture: log-mel (320, 64), the pooled hidden frames (20,), and each clip's share of the power there."""

    log_mel: FloatArray
    mask: FloatArray
    shares: tuple[tuple[int, float], ...]


class CanvasMaker:
    """Draws canvases from clips' log-mel features, each float16 of shape (n_frames, 64)."""

    def __init__(
        self, features: Sequence[npt.NDArray[np.float16]], rng: np.random.Generator, whole_probability: float
    ) -> None:
        self.features, self.rng, self.whole_probability = features, rng, whole_probability

    def draw(self, clip: int, other: int | None) -> Canvas:
        """`clip` on a canvas, mixed with `other` where given, augmented, with the stretch to be pooled."""
        layers = [self._place(clip, gain_db=0.0)]
        if other is not None:
            layers.append(self._place(other, gain_db=float(self.rng.uniform(-15.0, 3.0))))
        mask = self._stretch(*layers[0])
        shares = self._shares(layers, mask)
        power = np.logaddexp.reduce([layer for layer, _ in layers])
        return Canvas(self._augment(power), mask, shares)

    def _place(self, clip: int, gain_db: float) -> tuple[FloatArray, Placed]:
        feature = self.features[clip]
        n, rng = len(feature), self.rng
        canvas = np.full((CANVAS_FRAMES, 64), LOG_FLOOR, np.float32)
        if n >= CANVAS_FRAMES:
            at = int(rng.integers(0, n - CANVAS_FRAMES + 1))
            canvas[:] = feature[at : at + CANVAS_FRAMES]
            placed = Placed(clip, 0, CANVAS_FRAMES)
        else:
            at = int(rng.integers(0, CANVAS_FRAMES - n + 1)) if rng.random() < 0.6 else 0
            canvas[at : at + n] = feature
            placed = Placed(clip, at, at + n)
        raised: FloatArray = np.maximum(canvas + gain_db * DB, LOG_FLOOR)
        return raised, placed

    def _stretch(self, layer: FloatArray, placed: Placed) -> FloatArray:
        """Hidden frames to pool: the whole canvas, a random part of the clip that is not its silence, or its extent."""
        rng, n_hidden = self.rng, CANVAS_FRAMES // FRAMES_PER_HIDDEN
        start, stop = placed.start // FRAMES_PER_HIDDEN, -(-placed.end // FRAMES_PER_HIDDEN)
        first, last = start, stop
        choice = rng.random()
        if choice < self.whole_probability:
            first, last = 0, n_hidden
        elif choice < 0.5 + 0.5 * self.whole_probability and stop - start > 2:
            levels_db = peak_levels_db(layer)
            for _ in range(8):
                length = int(rng.integers(2, stop - start + 1))
                at = int(rng.integers(start, stop - length + 1))
                if levels_db[at : at + length].max() >= levels_db.max() - AUDIBLE_DB:
                    first, last = at, at + length
                    break
        mask = np.zeros(n_hidden, np.float32)
        mask[first:last] = 1.0
        return mask

    def _shares(self, layers: list[tuple[FloatArray, Placed]], mask: FloatArray) -> tuple[tuple[int, float], ...]:
        """Each clip's share of what is heard in the pooled stretch, from the mean power above the rumble bands."""
        frames = np.repeat(mask, FRAMES_PER_HIDDEN).astype(bool)
        levels = [np.log(np.exp(layer[frames, 4:]).mean() + 1e-7) / DB for layer, _ in layers]
        top = max(levels)
        weights = np.array([10.0 ** ((level - top) / 15.0) for level in levels])
        weights[weights < 0.1] = 0.0
        weights /= weights.sum()
        return tuple((placed.clip, float(w)) for (_, placed), w in zip(layers, weights, strict=True))

    def _augment(self, log_mel: FloatArray) -> FloatArray:
        rng = self.rng
        x = log_mel + float(rng.uniform(-14.0, 8.0)) * DB
        if rng.random() < 0.4:
            knots = rng.normal(0.0, 4.0, 5) * DB
            x += np.interp(np.arange(64), np.linspace(0, 63, 5), knots).astype(np.float32)
        if rng.random() < 0.25:
            x = np.roll(x, int(rng.integers(-2, 3)), axis=1)
        if rng.random() < 0.4:
            x = np.logaddexp(x, self._noise(x))
        if rng.random() < 0.08:
            x[:, :7] -= 25.0 * DB
            x[:, 42:] -= 40.0 * DB
        x = np.maximum(x, LOG_FLOOR)
        for _ in range(int(rng.integers(0, 3))):
            at, width = int(rng.integers(0, 60)), int(rng.integers(1, 9))
            x[:, at : at + width] = LOG_FLOOR if rng.random() < 0.5 else x.mean()
        if rng.random() < 0.4:
            at, width = int(rng.integers(0, 300)), int(rng.integers(4, 33))
            x[at : at + width] = LOG_FLOOR
        return x.astype(np.float32)

    def _noise(self, x: FloatArray) -> FloatArray:
        """Coloured noise with chi-square power, 0 to 40 dB under the canvas."""
        rng = self.rng
        level = np.log(np.exp(x).mean() + 1e-7) - float(rng.uniform(0.0, 40.0)) * DB
        tilt = float(rng.uniform(-9.0, 3.0)) * DB * np.log2((np.arange(64) + 2.0) / 20.0)
        power = rng.gamma(2.5, 1 / 2.5, size=x.shape).astype(np.float32) + 1e-3
        return (level + tilt[None, :] + np.log(power)).astype(np.float32)
