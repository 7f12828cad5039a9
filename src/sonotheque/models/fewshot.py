"""Learns a sound from a handful of examples, on the frozen vectors of an embedder.

Owns the fit of one direction in the embedder's space and of the chance that a cosine with it means. Such a detector
searches as a query does. Knows nothing of files, libraries or how an example was embedded.

Three directions are added, each scaled so that ordinary sound has the deviation 1 along it: the discriminant of the
examples against ordinary sound (Fisher's, with the covariance of ordinary sound shrunk towards a sphere as in Friedman
1989), which sees what tells them apart; the plain difference of the means, which a poor covariance can't spoil; and the
vector of the label's words, as far as the examples bear the words out, the less the more examples there are. The chance
comes from how far a score stands out from ordinary sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.models.detectors import Detector
from sonotheque.models.roles import Embedder
from sonotheque.values.embedding import Embedding
from sonotheque.values.plan import ChanceCurve
from sonotheque.values.waveform import FloatArray

SHRINKAGE = 0.2
"""What is added to every variance of ordinary sound, as a share of the mean one."""
UNLIKE_SHARE = 0.5
"""Share that what is named as unlike has in what the examples are told from; ordinary sound has the rest."""
WORDS_WORTH = 4.0
"""The words count as this many examples, where the examples score `WORDS_BORNE_OUT` deviations by the words alone."""
WORDS_BORNE_OUT = 3.0
MOST_LEFT_OUT = 40
_LOGIT_AT_EDGE, _LOGIT_A_DEVIATION = -2.8, 1.45
"""Log odds where ordinary sound ends, and how they rise with each of its deviations from there. The rise was measured
on fifty classes, left out in turn: how far a sound stands out says more than how well the examples know each other. The
level is set lower than measured there (-2.1), since a library offers many sounds of which one may stand out by chance.
"""
_TAIL = 1.5
"""A Gaussian's 99 % point lies 1.41 times as far out as its 95 % point; that of ordinary sound a little further. The
latter is measured and not the former, because a few of the ordinary sounds may be of the kind that is taught.
"""
_TINY = 1e-6

Rows = npt.NDArray[np.float64]


def ordinary_vectors(embedder: Embedder) -> FloatArray:
    """Unit vectors (m, dim) of the embedder's ordinary sounds.

    An embedder tells only their cosines with a query; those with the axes of its space are their coordinates.
    """
    name = embedder.card.space_name
    axes = np.eye(embedder.card.dim, dtype=np.float32)
    out: FloatArray = np.stack([embedder.background(Embedding(axis, name)) for axis in axes], axis=1)
    return out.astype(np.float32)


def fit_detector(
    like: Sequence[FloatArray],
    ordinary: FloatArray,
    space_name: str,
    *,
    unlike: Sequence[FloatArray] = (),
    words: Embedding | None = None,
) -> Detector:
    """Fits a detector to examples, each unit vectors (k, dim) of its own, k at least 1.

    `ordinary` (m, dim) are vectors of any sound; some of the kind that is taught may be among them. `unlike` are
    examples to be kept apart, `words` the vector of the label's text where it has one. Raises `BadInputError` for no
    example, other shapes, fewer than two ordinary vectors and words of another space.
    """
    _check(like, ordinary, unlike)
    if words is not None and words.model_id != space_name:
        raise BadInputError(f"The words lie in {words.model_id} and the examples in {space_name}.")
    teaching = _Teaching(ordinary, unlike, words)
    examples = np.stack([rows.mean(axis=0) for rows in like]).astype(np.float64)
    direction = teaching.learn(examples)
    scores = [teaching.score(teaching.learn(rest), one) for one, rest in _leave_one_out(examples)]
    curve = teaching.chance_curve(direction)
    cosines = (np.array(scores) + teaching.centre @ direction) / np.linalg.norm(direction)
    left_out = curve.chances(cosines.astype(np.float32)).tolist()
    return Detector(Embedding(direction.astype(np.float32), space_name), curve, tuple(left_out))


class _Teaching:
    """One fit: ordinary sound and what is unlike, and the directions learned against them.

    A direction (dim,) is scaled so that ordinary sound has the deviation 1 along it; scores are in such deviations
    from the centre of ordinary sound.
    """

    def __init__(self, ordinary: FloatArray, unlike: Sequence[FloatArray], words: Embedding | None) -> None:
        self._ordinary: Rows = ordinary.astype(np.float64)
        self.centre: Rows = self._ordinary.mean(axis=0)
        self._ordinary -= self.centre
        covariance: Rows = self._ordinary.T @ self._ordinary / len(self._ordinary)
        sphere = max(SHRINKAGE * float(np.trace(covariance)) / len(covariance), _TINY)
        self._precision: Rows = np.linalg.inv(covariance + sphere * np.eye(len(covariance))).astype(np.float64)
        self._against: Rows = self.centre
        if unlike:
            apart = np.stack([rows.mean(axis=0) for rows in unlike]).mean(axis=0).astype(np.float64)
            self._against = (self.centre + UNLIKE_SHARE * (apart - self.centre)).astype(np.float64)
        self._words = None if words is None else self._settle(words.vector.astype(np.float64))

    def learn(self, examples: Rows) -> Rows:
        """The direction of these examples (n, dim)."""
        difference = examples.mean(axis=0) - self._against
        learned = self._settle(self._settle(self._precision @ difference) + self._settle(difference))
        if self._words is None:
            return learned
        borne_out = float(np.mean([self.score(self._words, one) for one in examples])) / WORDS_BORNE_OUT
        share = min(1.0, max(0.0, borne_out)) * WORDS_WORTH / (WORDS_WORTH + len(examples))
        return self._settle(learned + share * self._words)

    def score(self, direction: Rows, example: Rows) -> float:
        """The score of one vector."""
        return float((example - self.centre) @ direction)

    def chance_curve(self, direction: Rows) -> ChanceCurve:
        """What a cosine means: the odds rise from where ordinary sound ends."""
        middle, high = np.percentile(self._ordinary @ direction, (50.0, 95.0)).tolist()
        edge = middle + _TAIL * (high - middle)
        bias = _LOGIT_AT_EDGE - _LOGIT_A_DEVIATION * (edge + float(self.centre @ direction))
        return ChanceCurve(bias, _LOGIT_A_DEVIATION * float(np.linalg.norm(direction)))

    def _settle(self, direction: Rows) -> Rows:
        deviation = float((self._ordinary @ direction).std())
        settled: Rows = direction / max(deviation, _TINY * max(float(np.linalg.norm(direction)), _TINY))
        return settled


def _leave_one_out(examples: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Examples (dim,), and the others (n - 1, dim); of many only some, evenly spread. Nothing for one."""
    if len(examples) < 2:
        return
    for out in np.unique(np.linspace(0, len(examples) - 1, min(len(examples), MOST_LEFT_OUT)).round().astype(int)):
        yield examples[out], np.delete(examples, out, axis=0)


def _check(like: Sequence[FloatArray], ordinary: FloatArray, unlike: Sequence[FloatArray]) -> None:
    if not len(like):
        raise BadInputError("A sound is taught from at least one example.", next_step="Give one with --like.")
    if ordinary.ndim != 2 or len(ordinary) < 2:
        raise BadInputError(f"Ordinary sound is (m, dim) with m of at least 2, not {ordinary.shape}.")
    for example in (*like, *unlike):
        if example.ndim != 2 or len(example) < 1 or example.shape[1] != ordinary.shape[1]:
            raise BadInputError(f"An example is vectors (k, {ordinary.shape[1]}), k at least 1, not {example.shape}.")
    if not all(np.isfinite(rows).all() for rows in (*like, *unlike, ordinary)):
        raise BadInputError("A sound is taught from finite vectors.")
