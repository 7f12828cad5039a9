"""Clips that are made, not recorded: silence and coloured noise, so that neither is called a dog."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonotheque.training.augmentation import LOG_FLOOR
from sonotheque.training.batches import CANVAS_FRAMES
from sonotheque.training.manifests import LabelledClip

SILENCE = ("silence", "nothing", "quiet room", "no sound")
NOISE = ("noise", "white noise", "static", "hiss", "background noise")


def made_clips(rng: np.random.Generator, n: int = 60) -> tuple[list[LabelledClip], list[npt.NDArray[np.float16]]]:
    """`n` clips of near silence and `n` of noise with random level and tilt, and their log-mel features."""
    clips, features = [], []
    bands = np.log2((np.arange(64) + 2.0) / 20.0)
    for _ in range(n):
        quiet = LOG_FLOOR + rng.uniform(0.0, 0.5, (CANVAS_FRAMES, 64))
        power = rng.gamma(2.5, 0.4, (CANVAS_FRAMES, 64)) + 1e-3
        noise = rng.uniform(-11.0, -1.0) + rng.uniform(-1.4, 0.23) * bands[None, :] + np.log(power)
        clips.append(LabelledClip(Path("silence"), "made", SILENCE, "silence", "", 5.0))
        clips.append(LabelledClip(Path("noise"), "made", NOISE, "noise", "", 5.0))
        features += [quiet.astype(np.float16), np.maximum(noise, LOG_FLOOR).astype(np.float16)]
    return clips, features
