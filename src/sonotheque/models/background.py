"""Ordinary sounds for models that bring none: made here, embedded once, kept in the user's cache.

Owns which sounds those are and the file that keeps their vectors. How far a query stands out from them is what its
cosines mean for a model whose scores nobody calibrated. Knows nothing of networks.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sonotheque.settings import user_cache_dir
from sonotheque.values.waveform import FloatArray

N_SOUNDS = 48
SOUND_S = 5.0
_SEED = 3


def make_sounds(rate_hz: int) -> list[FloatArray]:
    """`N_SOUNDS` kinds of sound, evenly taken from the alphabet of those that can be made; the same ones every time."""
    return [_render(name, rate_hz) for name in _choose_kinds()]


def _choose_kinds() -> list[str]:
    from sonotheque.audio.synthesis import SOUND_KINDS

    names = sorted(SOUND_KINDS)
    return [names[at] for at in np.linspace(0, len(names) - 1, N_SOUNDS).round().astype(int).tolist()]


def _render(name: str, rate_hz: int) -> FloatArray:
    from sonotheque.audio.synthesis import render_kind

    return render_kind(name, _SEED, SOUND_S, rate_hz).samples


def background_of(
    space_name: str, dim: int, rate_hz: int, embed: Callable[[Sequence[FloatArray]], FloatArray]
) -> FloatArray:
    """Unit vectors (m, dim) of ordinary sounds in a space: read from the cache, or made with `embed` and put there.

    A cache that can't be written costs time, and nothing else.
    """
    recipe = "\n".join([space_name, str(rate_hz), str(SOUND_S), str(_SEED), *_choose_kinds()])
    path = user_cache_dir() / "backgrounds" / f"{hashlib.sha256(recipe.encode()).hexdigest()[:24]}.npy"
    kept = _read(path, dim)
    if kept is not None:
        return kept
    vectors = embed(make_sounds(rate_hz))
    _write(path, vectors)
    return vectors


def _read(path: Path, dim: int) -> FloatArray | None:
    try:
        rows: FloatArray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if rows.shape == (N_SOUNDS, dim) and rows.dtype == np.float32 else None


def _write(path: Path, vectors: FloatArray) -> None:
    """Writes beside `path` first, so that nobody reads half a file."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
