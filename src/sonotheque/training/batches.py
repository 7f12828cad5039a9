"""Canvases: clips placed and mixed on one window of log-mel frames.

Owns where a clip lies, how two are mixed, which stretch is pooled and how much of each clip is heard in it. Every
random choice comes from the generator given. Knows nothing of networks and captions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.models.sound_stream import FRAMES_PER_HIDDEN
from sonotheque.training.augmentation import DB, LOG_FLOOR, RUMBLE_BANDS, Augmentation, add_powers, level_db

FloatArray = npt.NDArray[np.float32]

CANVAS_FRAMES = 320
N_HIDDEN_FRAMES = CANVAS_FRAMES // FRAMES_PER_HIDDEN
AUDIBLE_DB = 15.0
"""A stretch this far under the clip's loudest moment is not what its caption speaks of."""


def peak_levels_db(log_mel: FloatArray) -> FloatArray:
    """The loudest band above the rumble in each hidden frame, (n_frames, 64) to (n_frames / 16,) in dB."""
    levels: FloatArray = log_mel[:, RUMBLE_BANDS:].max(axis=1).reshape(-1, FRAMES_PER_HIDDEN).max(axis=1) / DB
    return levels


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One clip on the canvas: log-mel (320, 64), the clip's index and the frames it covers."""

    log_mel: FloatArray
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
        self, features: Sequence[npt.NDArray[np.float16]], augmentation: Augmentation, whole_probability: float
    ) -> None:
        self.features, self._augmentation, self._whole_probability = features, augmentation, whole_probability

    def draw(self, clip: int, other: int | None, rng: np.random.Generator) -> Canvas:
        """`clip` on a canvas, mixed with `other` where given, augmented, with the stretch to be pooled."""
        layers = [self._place(clip, rng)]
        mixture = layers[0].log_mel
        if other is not None:
            layers.append(self._place(other, rng, gain_db=float(rng.uniform(-15.0, 3.0))))
            mixture = add_powers(mixture, layers[1].log_mel)
        mask = self._stretch(layers[0], rng)
        return Canvas(self._augmentation(mixture, rng), mask, _shares(layers, mask))

    def _place(self, clip: int, rng: np.random.Generator, gain_db: float = 0.0) -> Layer:
        """A clip somewhere on the canvas: a long one cut (and sometimes rotated), a short one sometimes repeated."""
        feature = self._augmentation.warp(self.features[clip].astype(np.float32), rng)
        n = len(feature)
        canvas = np.full((CANVAS_FRAMES, feature.shape[1]), LOG_FLOOR, np.float32)
        if n >= CANVAS_FRAMES:
            at = int(rng.integers(0, n - CANVAS_FRAMES + 1))
            canvas[:] = feature[at : at + CANVAS_FRAMES]
            start, end = 0, CANVAS_FRAMES
            if rng.random() < 0.3:
                canvas = np.roll(canvas, int(rng.integers(0, CANVAS_FRAMES)), axis=0)
        else:
            start = int(rng.integers(0, CANVAS_FRAMES - n + 1)) if rng.random() < 0.6 else 0
            end = start + n
            canvas[start:end] = feature
            if n < CANVAS_FRAMES // 2 and rng.random() < 0.2:
                end = _repeat(canvas, feature, start, n + int(rng.integers(0, 60)))
        if gain_db:
            canvas = np.maximum(canvas + np.float32(gain_db * DB), np.float32(LOG_FLOOR))
        return Layer(canvas, clip, start, end)

    def _stretch(self, layer: Layer, rng: np.random.Generator) -> FloatArray:
        """Hidden frames to pool: the whole canvas, a random part of the clip that is not its silence, or its extent."""
        start, stop = layer.start // FRAMES_PER_HIDDEN, -(-layer.end // FRAMES_PER_HIDDEN)
        first, last = start, stop
        choice = rng.random()
        if choice < self._whole_probability:
            first, last = 0, N_HIDDEN_FRAMES
        elif choice < 0.5 + 0.5 * self._whole_probability and stop - start > 2:
            levels_db = peak_levels_db(layer.log_mel)
            for _ in range(8):
                length = int(rng.integers(2, stop - start + 1))
                at = int(rng.integers(start, stop - length + 1))
                if levels_db[at : at + length].max() >= levels_db.max() - AUDIBLE_DB:
                    first, last = at, at + length
                    break
        mask = np.zeros(N_HIDDEN_FRAMES, np.float32)
        mask[first:last] = 1.0
        return mask


def _repeat(canvas: FloatArray, feature: FloatArray, start: int, period: int) -> int:
    """Lays `feature` on the canvas again every `period` frames after `start`; returns where the last one ends."""
    end = start + len(feature)
    for at in range(start + period, len(canvas) - 8, period):
        end = min(at + len(feature), len(canvas))
        canvas[at:end] = np.maximum(canvas[at:end], feature[: end - at])
    return end


def _shares(layers: Sequence[Layer], mask: FloatArray) -> tuple[tuple[int, float], ...]:
    """Each clip's share of what is heard in the pooled stretch, from its level there; too quiet a clip has none."""
    if len(layers) == 1:
        return ((layers[0].clip, 1.0),)
    frames = np.repeat(mask, FRAMES_PER_HIDDEN).astype(bool)
    levels = np.array([level_db(layer.log_mel[frames]) for layer in layers])
    weights = 10.0 ** ((levels - levels.max()) / AUDIBLE_DB)
    weights[weights < 0.1] = 0.0
    weights /= weights.sum()
    return tuple((layer.clip, float(weight)) for layer, weight in zip(layers, weights, strict=True))
