"""Fits the head once more on a frozen trunk.

Owns the last stage of the recipe. Tens of thousands of canvases go through the trunk once; then only the head, the text
map and the classifier learn, from pooled rows that are mixed (Zhang et al. 2018, mixup) and blurred far more often than
whole canvases can be. Minutes, where an epoch of the whole tower takes as long.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sonotheque.training.batches import Canvas, CanvasMaker
from sonotheque.training.corpus import MADE_SETS
from sonotheque.training.fit import Batch, ClipTexts, SoundModel, half_precision, hidden_vectors, label_loss
from sonotheque.training.objective import matching_loss

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RefitSettings:
    """How many canvases are pooled, how long and how hard the head learns from them.

    `keep_weight` holds made sounds where the head put them before, so that what it knew is not lost on a few clips of
    someone's own; with `trains_text` the texts move too.
    """

    canvases: int = 40_000
    mix_probability: float = 0.3
    steps: int = 5000
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    dropout: float = 0.5
    mixup_probability: float = 0.6
    label_weight: float = 1.0
    blur: float = 0.2
    keep_weight: float = 0.0
    trains_text: bool = True
    seed: int = 3


@dataclass(frozen=True, slots=True, eq=False)
class PooledRows:
    """Pooled hidden vectors (n, 2 * n_hidden) with the two clips of each (n, 2) and their shares (n, 2)."""

    x: Tensor
    clips: npt.NDArray[np.int64]
    shares: FloatArray


@torch.inference_mode()
def pool_canvases(model: SoundModel, maker: CanvasMaker, texts: ClipTexts, settings: RefitSettings) -> PooledRows:
    """Draws canvases, runs the trunk over them and pools the stretch that each was drawn with."""
    model.eval()
    device = next(model.parameters()).device
    rng = np.random.default_rng((settings.seed, 1))
    rows, clips, shares = [], [], []
    for _ in range(0, settings.canvases, settings.batch):
        drawn = rng.choice(len(texts.clips), (settings.batch, 2), p=texts.chances)
        mixed = rng.random(settings.batch) < settings.mix_probability
        canvases = [
            maker.draw(int(clip), int(other) if both else None, rng)
            for (clip, other), both in zip(drawn, mixed, strict=True)
        ]
        log_mel = torch.from_numpy(np.stack([canvas.log_mel for canvas in canvases])).to(device)
        with half_precision(device):
            hidden = hidden_vectors(model.tower, log_mel)
        mask = torch.from_numpy(np.stack([canvas.mask for canvas in canvases])).to(device)
        rows.append(model.tower.head.pool(hidden.float(), mask).cpu().half())
        found = _shares(canvases)
        clips.append(found[0])
        shares.append(found[1])
    return PooledRows(torch.cat(rows), np.concatenate(clips), np.concatenate(shares))


def _shares(canvases: Sequence[Canvas]) -> tuple[npt.NDArray[np.int64], FloatArray]:
    clips, shares = np.zeros((len(canvases), 2), np.int64), np.zeros((len(canvases), 2), np.float32)
    for i, canvas in enumerate(canvases):
        for column, (clip, share) in enumerate(canvas.shares):
            clips[i, column], shares[i, column] = clip, share
        if len(canvas.shares) == 1:
            clips[i, 1] = clips[i, 0]
    return clips, shares


def refit_head(model: SoundModel, pooled: PooledRows, texts: ClipTexts, settings: RefitSettings, out: Path) -> None:
    """Trains head, text map and classifier of `model` in place and writes `model.pt` below `out`."""
    keeper = _Keeper(model, pooled, texts) if settings.keep_weight else None
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    head = model.tower.head
    head.set_dropout(settings.dropout)
    trained = [*head.parameters(), *model.classify.parameters(), model.log_temperature]
    trained += model.text_map.parameters() if settings.trains_text else ()
    optimiser = torch.optim.AdamW(trained, settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.steps + 1, pct_start=0.1
    )
    deviation = pooled.x.float().std(dim=0)
    head.train()
    losses = []
    for _ in range(settings.steps):
        x, batch = _draw(pooled, texts, settings, rng)
        x = x + settings.blur * deviation * torch.randn_like(x)
        loss = _loss(model, texts, x, batch, settings.label_weight)
        if keeper is not None:
            loss = loss + settings.keep_weight * keeper.loss(model, rng, settings.batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.eval()
    (out / "log.jsonl").write_text(json.dumps({"loss": float(np.mean(losses[-200:]))}) + "\n", encoding="utf-8")
    torch.save({"model": model.state_dict(), "labels": texts.labels}, out / "model.pt")


class _Keeper:
    """Remembers where the head puts made sounds, and tells how far it has moved them."""

    def __init__(self, model: SoundModel, pooled: PooledRows, texts: ClipTexts) -> None:
        is_made = np.array([clip.set_name in MADE_SETS for clip in texts.clips])
        self._x = pooled.x[torch.from_numpy(is_made[pooled.clips].all(axis=1))].float()
        with torch.inference_mode():
            self._before = _embed(model, self._x)

    def loss(self, model: SoundModel, rng: np.random.Generator, n: int) -> Tensor:
        """One minus the mean cosine of `n` made sounds with where they were."""
        if not len(self._x):
            return torch.zeros(())
        drawn = torch.from_numpy(rng.integers(0, len(self._x), n))
        return 1.0 - (_embed(model, self._x[drawn]) * self._before[drawn]).sum(dim=1).mean()


def _embed(model: SoundModel, x: Tensor) -> Tensor:
    head = model.tower.head
    return nn.functional.normalize(head.outer(head.inner(x)), dim=1)


def _draw(
    pooled: PooledRows, texts: ClipTexts, settings: RefitSettings, rng: np.random.Generator
) -> tuple[Tensor, Batch]:
    """Rows mixed in random pairs, and how much of each text is in each of them."""
    n = settings.batch
    drawn = rng.integers(0, len(pooled.clips), n)
    other = rng.permutation(n)
    weight = np.where(rng.random(n) < settings.mixup_probability, rng.beta(0.6, 0.6, n), 1.0).astype(np.float32)
    x = pooled.x[drawn].float()
    kept = torch.from_numpy(weight)[:, None]
    x = kept * x + (1 - kept) * x[other]
    heard, columns = np.unique(pooled.clips[drawn], return_inverse=True)
    columns = columns.reshape(n, 2)
    share = np.zeros((n, len(heard)), np.float32)
    for column in range(2):
        np.add.at(share, (np.arange(n), columns[:, column]), weight * pooled.shares[drawn, column])
        np.add.at(share, (np.arange(n), columns[other, column]), (1 - weight) * pooled.shares[drawn[other], column])
    caption = torch.tensor([texts.draw_caption_row(int(clip), rng) for clip in heard])
    label = torch.from_numpy(texts.label_rows[heard])
    return x, Batch(x, x, torch.from_numpy(share), caption, label)


def _loss(model: SoundModel, texts: ClipTexts, x: Tensor, batch: Batch, label_weight: float) -> Tensor:
    head = model.tower.head
    under = head.inner(x)
    audio = nn.functional.normalize(head.outer(under), dim=1)
    text = model.embed_text(texts.caption_vectors[batch.caption])
    temperature = model.log_temperature.exp().clamp(0.02, 0.2)
    same_label = batch.label[:, None] == batch.label[None, :]
    matching = matching_loss(audio, text, batch.share, same_label, temperature)
    return matching + label_weight * label_loss(model, under, batch, texts.label_known)
