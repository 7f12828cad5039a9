"""The matching loss between audio and text.

Owns the soft targets: texts that mean nearly the same share the target, so that a false negative does not push apart.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

TEXT_TEMPERATURE = 0.06


def soft_targets(text: Tensor, same_label: Tensor) -> Tensor:
    """Row-stochastic (n_text, n_text): softmax of text cosines, clips of one label counted as the same text."""
    cosine = text @ text.T
    cosine = torch.where(same_label, torch.ones_like(cosine), cosine)
    return torch.softmax(cosine / TEXT_TEMPERATURE, dim=1)


def matching_loss(audio: Tensor, text: Tensor, share: Tensor, same_label: Tensor, temperature: Tensor) -> Tensor:
    """Two-way contrastive loss with soft targets (after Radford et al. 2021, CLIP; soft as in Wu et al. 2023).

    `audio` (n, dim), `text` (m, dim), both unit length; `share` (n, m) says how much of each text is heard in each
    canvas, rows summing to one; `same_label` (m, m) is true where two texts belong to one class.
    """
    target = share @ soft_targets(text.detach(), same_label)
    logits = audio @ text.T / temperature
    to_text = cross_entropy(logits, target)
    columns = target.T / target.T.sum(dim=1, keepdim=True).clamp(min=1e-6)
    to_audio = cross_entropy(logits.T, columns)
    return 0.5 * (to_text + to_audio)
