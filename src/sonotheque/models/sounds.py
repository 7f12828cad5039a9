"""`builtin:sounds`: text and audio in one space, shipped with the package; and `file:DIR`, the same trained by a user.

Owns loading the weights (lazily: the text side needs no inference engine), running the two networks through
onnxruntime, and turning cosines into chances. The numbers of the card and of the calibration lie beside the weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError, CorruptError, UnavailableError
from sonotheque.models.cards import ModelCard
from sonotheque.models.lexicon import Lexicon, Translation
from sonotheque.models.roles import QueryKind
from sonotheque.models.sound_stream import MEL, SoundStream
from sonotheque.models.tensors import read_tensors
from sonotheque.models.text_tower import TextTower
from sonotheque.models.wordpiece import split_words
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray, Waveform

MODEL_ID = "builtin:sounds"
WEIGHTS = Path(__file__).parent / "weights" / "sounds"
REINSTALL = "Install the package again."
MOST_CERTAIN = 0.99
"""A few thousand pairs were measured; nothing in them would justify a chance nearer to one."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression on a cosine and on how far it stands out from the query's cosines with ordinary sounds.

    p = 1 / (1 + exp(-(bias + slope * cosine + standout * z))), z = (cosine - mean) / deviation over the background
    (Platt 1999, with score normalisation as in Auckenthaler et al. 2000).
    """

    bias: float
    slope: float
    standout: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bias) and 0.0 <= self.slope < math.inf and 0.0 <= self.standout < math.inf):
            raise BadInputError(f"A chance may not fall while the cosine rises: {self}.")

    def probability(self, cosines: FloatArray, background: FloatArray) -> FloatArray:
        """Chances (n,) for `cosines` (n,), given the query's cosines with the background sounds (m,)."""
        z = (cosines - background.mean()) / max(float(background.std()), 1e-3)
        logit = self.bias + self.slope * cosines + self.standout * z
        chance = 1.0 / (1.0 + np.exp(-np.clip(logit, -40.0, 40.0)))
        out: FloatArray = np.minimum(chance, MOST_CERTAIN).astype(np.float32)
        return out


class OnnxNetworks:
    """Trunk and head as onnxruntime sessions, `n_threads` each."""

    def __init__(self, folder: Path, n_threads: int, *, model_id: str = MODEL_ID, remedy: str = REINSTALL) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise UnavailableError(
                "Listening needs onnxruntime, which can't be loaded here.", next_step="pip install onnxruntime"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        try:
            self._trunk = onnxruntime.InferenceSession(str(folder / "trunk.onnx"), options, providers=providers)
            self._head = onnxruntime.InferenceSession(str(folder / "head.onnx"), options, providers=providers)
        except Exception as error:  # onnxruntime's own errors have no public base class
            raise CorruptError(f"The networks of {model_id} can't be loaded: {error}.", next_step=remedy) from error

    def hidden(self, log_mel: FloatArray) -> FloatArray:
        """(n_frames, 64) to (n_frames / 16, n_hidden)."""
        out: FloatArray = self._trunk.run(None, {"log_mel": log_mel[None]})[0][0]
        return out

    def embed(self, pooled: FloatArray) -> FloatArray:
        """(n, 2 * n_hidden) to unit vectors (n, dim)."""
        out: FloatArray = self._head.run(None, {"pooled": pooled})[0]
        return out


class Sounds:
    """The built-in embedder, or one of the same make from another folder.

    `model_id` is what the card and messages call it, `remedy` what to do about a damaged folder. One instance may be
    shared by threads; weights load at first use.
    """

    def __init__(
        self, folder: Path = WEIGHTS, *, n_threads: int = 1, model_id: str = MODEL_ID, remedy: str = REINSTALL
    ) -> None:
        self.folder = folder
        self._n_threads = n_threads
        self._model_id, self._remedy = model_id, remedy
        if not (folder / "card.json").is_file():
            raise UnavailableError(
                f"The weights of {model_id} are missing from this installation ({folder}).", next_step=remedy
            )
        size_bytes = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        try:
            facts = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            self.card = ModelCard(
                model_id, str(facts["revision"]), str(facts["licence"]), MEL.rate_hz, int(facts["dim"]), size_bytes,
                str(facts["training_data"]),
            )  # fmt: skip
            calibration = facts["calibration"]
            self._calibration = {kind: Calibration(**calibration[kind]) for kind in get_args(QueryKind)}
        except (ValueError, TypeError, KeyError) as error:
            raise CorruptError(f"The card of {model_id} can't be read: {error!r}.", next_step=remedy) from error

    @cached_property
    def _tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        return read_tensors(self.folder / "text.safetensors")

    @cached_property
    def _background(self) -> FloatArray:
        """Unit vectors (m, dim) of ordinary sounds."""
        if "background" not in self._tensors:
            raise CorruptError(f"The background of {self._model_id} is missing.", next_step=self._remedy)
        out: FloatArray = self._tensors["background"].astype(np.float32) / np.float32(127.0)
        return out

    @cached_property
    def text(self) -> TextTower:
        """The text side by itself."""
        return TextTower(self._tensors, (self.folder / "vocabulary.txt").read_text(encoding="utf-8"))

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        """Words that the table has whole, and those of the labels, which may be anyone's own."""
        words = (self.folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        own = [word for label in self.labels for word in split_words(label)]
        return frozenset(word for word in (*words, *own) if word.isascii() and word.isalpha())

    @cached_property
    def networks(self) -> OnnxNetworks:
        """The audio side's networks."""
        return OnnxNetworks(self.folder, self._n_threads, model_id=self._model_id, remedy=self._remedy)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names that tagging chooses from when given none."""
        return tuple((self.folder / "labels.txt").read_text(encoding="utf-8").splitlines())

    def embed_text(self, text: str) -> Embedding:
        """The vector of a text in any language of the lexicon; raises `BadInputError` where no word of it is known."""
        english = self._translate(text).text
        if not english.strip():
            raise BadInputError(
                f"No word of {text!r} is known to {self._model_id}.",
                next_step="Say it with other words, or search by example with --like.",
            )
        return Embedding(self.text.embed(english), self.card.space_name)

    def unknown_words(self, text: str) -> list[str]:
        """Words of a text that neither the lexicon nor the table can read, as spelled, in order."""
        return list(self._translate(text).unknown)

    def _translate(self, text: str) -> Translation:
        return Lexicon.load().translate(text, self._vocabulary)

    def embed_audio(self, waveform: Waveform) -> Embedding:
        """The mean of a clip's windows; raises `BadInputError` for another rate or an empty clip."""
        if waveform.rate_hz != MEL.rate_hz:
            raise BadInputError(
                f"{self._model_id} hears {MEL.rate_hz} Hz, not {waveform.rate_hz} Hz.", next_step="Resample it."
            )
        stream = self.open_stream()
        parts = [stream.push(waveform.samples).vectors, stream.finish().vectors]
        vectors = [part for part in parts if len(part)]
        if not vectors:
            raise BadInputError("There is no sound in an empty clip.")
        return Embedding(np.concatenate(vectors).mean(axis=0), self.card.space_name)

    def open_stream(self) -> SoundStream:
        """A stream for one recording."""
        return SoundStream(self.networks)

    def background(self, query: Embedding) -> FloatArray:
        """Cosines (m,) of a query with the ordinary sounds kept beside the weights."""
        out: FloatArray = self._background @ self._own(query).vector
        return out

    def _own(self, query: Embedding) -> Embedding:
        if query.model_id != self.card.space_name:
            raise BadInputError(
                f"{query} does not lie in the space of {self.card.space_name}.",
                next_step="Embed the query with this model.",
            )
        return query

    def probability(self, kind: QueryKind, query: Embedding, cosines: npt.NDArray[np.float32]) -> FloatArray:
        """Chance that a window with each cosine is what the query means."""
        return self._calibration[kind].probability(cosines, self.background(query))
