"""All made sounds as training clips with features, computed once and kept.

Owns the order of the sets, the wordings held back, and the file they are kept in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sonotheque.audio.features import log_mel
from sonotheque.errors import NotFoundError
from sonotheque.models.sound_stream import LOG_FLOOR_POWER, MEL
from sonotheque.training.features import Features
from sonotheque.training.manifests import LabelledClip
from sonotheque.training.synthetic.clip import RATE_HZ, MadeSound
from sonotheque.training.synthetic.fluidsynth import find_player
from sonotheque.training.synthetic.instruments import render_instruments
from sonotheque.training.synthetic.kinds import render_kinds
from sonotheque.training.synthetic.voices import find_speaker, render_voices
from sonotheque.training.wording_guard import WordingGuard

Render = Callable[[np.random.Generator, int], Iterator[MadeSound]]
RENDERERS: Mapping[str, Render] = MappingProxyType(
    {"kinds": render_kinds, "instruments": render_instruments, "voices": render_voices}
)
PROGRAMS: Mapping[str, Callable[[], str]] = MappingProxyType({"instruments": find_player, "voices": find_speaker})
"""What tells whether the program that a set needs is installed."""
VERSION = 1
"""Part of the key of the kept file: raise it when the sounds change."""


def synthetic_clips(
    rng_seed: int,
    n_per_kind: int,
    cache: Path,
    guard: WordingGuard | None = None,
    *,
    sets: Sequence[str] = tuple(RENDERERS),
) -> tuple[list[LabelledClip], Features]:
    """Clips and their log-mel features, each float16 of shape (n_frames, 64), from `cache` where it holds these.

    `n_per_kind` renders of each kind of sound, instrument and language of `sets`. Captions that `guard` holds back are
    left out, and so is a clip without any other. Raises `UnavailableError` where a program is absent, with the packages
    to install.
    """
    key = json.dumps({"version": VERSION, "seed": rng_seed, "n_per_kind": n_per_kind, "sets": list(sets)})
    kept = _load(cache, key)
    clips, features = kept if kept is not None else _compute_all(make_all(rng_seed, n_per_kind, sets))
    if kept is None:
        _save(cache, key, clips, features)
    return _without_wordings(clips, features, guard)


def make_all(rng_seed: int, n_per_kind: int, sets: Sequence[str] = tuple(RENDERERS)) -> Iterator[MadeSound]:
    """The made sounds of `sets`; each set has a generator of its own, so that none depends on another.

    Raises `NotFoundError` for a set that does not exist.
    """
    for name in sets:
        if name not in RENDERERS:
            raise NotFoundError(
                f"There is no set of made sounds named {name!r}.", next_step=f"Choose from: {', '.join(RENDERERS)}."
            )
    for name in sets:
        # Told before minutes are spent on the others.
        PROGRAMS.get(name, str)()
    for name in sets:
        sys.stdout.write(f"making {name} ...\n")
        yield from RENDERERS[name](np.random.default_rng((rng_seed, list(RENDERERS).index(name))), n_per_kind)


def _compute_all(sounds: Iterable[MadeSound]) -> tuple[list[LabelledClip], Features]:
    clips: list[LabelledClip] = []
    features: Features = []
    for k, sound in enumerate(sounds):
        samples = sound.samples.astype(np.float32)
        features.append(log_mel(samples, MEL, floor=LOG_FLOOR_POWER).astype(np.float16))
        path, length_s = Path(f"{sound.label}-{k}"), len(samples) / RATE_HZ
        clips.append(LabelledClip(path, sound.set_name, sound.captions, sound.label, "", length_s))
    return clips, features


def _without_wordings(
    clips: list[LabelledClip], features: Features, guard: WordingGuard | None
) -> tuple[list[LabelledClip], Features]:
    if guard is None:
        return clips, features
    known: dict[str, bool] = {}
    out: list[LabelledClip] = []
    kept: Features = []
    for clip, feature in zip(clips, features, strict=True):
        for text in clip.captions:
            if text not in known:
                known[text] = guard.holds_back(text)
        captions = tuple(text for text in clip.captions if not known[text])
        if captions:
            out.append(LabelledClip(clip.path, clip.set_name, captions, clip.label, clip.fold, clip.duration_s))
            kept.append(feature)
    return out, kept


def _save(cache: Path, key: str, clips: list[LabelledClip], features: Features) -> None:
    facts = [[clip.path.name, clip.set_name, clip.captions, clip.label, clip.duration_s] for clip in clips]
    cache.parent.mkdir(parents=True, exist_ok=True)
    ends = np.cumsum([len(feature) for feature in features])
    np.savez(cache, key=key, facts=json.dumps(facts), ends=ends, frames=np.concatenate(features))


def _load(cache: Path, key: str) -> tuple[list[LabelledClip], Features] | None:
    if not cache.is_file():
        return None
    with np.load(cache) as stored:
        if str(stored["key"]) != key:
            return None
        facts = json.loads(str(stored["facts"]))
        features = list(np.split(stored["frames"], stored["ends"][:-1]))
    clips = [
        LabelledClip(Path(name), set_name, tuple(captions), label, "", duration_s)
        for name, set_name, captions, label, duration_s in facts
    ]
    return clips, features
