"""What a model hears in scenes, by the product's own rules.

Owns the steps from a file to its rows, and from rows to events: as tags, which a chance decides upon, and as answers to
a label that is asked for. Knows the truth of no scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonotheque.audio.decode import decode_blocks, open_regular
from sonotheque.evaluation.events_metrics import Event
from sonotheque.models.roles import EmbeddedWindows, Embedder, EmbeddingStream, QueryKind
from sonotheque.search.tagging import tag_windows
from sonotheque.search.timeline import heard_spans
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray

AT_MOST = 3
"""As many labels count in one window as `sono tag` lets count."""


def embed_scene(path: Path, embedder: Embedder) -> EmbeddedWindows:
    """The rows of a file. Raises `NotFoundError` where it is missing and `BadInputError` where it can't be read."""
    stream = embedder.open_stream()
    with open_regular(path) as file, decode_blocks(file, path.name, rate_hz=embedder.card.rate_hz) as blocks:
        parts = [stream.push(block) for block in blocks]
    parts = [part for part in (*parts, stream.finish()) if len(part.spans) or len(part.fine)]
    return EmbeddedWindows(
        np.concatenate([part.spans for part in parts if len(part.spans)]),
        np.concatenate([part.vectors for part in parts if len(part.vectors)]),
        np.concatenate([part.fine for part in parts if len(part.fine)]),
        parts[0].fine_start_s,
        parts[0].fine_hop_s,
    )


class RememberingEmbedder:
    """An embedder that answers the same question twice without work: a sweep asks it at every threshold.

    Chances are remembered for the scene at hand only.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.card, self.labels = embedder.card, embedder.labels
        self.unknown_words, self.embed_audio = embedder.unknown_words, embedder.embed_audio
        self._texts: dict[str, Embedding] = {}
        self._backgrounds: dict[bytes, FloatArray] = {}
        self._chances: dict[tuple[str, bytes, bytes], FloatArray] = {}

    def open_stream(self) -> EmbeddingStream:
        """A stream for one recording; what was remembered of the last one is dropped."""
        self._chances.clear()
        return self._embedder.open_stream()

    def embed_text(self, text: str) -> Embedding:
        """As the embedder does."""
        if text not in self._texts:
            self._texts[text] = self._embedder.embed_text(text)
        return self._texts[text]

    def background(self, query: Embedding) -> FloatArray:
        """As the embedder does."""
        key = query.vector.tobytes()
        if key not in self._backgrounds:
            self._backgrounds[key] = self._embedder.background(query)
        return self._backgrounds[key]

    def probability(self, kind: QueryKind, query: Embedding, cosines: npt.NDArray[np.float32]) -> FloatArray:
        """As the embedder does."""
        key = (kind, query.vector.tobytes(), cosines.tobytes())
        if key not in self._chances:
            self._chances[key] = self._embedder.probability(kind, query, cosines)
        return self._chances[key]


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads events of the given labels from the rows of a scene."""

    embedder: Embedder
    labels: tuple[str, ...]

    def tagged(self, heard: EmbeddedWindows, min_score: float, at_most: int = AT_MOST) -> list[Event]:
        """Events as `sono tag` names them at a least chance."""
        tags = tag_windows(heard, self.embedder, self.labels, min_score=min_score, most=at_most)
        return [Event(tag.label, tag.span) for tag in tags]

    def tagged_at(
        self, heard: EmbeddedWindows, thresholds: Sequence[float], at_most: int = AT_MOST
    ) -> list[list[Event]]:
        """The same at several least chances."""
        return [self.tagged(heard, threshold, at_most) for threshold in thresholds]

    def asked(self, heard: EmbeddedWindows, label: str) -> list[Event]:
        """Where a label is heard in a scene that is known to hold it, as a search within the scene would read it."""
        vector = self.embedder.embed_text(label)
        fine: FloatArray = heard.fine.astype(np.float32) / np.float32(127.0)
        starts_s = heard.fine_start_s + heard.fine_hop_s * np.arange(len(fine), dtype=np.float64)
        rest = float(self.embedder.background(vector).mean())
        end_s = float(heard.spans[:, 1].max())
        found = heard_spans(fine @ vector.vector, starts_s, heard.fine_hop_s, rest=rest, end_s=end_s)
        return [Event(label, span) for span, _ in found]
