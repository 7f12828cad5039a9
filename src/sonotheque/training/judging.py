"""How a model in training does on the clips held out.

Owns the few figures that steer a run. What is claimed of a finished model comes from `sonotheque eval`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from sonotheque.training.corpus import Corpus
from sonotheque.training.features import Features
from sonotheque.training.fit import SoundModel, embed_features
from sonotheque.training.manifests import LabelledClip

FloatArray = npt.NDArray[np.float32]
Encode = Callable[[list[str]], FloatArray]


def average_precision(scores: FloatArray, relevant: npt.NDArray[np.bool_]) -> float:
    """Mean of the precision at each relevant item, best score first."""
    ranked = relevant[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean())


def embed_texts(model: SoundModel, encode: Encode, texts: Sequence[str]) -> FloatArray:
    """Unit vectors of texts in the model's space, (n, dim)."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        out: FloatArray = model.embed_text(torch.from_numpy(encode(list(texts))).to(device)).cpu().numpy()
    return out


def judge(model: SoundModel, corpus: Corpus, encode: Encode) -> dict[str, float]:
    """Figures for each set that has clips held out, and their mean label mAP and by-example mAP as `score`."""
    figures: dict[str, float] = {}
    for set_name in sorted({clip.set_name for clip in corpus.held}):
        clips, features = corpus.held_of(set_name)
        found = _judge_set(model, clips, features, encode)
        figures |= {f"{set_name}_{name}": value for name, value in found.items()}
    steering = [value for name, value in figures.items() if name.endswith("_map")]
    return figures | ({"score": float(np.mean(steering))} if steering else {})


def _judge_set(
    model: SoundModel, clips: Sequence[LabelledClip], features: Features, encode: Encode
) -> dict[str, float]:
    audio = embed_features(model, features)
    labels = np.array([clip.label for clip in clips])
    names = sorted(set(labels))
    scores = embed_texts(model, encode, names) @ audio.T
    by_name = [average_precision(row, labels == name) for row, name in zip(scores, names, strict=True)]
    found = {"label_map": float(np.mean(by_name))}
    right = np.array(names)[scores.argmax(axis=0)] == labels
    found["accuracy"] = float(right.mean())
    ranked = labels[np.argsort(-scores, axis=1, kind="stable")[:, :10]]
    found["recall_at_10"] = float(np.mean([name in row for name, row in zip(names, ranked, strict=True)]))
    same, others = audio @ audio.T, ~np.eye(len(audio), dtype=bool)
    by_example = [
        average_precision(same[i][others[i]], (labels == labels[i])[others[i]])
        for i in range(len(audio))
        if (labels == labels[i]).sum() > 1
    ]
    if by_example:
        found["example_map"] = float(np.mean(by_example))
    return found
