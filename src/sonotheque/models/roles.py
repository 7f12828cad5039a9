"""The roles that models play, as small protocols.

Owns the contracts only; the built-in and the hub adapters implement them and the rest of the project calls them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from sonotheque.models.cards import ModelCard
from sonotheque.values.embedding import Embedding
from sonotheque.values.span import Span
from sonotheque.values.utterance import Utterance
from sonotheque.values.waveform import FloatArray, Waveform

QueryKind = Literal["text", "audio"]


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedWindows:
    """Rows a stream has completed: windows for the index and finer vectors for the time line.

    `spans` (n, 2) float64 seconds, `vectors` (n, dim) float32 of unit length; `fine` (m, dim) int8, unit vectors times
    127, one per `fine_hop_s` from `fine_start_s`.
    """

    spans: npt.NDArray[np.float64]
    vectors: FloatArray
    fine: npt.NDArray[np.int8]
    fine_start_s: float
    fine_hop_s: float


class EmbeddingStream(Protocol):
    """Embeds one recording of any length, block by block, in bounded memory."""

    def push(self, samples: FloatArray) -> EmbeddedWindows:
        """Takes the next samples at the model's rate and returns the rows they complete (perhaps none)."""
        ...

    def finish(self) -> EmbeddedWindows:
        """Ends the recording and returns the remaining rows. A recording of at least one sample has a window."""
        ...


class Embedder(Protocol):
    """Text and audio into one space."""

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Names that tagging chooses from when given none."""
        ...

    def embed_text(self, text: str) -> Embedding:
        """The vector of a text; raises `BadInputError` where no word of it is known."""
        ...

    def unknown_words(self, text: str) -> list[str]:
        """Words of a text that the model can't read, in order."""
        ...

    def embed_audio(self, waveform: Waveform) -> Embedding:
        """One vector for a whole clip; raises `BadInputError` for another sample rate or an empty clip."""
        ...

    def open_stream(self) -> EmbeddingStream:
        """A stream for one recording."""
        ...

    def background(self, query: Embedding) -> FloatArray:
        """Cosines (m,) of a query with ordinary sounds: what it scores where it is not meant."""
        ...

    def probability(self, kind: QueryKind, query: Embedding, cosines: npt.NDArray[np.float32]) -> FloatArray:
        """Chance that a window of the given cosine is what the query means, (n,) in [0, 1]."""
        ...


class SpeechDetector(Protocol):
    """Tells where somebody speaks."""

    @property
    def source(self) -> str:
        """`id@revision`."""
        ...

    @property
    def rate_hz(self) -> int:
        """The sample rate it listens at."""
        ...

    def detect(self, waveform: Waveform) -> list[Span]:
        """Spans of speech in order of time, in seconds of the recording (`waveform.start_s` counts).

        Raises `BadInputError` for another sample rate.
        """
        ...


class Transcriber(Protocol):
    """Writes down what is said."""

    @property
    def source(self) -> str:
        """`id@revision`; what it wrote under another revision is out of date."""
        ...

    @property
    def rate_hz(self) -> int:
        """The sample rate it listens at."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 tags of the languages it knows; empty where it takes any."""
        ...

    def transcribe(self, waveform: Waveform, spans: Sequence[Span]) -> list[Utterance]:
        """Utterances in order of time, from the spans of speech given, in seconds of the recording.

        Raises `BadInputError` for another sample rate and `UnavailableError` where the model can't run.
        """
        ...
