"""Log-mel features of labelled clips, kept in a file so that they are computed once.

A clip that can't be decoded, or in which nothing is, is told of and left out: one bad file never stops a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonotheque.audio.decode import read
from sonotheque.audio.features import log_mel
from sonotheque.errors import SonothequeError
from sonotheque.models.sound_stream import LOG_FLOOR_POWER, MEL
from sonotheque.training.manifests import LabelledClip
from sonotheque.values.span import Span

LONGEST_S = 12.0
Features = list[npt.NDArray[np.float16]]
Say = Callable[[str], None]


def load_features(clips: Sequence[LabelledClip], cache: Path, say: Say = print) -> tuple[list[LabelledClip], Features]:
    """The clips that can be read, and one array (n_frames, 64) of float16 for each.

    Taken from `cache` where it holds these very files.
    """
    names = np.array([_name(clip) for clip in clips])
    if cache.is_file():
        with np.load(cache) as stored:
            if np.array_equal(stored["names"], names):
                return _split(clips, stored["frames"], stored["ends"])
    features = [_compute(clip, say) for clip in clips]
    cache.parent.mkdir(parents=True, exist_ok=True)
    ends = np.cumsum([len(feature) for feature in features])
    frames = np.concatenate(features)
    np.savez(cache, names=names, ends=ends, frames=frames)
    return _split(clips, frames, ends)


def _name(clip: LabelledClip) -> str:
    """Tells files apart, and versions of one."""
    size = clip.path.stat().st_size if clip.path.is_file() else -1
    return f"{clip.set_name}/{clip.path.parent.name}/{clip.path.name}:{size}"


def _split(
    clips: Sequence[LabelledClip], frames: npt.NDArray[np.float16], ends: npt.NDArray[np.int64]
) -> tuple[list[LabelledClip], Features]:
    features = np.split(frames, ends[:-1])
    kept = [i for i, feature in enumerate(features) if len(feature)]
    return [clips[i] for i in kept], [features[i] for i in kept]


def _compute(clip: LabelledClip, say: Say) -> npt.NDArray[np.float16]:
    """The features of a clip's first seconds; none where it can't be read."""
    try:
        waveform = read(clip.path, span=Span(0.0, LONGEST_S), rate_hz=MEL.rate_hz)
    except SonothequeError as error:
        say(f"Left out: {error.message}")
        return np.zeros((0, MEL.n_mels), np.float16)
    return log_mel(waveform.samples, MEL, floor=LOG_FLOOR_POWER).astype(np.float16)
