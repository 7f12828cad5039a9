"""Fits the head once more on a frozen trunk.

Owns the last stage of the recipe. Hidden vectors of every clip are pooled once, over whole windows and over audible
stretches, and only the head, the text map and the classifier learn from them: thousands of steps take minutes, so that
pooled rows can be mixed (Zhang et al. 2018, mixup) and blurred far more often than whole canvases can.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sonotheque.models.sound_stream import FRAMES_PER_HIDDEN
from sonotheque.training.batches import AUDIBLE_DB, CANVAS_FRAMES, LOG_FLOOR, peak_levels_db
from sonotheque.training.fit import Fitter, SoundModel, hidden_vectors
from sonotheque.training.objective import matching_loss

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RefitSettings:
    """How long and how hard. `everyday_share` is the share of rows drawn from esc50."""

    steps: int = 5000
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    dropout: float = 0.5
    mix_probability: float = 0.8
    label_weight: float = 1.0
    everyday_share: float = 0.5
    blur: float = 0.2
    seed: int = 3


@torch.inference_mode()
def pool_clips(
    model: SoundModel, features: Sequence[npt.NDArray[np.float16]], rng: np.random.Generator
) -> tuple[Tensor, npt.NDArray[np.int64]]:
    """Pooled rows (n, 2 * n_hidden) and the clip of each: every window at two levels, and three audible stretches."""
    model.eval()
    rows: list[FloatArray] = []
    owners: list[int] = []
    for clip, feature in enumerate(features):
        for window in _windows(feature.astype(np.float32)):
            padded = np.pad(window, ((0, -len(window) % FRAMES_PER_HIDDEN), (0, 0)), constant_values=LOG_FLOOR)
            for gain in (0.0, float(rng.uniform(-3.0, 1.0))):
                log_mel = np.maximum(padded + gain, LOG_FLOOR)
                hidden = hidden_vectors(model.tower, torch.from_numpy(log_mel)[None])[0].numpy()
                stretches = [(0, len(hidden))]
                if gain == 0.0:
                    stretches += [stretch for _ in range(3) if (stretch := _audible_stretch(padded, rng)) is not None]
                for first, last in stretches:
                    part = hidden[first:last]
                    rows.append(np.concatenate([part.mean(axis=0), part.max(axis=0)]))
                    owners.append(clip)
    return torch.from_numpy(np.stack(rows)), np.array(owners)


def refit_head(fitter: Fitter, model: SoundModel, settings: RefitSettings, out: Path) -> None:
    """Trains head, text map and classifier of `model` in place and writes `model.pt` below `out`."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    pooled, owners = pool_clips(model, fitter.maker.features, rng)
    head = model.tower.head
    for layer in head.inner:
        if isinstance(layer, nn.Dropout):
            layer.p = settings.dropout
    trained = [*head.parameters(), *model.text_map.parameters(), *model.classify.parameters(), model.log_temperature]
    optimiser = torch.optim.AdamW(trained, settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    everyday = np.array([fitter.clips[clip].set_name == "esc50" for clip in owners])
    chance = np.where(
        everyday, settings.everyday_share / everyday.sum(), (1 - settings.everyday_share) / (~everyday).sum()
    )
    deviation = pooled.std(dim=0)
    head.train()
    losses = []
    for _ in range(settings.steps):
        drawn = rng.choice(len(owners), settings.batch, p=chance)
        x, share = _mix(pooled[drawn], deviation, settings, rng)
        loss = _loss(fitter, model, owners[drawn], x, share, settings.label_weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.eval()
    (out / "log.jsonl").write_text(json.dumps({"loss": float(np.mean(losses[-200:]))}) + "\n")
    torch.save({"model": model.state_dict(), "labels": fitter.labels}, out / "model.pt")


def _mix(x: Tensor, deviation: Tensor, settings: RefitSettings, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Rows mixed in random pairs and blurred, and how much of each row's text is in each of them."""
    n = len(x)
    mixed = rng.random(n) < settings.mix_probability
    weight = torch.from_numpy(np.where(mixed, rng.beta(0.6, 0.6, n), 1.0).astype(np.float32))
    other = torch.from_numpy(rng.permutation(n))
    x = weight[:, None] * x + (1 - weight)[:, None] * x[other]
    share = torch.diag(weight)
    share[torch.arange(n), other] += 1 - weight
    return x + settings.blur * deviation * torch.randn_like(x), share


def _loss(
    fitter: Fitter, model: SoundModel, clips: npt.NDArray[np.int64], x: Tensor, share: Tensor, label_weight: float
) -> Tensor:
    head = model.tower.head
    under = head.inner(x)
    audio = nn.functional.normalize(head.outer(under), dim=1)
    caption = torch.tensor([fitter.draw_caption_row(int(clip)) for clip in clips])
    label = torch.tensor([fitter.label_row[fitter.clips[int(clip)].label] for clip in clips])
    text = model.embed_text(fitter.caption_vectors[caption])
    temperature = model.log_temperature.exp().clamp(0.02, 0.2)
    loss = matching_loss(audio, text, share, label[:, None] == label[None, :], temperature)
    target = (share * fitter.label_known[label].float()) @ nn.functional.one_hot(label, len(fitter.labels)).float()
    return loss + label_weight * nn.functional.cross_entropy(model.classify(under), target)


def _windows(feature: FloatArray) -> Iterator[FloatArray]:
    """Whole windows, half overlapping, the last drawn back to the end; a short clip is one window."""
    last = len(feature) - CANVAS_FRAMES
    if last <= 0:
        yield feature
        return
    yield from (feature[at : at + CANVAS_FRAMES] for at in range(0, last + 1, CANVAS_FRAMES // 2))
    if last % (CANVAS_FRAMES // 2):
        yield feature[last:]


def _audible_stretch(log_mel: FloatArray, rng: np.random.Generator) -> tuple[int, int] | None:
    """A random stretch of 2 to 10 hidden vectors that holds a moment near the loudest; None where none was drawn."""
    n = len(log_mel) // FRAMES_PER_HIDDEN
    if n <= 2:
        return None
    levels_db = peak_levels_db(log_mel)
    for _ in range(8):
        length = int(rng.integers(2, min(n, 10) + 1))
        first = int(rng.integers(0, n - length + 1))
        if levels_db[first : first + length].max() >= levels_db.max() - AUDIBLE_DB:
            return first, first + length
    return None
