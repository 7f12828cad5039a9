"""Log-mel features of labelled clips, kept in a file so that they are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonotheque.audio.decode import read
from sonotheque.audio.features import log_mel
from sonotheque.models.sound_stream import LOG_FLOOR_POWER, MEL
from sonotheque.training.manifests import LabelledClip
from sonotheque.values.span import Span

LONGEST_S = 12.0
Features = list[npt.NDArray[np.float16]]


def load_features(clips: Sequence[LabelledClip], cache: Path) -> Features:
    """One array (n_frames, 64) of float16 per clip, from `cache` where it holds these very clips."""
    names = np.array([f"{clip.set_name}/{clip.path.name}" for clip in clips])
    if cache.is_file():
        with np.load(cache) as stored:
            if np.array_equal(stored["names"], names):
                return list(np.split(stored["frames"], stored["ends"][:-1]))
    features = [_compute(clip) for clip in clips]
    cache.parent.mkdir(parents=True, exist_ok=True)
    ends = np.cumsum([len(feature) for feature in features])
    np.savez(cache, names=names, ends=ends, frames=np.concatenate(features))
    return features


def _compute(clip: LabelledClip) -> npt.NDArray[np.float16]:
    span = Span(0.0, LONGEST_S) if clip.duration_s > LONGEST_S else None
    waveform = read(clip.path, span=span, rate_hz=MEL.rate_hz)
    return log_mel(waveform.samples, MEL, floor=LOG_FLOOR_POWER).astype(np.float16)
