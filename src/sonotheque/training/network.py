"""The audio tower of `builtin:sounds` as a torch module.

Owns the architecture: a fully convolutional trunk over log-mel frames that gives one hidden vector per 0.25 s, and a
head that pools any stretch of hidden vectors into a unit vector of the text space. One head serves windows of 5 s and
half seconds alike, because training pools stretches of many lengths. No squeeze-and-excitation and no global layer in
the trunk: a stream of any length gives the same values as its pieces, so that overlapping windows share their work.

Plain 3 x 3 convolutions, not depthwise ones: they hold twice the multiplications, yet a CPU trains them 2.4 times as
fast (they keep its vector units busy, and bfloat16 helps them where the CPU has it) and they learn more from each clip
seen.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LOG_MEL_MEAN = -6.9
LOG_MEL_SCALE = 4.6
N_HIDDEN = 512
WIDTHS = (24, 48, 96, 192, 384)
"""Channels of the five levels; each halves the bands, the first four halve the frames."""
REPEATS = (0, 1, 1, 2, 0)
"""Residual convolutions after each level."""


def _convolve(
    n_in: int, n_out: int, kernel: tuple[int, int] = (3, 3), stride: tuple[int, int] = (1, 1), pad_bands: int = 1
) -> nn.Sequential:
    """Convolution over (frames, bands), batch normalisation, ReLU."""
    padding = (kernel[0] // 2, pad_bands)
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """One convolution beside the identity (He et al. 2016)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(n, n, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(n)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.convolution(x)))


class Trunk(nn.Module):
    """Log-mel (batch, n_frames, 64) to hidden vectors (batch, ceil(n_frames / 16), n_hidden)."""

    def __init__(self, n_hidden: int = N_HIDDEN) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = 1
        for level, (width, repeats) in enumerate(zip(WIDTHS, REPEATS, strict=True)):
            layers.append(_convolve(n_in, width, stride=(2 if level < 4 else 1, 2)))
            layers += [Residual(width) for _ in range(repeats)]
            n_in = width
        self.layers = nn.Sequential(*layers)
        self.project = _convolve(n_in, n_hidden, kernel=(3, 2), pad_bands=0)

    def forward(self, log_mel: Tensor) -> Tensor:
        x = (log_mel.unsqueeze(1) - LOG_MEL_MEAN) / LOG_MEL_SCALE
        hidden: Tensor = self.project(self.layers(x)).mean(dim=3).transpose(1, 2)
        return hidden


class Head(nn.Module):
    """Pools hidden vectors under a mask into a unit vector; (batch, n, n_hidden), (batch, n) to (batch, dim)."""

    def __init__(self, n_hidden: int = N_HIDDEN, dim: int = 256) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2 * n_hidden, n_hidden), nn.Hardswish(), nn.Dropout(0.2))
        self.outer = nn.Linear(n_hidden, dim)

    @staticmethod
    def pool(hidden: Tensor, mask: Tensor) -> Tensor:
        """Mean beside maximum under the mask, (batch, 2 * n_hidden)."""
        weight = mask.unsqueeze(2)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        return torch.cat([mean, hidden.masked_fill(weight == 0, -1e4).amax(1)], dim=1)

    def set_dropout(self, share: float) -> None:
        """How much of the inner layer is dropped while training."""
        for layer in self.inner:
            if isinstance(layer, nn.Dropout):
                layer.p = share

    def penultimate(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The features under the last layer, (batch, n_hidden)."""
        out: Tensor = self.inner(self.pool(hidden, mask))
        return out

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return nn.functional.normalize(self.outer(self.penultimate(hidden, mask)), dim=1)


class AudioTower(nn.Module):
    """Trunk and head together."""

    def __init__(self, n_hidden: int = N_HIDDEN, dim: int = 256) -> None:
        super().__init__()
        self.trunk = Trunk(n_hidden)
        self.head = Head(n_hidden, dim)

    def forward(self, log_mel: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.head(self.trunk(log_mel), mask)
        return out
