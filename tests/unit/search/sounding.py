"""A small world in which every score is known: a model that hears words, and recordings in which they sound.

Each known word is a direction of its own. A window holds each word for the share of time it sounds, beside a direction
for quiet; a half-second vector holds what sounds in it. So cosines, ranks and boundaries can be worked out by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.models.cards import ModelCard
from sonotheque.models.roles import EmbeddedWindows, EmbeddingStream, QueryKind
from sonotheque.store.writer import Writer
from sonotheque.values.embedding import Embedding
from sonotheque.values.recording import FileStamp, Recording
from sonotheque.values.waveform import FloatArray, Waveform

WORDS = ("quiet", "dog", "rain", "bell", "door", "siren", "bird", "voice")
WINDOW_S, HOP_S, FINE_S = 5.0, 2.5, 0.5
RATE_HZ = 16_000


class Event(NamedTuple):
    """A word that sounds from start to end."""

    word: str
    start_s: float
    end_s: float


class WordEmbedder:
    """A model of `WORDS`. A clip sounds like the word whose index its first sample times ten gives."""

    def __init__(self, revision: str = "1") -> None:
        self.card = ModelCard("test:words", revision, "none", RATE_HZ, len(WORDS), 0, "none")
        self.labels = WORDS[1:]

    def embed_text(self, text: str) -> Embedding:
        known = [WORDS.index(word) for word in text.lower().split() if word in WORDS]
        if not known:
            raise BadInputError(f"No word of {text!r} is known.")
        vector = np.zeros(len(WORDS), np.float32)
        np.add.at(vector, known, 1.0)
        return Embedding(vector, self.card.space_name)

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in text.lower().split() if word not in (*WORDS, "a", "the")]

    def embed_audio(self, waveform: Waveform) -> Embedding:
        return Embedding(
            np.eye(len(WORDS), dtype=np.float32)[round(float(waveform.samples[0]) * 10)], self.card.space_name
        )

    def open_stream(self) -> EmbeddingStream:
        raise NotImplementedError

    def background(self, query: Embedding) -> FloatArray:  # noqa: ARG002 - the role's signature
        return np.array([-0.05, 0.05], np.float32)

    def probability(
        self,
        kind: QueryKind,  # noqa: ARG002 - the role's signature
        query: Embedding,  # noqa: ARG002
        cosines: npt.NDArray[np.float32],
    ) -> FloatArray:
        """One half at a cosine of 0.5, for text and audio alike."""
        out: FloatArray = (1.0 / (1.0 + np.exp(-10.0 * (cosines - 0.5)))).astype(np.float32)
        return out


def clip_of(word: str) -> Waveform:
    """A clip that sounds like a word."""
    return Waveform(np.full(RATE_HZ, WORDS.index(word) / 10, np.float32), RATE_HZ)


def window_spans(duration_s: float) -> npt.NDArray[np.float64]:
    """5 s windows every 2.5 s; the last one is drawn back to the end."""
    if duration_s <= WINDOW_S:
        return np.array([[0.0, duration_s]])
    starts = np.arange(0.0, duration_s - WINDOW_S + 1e-9, HOP_S)
    if starts[-1] + WINDOW_S < duration_s - 1e-9:
        starts = np.append(starts, duration_s - WINDOW_S)
    return np.stack([starts, starts + WINDOW_S], axis=1)


def sound_of(events: Sequence[Event], start_s: float, end_s: float) -> FloatArray:
    """Unit vector of a stretch: each word by the share of time it sounds, quiet by the rest."""
    vector = np.zeros(len(WORDS))
    for word, first_s, last_s in events:
        shared_s = max(0.0, min(end_s, last_s) - max(start_s, first_s))
        vector[WORDS.index(word)] += shared_s / (end_s - start_s)
    vector[0] += max(0.0, 1.0 - vector[1:].sum())
    out: FloatArray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return out


def rows_of(duration_s: float, events: Sequence[Event]) -> EmbeddedWindows:
    """What a perfect model hears in a recording."""
    spans = window_spans(duration_s)
    starts = np.arange(0.0, duration_s, FINE_S)
    fine = np.stack([sound_of(events, start, min(start + FINE_S, duration_s)) for start in starts])
    vectors = np.stack([sound_of(events, start, end) for start, end in spans])
    return EmbeddedWindows(spans, vectors, np.rint(fine * 127).astype(np.int8), 0.0, FINE_S)


def add_recording(
    writer: Writer,
    path: str,
    duration_s: float,
    events: Sequence[Event] = (),
    *,
    tags: Mapping[str, str] | None = None,
    embedder: WordEmbedder | None = None,
    content: str | None = None,
) -> int:
    """Write a recording as if it had been indexed; returns its id."""
    card = (embedder or WordEmbedder()).card
    digest = hashlib.sha256((content or path).encode()).hexdigest()
    recording_id = writer.upsert_recording(
        Recording(digest, duration_s, RATE_HZ, 1, "wav", "pcm_s16", tags or {}), 1000
    )
    writer.put_file(path.encode(), writer.add_root(b"/sounds"), FileStamp(1000, 0, 1), recording_id)
    rows = rows_of(duration_s, events)
    space = writer.ensure_space(card.space_name, card.dim)
    writer.add_windows(recording_id, space, rows.spans, rows.vectors)
    writer.put_frames(recording_id, space, rows.fine, start_s=rows.fine_start_s, hop_s=rows.fine_hop_s)
    writer.set_stage(recording_id, "embed", card.space_name)
    return recording_id
