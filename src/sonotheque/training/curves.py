"""The curves of a run: one JSON line an epoch, and TensorBoard beside it where that is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Curves:
    """Appends to `log.jsonl` below `out`, and to `tensorboard/` where the package is there."""

    def __init__(self, out: Path) -> None:
        self._lines = (out / "log.jsonl").open("a", buffering=1, encoding="utf-8")
        self._board: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        self._board = SummaryWriter(str(out / "tensorboard"))  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        if self._board is not None:
            self._board.close()

    def add(self, row: Mapping[str, float]) -> None:
        """One epoch's figures; `epoch` numbers them."""
        self._lines.write(json.dumps({name: round(value, 5) for name, value in row.items()}) + "\n")
        if self._board is not None:
            for name, value in row.items():
                if name != "epoch":
                    self._board.add_scalar(name, value, int(row["epoch"]))
