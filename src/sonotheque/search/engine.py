"""Runs a plan over a library.

Owns the order of the steps (filter, retrieve per evidence, align in time, fuse, explain) and the making of hits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sonotheque.models.roles import Embedder
from sonotheque.search.align import Aligner, Moment, chain_windows
from sonotheque.search.fuse import fused_score, joint_chance
from sonotheque.search.names import NameFinding, find_names
from sonotheque.search.retrieve import SoundRetriever
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.filters import Filter
from sonotheque.store.rows import Ids, PlacedRecording
from sonotheque.store.vectors import VectorStore
from sonotheque.values.hit import Evidence, Hit
from sonotheque.values.plan import Plan
from sonotheque.values.query import Filters
from sonotheque.values.span import Span

WEAK_BELOW = 0.5
_FIRST_CANDIDATES = 200
_MOST_CANDIDATES = 6400
_SPARE_CHAINS = 5


@dataclass(slots=True)
class _Draft:
    """A hit in the making."""

    recording_id: int
    span: Span | None
    evidence: list[Evidence] = field(default_factory=list)


def compile_filters(filters: Filters) -> Filter:
    """The catalogue's form of a query's filters."""
    return Filter(
        path_glob=filters.path,
        min_duration_s=filters.min_duration_s,
        max_duration_s=filters.max_duration_s,
        after=filters.after,
        before=filters.before,
        label=filters.label,
    )


class SearchEngine:
    """Answers plans from a catalogue and its vectors with one embedder."""

    def __init__(self, catalogue: Catalogue, vectors: VectorStore, embedder: Embedder) -> None:
        self._catalogue, self._vectors, self._embedder = catalogue, vectors, embedder

    def run(self, plan: Plan) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
        """Hits, best first, and notes for the reader."""
        allowed = self._catalogue.allowed_recordings(compile_filters(plan.filters))
        if allowed is not None and len(allowed) == 0:
            return (), (*plan.notes, "No recording passes the filters.")
        moments, notes = self._hear(plan, allowed)
        names = find_names(self._catalogue, plan, allowed)
        drafts = self._fuse(moments, names)
        return self._finish(drafts, plan), (*plan.notes, *notes)

    def _hear(self, plan: Plan, allowed: Ids | None) -> tuple[list[Moment], tuple[str, ...]]:
        """Moments for the sound clauses, best first."""
        if not plan.sounds:
            return [], ()
        space = self._catalogue.space(self._embedder.card.space_name)
        if space is None:
            return [], self._explain_silence()
        window_ids = None if allowed is None else self._catalogue.window_ids(space, allowed)
        if window_ids is not None and len(window_ids) == 0:
            return [], ()
        retriever = SoundRetriever(self._catalogue, self._vectors, self._embedder, space)
        aligner = Aligner(self._catalogue, space, retriever)
        n = max(_FIRST_CANDIDATES, 10 * plan.k)
        while True:
            candidates = retriever.retrieve(plan.sounds, n, window_ids)
            chains = chain_windows(candidates)
            if len(chains) >= plan.k or candidates.exhausted or n >= _MOST_CANDIDATES:
                break
            n *= 4
        moments: list[Moment] = []
        for chain in chains[: plan.k + _SPARE_CHAINS]:
            moments.extend(aligner.moments(chain, candidates, plan.sounds))
        return sorted(moments, key=lambda moment: (-moment.chance, -moment.cosine)), ()

    def _explain_silence(self) -> tuple[str, ...]:
        card = self._embedder.card
        older = [space.name for space in self._catalogue.spaces()]
        if older:
            return (
                f"Sound was indexed with {older[-1]}, and this is {card.space_name}: only names answer. "
                "Run `sono index --refresh` to listen again.",
            )
        return ("No sound has been indexed yet. Run `sono index FOLDER`.",)

    def _fuse(self, moments: Sequence[Moment], names: Sequence[NameFinding]) -> list[_Draft]:
        """Joins both rankings: a name speaks for the best moment of its recording, or for the whole recording."""
        drafts: list[_Draft] = []
        first_of: dict[int, _Draft] = {}
        for rank, moment in enumerate(moments, start=1):
            draft = _Draft(moment.recording_id, moment.span)
            draft.evidence.append(Evidence("sound", rank, moment.chance, str(moment.span), moment.cosine))
            drafts.append(draft)
            first_of.setdefault(moment.recording_id, draft)
        for rank, name in enumerate(names, start=1):
            named = first_of.get(name.recording_id)
            if named is None:
                named = _Draft(name.recording_id, None)
                drafts.append(named)
            named.evidence.append(Evidence("name", rank, name.score, name.detail))
        drafts.sort(key=lambda draft: -fused_score(draft.evidence))
        return drafts

    def _finish(self, drafts: Sequence[_Draft], plan: Plan) -> tuple[Hit, ...]:
        placed = self._catalogue.recordings_by_ids({draft.recording_id for draft in drafts[: 4 * plan.k]})
        hits: list[Hit] = []
        for draft in drafts[: 4 * plan.k]:
            recording = placed.get(draft.recording_id)
            chance = joint_chance(draft.evidence)
            if recording is None or chance < plan.min_score:
                continue
            hits.append(_hit(len(hits) + 1, draft, recording, chance))
            if len(hits) == plan.k:
                break
        return tuple(hits)


def _hit(rank: int, draft: _Draft, placed: PlacedRecording, chance: float) -> Hit:
    recording = placed.recording
    whole = Span(0.0, max(recording.duration_s, 1e-6))
    return Hit(
        rank=rank,
        recording_id=draft.recording_id,
        content_hash=recording.content_hash,
        path=placed.paths[0],
        other_paths=placed.paths[1:],
        span=draft.span or whole,
        score=chance,
        fused=fused_score(draft.evidence),
        weak=chance < WEAK_BELOW,
        evidence=tuple(draft.evidence),
        duration_s=recording.duration_s,
    )
