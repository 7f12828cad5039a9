"""`hf:NAME`: CLAP checkpoints (Wu et al. 2023; `ClapModel` of transformers) as embedders.

Owns the running of a checkpoint's two towers and what its cosines mean here. It runs from this disk, reads safetensors
and never code; torch and transformers load when the first text or sound is embedded, not before.

Nobody calibrated these models on this project's data. A chance is a fixed logistic of how far a cosine stands out from
the query's cosines with sounds made by `audio.synthesis`: it orders hits, and says little of how often they are right.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError, CorruptError, UnavailableError
from sonotheque.models.background import background_of
from sonotheque.models.cards import ModelCard
from sonotheque.models.checkpoints import Checkpoint, find_checkpoint
from sonotheque.models.clap_stream import BATCH, ClapStream
from sonotheque.models.roles import QueryKind
from sonotheque.models.sounds import WEIGHTS
from sonotheque.values.embedding import Embedding
from sonotheque.values.waveform import FloatArray, Waveform

PREFIX = "hf:"
EVEN_CHANCE_Z, STEEPNESS = 3.0, 1.5
"""A cosine three deviations above ordinary sounds is taken to be as likely right as wrong; chosen, not measured."""
MOST_CERTAIN = 0.99
_MAX_FINE_HOP_S = 1.0
_MIN_DEVIATION = 1e-3


class ClapEmbedder:
    """A CLAP checkpoint as embedder. One instance may be shared by threads.

    Raises as `find_checkpoint`, `BadInputError` for a checkpoint of another kind, and `UnavailableError` where torch or
    transformers are not installed.
    """

    def __init__(self, name: str) -> None:
        for package in ("torch", "transformers"):
            if importlib.util.find_spec(package) is None:
                raise UnavailableError(
                    f"{PREFIX}{name} needs {package}, which is not installed.",
                    next_step="pip install 'sonotheque[hub]'",
                )
        self._checkpoint = checkpoint = find_checkpoint(name)
        config = checkpoint.read_json("config.json")
        if config.get("model_type") != "clap":
            raise BadInputError(
                f"{checkpoint.model_id} is a model of type {config.get('model_type')!r}, not 'clap'.",
                next_step="Give a CLAP checkpoint, or builtin:sounds.",
            )
        rate_hz = checkpoint.read_json("preprocessor_config.json").get("sampling_rate", 48_000)
        size_bytes = sum(path.stat().st_size for path in checkpoint.weights)
        unsaid = f"see {checkpoint.model_id}"
        try:
            dim = int(config.get("projection_dim", 512))
            self.card = ModelCard(
                checkpoint.model_id, checkpoint.revision, unsaid, int(rate_hz), dim, size_bytes, unsaid
            )
        except (TypeError, ValueError) as error:
            raise CorruptError(f"The configuration of {checkpoint.model_id} can't be read: {error}.") from error

    @cached_property
    def networks(self) -> ClapNetworks:
        """The towers; loading them takes seconds."""
        return ClapNetworks(self._checkpoint, self.card)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names that tagging chooses from when given none: those of the built-in model."""
        return tuple((WEIGHTS / "labels.txt").read_text(encoding="utf-8").splitlines())

    def embed_text(self, text: str) -> Embedding:
        """The vector of a text; what is longer than the model reads is cut off. Raises `BadInputError` for no text."""
        if not text.strip():
            raise BadInputError("There is no word in an empty text.")
        return Embedding(self.embed_texts([text])[0], self.card.space_name)

    def embed_texts(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors (n, dim) of several texts at once."""
        return self.networks.embed_texts(texts)

    def unknown_words(self, text: str) -> list[str]:  # noqa: ARG002 - the role's signature
        """None: its tokeniser spells every word, whether the model has learned it or not."""
        return []

    def embed_audio(self, waveform: Waveform) -> Embedding:
        """The mean of a clip's windows; raises `BadInputError` for another rate or an empty clip."""
        if waveform.rate_hz != self.card.rate_hz:
            raise BadInputError(
                f"{self.card.model_id} hears {self.card.rate_hz} Hz, not {waveform.rate_hz} Hz.",
                next_step="Resample it.",
            )
        if not len(waveform.samples):
            raise BadInputError("There is no sound in an empty clip.")
        return Embedding(self._embed_clip(waveform.samples).mean(axis=0), self.card.space_name)

    def _embed_clip(self, samples: FloatArray) -> FloatArray:
        stream = self.open_stream()
        return np.concatenate([stream.push(samples).vectors, stream.finish().vectors])

    def open_stream(self) -> ClapStream:
        """A stream for one recording."""
        return ClapStream(self.networks)

    @cached_property
    def _background(self) -> FloatArray:
        return background_of(self.card.space_name, self.card.dim, self.card.rate_hz, self._embed_sounds)

    def _embed_sounds(self, sounds: Sequence[FloatArray]) -> FloatArray:
        batches = [list(sounds[at : at + BATCH]) for at in range(0, len(sounds), BATCH)]
        return np.concatenate([self.networks.embed(batch)[0] for batch in batches])

    def background(self, query: Embedding) -> FloatArray:
        """Cosines (m,) of a query with sounds made here; the first call for a checkpoint embeds them."""
        if query.model_id != self.card.space_name:
            raise BadInputError(
                f"{query} does not lie in the space of {self.card.space_name}.",
                next_step="Embed the query with this model.",
            )
        out: FloatArray = self._background @ query.vector
        return out

    def probability(
        self,
        kind: QueryKind,  # noqa: ARG002 - the role's signature; both kinds are read alike
        query: Embedding,
        cosines: npt.NDArray[np.float32],
    ) -> FloatArray:
        """A chance by rule of thumb: 1 / (1 + exp(-1.5 (z - 3))), z in deviations above the background."""
        ordinary = self.background(query)
        z = (cosines - ordinary.mean()) / max(float(ordinary.std()), _MIN_DEVIATION)
        chance = 1.0 / (1.0 + np.exp(-np.clip(STEEPNESS * (z - EVEN_CHANCE_Z), -40.0, 40.0)))
        out: FloatArray = np.minimum(chance, MOST_CERTAIN).astype(np.float32)
        return out


class ClapNetworks:
    """Both towers with their tokeniser and feature extractor, on the GPU where torch has one.

    The finer vectors are the audio tower's last hidden states, averaged over frequency and over parts of the window,
    then sent through the projection that was trained for the average over all of it (as Zhou et al. 2022 read dense
    labels from CLIP).
    """

    def __init__(self, checkpoint: Checkpoint, card: ModelCard) -> None:
        import torch

        self._torch: Any = torch
        self.rate_hz, self.dim = card.rate_hz, card.dim
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model, self._tokenizer, self._extractor = _load(checkpoint)
        self._model = self._model.float().eval().to(self._device)
        audio, text = self._model.config.audio_config, self._model.config.text_config
        self.window_samples = int(self._extractor.nb_max_samples) // 2 * 2
        self.n_fine = count_fine(_count_steps(audio), self.window_samples / self.rate_hz)
        # Positions of RoBERTa begin behind the padding's.
        room = int(text.max_position_embeddings) - int(text.pad_token_id or 0) - 1
        self._max_tokens = max(2, min(room, int(self._tokenizer.model_max_length)))

    def embed_texts(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors (n, dim); a text is cut off at as many tokens as the tower has positions."""
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._max_tokens, return_tensors="pt"
        ).to(self._device)
        with self._torch.inference_mode():
            pooled = self._model.text_model(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            ).pooler_output
            return self._unit(self._model.text_projection(pooled))

    def embed(self, windows: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """See `WindowNetwork.embed`; short windows are filled up in the checkpoint's own way."""
        features = self._extractor(
            [np.asarray(window, np.float64) for window in windows], sampling_rate=self.rate_hz, return_tensors="pt"
        )["input_features"].float()
        # The extractor of fusing checkpoints calls a window longer by lot; none of ours is.
        is_longer = self._torch.zeros((len(windows), 1), dtype=self._torch.bool, device=self._device)
        with self._torch.inference_mode():
            heard = self._model.audio_model(input_features=features.to(self._device), is_longer=is_longer)
            vectors = self._unit(self._model.audio_projection(heard.pooler_output))
            steps = heard.last_hidden_state.mean(dim=2).transpose(1, 2)  # (n, n_steps, n_hidden)
            if self.n_fine == 0:
                return vectors, np.zeros((len(windows), 0, self.dim), np.float32)
            parts = steps.reshape(len(windows), self.n_fine, -1, steps.shape[2]).mean(dim=2)
            return vectors, self._unit(self._model.audio_projection(parts))

    def _unit(self, rows: Any) -> FloatArray:
        unit: FloatArray = self._torch.nn.functional.normalize(rows, dim=-1).cpu().numpy()
        return unit


def count_fine(n_steps: int, window_s: float) -> int:
    """How many finer vectors a window of `n_steps` hidden states gets: even, and as few as are at most 1 s apart.

    As many as there are states where even those are further apart, and none for an odd number of them.
    """
    even = [n for n in range(2, n_steps + 1, 2) if n_steps % n == 0]
    return next((n for n in even if window_s / n <= _MAX_FINE_HOP_S), even[-1] if even else 0)


def _count_steps(audio: Any) -> int:
    """Hidden states along the time of a window; the tower folds time into `spec_size / num_mel_bins` rows."""
    stride = audio.patch_stride if isinstance(audio.patch_stride, int) else audio.patch_stride[1]
    size, rows = int(audio.spec_size), int(audio.spec_size) // int(audio.num_mel_bins)
    columns: int = (size >> (len(audio.depths) - 1)) // int(stride)
    return rows * columns


def _load(checkpoint: Checkpoint) -> tuple[Any, Any, Any]:
    """Model, tokeniser and feature extractor of a checkpoint, from its folder alone."""
    import transformers

    kit: Any = transformers
    place = str(checkpoint.folder)
    try:
        with _quiet_transformers():
            model, info = kit.ClapModel.from_pretrained(
                place, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
            tokenizer = kit.AutoTokenizer.from_pretrained(place, local_files_only=True, trust_remote_code=False)
            extractor = kit.ClapFeatureExtractor.from_pretrained(place, local_files_only=True)
    except Exception as error:  # transformers, tokenizers and safetensors each have errors of their own
        raise CorruptError(
            f"The checkpoint {checkpoint.model_id} can't be loaded: {error}.",
            next_step=f"Get the whole of it again ({place}).",
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:
        raise CorruptError(
            f"The checkpoint {checkpoint.model_id} lacks {len(missing)} tensors, {missing[0]} among them.",
            next_step=f"Get the whole of it again ({place}).",
        )
    return model, tokenizer, extractor


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Without the bars and remarks of loading; afterwards as it was."""
    import transformers.utils.logging

    logging: Any = transformers.utils.logging
    verbosity, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()
