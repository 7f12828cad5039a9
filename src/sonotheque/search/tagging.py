"""Names what is heard in a recording, with onset and offset.

Owns the step from a recording's vectors to labelled stretches: a label counts where the chance of a window says so, and
its boundaries are read from the finer vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.models.roles import EmbeddedWindows, Embedder
from sonotheque.search.retrieve import chances_of
from sonotheque.search.timeline import heard_spans
from sonotheque.values.plan import SoundClause
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray

TAG_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Tag:
    """A label heard over a span, with the chance that it is right."""

    label: str
    span: Span
    score: float


def tag_windows(
    heard: EmbeddedWindows,
    embedder: Embedder,
    labels: Sequence[str],
    *,
    min_score: float = TAG_FROM,
    most: int = 3,
    taught: Sequence[SoundClause] = (),
) -> list[Tag]:
    """Tags in order of time; in every window at most the `most` likeliest labels count, and whatever was `taught`.

    Raises `BadInputError` where there is no label, or one of which the model knows no word.
    """
    if not labels and not taught:
        raise BadInputError("There is no label to listen for.", next_step="Name at least one.")
    if not len(heard.spans):
        return []
    clauses = [*(SoundClause(embedder.embed_text(label), "text", label) for label in labels), *taught]
    vectors = [clause.vector for clause in clauses]
    chances = np.stack([chances_of(clause, embedder, heard.vectors @ clause.vector.vector) for clause in clauses])
    rank = np.argsort(np.argsort(-chances[: len(labels)], axis=0), axis=0)
    counts = chances >= min_score
    counts[: len(labels)] &= rank < most
    fine: FloatArray = heard.fine.astype(np.float32) / np.float32(127.0)
    starts_s = heard.fine_start_s + heard.fine_hop_s * np.arange(len(fine), dtype=np.float64)
    tags: list[Tag] = []
    for row in np.flatnonzero(counts.any(axis=1)).tolist():
        background = embedder.background(vectors[row])
        strength = fine @ vectors[row].vector
        for start_s, end_s in _merged(heard.spans[counts[row]]):
            inside = (starts_s >= start_s) & (starts_s < end_s)
            found = heard_spans(
                strength[inside], starts_s[inside], heard.fine_hop_s, rest=float(background.mean()), end_s=end_s
            )
            windows = (heard.spans[:, 0] < end_s) & (heard.spans[:, 1] > start_s)
            score = float(chances[row][windows].max())
            spans = [span for span, _ in found] or [Span(start_s, end_s)]
            tags.extend(Tag(clauses[row].said, span, score) for span in spans)
    return sorted(tags, key=lambda tag: (tag.span.start_s, -tag.score))


def _merged(spans: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Overlapping and touching spans (n, 2), sorted by start, joined."""
    merged: list[tuple[float, float]] = []
    for start_s, end_s in spans.tolist():
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_s))
        else:
            merged.append((start_s, end_s))
    return merged
