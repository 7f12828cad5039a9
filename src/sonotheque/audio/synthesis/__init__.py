"""Sounds made by procedure, for the demo, for tests with known truth, and for training.

One module per family of sounds; `catalogue` lists every kind, `scene` places kinds at known times, `demo` writes a
small library of files. Nothing here reads or decodes sound.
"""

from sonotheque.audio.synthesis.catalogue import SOUND_KINDS, find_kind, render_kind
from sonotheque.audio.synthesis.kind import SoundKind

__all__ = ["SOUND_KINDS", "SoundKind", "find_kind", "render_kind"]
