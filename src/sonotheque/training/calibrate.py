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

FloatArray = npt.NDArray[np.float32]
NEGATIVE_ODDS = 8.0
"""How many wrong windows to one right one a chance of one half takes for granted."""


def choose_background(vectors: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """`n` of the training clips' vectors, as the ordinary sounds against which a query is measured."""
    return vectors[rng.choice(len(vectors), size=min(n, len(vectors)), replace=False)]


def fit_calibration(
    queries: FloatArray, vectors: FloatArray, relevant: npt.NDArray[np.bool_], background: FloatArray
) -> Calibration:
    """Logistic regression over all pairs of queries (q, dim) and windows (n, dim); `relevant` is (q, n).

    Wrong pairs are weighed so that there are `NEGATIVE_ODDS` of them to one right pair.
    """
    cosines = queries @ vectors.T
    ordinary = queries @ background.T
    z = (cosines - ordinary.mean(axis=1, keepdims=True)) / np.maximum(ordinary.std(axis=1, keepdims=True), 1e-3)
    features = torch.from_numpy(
        np.stack([np.ones_like(cosines), cosines, z], axis=-1)[~np.isnan(cosines)].reshape(-1, 3)
    )
    target = torch.from_numpy(relevant.reshape(-1).astype(np.float32))
    weight = torch.where(target > 0, 1.0 / target.sum(), NEGATIVE_ODDS / (1 - target).sum())
    parameters = torch.tensor([-4.0, 5.0, 0.5], requires_grad=True)
    optimiser = torch.optim.LBFGS([parameters], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        logits = features @ parameters
        loss = (weight * torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")).sum()
        loss = loss + 1e-4 * parameters.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    bias, slope, standout = (float(value) for value in parameters.detach())
    return Calibration(bias=bias, slope=slope, standout=standout)


def as_facts(calibrations: dict[str, Calibration]) -> dict[str, dict[str, float]]:
    """The calibrations as they stand in the card."""
    return {
        kind: {key: round(value, 5) for key, value in asdict(found).items()} for kind, found in calibrations.items()
    }
