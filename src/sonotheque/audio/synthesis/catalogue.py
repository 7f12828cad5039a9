"""Every kind of sound that can be made here, by name."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

import numpy as np

from sonotheque.audio.synthesis import (
    action,
    alarms,
    animals,
    bells,
    birds,
    creatures,
    electronic,
    engines,
    gadgets,
    games,
    impacts,
    machines,
    materials,
    music,
    people,
    signals,
    sirens,
    tones,
    water,
    weather,
)
from sonotheque.audio.synthesis.kind import SoundKind
from sonotheque.audio.synthesis.sources import DEFAULT_RATE_HZ
from sonotheque.errors import NotFoundError
from sonotheque.values.waveform import Waveform

_FAMILIES = (
    engines, machines, bells, sirens, alarms, weather, water, birds,
    animals, impacts, people, signals, tones, music, games,
    materials, electronic, gadgets, action, creatures,
)  # fmt: skip


def _collect() -> Mapping[str, SoundKind]:
    kinds = list(chain.from_iterable(family.KINDS for family in _FAMILIES))
    by_name = {kind.name: kind for kind in kinds}
    assert len(by_name) == len(kinds), "two kinds of sound have one name"
    return MappingProxyType(by_name)


SOUND_KINDS: Mapping[str, SoundKind] = _collect()


def find_kind(name: str) -> SoundKind:
    """The kind of that name; raises `NotFoundError` when there is none."""
    kind = SOUND_KINDS.get(name)
    if kind is None:
        raise NotFoundError(
            f"There is no synthetic sound named {name!r}.",
            next_step=f"Choose one of: {', '.join(sorted(SOUND_KINDS))}.",
        )
    return kind


def render_kind(name: str, seed: int, duration_s: float, rate_hz: int = DEFAULT_RATE_HZ) -> Waveform:
    """The sound of that kind for a seed: the same arguments always give the same samples."""
    return find_kind(name).render(np.random.default_rng(seed), duration_s, rate_hz)
