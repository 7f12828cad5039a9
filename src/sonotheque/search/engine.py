"""Runs a plan over a library.

Owns the order of the steps (filter, retrieve per evidence, align in time, fuse, explain) and what the reader is told
beside the hits. How drafts become ranked hits is `ranking`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sonotheque.models.cards import model_of
from sonotheque.models.roles import Embedder
from sonotheque.search.align import Aligner, Chain, Moment, chain_windows
from sonotheque.search.names import NameFinding, find_names
from sonotheque.search.ranking import WEAK_BELOW, fuse_findings, make_hits
from sonotheque.search.retrieve import Candidates, SoundRetriever
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.filters import Filter
from sonotheque.store.rows import Ids, Space
from sonotheque.store.vectors import VectorStore
from sonotheque.values.hit import Hit
from sonotheque.values.plan import Plan
from sonotheque.values.query import Filters

EMBED_STAGE = "embed"
_FIRST_CANDIDATES = 150
_MOST_CANDIDATES = 6400
_SPARE_CHAINS = 5
_MOST_NAMED, _WINDOWS_NAMED = 10, 4
_SPREAD = 3
"""Candidates are asked for until they come from a third as many recordings as hits are wanted."""


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
        if allowed is not None and len(allowed) == 0 and not plan.filters.is_empty:
            return (), (*plan.notes, "No recording passes the filters.")
        spaces = self._catalogue.spaces()
        space = next((known for known in spaces if known.name == self._embedder.card.space_name), None)
        moments = self._hear(plan, space, allowed) if space is not None and plan.sounds else []
        names = find_names(self._catalogue, plan, allowed, [moment.recording_id for moment in moments])
        if space is not None and plan.sounds:
            moments = self._hear_named(plan, space, moments, names.findings)
        drafts = fuse_findings(moments, names.findings)
        hits = make_hits(drafts, names.placed, plan.k, plan.min_score)
        notes = [*plan.notes, *self._explain_silence(plan, space, spaces, bool(moments))]
        if drafts and not hits and plan.min_score > 0.0:
            best = max(draft.chance for draft in drafts)
            notes.append(f"The best that was found scores {best:.2f}, which is below {plan.min_score:g}.")
        return hits, tuple(notes)

    def _hear(self, plan: Plan, space: Space, allowed: Ids | None, most: int | None = None) -> list[Moment]:
        """Moments for the sound clauses, best first; of the best `most` windows, or of as many as it takes."""
        window_ids = None if allowed is None else self._catalogue.window_ids(space, allowed)
        if window_ids is not None and len(window_ids) == 0:
            return []
        retriever = SoundRetriever(self._catalogue, self._vectors, self._embedder, space, plan.sounds)
        n = max(_FIRST_CANDIDATES, 10 * plan.k) if most is None else most
        while True:
            candidates = retriever.retrieve(n, window_ids)
            chains = chain_windows(candidates)
            is_all = candidates.exhausted or most is not None or n >= _MOST_CANDIDATES
            if is_all or _suffices(candidates, len(chains), plan.k):
                break
            n *= 4
        return Aligner(self._catalogue, space, retriever).moments(_choose(chains, plan.k), candidates)

    def _hear_named(
        self, plan: Plan, space: Space, moments: list[Moment], names: Sequence[NameFinding]
    ) -> list[Moment]:
        """`moments` with those of the best-named recordings that were not among the best by sound.

        A name says which recording is meant, and not where in it. What is found there counts where it is more likely
        right than not; else the whole recording stays the answer.
        """
        heard = {moment.recording_id for moment in moments}
        best = [name.recording_id for name in names[: min(plan.k, _MOST_NAMED)] if name.score >= WEAK_BELOW]
        unheard = np.array(sorted(set(best) - heard), dtype=np.int64)
        if not len(unheard):
            return moments
        more = [
            moment
            for moment in self._hear(plan, space, unheard, _WINDOWS_NAMED * len(unheard))
            if moment.chance >= WEAK_BELOW
        ]
        return sorted([*moments, *more], key=lambda moment: (-moment.chance, -moment.cosine))

    def _explain_silence(
        self, plan: Plan, space: Space | None, spaces: Sequence[Space], is_heard: bool
    ) -> tuple[str, ...]:
        """Why sound says nothing, or not all that it could."""
        if not plan.sounds:
            return ()
        card = self._embedder.card
        others = [known.name for known in spaces if known != space]
        is_newer = any(model_of(name) == card.model_id for name in others)
        remedy = (
            "Run `sono index --refresh` to listen again."
            if is_newer
            else "Run `sono index --model NAME` with the name of this model, or search with another."
        )
        if space is None and others:
            held = others[-1] if is_newer else ", ".join(others)
            return (f"Sound was indexed with {held}, and this is {card.space_name}: only names answer. {remedy}",)
        if others and (lacking := self._catalogue.count_lacking(EMBED_STAGE, card.space_name)):
            return (
                f"Indexed with another model, and found by name only: {lacking} recording{'s' * (lacking > 1)}. "
                f"{remedy}",
            )
        if not is_heard and (space is None or self._vectors.stats(space).n_rows == 0):
            return ("No sound has been indexed yet. Run `sono index FOLDER`.",)
        return ()


def _choose(chains: Sequence[Chain], k: int) -> list[Chain]:
    """The best chains, a few more than hits are wanted; past those, other recordings until they are enough."""
    chosen: list[Chain] = []
    recordings: set[int] = set()
    for chain in chains:
        enough = len(chosen) >= k + _SPARE_CHAINS
        if enough and len(recordings) * _SPREAD >= k:
            break
        if not enough or chain.recording_id not in recordings:
            chosen.append(chain)
            recordings.add(chain.recording_id)
    return chosen


def _suffices(candidates: Candidates, n_chains: int, k: int) -> bool:
    """Whether more candidates would change what is shown: they are fewer, or from fewer recordings, than wanted."""
    if n_chains < k:
        return False
    n_recordings = len(np.unique(candidates.windows.recording_ids))
    return n_recordings * _SPREAD >= k or float(candidates.chances.min()) < WEAK_BELOW
