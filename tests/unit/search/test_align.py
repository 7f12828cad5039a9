"""Chains of windows, and the moments read from them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.search.align import MAX_CHAIN_S, chain_windows
from sonotheque.search.retrieve import Candidates
from sonotheque.store.rows import WindowRows

Row = tuple[int, float, float, float]


def candidates_of(rows: list[Row]) -> Candidates:
    """Candidates from recording, start, length and chance."""
    table = np.array(rows, np.float64).reshape(-1, 4)
    chances = table[:, 3].astype(np.float32)
    windows = WindowRows(
        np.arange(1, len(table) + 1), table[:, 0].astype(np.int64), table[:, 1], table[:, 1] + table[:, 2]
    )
    return Candidates(windows, chances, chances, True)


def chains_by_hand(rows: list[Row]) -> set[frozenset[int]]:
    """The slow way: join any two windows of a recording that touch, until nothing changes."""
    groups = [{row} for row in range(len(rows))]
    changed = True
    while changed:
        changed = False
        for one in groups:
            for other in groups:
                if one is not other and any(touch(rows[a], rows[b]) for a in one for b in other):
                    one |= other
                    groups.remove(other)
                    changed = True
                    break
            if changed:
                break
    return {frozenset(group) for group in groups}


def touch(one: Row, other: Row) -> bool:
    return one[0] == other[0] and one[1] <= other[1] + other[2] and other[1] <= one[1] + one[2]


ROWS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 60).map(lambda step: step * 2.5), st.just(5.0), st.floats(0, 1)),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[:2],
)


@given(ROWS)
def test_chains_are_those_of_the_slow_way(rows: list[Row]) -> None:
    chains = chain_windows(candidates_of(rows))
    assert {frozenset(chain.rows) for chain in chains} == chains_by_hand(rows)


@given(ROWS)
def test_chains_come_best_first_and_know_what_they_cover(rows: list[Row]) -> None:
    candidates = candidates_of(rows)
    chains = chain_windows(candidates)
    best = [float(candidates.chances[chain.best]) for chain in chains]
    assert best == sorted(best, reverse=True)
    for chain in chains:
        assert {rows[row][0] for row in chain.rows} == {chain.recording_id}
        assert chain.start_s == min(rows[row][1] for row in chain.rows)
        assert chain.end_s == max(rows[row][1] + rows[row][2] for row in chain.rows)
        assert candidates.chances[chain.best] == max(candidates.chances[row] for row in chain.rows)


def test_a_chain_is_cut_at_its_longest_and_the_parts_do_not_overlap() -> None:
    rows = [(1, 2.5 * step, 5.0, 0.5) for step in range(1000)]
    chains = sorted(chain_windows(candidates_of(rows)), key=lambda chain: chain.start_s)
    assert len(chains) == 5
    assert sum(len(chain.rows) for chain in chains) == 1000
    for one, other in itertools.pairwise(chains):
        assert one.end_s == other.start_s
    assert all(chain.end_s - chain.start_s <= MAX_CHAIN_S + 5.0 for chain in chains)


def test_no_candidates_no_chains() -> None:
    assert chain_windows(candidates_of([])) == []


@pytest.mark.parametrize("gap_s", [0.0, 0.1])
def test_windows_that_touch_are_one_chain_and_others_are_not(gap_s: float) -> None:
    chains = chain_windows(candidates_of([(1, 0.0, 5.0, 0.5), (1, 5.0 + gap_s, 5.0, 0.6), (2, 5.0, 5.0, 0.7)]))
    assert len(chains) == (2 if gap_s == 0.0 else 3)
