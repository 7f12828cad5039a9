"""What is asked of a gallery, and what a model answers.

Owns sets of text queries with the clips that are right for each, and the scores and chances that a model gives them.
Knows nothing of metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.evaluation.gallery import Gallery, score_matrix
from sonotheque.evaluation.manifest import Clip, TextColumn, Wording
from sonotheque.models.roles import Embedder
from sonotheque.values.waveform import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class QuerySet:
    """Queries of one kind: texts, the name each stands for, and `relevant` bool (n_queries, n_clips)."""

    kind: str
    texts: tuple[str, ...]
    names: tuple[str, ...]
    relevant: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        if not self.texts or len(self.texts) != len(self.names) or len(self.texts) != len(self.relevant):
            raise BadInputError(
                f"The {len(self.texts)} queries of {self.kind!r} need a name and a row of relevance each."
            )

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model says to a query set: `scores` and `chances` float32 (n_queries, n_clips).

    A query of which the model knows no word has the score -inf and the chance 0 everywhere, and is not in `is_read`.
    """

    scores: FloatArray
    chances: FloatArray
    is_read: npt.NDArray[np.bool_]


def relevance(names: Sequence[str], clips: Sequence[Clip]) -> npt.NDArray[np.bool_]:
    """Which clips bear each name, bool (n_names, n_clips)."""
    rows: dict[str, list[int]] = {}
    for at, clip in enumerate(clips):
        for name in clip.names:
            rows.setdefault(name, []).append(at)
    out = np.zeros((len(names), len(clips)), np.bool_)
    for row, name in enumerate(names):
        out[row, rows.get(name, [])] = True
    return out


def name_queries(gallery: Gallery, column: TextColumn) -> QuerySet:
    """Each different name of the clips as a query of its own."""
    names = tuple(sorted({name for clip in gallery.clips for name in clip.names}))
    return QuerySet(f"{column}s", names, names, relevance(names, gallery.clips))


def wording_queries(gallery: Gallery, wordings: Sequence[Wording]) -> list[QuerySet]:
    """A query set for each language, in the order in which they first come; without wordings of absent names."""
    present = {name for clip in gallery.clips for name in clip.names}
    by_language: dict[str, list[Wording]] = {}
    for wording in wordings:
        if wording.label in present:
            by_language.setdefault(wording.language, []).append(wording)
    sets = []
    for language, said in by_language.items():
        names = tuple(wording.label for wording in said)
        texts = tuple(wording.text for wording in said)
        sets.append(QuerySet(f"wordings {language}", texts, names, relevance(names, gallery.clips)))
    return sets


def ask(embedder: Embedder, gallery: Gallery, queries: QuerySet) -> Answers:
    """Scores and chances of every query with every clip."""
    vectors, places = [], []
    for at, text in enumerate(queries.texts):
        try:
            vectors.append(embedder.embed_text(text))
        except BadInputError:  # a text without a known word; the search refuses it in the same way
            continue
        places.append(at)
    scores = np.full((len(queries), len(gallery)), -np.inf, np.float32)
    chances = np.zeros((len(queries), len(gallery)), np.float32)
    is_read = np.zeros(len(queries), np.bool_)
    if vectors:
        is_read[places] = True
        scores[places] = score_matrix(np.stack([vector.vector for vector in vectors]), gallery)
    for at, vector in zip(places, vectors, strict=True):
        chances[at] = embedder.probability("text", vector, scores[at])
    return Answers(scores, chances, is_read)
