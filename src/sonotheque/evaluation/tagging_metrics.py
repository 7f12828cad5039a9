"""Metrics of naming: one label chosen for each clip.

Owns the confusion matrix and what is read from it. A tie between labels is not a choice: whoever chooses says how ties
fall (`choose_labels` shares a clip out among tied labels, so the figures are expected values). Knows nothing of sound.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def choose_labels(scores: npt.ArrayLike) -> Floats:
    """Shares (n_clips, n_labels) that sum to 1: all for the label of the greatest score, equal parts where some tie.

    `scores` is (n_labels, n_clips), as retrieval has it.
    """
    values = np.asarray(scores, np.float64)
    is_best = (values == values.max(axis=0, keepdims=True)).T
    out: Floats = is_best / is_best.sum(axis=1, keepdims=True)
    return out


def confusion_matrix(chosen: Floats, truth: Counts, times: npt.ArrayLike | None = None) -> Floats:
    """Clips by true label (rows) and chosen label (columns), (n_labels, n_labels); `times` (n_clips,) weighs clips.

    `chosen` is (n_clips, n_labels) as `choose_labels` gives it, `truth` (n_clips,) numbers of labels.
    """
    if chosen.shape[:1] != truth.shape or (truth < 0).any() or (truth >= chosen.shape[1]).any():
        raise BadInputError(f"Choices {chosen.shape} need a true label, a column of theirs, for each row.")
    weights = np.ones(len(truth)) if times is None else np.asarray(times, np.float64)
    matrix = np.zeros((chosen.shape[1], chosen.shape[1]))
    np.add.at(matrix, truth, chosen * weights[:, None])
    return matrix


def accuracy(confusion: Floats) -> float:
    """Share of clips whose label was chosen."""
    return float(np.trace(confusion) / confusion.sum())


def class_scores(confusion: Floats) -> Floats:
    """Precision, recall and F1 of each label, (n_labels, 3); 0 where a label was never chosen or never true."""
    right = np.diag(confusion)
    precision = right / np.maximum(confusion.sum(axis=0), 1e-12)
    recall = right / np.maximum(confusion.sum(axis=1), 1e-12)
    f1 = 2 * right / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1), 1e-12)
    return np.stack([precision, recall, f1], axis=1)


def macro_f1(confusion: Floats) -> float:
    """Unweighted mean of F1 over the labels that some clip has (Sokolova and Lapalme 2009; Opitz and Burst 2019: the
    mean of F1, not the F1 of means).
    """
    present = confusion.sum(axis=1) > 0
    return float(class_scores(confusion)[present, 2].mean())


def resampled_macro_f1(chosen: Floats, truth: Counts, times: Counts) -> Floats:
    """`macro_f1` in each resample, (n_resamples,); `times` (n_resamples, n_clips) says how often each clip is in it.

    Needs no matrix for each resample: F1 = 2 * right / (chosen + true), all sums over clips.
    """
    weights = times.astype(np.float64)
    is_true = np.zeros_like(chosen)
    is_true[np.arange(len(truth)), truth] = 1.0
    right, n_chosen, n_true = weights @ (chosen * is_true), weights @ chosen, weights @ is_true
    f1 = 2 * right / np.maximum(n_chosen + n_true, 1e-12)
    present = n_true > 0
    out: Floats = (f1 * present).sum(axis=1) / present.sum(axis=1)
    return out
