"""The training loop of `builtin:sounds`: the tower against the text space.

Owns steps, schedule, checkpoints and curves. Every batch is a function of the seed and the number of its step, so a run
that was cut off goes on from its last checkpoint as if nothing had happened. The text table is fixed but for one linear
map that is trained with the tower and folded into the rows at the end.
"""

from __future__ import annotations

import json
import os
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
from sonotheque.training.augmentation import LOG_FLOOR, Augmentation, AugmentationSettings
from sonotheque.training.batches import CANVAS_FRAMES, CanvasMaker
from sonotheque.training.curves import Curves
from sonotheque.training.manifests import LabelledClip
from sonotheque.training.network import N_HIDDEN, AudioTower
from sonotheque.training.objective import matching_loss

FloatArray = npt.NDArray[np.float32]
Validate = Callable[["SoundModel"], dict[str, float]]
BABBLE_SET = "speakers"
SYNTHETIC_SETS = frozenset({"instruments", "voices", "kinds"})
_MIN_CLIPS_OF_LABEL = 3


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Length, schedule and mixture of a run. The shares say how often a canvas starts from which kind of clip.

    `patience` counts the validations without a better `score` after which the run ends early; 0 never ends it.
    """

    epochs: int = 85
    steps: int = 75
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    mix_probability: float = 0.5
    whole_probability: float = 0.6
    label_weight: float = 1.0
    everyday_share: float = 0.4
    synthetic_share: float = 0.15
    validate_every: int = 10
    patience: int = 0
    seed: int = 0
    augmentation: AugmentationSettings = AugmentationSettings()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Batch:
    """Canvases (n, 320, 64), masks (n, 20), shares (n, m), and caption row and label row of each of the m texts."""

    log_mel: Tensor
    mask: Tensor
    share: Tensor
    caption: Tensor
    label: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on `device`."""
        return Batch(*(part.to(device) for part in (self.log_mel, self.mask, self.share, self.caption, self.label)))


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
        self.classify = nn.Linear(N_HIDDEN, n_labels)

    def embed_text(self, text: Tensor) -> Tensor:
        """Base table means (n, dim) to unit vectors in the trained space."""
        return nn.functional.normalize(text + self.text_map(text), dim=1)


class ClipTexts:
    """The captions and labels of clips as rows of tensors, and how often each clip is drawn."""

    def __init__(
        self, clips: Sequence[LabelledClip], embed_captions: Callable[[list[str]], FloatArray], settings: FitSettings
    ) -> None:
        self.clips = clips
        captions = sorted({caption for clip in clips for caption in clip.captions})
        self._caption_row = {caption: row for row, caption in enumerate(captions)}
        self.caption_vectors = torch.from_numpy(embed_captions(captions))
        self.labels = sorted({clip.label for clip in clips})
        rows = {label: row for row, label in enumerate(self.labels)}
        self.label_rows = np.array([rows[clip.label] for clip in clips])
        counts = Counter(clip.label for clip in clips)
        self.label_known = torch.tensor([counts[label] >= _MIN_CLIPS_OF_LABEL for label in self.labels])
        self.chances = _chances([clip.set_name for clip in clips], settings)

    def draw_caption_row(self, clip: int, rng: np.random.Generator) -> int:
        """The row of one of a clip's captions, its name more often than any other."""
        captions = self.clips[clip].captions
        if len(captions) == 1 or rng.random() < 0.35:
            return self._caption_row[captions[0]]
        return self._caption_row[captions[int(rng.integers(1, len(captions)))]]


def _chances(set_names: Sequence[str], settings: FitSettings) -> npt.NDArray[np.float64]:
    """How often each clip is drawn: the shares of the kinds that are there, evenly within a kind."""
    kinds = np.array([0 if name == "esc50" else 1 if name in SYNTHETIC_SETS else 2 for name in set_names])
    shares = (settings.everyday_share, settings.synthetic_share, 1 - settings.everyday_share - settings.synthetic_share)
    chances = np.zeros(len(kinds))
    for kind, share in enumerate(shares):
        if (kinds == kind).any():
            chances[kinds == kind] = share / (kinds == kind).sum()
    normalised: npt.NDArray[np.float64] = chances / chances.sum()
    return normalised


class Fitter:
    """One run over clips whose features and caption vectors are in memory."""

    def __init__(
        self,
        clips: Sequence[LabelledClip],
        features: Sequence[npt.NDArray[np.float16]],
        embed_captions: Callable[[list[str]], FloatArray],
        settings: FitSettings,
        device: torch.device | None = None,
    ) -> None:
        self.settings, self.texts = settings, ClipTexts(clips, embed_captions, settings)
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(settings.seed)
        babble = [feature for clip, feature in zip(clips, features, strict=True) if clip.set_name == BABBLE_SET]
        augmentation = Augmentation(settings.augmentation, babble)
        self.maker = CanvasMaker(features, augmentation, settings.whole_probability)
        self.model = SoundModel(len(self.texts.labels)).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, total_steps=settings.steps * settings.epochs + 1,
            pct_start=0.1, div_factor=10, final_div_factor=100,
        )  # fmt: skip

    def fit(self, out: Path, validate: Validate) -> None:
        """Trains from the last checkpoint below `out`, if any; leaves `model.pt`, the settings and `log.jsonl` there.

        `validate` may return a figure called `score`; with `patience` the best by it is kept, else the last.
        """
        out.mkdir(parents=True, exist_ok=True)
        (out / "settings.json").write_text(json.dumps(asdict(self.settings), indent=2) + "\n", encoding="utf-8")
        s = self.settings
        first, best, waited = self._resume(out / "checkpoint.pt")
        with Curves(out) as curves:
            for epoch in range(first, s.epochs):
                row = self._run_epoch(epoch)
                if (epoch + 1) % s.validate_every == 0 or epoch + 1 == s.epochs:
                    figures = validate(self.model.eval())
                    row |= figures
                    score = figures.get("score", 0.0)
                    better = score > best
                    best, waited = max(best, score), 0 if better else waited + 1
                    if better or not s.patience:
                        self.save(out / "model.pt")
                curves.add(row)
                self._keep(out / "checkpoint.pt", epoch + 1, best, waited)
                if s.patience and waited >= s.patience:
                    break
        (out / "checkpoint.pt").unlink(missing_ok=True)

    def save(self, path: Path) -> None:
        """Weights and labels."""
        torch.save({"model": self.model.state_dict(), "labels": self.texts.labels}, path)

    def _resume(self, path: Path) -> tuple[int, float, int]:
        if not path.is_file():
            return 0, -1.0, 0
        kept = torch.load(path, map_location=self.device)
        self.model.load_state_dict(kept["model"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])
        return int(kept["epoch"]), float(kept["best"]), int(kept["waited"])

    def _keep(self, path: Path, epoch: int, best: float, waited: int) -> None:
        parts = {name: getattr(self, name).state_dict() for name in ("model", "optimiser", "schedule")}
        whole = path.with_suffix(".part")
        torch.save(parts | {"epoch": epoch, "best": best, "waited": waited}, whole)
        whole.replace(path)

    def _run_epoch(self, epoch: int) -> dict[str, float]:
        torch.manual_seed(self.settings.seed * 100_003 + epoch)
        self.model.train()
        started, losses = time.monotonic(), []
        for batch in self._batches(epoch):
            losses.append(self._step(batch.to(self.device)))
        matching, naming = np.mean(losses, axis=0)
        seconds = time.monotonic() - started
        return {"epoch": epoch, "matching_loss": float(matching), "label_loss": float(naming), "seconds": seconds}

    def _batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch in order, drawn a few ahead on a thread."""
        steps = range(epoch * self.settings.steps, (epoch + 1) * self.settings.steps)
        with ThreadPoolExecutor(1, initializer=_unpin) as ahead:
            waiting = deque(ahead.submit(self._draw, step) for step in steps[:3])
            for step in steps[3:]:
                yield waiting.popleft().result()
                waiting.append(ahead.submit(self._draw, step))
            yield from (batch.result() for batch in waiting)

    def _step(self, batch: Batch) -> tuple[float, float]:
        model = self.model
        with half_precision(self.device):
            hidden = hidden_vectors(model.tower, batch.log_mel)
        under = model.tower.head.penultimate(hidden.float(), batch.mask)
        audio = nn.functional.normalize(model.tower.head.outer(under), dim=1)
        text = model.embed_text(self.texts.caption_vectors.to(self.device)[batch.caption])
        temperature = model.log_temperature.exp().clamp(0.02, 0.2)
        same_label = batch.label[:, None] == batch.label[None, :]
        matching = matching_loss(audio, text, batch.share, same_label, temperature)
        naming = label_loss(model, under, batch, self.texts.label_known.to(self.device))
        self.optimiser.zero_grad()
        (matching + self.settings.label_weight * naming).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        return float(matching.detach()), float(naming.detach())

    def _draw(self, step: int) -> Batch:
        s, texts = self.settings, self.texts
        rng = np.random.default_rng((s.seed, step))
        rows, others = (rng.choice(len(texts.clips), s.batch, p=texts.chances) for _ in range(2))
        mixed = rng.random(s.batch) < s.mix_probability
        canvases = [
            self.maker.draw(int(row), int(other) if both else None, rng)
            for row, other, both in zip(rows, others, mixed, strict=True)
        ]
        heard = sorted({clip for canvas in canvases for clip, _ in canvas.shares})
        column = {clip: i for i, clip in enumerate(heard)}
        share = torch.zeros(len(rows), len(heard))
        for i, canvas in enumerate(canvases):
            for clip, weight in canvas.shares:
                share[i, column[clip]] += weight
        return Batch(
            torch.from_numpy(np.stack([canvas.log_mel for canvas in canvases])),
            torch.from_numpy(np.stack([canvas.mask for canvas in canvases])),
            share,
            torch.tensor([texts.draw_caption_row(clip, rng) for clip in heard]),
            torch.from_numpy(texts.label_rows[heard]),
        )


def half_precision(device: torch.device) -> torch.autocast:
    """Runs a block in bfloat16 where the device multiplies it itself: imitated, it takes twice as long."""
    native = device.type != "cpu" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=native)


def label_loss(model: SoundModel, under: Tensor, batch: Batch, known: Tensor) -> Tensor:
    """Cross-entropy of the auxiliary classifier; labels of very few clips teach nothing here."""
    labels = nn.functional.one_hot(batch.label, len(known)).float()
    target = (batch.share * known[batch.label].float()) @ labels
    return nn.functional.cross_entropy(model.classify(under), target)


def _unpin() -> None:
    """Lets this thread run on every CPU: where OpenMP pins its threads, a new thread shares the main thread's."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


@torch.inference_mode()
def embed_features(model: SoundModel, features: Sequence[npt.NDArray[np.float16]]) -> FloatArray:
    """One unit vector per clip: its first window, (n, dim)."""
    device = next(model.parameters()).device
    out = []
    for feature in features:
        part = torch.from_numpy(feature[:CANVAS_FRAMES].astype(np.float32)).to(device)
        part = nn.functional.pad(part, (0, 0, 0, -len(part) % FRAMES_PER_HIDDEN), value=LOG_FLOOR)[None]
        hidden = hidden_vectors(model.tower, part)
        mask = torch.ones(1, hidden.shape[1], device=device)
        out.append(model.tower.head(hidden, mask)[0].cpu().numpy())
    return np.stack(out)
