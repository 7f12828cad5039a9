"""Where a run starts from: another run, or a finished model.

Owns taking over what was learned before. From the folder of a run the whole tower learns on. Of a finished model the
trunk is kept as it stands (eight bits can't be trained), and so is its text table; only the head learns on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from sonotheque.errors import BadInputError
from sonotheque.models.registry import load_embedder
from sonotheque.models.sound_stream import FRAMES_PER_HIDDEN
from sonotheque.models.sounds import OnnxNetworks, Sounds
from sonotheque.models.tensors import read_tensors
from sonotheque.training.augmentation import LOG_FLOOR
from sonotheque.training.fit import SoundModel

FloatArray = npt.NDArray[np.float32]
RUN_WEIGHTS = Path("tower", "model.pt")


class FrozenTrunk(nn.Module):
    """The trunk of a finished model, run by onnxruntime: log-mel (batch, n_frames, 64) to hidden vectors."""

    def __init__(self, networks: OnnxNetworks) -> None:
        super().__init__()
        self._networks = networks

    def forward(self, log_mel: Tensor) -> Tensor:
        rest = -log_mel.shape[1] % FRAMES_PER_HIDDEN
        whole = nn.functional.pad(log_mel, (0, 0, 0, rest), value=LOG_FLOOR).cpu().numpy()
        return torch.from_numpy(np.stack([self._networks.hidden(one) for one in whole]))


@dataclass(frozen=True, slots=True)
class RunStart:
    """The folder of a run whose tower is fitted: all of its weights learn on."""

    folder: Path

    def fill(self, model: SoundModel, labels: list[str]) -> None:
        """Puts the run's weights into `model`; labels that it did not know keep their fresh rows."""
        kept = torch.load(self.folder / RUN_WEIGHTS, map_location="cpu")
        weights: dict[str, Tensor] = kept["model"]
        known = {label: row for row, label in enumerate(kept["labels"])}
        for name in ("classify.weight", "classify.bias"):
            rows = model.state_dict()[name].clone()
            for row, label in enumerate(labels):
                if label in known:
                    rows[row] = weights[name][known[label]]
            weights[name] = rows
        model.load_state_dict(weights)


@dataclass(frozen=True, slots=True)
class ModelStart:
    """A finished model of this project: its trunk and its text table are kept, its head learns on."""

    name: str
    folder: Path

    @property
    def facts(self) -> Mapping[str, Any]:
        """The card as it stands beside the weights."""
        facts: dict[str, Any] = json.loads((self.folder / "card.json").read_text(encoding="utf-8"))
        return facts

    @property
    def rows(self) -> FloatArray:
        """The text table (n_tokens, dim)."""
        tensors = read_tensors(self.folder / "text.safetensors")
        out: FloatArray = tensors["rows"].astype(np.float32) * tensors["scales"][:, None]
        return out

    @property
    def vocabulary(self) -> list[str]:
        """The table's tokens."""
        return (self.folder / "vocabulary.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")

    def model(self, n_labels: int) -> SoundModel:
        """The model to learn on with: the finished trunk, the head's weights, and no change of the texts yet."""
        model = SoundModel(n_labels, dim=int(self.facts["dim"]))
        model.tower.trunk = FrozenTrunk(OnnxNetworks(self.folder, torch.get_num_threads()))  # type: ignore[assignment]
        graph = onnx.load(str(self.folder / "head.onnx")).graph
        weights = {item.name: torch.tensor(numpy_helper.to_array(item)) for item in graph.initializer}
        head = model.tower.head
        head.load_state_dict({name: weights[name] for name in head.state_dict()})
        return model


Start = RunStart | ModelStart


def find_start(name: str) -> Start:
    """What `name` says: the folder of a run, `builtin:sounds`, or `file:DIR`.

    Raises `BadInputError` for a model that this project did not train, and what `load_embedder` raises.
    """
    if (Path(name) / RUN_WEIGHTS).is_file():
        return RunStart(Path(name))
    embedder = load_embedder(name)
    if not isinstance(embedder, Sounds):
        raise BadInputError(
            f"{name} can't learn on here.", next_step="Start from builtin:sounds, file:DIR, or the folder of a run."
        )
    return ModelStart(name, embedder.folder)
