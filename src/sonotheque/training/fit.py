"""The training loop of `builtin:sounds`.

Owns epochs, schedule, averaging of weights and what is kept of a run. The text table is fixed but for one linear map
that is trained with the audio tower and folded into the rows at the end.
"""

from __future__ import annotations

import copy
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sonotheque.models.sound_stream import FRAMES_PER_HIDDEN, PAD_FRAMES
from sonotheque.training.batches import CANVAS_FRAMES, LOG_FLOOR, CanvasMaker
from sonotheque.training.captions import LabelledClip
from sonotheque.training.network import AudioTower
from sonotheque.training.objective import matching_loss

FloatArray = npt.NDArray[np.float32]
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """One stage of a run: its schedule (cut off after `stop_after` epochs) and how hard the canvases are."""

    epochs: int
    batch: int
    learning_rate: float
    mix_probability: float
    whole_probability: float
    ema_decay: float
    stop_after: int | None = None
    weight_decay: float = 0.03
    label_weight: float = 0.5
    seed: int = 0


STAGES = (
    FitSettings(55, 96, 2e-3, mix_probability=0.5, whole_probability=0.35, ema_decay=0.998, stop_after=45),
    FitSettings(20, 64, 1.2e-3, mix_probability=0.35, whole_probability=0.5, ema_decay=0.995, seed=1),
)
"""First hard mixtures for long, then gentler ones while the rate falls."""


def padded(log_mel: Tensor) -> Tensor:
    """Half a hidden frame of silence in front, so that hidden vector j is centred on its quarter second."""
    return nn.functional.pad(log_mel, (0, 0, PAD_FRAMES, 0), value=LOG_FLOOR)


def hidden_vectors(tower: AudioTower, log_mel: Tensor) -> Tensor:
    """(batch, n_frames, 64) to (batch, n_frames // 16, n_hidden)."""
    hidden: Tensor = tower.trunk(padded(log_mel))[:, 1:]
    return hidden[:, : log_mel.shape[1] // FRAMES_PER_HIDDEN]


class SoundModel(nn.Module):
    """Everything that is trained: the tower, the text map, the temperature and the auxiliary classifier."""

    def __init__(self, n_labels: int, dim: int = 256) -> None:
        super().__init__()
        self.tower = AudioTower(dim=dim)
        self.text_map = nn.Linear(dim, dim, bias=False)
        nn.init.zeros_(self.text_map.weight)
        self.log_temperature = nn.Parameter(torch.tensor(np.log(0.07), dtype=torch.float32))
        self.classify = nn.Linear(512, n_labels)

    def embed_text(self, text: Tensor) -> Tensor:
        """Base table means (n, dim) to unit vectors in the trained space."""
        return nn.functional.normalize(text + self.text_map(text), dim=1)


def _channels_last(model: SoundModel) -> SoundModel:
    """The layout in which convolutions run fastest on a CPU."""
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


class Fitter:
    """One run over clips whose features and caption vectors are in memory."""

    def __init__(
        self,
        clips: Sequence[LabelledClip],
        features: Sequence[npt.NDArray[np.float16]],
        embed_captions: Callable[[list[str]], FloatArray],
        settings: FitSettings,
        start: Path | None = None,
    ) -> None:
        self.clips, self.settings = clips, settings
        self.rng, self.order_rng = np.random.default_rng(settings.seed), np.random.default_rng(settings.seed + 1)
        torch.manual_seed(settings.seed)
        self.maker = CanvasMaker(features, self.rng, settings.whole_probability)
        captions = sorted({caption for clip in clips for caption in clip.captions})
        self.caption_row = {caption: row for row, caption in enumerate(captions)}
        self.caption_vectors = torch.from_numpy(embed_captions(captions))
        self.labels = sorted({clip.label for clip in clips})
        self.label_row = {label: row for row, label in enumerate(self.labels)}
        counts = Counter(clip.label for clip in clips)
        self.label_known = torch.tensor([counts[label] >= 3 for label in self.labels])
        self.model = _channels_last(SoundModel(len(self.labels)))
        if start is not None:
            self.model.load_state_dict(torch.load(start)["model"])
        self.average = copy.deepcopy(self.model)

    def fit(self, out: Path, validate: Callable[[SoundModel], dict[str, float]], every: int = 5) -> None:
        """Trains, writing `log.jsonl`, `model.pt` (averaged weights) and the settings below `out`."""
        out.mkdir(parents=True, exist_ok=True)
        (out / "settings.json").write_text(json.dumps(asdict(self.settings), indent=2) + "\n")
        s = self.settings
        steps = -(-len(self.clips) // s.batch)
        decay = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": decay, "weight_decay": s.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        optimiser = torch.optim.AdamW(groups, lr=s.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, s.learning_rate, total_steps=steps * s.epochs, pct_start=0.12
        )
        with (out / "log.jsonl").open("a", buffering=1) as log:
            last = s.stop_after or s.epochs
            for epoch in range(last):
                started, losses = time.monotonic(), []
                for batch in self._batches(self.order_rng.permutation(len(self.clips))):
                    losses.append(self._step(batch, optimiser, schedule))
                row = {"epoch": epoch, "loss": float(np.mean(losses)), "seconds": time.monotonic() - started}
                if (epoch + 1) % every == 0 or epoch + 1 == last:
                    row |= validate(self._recalibrate())
                    torch.save({"model": self.average.state_dict(), "labels": self.labels}, out / "model.pt")
                log.write(json.dumps(row) + "\n")

    def _batches(self, order: npt.NDArray[np.int64]) -> Iterator[Batch]:
        """Batches in `order`, drawn one ahead on a thread; only that thread draws from `rng`, so runs repeat."""
        size = self.settings.batch
        starts = range(0, len(order), size)
        with ThreadPoolExecutor(1) as ahead:
            waiting = deque(ahead.submit(self._batch, order[at : at + size]) for at in starts[:2])
            for at in starts[2:]:
                yield waiting.popleft().result()
                waiting.append(ahead.submit(self._batch, order[at : at + size]))
            yield from (batch.result() for batch in waiting)

    def _step(self, batch: Batch, optimiser: torch.optim.Optimizer, schedule: object) -> float:
        self.model.train()
        log_mel, mask, share, caption, label = batch
        hidden = hidden_vectors(self.model.tower, log_mel)
        under = self.model.tower.head.penultimate(hidden, mask)
        audio = nn.functional.normalize(self.model.tower.head.outer(under), dim=1)
        text = self.model.embed_text(self.caption_vectors[caption])
        temperature = self.model.log_temperature.exp().clamp(0.02, 0.2)
        loss = matching_loss(audio, text, share, label[:, None] == label[None, :], temperature)
        known = self.label_known[label].float()
        target = (share * known) @ nn.functional.one_hot(label, len(self.labels)).float()
        loss = loss + self.settings.label_weight * nn.functional.cross_entropy(self.model.classify(under), target)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        optimiser.step()
        schedule.step()  # type: ignore[attr-defined]
        self._update_average()
        return float(loss.detach())

    def _batch(self, rows: npt.NDArray[np.int64]) -> Batch:
        """Canvases, masks, shares (n, m), and the caption and label row of each of the m texts."""
        rng = self.rng
        canvases = []
        for row in rows:
            mixed = rng.random() < self.settings.mix_probability
            canvases.append(self.maker.draw(int(row), int(rng.integers(len(self.clips))) if mixed else None))
        heard = sorted({clip for canvas in canvases for clip, _ in canvas.shares})
        column = {clip: i for i, clip in enumerate(heard)}
        share = torch.zeros(len(rows), len(heard))
        for i, canvas in enumerate(canvases):
            for clip, weight in canvas.shares:
                share[i, column[clip]] += weight
        caption = torch.tensor([self.draw_caption_row(clip) for clip in heard])
        label = torch.tensor([self.label_row[self.clips[clip].label] for clip in heard])
        log_mel = torch.from_numpy(np.stack([canvas.log_mel for canvas in canvases]))
        mask = torch.from_numpy(np.stack([canvas.mask for canvas in canvases]))
        return log_mel, mask, share, caption, label

    def draw_caption_row(self, clip: int) -> int:
        """The row of one of a clip's captions, its name more often than any other."""
        captions = self.clips[clip].captions
        if len(captions) == 1 or self.rng.random() < 0.35:
            return self.caption_row[captions[0]]
        return self.caption_row[captions[int(self.rng.integers(1, len(captions)))]]

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = self.settings.ema_decay
        for mean, value in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    @torch.no_grad()
    def _recalibrate(self, n_batches: int = 24) -> SoundModel:
        """The averaged model with batch statistics measured afresh: those of averaged weights are not averages.

        (Izmailov et al. 2018, stochastic weight averaging.)
        """
        model = self.average
        norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        model.train()
        for _ in range(n_batches):
            rows = self.rng.integers(0, len(self.clips), self.settings.batch)
            log_mel, mask, *_ = self._batch(rows)
            model.tower(padded(log_mel)[:, : log_mel.shape[1]], mask)
        model.eval()
        return model


@torch.inference_mode()
def embed_features(model: SoundModel, features: Sequence[npt.NDArray[np.float16]]) -> FloatArray:
    """One unit vector per clip: its first window, (n, dim)."""
    out = []
    for feature in features:
        part = torch.from_numpy(feature[:CANVAS_FRAMES].astype(np.float32))
        part = nn.functional.pad(part, (0, 0, 0, -len(part) % FRAMES_PER_HIDDEN), value=LOG_FLOOR)[None]
        hidden = hidden_vectors(model.tower, part)
        out.append(model.tower.head(hidden, torch.ones(1, hidden.shape[1]))[0].numpy())
    return np.stack(out)
