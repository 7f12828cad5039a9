"""Fuses rankings of different kinds of evidence.

Owns reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): a candidate gets the sum of 1 / (60 + rank) over the
rankings that hold it. Each term is weighted by that evidence's own confidence, so that the first of a list in which
nothing fits does not outweigh the tenth of one in which everything does.
"""

from __future__ import annotations

from collections.abc import Sequence

from sonotheque.values.hit import Evidence

RANK_CONSTANT = 60


def fused_score(evidence: Sequence[Evidence]) -> float:
    """Sum over the evidence of confidence / (60 + rank)."""
    return sum(item.score / (RANK_CONSTANT + item.rank) for item in evidence)


def joint_chance(evidence: Sequence[Evidence]) -> float:
    """Chance that at least one kind of evidence is right, taking them as independent (noisy or)."""
    doubt = 1.0
    for item in evidence:
        doubt *= 1.0 - item.score
    return 1.0 - doubt
