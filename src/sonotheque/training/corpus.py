"""What a run learns from and is judged by: clips with features, split by fold.

Owns the split and the made clips beside the recorded ones. Knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonotheque.training.features import Features, Say, load_features
from sonotheque.training.made import made_clips
from sonotheque.training.manifests import LabelledClip, load_clips
from sonotheque.training.synthetic.corpus import synthetic_clips
from sonotheque.training.wording_guard import WordingGuard

MADE_SETS = frozenset({"made", "kinds", "instruments", "voices"})
_MADE_SEED = 5


@dataclass(frozen=True, slots=True)
class Corpus:
    """Clips with features, split into those fitted on and those held out."""

    fitted: list[LabelledClip]
    fitted_features: Features
    held: list[LabelledClip]
    held_features: Features

    def held_of(self, set_name: str) -> tuple[list[LabelledClip], Features]:
        """The clips held out of one set."""
        rows = [i for i, clip in enumerate(self.held) if clip.set_name == set_name]
        return [self.held[i] for i in rows], [self.held_features[i] for i in rows]


def gather(
    data: Path,
    cache: Path,
    *,
    sets: Sequence[str] = (),
    hold_out: str | None,
    without_labels: Sequence[str] = (),
    n_synthetic: int = 8,
    seed: int = 0,
    say: Say = print,
) -> Corpus:
    """Every clip that may be learned from, with fold `hold_out` of every set apart; features are kept below `cache`.

    `n_synthetic` made sounds of each kind come along (0 for none). Clips of `without_labels` are left out altogether,
    to see later what a model does with classes it never heard.
    """
    recorded, features = load_features(load_clips(data, sets), cache / "features.npz", say)
    unwanted = frozenset(without_labels)
    held = [i for i, clip in enumerate(recorded) if hold_out and clip.fold == hold_out and clip.label not in unwanted]
    apart = {i for i, clip in enumerate(recorded) if clip.label in unwanted} | set(held)
    fitted = [i for i in range(len(recorded)) if i not in apart]
    made, made_features = made_clips(np.random.default_rng(seed + _MADE_SEED))
    if n_synthetic:
        more = synthetic_clips(seed, n_synthetic, cache / "synthetic.npz", WordingGuard.from_data(data))
        kept = [i for i, clip in enumerate(more[0]) if clip.label not in unwanted]
        made += [more[0][i] for i in kept]
        made_features += [more[1][i] for i in kept]
    return Corpus(
        [recorded[i] for i in fitted] + made,
        [features[i] for i in fitted] + made_features,
        [recorded[i] for i in held],
        [features[i] for i in held],
    )
