"""Writes a trained model in the form the package ships.

Owns the ONNX graphs of trunk and head, the quantised text table with its vocabulary, the background vectors, and the
card that ties them together under one revision (a hash over the weights).
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from sonotheque.training.fit import SoundModel
from sonotheque.training.network import N_HIDDEN, AudioTower
from sonotheque.training.quantise import quantise_trunk

FloatArray = npt.NDArray[np.float32]
N_BACKGROUND = 512


def strip_notes(path: Path) -> None:
    """Takes out of an ONNX file what the exporter notes of the machine it ran on: source paths and stack traces."""
    model = onnx.load(str(path))
    model.doc_string = ""
    del model.metadata_props[:]
    graph = model.graph
    graph.doc_string = ""
    del graph.metadata_props[:]
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, str(path))


class _PooledHead(nn.Module):
    """The head after pooling: (n, 2 * n_hidden) to unit vectors."""

    def __init__(self, tower: AudioTower) -> None:
        super().__init__()
        self.inner, self.outer = tower.head.inner, tower.head.outer

    def forward(self, pooled: Tensor) -> Tensor:
        return nn.functional.normalize(self.outer(self.inner(pooled)), dim=1)


def export_trunk(tower: AudioTower, out: Path) -> None:
    """`trunk.onnx` below `out`: log_mel (1, 16 n, 64) to hidden (1, n, n_hidden)."""
    steps = {1: 16 * torch.export.Dim("steps", min=1)}
    _export(tower.trunk.eval(), torch.zeros(1, 320, 64), ("log_mel", "hidden"), steps, out / "trunk.onnx")


def export_head(tower: AudioTower, out: Path) -> None:
    """`head.onnx` below `out`: pooled (n, 2 * n_hidden) to embedding (n, dim)."""
    batch = {0: torch.export.Dim("batch")}
    head = _PooledHead(tower).eval()
    _export(head, torch.zeros(2, 2 * N_HIDDEN), ("pooled", "embedding"), batch, out / "head.onnx")


def _export(module: nn.Module, example: Tensor, names: tuple[str, str], dynamic: dict[int, Any], path: Path) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of operators that are not used here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_shapes=(dynamic,),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    strip_notes(path)


def quantise_rows(rows: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Each row as int8 with its own scale, so that `int8 * scale` is within half a step of the row."""
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-12).astype(np.float32) / np.float32(127.0)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def trained_rows(base_rows: FloatArray, model: SoundModel) -> FloatArray:
    """The table with the trained linear map folded in: the mean of mapped rows is the mapped mean."""
    weight = model.text_map.weight.detach().numpy()
    rows: FloatArray = (base_rows + base_rows @ weight.T).astype(np.float32)
    return rows


def write_model(
    model: SoundModel,
    base_rows: FloatArray,
    vocabulary: list[str],
    background: FloatArray,
    labels: Sequence[str],
    windows: Sequence[FloatArray],
    facts: Mapping[str, Any],
    out: Path,
    *,
    trunk: Path | None = None,
) -> None:
    """The whole folder: networks, table, vocabulary, background, labels for tagging and `card.json`.

    `windows` are log-mel frames of ordinary sound by which the trunk is rounded to eight bits; a finished `trunk` is
    taken as it is.
    """
    out.mkdir(parents=True, exist_ok=True)
    export_head(model.tower, out)
    if trunk is None:
        export_trunk(model.tower, out)
        quantise_trunk(out / "trunk.onnx", windows)
        strip_notes(out / "trunk.onnx")
    else:
        shutil.copyfile(trunk, out / "trunk.onnx")
    rows, scales = quantise_rows(trained_rows(base_rows, model))
    save_file(
        {"rows": rows, "scales": scales, "background": np.rint(background * 127.0).astype(np.int8)},
        str(out / "text.safetensors"),
    )
    (out / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    (out / "vocabulary.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    for path in out.iterdir():  # some writers keep files to their owner, and a package is everybody's
        path.chmod(0o644)
    digest = hashlib.sha256()
    for name in ("trunk.onnx", "head.onnx", "text.safetensors"):
        digest.update((out / name).read_bytes())
    card = {"revision": digest.hexdigest()[:12], "dim": rows.shape[1], **facts}
    (out / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
