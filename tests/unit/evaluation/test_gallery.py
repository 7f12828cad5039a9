"""Scores against a slow and obvious version; galleries that can't be."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from tests.unit.evaluation.labelled import NAMES, make_gallery

from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.evaluation import gallery as module
from sonotheque.evaluation.gallery import Gallery, default_cache, keep_common, score_matrix


def ragged(rng: np.random.Generator) -> Gallery:
    base = make_gallery(["dog", "rain", "dog", "bell"], rng)
    return dataclasses.replace(base, firsts=np.array([0, 1, 4, 5, 8]))


def test_the_score_of_a_clip_is_that_of_its_best_window(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_QUERIES_AT_ONCE", 3)
    gallery = ragged(rng)
    queries = rng.normal(size=(8, len(NAMES))).astype(np.float32)
    slow = [
        [
            max(float(query @ window) for window in gallery.windows[first:last])
            for first, last in zip(gallery.firsts[:-1], gallery.firsts[1:], strict=True)
        ]
        for query in queries
    ]
    np.testing.assert_allclose(score_matrix(queries, gallery), slow, rtol=1e-5, atol=1e-6)


def test_a_clip_as_a_query_is_the_mean_of_its_windows(rng: np.random.Generator) -> None:
    gallery = ragged(rng)
    mean = gallery.windows[1:4].mean(axis=0)
    np.testing.assert_allclose(gallery.clip_vectors()[1], mean / np.linalg.norm(mean), rtol=1e-5)


def test_models_are_compared_on_the_clips_that_both_hold(rng: np.random.Generator) -> None:
    whole = ragged(rng)
    part = Gallery(whole.clips[1:3], whole.contents[1:3], whole.windows[1:5], np.array([0, 3, 4]))
    first, second = keep_common([whole, part])
    assert first.clips == second.clips == whole.clips[1:3]
    np.testing.assert_array_equal(first.windows, second.windows)
    np.testing.assert_array_equal(first.firsts, second.firsts)
    assert [item.line for item in first.left_out] == [2, 5]


@pytest.mark.parametrize("firsts", [[0, 0, 4, 5, 8], [1, 2, 4, 5, 8], [0, 1, 4, 5, 7], [0, 1, 4, 8]])
def test_every_clip_needs_a_window(firsts: list[int], rng: np.random.Generator) -> None:
    with pytest.raises(BadInputError, match=r"at least one window|one more first row"):
        dataclasses.replace(ragged(rng), firsts=np.array(firsts))


def test_the_cache_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder = default_cache()
    assert folder == default_cache()
    assert os.stat(folder).st_mode & 0o077 == 0  # noqa: PTH116
    folder.chmod(0o777)
    with pytest.raises(UnavailableError, match="open to others"):
        default_cache()
