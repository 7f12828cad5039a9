"""Makes ranked hits of what was heard and what is named.

Owns the joining of both rankings and the order in which hits are shown. Knows nothing of vectors and queries.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sonotheque.search.align import Moment
from sonotheque.search.fuse import fused_score, joint_chance
from sonotheque.search.names import NameFinding
from sonotheque.store.rows import PlacedRecording
from sonotheque.values.hit import Evidence, Hit
from sonotheque.values.span import Span

WEAK_BELOW = 0.5
IN_A_ROW = 3
"""So many hits of one recording are shown before it lets strong hits of other recordings pass."""
_ROUNDING_S = 0.1
_SHORTEST_S = 1e-6


@dataclass(slots=True)
class Draft:
    """A hit in the making; without a span it stands for the whole recording."""

    recording_id: int
    span: Span | None
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def chance(self) -> float:
        """The score that the hit will have."""
        return joint_chance(self.evidence)


def fuse_findings(moments: Sequence[Moment], names: Sequence[NameFinding]) -> list[Draft]:
    """Joins both rankings, best first: a name speaks for the best moment of its recording, or for the whole recording.

    Findings with equal scores share a rank, so that their order in a list decides nothing.
    """
    drafts: list[Draft] = []
    first_of: dict[int, Draft] = {}
    for rank, moment in zip(_ranks([moment.chance for moment in moments]), moments, strict=True):
        draft = Draft(moment.recording_id, moment.span)
        draft.evidence.append(Evidence("sound", rank, moment.chance, str(moment.span), moment.cosine))
        drafts.append(draft)
        first_of.setdefault(moment.recording_id, draft)
    for rank, name in zip(_ranks([name.score for name in names]), names, strict=True):
        named = first_of.get(name.recording_id)
        if named is None:
            named = Draft(name.recording_id, None)
            drafts.append(named)
        named.evidence.append(Evidence("name", rank, name.score, name.detail))
    return _in_turns(sorted(drafts, key=lambda draft: -fused_score(draft.evidence)))


def _ranks(scores: Sequence[float]) -> list[int]:
    """Ranks of falling scores from 1 on; equal ones share the best of theirs."""
    ranks: list[int] = []
    for place, score in enumerate(scores):
        ranks.append(ranks[-1] if place and score == scores[place - 1] else place + 1)
    return ranks


def make_hits(
    drafts: Sequence[Draft], placed: Mapping[int, PlacedRecording], k: int, min_score: float
) -> tuple[Hit, ...]:
    """The first `k` drafts that reach `min_score`; those whose recording is not in `placed` have gone meanwhile."""
    shown = (draft for draft in drafts if draft.recording_id in placed and draft.chance >= min_score)
    return tuple(
        _hit(rank, draft, placed[draft.recording_id]) for rank, draft in enumerate(itertools.islice(shown, k), start=1)
    )


def _in_turns(drafts: Sequence[Draft]) -> list[Draft]:
    """Strong drafts, of each recording at most three; then the other strong ones; then the weak."""
    groups: tuple[list[Draft], list[Draft], list[Draft]] = ([], [], [])
    count: Counter[int] = Counter()
    for draft in drafts:
        count[draft.recording_id] += 1
        turn = 2 if draft.chance < WEAK_BELOW else 1 if count[draft.recording_id] > IN_A_ROW else 0
        groups[turn].append(draft)
    return [draft for group in groups for draft in group]


def _hit(rank: int, draft: Draft, placed: PlacedRecording) -> Hit:
    recording = placed.recording
    chance = draft.chance
    return Hit(
        rank=rank,
        recording_id=draft.recording_id,
        content_hash=recording.content_hash,
        path=placed.paths[0],
        other_paths=placed.paths[1:],
        span=_inside(draft.span, recording.duration_s),
        score=chance,
        fused=fused_score(draft.evidence),
        weak=chance < WEAK_BELOW,
        evidence=tuple(draft.evidence),
        duration_s=recording.duration_s,
    )


def _inside(span: Span | None, duration_s: float) -> Span:
    """The span, without the few milliseconds by which resampling may have moved the end of the recording."""
    if span is None:
        return Span(0.0, max(duration_s, _SHORTEST_S))
    if duration_s < span.end_s < duration_s + _ROUNDING_S and span.start_s < duration_s:
        return Span(span.start_s, duration_s)
    return span
