"""Fits the chances that the model shows.

Owns the logistic regressions that turn a cosine, and how far it stands out from the query's cosines with ordinary
sounds, into a chance; and the choice of those ordinary sounds. Fitted on clips the model was not trained on.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import torch

from sonotheque.models.sounds import Calibration
from sonotheque.training.corpus import Corpus
from sonotheque.training.fit import SoundModel, embed_features
from sonotheque.training.judging import Encode, embed_texts
from sonotheque.training.phrases import calibration_phrases

FloatArray = npt.NDArray[np.float32]
SHOWN = 10
"""How many hits of a query are counted when chances are fitted."""
MIN_CLIPS = 5
"""A label of fewer clips held out says nothing of the other clips."""


def calibrate(model: SoundModel, corpus: Corpus, encode: Encode, background: FloatArray) -> dict[str, dict[str, float]]:
    """Chances for text and for audio queries as the card holds them, fitted on the clips held out.

    Texts are the labels and the phrases that were kept from training; where there are none, the labels alone. Labels
    of very few clips are left out with their clips: names that are all different leave much unmarked that fits as well.
    """
    held = [clip.label for clip in corpus.held]
    repeated = [i for i, label in enumerate(held) if held.count(label) >= MIN_CLIPS] or list(range(len(held)))
    audio = embed_features(model, [corpus.held_features[i] for i in repeated])
    labels = np.array([held[i] for i in repeated])
    present = set(labels)
    pairs = [(label, label) for label in sorted(present)]
    pairs += [pair for pair in calibration_phrases() if pair[0] in present]
    text = embed_texts(model, encode, [phrase for _, phrase in pairs])
    by_text = fit_calibration(text, audio, np.array([labels == label for label, _ in pairs]), background)
    others = ~np.eye(len(audio), dtype=bool)
    same = (labels[:, None] == labels[None, :]) & others
    rows = np.arange(len(audio)) % 3 == 0
    by_audio = fit_calibration(audio[rows], audio[~rows], same[rows][:, ~rows], background)
    return as_facts({"text": by_text, "audio": by_audio})


def choose_background(vectors: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """`n` of the training clips' vectors, as the ordinary sounds against which a query is measured."""
    return vectors[rng.choice(len(vectors), size=min(n, len(vectors)), replace=False)]


def fit_calibration(
    queries: FloatArray, vectors: FloatArray, relevant: npt.NDArray[np.bool_], background: FloatArray
) -> Calibration:
    """Logistic regression over what a search would show; queries (q, dim), windows (n, dim), `relevant` (q, n).

    Each query is asked twice: of all windows, and of all but the relevant ones, because people ask as often for what is
    not there. The best `SHOWN` windows of either answer are counted.
    """
    cosines = queries @ vectors.T
    ordinary = queries @ background.T
    z = (cosines - ordinary.mean(axis=1, keepdims=True)) / np.maximum(ordinary.std(axis=1, keepdims=True), 1e-3)
    shown: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]] = []
    for row, right in enumerate(relevant):
        order = np.argsort(-cosines[row], kind="stable")
        shown += [(np.full(SHOWN, row), order[:SHOWN]), (np.full(SHOWN, row), order[~right[order]][:SHOWN])]
    rows, columns = (np.concatenate(parts) for parts in zip(*shown, strict=True))
    features = np.stack([np.ones(len(rows), np.float32), cosines[rows, columns], z[rows, columns]], axis=1)
    return _fit_logistic(features.astype(np.float32), relevant[rows, columns])


def _fit_logistic(features: FloatArray, right: npt.NDArray[np.bool_]) -> Calibration:
    """Maximum likelihood with neither slope below zero: a chance may not fall while the cosine rises."""
    x, target = torch.from_numpy(features), torch.from_numpy(right.astype(np.float32))
    raw = torch.tensor([-4.0, 2.0, -1.0], requires_grad=True)
    optimiser = torch.optim.LBFGS([raw], max_iter=300, line_search_fn="strong_wolfe")

    def positive() -> torch.Tensor:
        return torch.cat([raw[:1], torch.nn.functional.softplus(raw[1:])])

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ positive(), target)
        loss = loss + 1e-5 * raw.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    bias, slope, standout = (float(value) for value in positive().detach())
    return Calibration(bias=bias, slope=slope, standout=standout)


def as_facts(calibrations: dict[str, Calibration]) -> dict[str, dict[str, float]]:
    """The calibrations as they stand in the card."""
    return {
        kind: {key: round(value, 5) for key, value in asdict(found).items()} for kind, found in calibrations.items()
    }
