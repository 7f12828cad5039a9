"""An embedder without a network, for tests of what lies around embedding.

Owns a stream of windows, half a second each unless told otherwise, whose vectors tell sounds apart. Knows nothing of
meaning.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.models.cards import ModelCard
from sonotheque.models.roles import EmbeddedWindows, QueryKind
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray, Waveform

RATE_HZ = 16_000
DIM = 8


class PlainEmbedder:
    """Counts the streams it opened in `n_streams`.

    A sound louder than `refuse_above` raises when it is embedded, one louder than `nan_above` gives a vector that is
    none. Windows of `step_s` seconds follow each other.
    """

    def __init__(
        self,
        revision: str = "1",
        *,
        refuse_above: float = np.inf,
        nan_above: float = np.inf,
        step_s: float = 0.5,
    ) -> None:
        self.card = ModelCard("plain:test", revision, "CC0-1.0", RATE_HZ, DIM, 0, "none")
        self.labels: tuple[str, ...] = ("high", "low")
        self.refuse_above, self.nan_above = refuse_above, nan_above
        self.step_s = step_s
        self.n_streams = 0

    def embed_text(self, text: str) -> Embedding:
        """A vector that depends on the letters."""
        counts = np.bincount([ord(letter) % DIM for letter in text], minlength=DIM).astype(np.float32)
        return Embedding(counts + 0.01, self.card.space_name)

    def unknown_words(self, text: str) -> list[str]:  # noqa: ARG002 - the role's signature
        """None."""
        return []

    def embed_audio(self, waveform: Waveform) -> Embedding:
        """The mean of the windows."""
        stream = self.open_stream()
        parts = [stream.push(waveform.samples).vectors, stream.finish().vectors]
        vectors = np.concatenate([part for part in parts if len(part)])
        if not len(vectors):
            raise BadInputError("There is no sound in an empty clip.")
        return Embedding(vectors.mean(axis=0), self.card.space_name)

    def open_stream(self) -> PlainStream:
        """A stream for one recording."""
        self.n_streams += 1
        return PlainStream(self)

    def background(self, query: Embedding) -> FloatArray:  # noqa: ARG002 - the role's signature
        """Cosines with nothing in particular."""
        return np.zeros(4, np.float32)

    def probability(
        self,
        kind: QueryKind,  # noqa: ARG002 - the role's signature
        query: Embedding,  # noqa: ARG002
        cosines: npt.NDArray[np.float32],
    ) -> FloatArray:
        """The cosine itself, above zero."""
        return np.clip(cosines, 0.0, 1.0)


class PlainStream:
    """Steps become rows as soon as they are whole; a vector is made of the first half second of its step."""

    def __init__(self, embedder: PlainEmbedder) -> None:
        self._embedder = embedder
        self._step = round(embedder.step_s * RATE_HZ)
        self._kept = np.zeros(0, np.float32)
        self._next_s = 0.0

    def push(self, samples: FloatArray) -> EmbeddedWindows:
        """Rows of the steps that are whole now."""
        if len(samples) and float(np.abs(samples).max()) > self._embedder.refuse_above:
            raise ValueError("too loud for this model")
        self._kept = np.concatenate([self._kept, samples])
        n = len(self._kept) // self._step
        whole, self._kept = self._kept[: n * self._step], self._kept[n * self._step :]
        return self._rows(whole.reshape(n, self._step), self._embedder.step_s)

    def finish(self) -> EmbeddedWindows:
        """The row of what is left."""
        n = len(self._kept)
        rest = np.zeros((min(n, 1), self._step), np.float32)
        rest[:, :n] = self._kept
        return self._rows(rest, n / RATE_HZ)

    def _rows(self, steps: FloatArray, length_s: float) -> EmbeddedWindows:
        start_s, step_s = self._next_s, self._embedder.step_s
        starts = start_s + step_s * np.arange(len(steps))
        self._next_s += step_s * len(steps)
        power = (
            np.abs(np.fft.rfft(steps[:, : RATE_HZ // 2], axis=1))[:, 1:4001].reshape(len(steps), DIM, 500).mean(axis=2)
        )
        vectors = (power + 1e-3).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        fine = np.rint(vectors * 127).astype(np.int8)
        if len(steps) and float(np.abs(steps).max()) > self._embedder.nan_above:
            vectors[0] = np.nan
        return EmbeddedWindows(np.stack([starts, starts + length_s], axis=1), vectors, fine, start_s, step_s)
