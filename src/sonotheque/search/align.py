"""Turns candidate windows into moments: spans of a recording that are heard as one.

Owns the merging of neighbouring windows and the choice of boundaries from the half-second vectors, so that no two
moments of a recording overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonotheque.search.retrieve import Candidates, SoundRetriever
from sonotheque.search.timeline import heard_spans
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.rows import FrameBlock, Space
from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray

MAX_CHAIN_S = 600.0
_READ_TOGETHER_S = 60.0

TimeLine = tuple[FloatArray, npt.NDArray[np.float64], float]
"""Strength (n,), starts in seconds (n,) and step in seconds of the half-second vectors."""


class Chain(NamedTuple):
    """Touching candidate windows of one recording: rows into the candidates in order of time, and what they cover.

    A chain that follows a full one directly starts where that one ends, so no two chains overlap. A tuple, because a
    search makes a hundred of them to look at a dozen.
    """

    recording_id: int
    start_s: float
    end_s: float
    rows: list[int]
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
    windows, chances, cosines = candidates.windows, candidates.chances.tolist(), candidates.cosines.tolist()
    recordings, starts_s, ends_s = windows.recording_ids.tolist(), windows.starts_s.tolist(), windows.ends_s.tolist()
    chains: list[Chain] = []

    def close(rows: list[int], start_s: float, end_s: float) -> None:
        if rows and end_s > start_s:
            best = rows[0] if len(rows) == 1 else max(rows, key=lambda row: (chances[row], cosines[row]))
            chains.append(Chain(recordings[rows[0]], start_s, end_s, rows, best))

    rows: list[int] = []
    from_s = reach_s = 0.0
    for row in np.lexsort((windows.starts_s, windows.recording_ids)).tolist():
        follows = bool(rows) and recordings[rows[0]] == recordings[row] and starts_s[row] <= reach_s
        if follows and starts_s[row] - from_s <= MAX_CHAIN_S:
            rows.append(row)
            reach_s = max(reach_s, ends_s[row])
            continue
        close(rows, from_s, reach_s)
        rows = [row]
        from_s, reach_s = (reach_s, max(reach_s, ends_s[row])) if follows else (starts_s[row], ends_s[row])
    close(rows, from_s, reach_s)
    return sorted(chains, key=lambda chain: (-chances[chain.best], -cosines[chain.best]))


class Aligner:
    """Reads boundaries for chains of candidate windows."""

    def __init__(self, catalogue: Catalogue, space: Space, retriever: SoundRetriever) -> None:
        self._catalogue, self._space, self._retriever = catalogue, space, retriever

    def moments(self, chains: Sequence[Chain], candidates: Candidates) -> list[Moment]:
        """The moments of the chains, likeliest first; the whole of a chain where its time line says nothing."""
        found: list[Moment] = []
        for chain, heard in zip(chains, self._read_time_lines(chains), strict=True):
            spans = () if heard is None else heard_spans(*heard, rest=0.0, end_s=chain.end_s)
            found += _moments_of(chain, spans, candidates)
        return sorted(found, key=lambda moment: (-moment.chance, -moment.cosine))

    def _read_time_lines(self, chains: Sequence[Chain]) -> list[TimeLine | None]:
        """The strength along each chain, None where there are no frames; all are scored in one go."""
        blocks = self._read_frames(chains)
        held = [block for block in blocks if block is not None and len(block)]
        if not held:
            return [None] * len(chains)
        codes = np.concatenate([block.codes for block in held])
        vectors = codes.astype(np.float32) * np.concatenate([block.scales for block in held])[:, None]
        strengths = iter(np.split(self._retriever.strength(vectors), np.cumsum([len(block) for block in held])[:-1]))
        return [
            (next(strengths), block.starts_s, block.hop_s) if block is not None and len(block) else None
            for block in blocks
        ]

    def _read_frames(self, chains: Sequence[Chain]) -> list[FrameBlock | None]:
        """The frames of each chain. Chains that lie at about the same time in their recordings are read in one go."""
        together: dict[int, list[int]] = {}
        for place, chain in enumerate(chains):
            together.setdefault(int(chain.start_s // _READ_TOGETHER_S), []).append(place)
        blocks: list[FrameBlock | None] = [None] * len(chains)
        for places in together.values():
            near = [chains[place] for place in places]
            low_s, high_s = min(chain.start_s for chain in near), max(chain.end_s for chain in near)
            ids = list({chain.recording_id for chain in near})
            read = self._catalogue.frames(self._space, ids, low_s, high_s)
            for place, chain in zip(places, near, strict=True):
                block = read.get(chain.recording_id)
                blocks[place] = None if block is None else _within(block, chain.start_s, chain.end_s)
        return blocks


def _moments_of(chain: Chain, spans: Sequence[tuple[Span, float]], candidates: Candidates) -> list[Moment]:
    """One moment a span, strongest first. Its chance is that of the best window over it, times its share of the
    chain's greatest strength, so that neighbours under one window differ.
    """
    if not spans:
        spans = [(Span(chain.start_s, chain.end_s), 1.0)]
    windows, rows = candidates.windows, np.array(chain.rows)
    found = []
    for span, peak in spans:
        best = chain.best
        if len(rows) > 1 and len(spans) > 1:
            overlap = np.minimum(windows.ends_s[rows], span.end_s) - np.maximum(windows.starts_s[rows], span.start_s)
            covering = rows[overlap >= 0.5 * min(span.duration_s, float(overlap.max()))]
            best = int(covering[np.argmax(candidates.chances[covering])])
        chance = float(candidates.chances[best]) * peak / spans[0][1]
        found.append(Moment(chain.recording_id, span, chance, float(candidates.cosines[best])))
    return found


def _within(block: FrameBlock, start_s: float, end_s: float) -> FrameBlock:
    """The frames that start inside a span."""
    low, high = np.searchsorted(block.starts_s, (start_s, end_s)).tolist()
    return FrameBlock(block.codes[low:high], block.scales[low:high], block.starts_s[low:high], block.hop_s)
