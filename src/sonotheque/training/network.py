"""The audio tower of `builtin:sounds` as a torch module.

Owns the architecture: a fully convolutional trunk over log-mel frames that gives one hidden vector per 0.25 s, and a
head that pools any stretch of hidden vectors into a unit vector of the text space. One head serves windows of 5 s and
half seconds alike, because training pools stretches of many lengths. No squeeze-and-excitation and no global layer in
the trunk: a stream of any length gives the same values as its pieces, so that overlapping windows share their work.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LOG_MEL_MEAN = -6.9
LOG_MEL_SCALE = 4.6

# expansion, output channels, stride in time, stride in frequency, kernel in time
BLOCKS = (
    (3, 24, 2, 2, 3),
    (3, 24, 1, 1, 3),
    (4, 48, 2, 2, 3),
    (3, 48, 1, 1, 3),
    (4, 96, 2, 2, 3),
    (3, 96, 1, 1, 3),
    (3, 96, 1, 1, 1),
    (4, 160, 1, 2, 3),
    (3, 160, 1, 1, 1),
    (3, 224, 1, 2, 3),
)


def _norm_act(channels: int, *, act: bool = True) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.Hardswish()] if act else [nn.BatchNorm2d(channels)]


class InvertedResidual(nn.Module):
    """Expand, depthwise convolution, project (Sandler et al. 2018, MobileNetV2); a residual where shapes allow."""

    def __init__(self, n_in: int, expansion: int, n_out: int, stride: tuple[int, int], kernel_t: int) -> None:
        super().__init__()
        wide = n_in * expansion
        self.residual = stride == (1, 1) and n_in == n_out
        self.layers = nn.Sequential(
            nn.Conv2d(n_in, wide, 1, bias=False),
            *_norm_act(wide),
            nn.Conv2d(wide, wide, (kernel_t, 3), stride=stride, padding=(kernel_t // 2, 1), groups=wide, bias=False),
            *_norm_act(wide),
            nn.Conv2d(wide, n_out, 1, bias=False),
            *_norm_act(n_out, act=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class Trunk(nn.Module):
    """Log-mel (batch, n_frames, 64) to hidden vectors (batch, ceil(n_frames / 16), n_hidden)."""

    def __init__(self, n_hidden: int = 512) -> None:
        super().__init__()
        n_in = 16
        layers: list[nn.Module] = [nn.Conv2d(1, n_in, 3, stride=2, padding=1, bias=False), *_norm_act(n_in)]
        for expansion, n_out, stride_t, stride_f, kernel_t in BLOCKS:
            layers.append(InvertedResidual(n_in, expansion, n_out, (stride_t, stride_f), kernel_t))
            n_in = n_out
        self.layers = nn.Sequential(*layers)
        self.project = nn.Sequential(nn.Conv2d(n_in, n_hidden, 1, bias=False), *_norm_act(n_hidden))

    def forward(self, log_mel: Tensor) -> Tensor:
        x = (log_mel.unsqueeze(1) - LOG_MEL_MEAN) / LOG_MEL_SCALE
        x = self.project(self.layers(x))
        hidden: Tensor = x.mean(dim=3).transpose(1, 2)
        return hidden


class Head(nn.Module):
    """Pools hidden vectors under a mask into a unit vector; (batch, n, n_hidden), (batch, n) to (batch, dim)."""

    def __init__(self, n_hidden: int = 512, dim: int = 256) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2 * n_hidden, n_hidden), nn.Hardswish(), nn.Dropout(0.2))
        self.outer = nn.Linear(n_hidden, dim)

    def penultimate(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The features under the last layer, (batch, n_hidden)."""
        weight = mask.unsqueeze(2)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        top = hidden.masked_fill(weight == 0, -1e4).amax(1)
        out: Tensor = self.inner(torch.cat([mean, top], dim=1))
        return out

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return nn.functional.normalize(self.outer(self.penultimate(hidden, mask)), dim=1)


class AudioTower(nn.Module):
    """Trunk and head together."""

    def __init__(self, n_hidden: int = 512, dim: int = 256) -> None:
        super().__init__()
        self.trunk = Trunk(n_hidden)
        self.head = Head(n_hidden, dim)

    def forward(self, log_mel: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.head(self.trunk(log_mel), mask)
        return out
