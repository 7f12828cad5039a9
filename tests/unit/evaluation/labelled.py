"""A gallery and an embedder that need no sound: every name is a direction, every clip lies near those of its names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.evaluation.gallery import Gallery
from sonotheque.evaluation.manifest import Clip
from sonotheque.models.cards import ModelCard
from sonotheque.models.roles import EmbeddingStream, QueryKind
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray, Waveform

NAMES = ("bell", "cat", "dog", "rain", "siren", "wind")
WINDOWS_PER_CLIP = 2


class NameEmbedder:
    """Understands `NAMES`, also behind other words; a chance is the cosine, at least 0."""

    card = ModelCard("test:names", "1", "none", 16_000, len(NAMES), 0, "none")
    labels = NAMES

    def embed_text(self, text: str) -> Embedding:
        vector = np.array([float(name in text) for name in NAMES], np.float32)
        if not vector.any():
            raise BadInputError(f"No word of {text!r} is known.")
        return Embedding(vector, self.card.space_name)

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in text.split() if word not in NAMES]

    def embed_audio(self, waveform: Waveform) -> Embedding:
        raise NotImplementedError

    def open_stream(self) -> EmbeddingStream:
        raise NotImplementedError

    def background(self, query: Embedding) -> FloatArray:  # noqa: ARG002
        return np.zeros(4, np.float32)

    def probability(self, kind: QueryKind, query: Embedding, cosines: npt.NDArray[np.float32]) -> FloatArray:  # noqa: ARG002
        return np.clip(cosines, 0.0, 1.0).astype(np.float32)


def make_gallery(names: Sequence[str | tuple[str, ...]], rng: np.random.Generator, noise: float = 0.1) -> Gallery:
    """A clip for each entry, of two windows; the first of them holds the sound, the second is noise alone."""
    clips = tuple(
        Clip(Path(f"/sounds/{at}.wav"), (name,) if isinstance(name, str) else name, at + 2)
        for at, name in enumerate(names)
    )
    windows = rng.normal(0, 1, (len(clips), WINDOWS_PER_CLIP, len(NAMES)))
    windows[:, 1] = -np.abs(windows[:, 1])
    windows[:, 0] *= noise
    for row, clip in zip(windows, clips, strict=True):
        for name in clip.names:
            row[0, NAMES.index(name)] += 1.0
    windows /= np.linalg.norm(windows, axis=2, keepdims=True)
    flat = windows.reshape(-1, len(NAMES)).astype(np.float32)
    return Gallery(clips, np.arange(len(clips)), flat, WINDOWS_PER_CLIP * np.arange(len(clips) + 1))
