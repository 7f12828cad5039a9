"""Turns candidate windows into moments: spans of a recording that are heard as one.

Owns the merging of neighbouring windows and the choice of boundaries from the half-second vectors, so that no two
moments of a recording overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sonotheque.search.retrieve import Candidates, SoundRetriever
from sonotheque.search.timeline import heard_spans
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import Space
from sonotheque.values.plan import SoundClause
from sonotheque.values.span import Span

_MAX_CHAIN_S = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Touching candidate windows of one recording: rows into the candidates in order of time."""

    recording_id: int
    rows: tuple[int, ...]
    best: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A span of a recording that is heard as one thing, with the chance and cosine of its best window."""

    recording_id: int
    span: Span
    chance: float
    cosine: float


def chain_windows(candidates: Candidates) -> list[Chain]:
    """Candidates grouped into chains of touching windows, the chain with the best window first."""
    windows = candidates.windows
    order = np.lexsort((windows.starts_s, windows.recording_ids))
    groups: list[list[int]] = []
    reach_s = 0.0
    for row in order.tolist():
        start_s, end_s = float(windows.starts_s[row]), float(windows.ends_s[row])
        chain = groups[-1] if groups else None
        if (
            chain is not None
            and windows.recording_ids[chain[0]] == windows.recording_ids[row]
            and start_s <= reach_s
            and start_s - float(windows.starts_s[chain[0]]) <= _MAX_CHAIN_S
        ):
            chain.append(row)
            reach_s = max(reach_s, end_s)
        else:
            groups.append([row])
            reach_s = end_s
    chains = []
    for rows in groups:
        best = max(rows, key=lambda row: (float(candidates.chances[row]), float(candidates.cosines[row])))
        chains.append(Chain(int(windows.recording_ids[rows[0]]), tuple(rows), best))
    return sorted(chains, key=lambda chain: (-candidates.chances[chain.best], -candidates.cosines[chain.best]))


class Aligner:
    """Reads boundaries for chains of candidate windows."""

    def __init__(self, catalogue: Catalogue, space: Space, retriever: SoundRetriever) -> None:
        self._catalogue, self._space, self._retriever = catalogue, space, retriever

    def moments(self, chain: Chain, candidates: Candidates, clauses: tuple[SoundClause, ...]) -> list[Moment]:
        """The moments of one chain, strongest first; the whole chain where its time line says nothing."""
        windows = candidates.windows
        rows = np.array(chain.rows)
        start_s, end_s = float(windows.starts_s[rows].min()), float(windows.ends_s[rows].max())
        block = self._catalogue.frames(self._space, [chain.recording_id], start_s, end_s).get(chain.recording_id)
        spans: Sequence[tuple[Span, float]] = ()
        if block is not None and len(block):
            strength = self._retriever.strength(clauses, block.vectors())
            spans = heard_spans(strength, block.starts_s, block.hop_s, rest=0.0, end_s=end_s)
        if not spans:
            return [self._moment(chain.recording_id, Span(start_s, end_s), chain.best, candidates)]
        found = []
        for span, _ in spans:
            overlap = np.minimum(windows.ends_s[rows], span.end_s) - np.maximum(windows.starts_s[rows], span.start_s)
            covering = rows[overlap >= 0.5 * min(span.duration_s, float(overlap.max()))]
            best = int(covering[np.argmax(candidates.chances[covering])])
            found.append(self._moment(chain.recording_id, span, best, candidates))
        return sorted(found, key=lambda moment: (-moment.chance, moment.span.start_s))

    @staticmethod
    def _moment(recording_id: int, span: Span, row: int, candidates: Candidates) -> Moment:
        return Moment(recording_id, span, float(candidates.chances[row]), float(candidates.cosines[row]))
