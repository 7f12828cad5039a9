"""Fusing ranks and chances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.search.fuse import RANK_CONSTANT, fused_score, joint_chance
from sonotheque.values.hit import Evidence

EVIDENCE = st.builds(Evidence, st.sampled_from(["sound", "name"]), st.integers(1, 500), st.floats(0, 1), st.just(""))


def test_the_fused_score_is_the_formula() -> None:
    evidence = [Evidence("sound", 3, 0.5, ""), Evidence("name", 1, 0.9, "")]
    assert RANK_CONSTANT == 60
    assert fused_score(evidence) == pytest.approx(0.5 / 63 + 0.9 / 61)


def test_the_joint_chance_is_the_formula() -> None:
    assert joint_chance([Evidence("sound", 1, 0.5, "")]) == 0.5
    assert joint_chance([Evidence("sound", 1, 0.5, ""), Evidence("name", 1, 0.8, "")]) == pytest.approx(0.9)


def test_no_evidence_is_no_chance() -> None:
    assert joint_chance([]) == 0.0
    assert fused_score([]) == 0.0


@given(st.lists(EVIDENCE, min_size=1, max_size=4), EVIDENCE)
def test_more_evidence_never_lowers_either(evidence: list[Evidence], more: Evidence) -> None:
    assert fused_score([*evidence, more]) >= fused_score(evidence)
    assert 1.0 >= joint_chance([*evidence, more]) >= joint_chance(evidence) - 1e-12
    assert joint_chance(evidence) >= max(item.score for item in evidence) - 1e-12


def test_a_confident_tenth_outweighs_a_doubtful_first() -> None:
    assert fused_score([Evidence("sound", 10, 0.9, "")]) > fused_score([Evidence("name", 1, 0.2, "")])
