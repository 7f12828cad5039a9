"""Cuts a recording into the windows of a CLAP checkpoint as its samples arrive.

Owns the geometry: windows as long as the checkpoint hears (10 s) every half of it, and which of their finer vectors are
kept. Knows nothing of torch; what embeds a window is handed in.

    windows   |---------- 0 ----------|
                          |---------- 1 ----------|
    kept fine |000000000000000000|111111111111|22...      each from the middle half of a window, where it has context
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from sonotheque.models.roles import EmbeddedWindows
from sonotheque.values.waveform import FloatArray

BATCH = 4
"""Windows that the network sees at once. Always the same ones, whatever the sizes of the pushes."""


class WindowNetwork(Protocol):
    """Embeds windows of `window_samples` (an even number) at `rate_hz`; `n_fine` finer vectors each, even or 0."""

    rate_hz: int
    dim: int
    window_samples: int
    n_fine: int

    def embed(self, windows: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Unit vectors (n, dim), and (n, n_fine, dim) for successive equal parts of each window.

        A window may be shorter than `window_samples`; its parts are then those of its beginning.
        """
        ...


class ClapStream:
    """The stream of one recording. A last window that is not full is shorter; it still begins on the grid."""

    def __init__(self, network: WindowNetwork) -> None:
        self._network = network
        self._hop = network.window_samples // 2
        self._kept = np.zeros(0, np.float32)  # samples from the start of window `_next` on
        self._next = 0
        self._n_fine = 0

    def push(self, samples: FloatArray) -> EmbeddedWindows:
        """Takes mono float32 samples at the network's rate and returns the rows they complete."""
        self._kept = np.concatenate([self._kept, samples])
        parts = []
        # The last window keeps its fine vectors to the end, so one is embedded only when more sound follows it.
        while len(self._kept) > self._network.window_samples + (BATCH - 1) * self._hop:
            parts.append(self._embed(BATCH, last=False))
        return self._join(parts)

    def finish(self) -> EmbeddedWindows:
        """The last rows. A stream that got no sample has no row."""
        n = len(self._kept)
        if n == 0:
            return self._join([])
        n_windows = 1 + max(0, -(-(n - self._network.window_samples) // self._hop))
        return self._join([self._embed(n_windows, last=True)])

    def _embed(self, n: int, *, last: bool) -> EmbeddedWindows:
        """Rows of the next `n` windows."""
        length, rate_hz = self._network.window_samples, self._network.rate_hz
        windows = [self._kept[at * self._hop : at * self._hop + length] for at in range(n)]
        vectors, fine = self._network.embed(windows)
        starts = (self._next + np.arange(n)) * self._hop
        ends = starts + np.array([len(window) for window in windows])
        kept = self._choose_fine(fine, len(windows[-1]) if last else None)
        rows = EmbeddedWindows(
            np.stack([starts, ends], axis=1) / rate_hz, vectors, kept, self._n_fine * self._fine_hop_s, self._fine_hop_s
        )
        self._next += n
        self._n_fine += len(kept)
        self._kept = self._kept[n * self._hop :]
        return rows

    def _choose_fine(self, fine: FloatArray, last_samples: int | None) -> npt.NDArray[np.int8]:
        """Of each window the middle half; of the first also what is before it, of the last all that has sound."""
        n_fine, chosen = self._network.n_fine, []
        for at, rows in enumerate(fine):
            low = 0 if self._next + at == 0 else n_fine // 4
            high = n_fine // 4 + n_fine // 2
            if last_samples is not None and at == len(fine) - 1:
                high = -(-last_samples * n_fine // self._network.window_samples)
            chosen.append(rows[low:high])
        return np.rint(np.concatenate(chosen) * 127.0).astype(np.int8)

    @property
    def _fine_hop_s(self) -> float:
        return self._network.window_samples / self._network.rate_hz / max(1, self._network.n_fine)

    def _join(self, parts: list[EmbeddedWindows]) -> EmbeddedWindows:
        if len(parts) == 1:
            return parts[0]
        dim, start_s = self._network.dim, self._n_fine * self._fine_hop_s
        vectors = [np.zeros((0, dim), np.float32), *(part.vectors for part in parts)]
        fine = [np.zeros((0, dim), np.int8), *(part.fine for part in parts)]
        spans = [np.zeros((0, 2)), *(part.spans for part in parts)]
        return EmbeddedWindows(
            np.concatenate(spans), np.concatenate(vectors), np.concatenate(fine),
            parts[0].fine_start_s if parts else start_s, self._fine_hop_s,
        )  # fmt: skip
