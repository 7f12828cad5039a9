"""An embedder without a network, for tests of what lies around embedding.

Owns a stream of one-second windows, every half second, whose vectors tell sounds apart. Knows nothing of meaning.
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
_HOP = RATE_HZ // 2


class PlainEmbedder:
    """Counts the streams it opened in `n_streams`; a sound louder than `refuse_above` raises when it is embedded."""

    def __init__(self, revision: str = "1", *, refuse_above: float = np.inf, nan_above: float = np.inf) -> None:
        self.card = ModelCard("plain:test", revision, "CC0-1.0", RATE_HZ, DIM, 0, "none")
        self.labels: tuple[str, ...] = ("high", "low")
        self.refuse_above, self.nan_above = refuse_above, nan_above
        self.n_streams = 0

    def embed_text(self, text: str) -> Embedding:
        """A vector that depends on the letters."""
        counts = np.bincount([ord(letter) % DIM for letter in text], minlength=DIM).astype(np.float32)
        return Embedding(counts + 0.01, self.card.space_name)

    def unknown_words(self, text: str) -> list[str]:
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

    def background(self, query: Embedding) -> FloatArray:
        """Cosines with nothing in particular."""
        return np.zeros(4, np.float32)

    def probability(self, kind: QueryKind, query: Embedding, cosines: npt.NDArray[np.float32]) -> FloatArray:
        """The cosine itself, above zero."""
        return np.clip(cosines, 0.0, 1.0)


class PlainStream:
    """Half seconds become rows as soon as they are whole."""

    def __init__(self, embedder: PlainEmbedder) -> None:
        self._embedder = embedder
        self._kept = np.zeros(0, np.float32)
        self._next_s = 0.0

    def push(self, samples: FloatArray) -> EmbeddedWindows:
        """Rows of the half seconds that are whole now."""
        if len(samples) and float(np.abs(samples).max()) > self._embedder.refuse_above:
            raise ValueError("too loud for this model")
        self._kept = np.concatenate([self._kept, samples])
        n = len(self._kept) // _HOP
        whole, self._kept = self._kept[: n * _HOP], self._kept[n * _HOP :]
        return self._rows(whole.reshape(n, _HOP), 0.5)

    def finish(self) -> EmbeddedWindows:
        """The row of what is left."""
        n = len(self._kept)
        rest = np.zeros((min(n, 1), _HOP), np.float32)
        rest[:, :n] = self._kept
        return self._rows(rest, n / RATE_HZ)

    def _rows(self, halves: FloatArray, length_s: float) -> EmbeddedWindows:
        start_s = self._next_s
        starts = start_s + 0.5 * np.arange(len(halves))
        self._next_s += 0.5 * len(halves)
        power = np.abs(np.fft.rfft(halves, axis=1))[:, 1:4001].reshape(len(halves), DIM, 500).mean(axis=2)
        vectors = (power + 1e-3).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        fine = np.rint(vectors * 127).astype(np.int8)
        if len(halves) and float(np.abs(halves).max()) > self._embedder.nan_above:
            vectors[0] = np.nan
        return EmbeddedWindows(np.stack([starts, starts + length_s], axis=1), vectors, fine, start_s, 0.5)
