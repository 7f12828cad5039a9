"""Frames of a whole signal and of one that arrives in pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.audio.framing import FrameFeed, cut_frames, frame, frame_count, hann_window
from sonotheque.errors import BadInputError


def test_frames_are_views_that_cannot_be_written() -> None:
    samples = np.arange(10, dtype=np.float32)
    frames = frame(samples, 4, 3)
    np.testing.assert_array_equal(frames, [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]])
    assert np.shares_memory(frames, samples)
    with pytest.raises(ValueError, match="read-only"):
        frames[0, 0] = 1


def test_a_signal_shorter_than_a_frame_has_none() -> None:
    assert frame(np.zeros(3, np.float32), 4, 1).shape == (0, 4)


@pytest.mark.parametrize(("length", "hop"), [(0, 1), (4, 0), (4, -1)])
def test_lengths_under_one_sample_are_refused(length: int, hop: int) -> None:
    with pytest.raises(BadInputError, match=f"not frame {length} and hop {hop}"):
        frame(np.zeros(9, np.float32), length, hop)


def test_a_short_window_lies_in_the_middle() -> None:
    np.testing.assert_allclose(hann_window(4, 8), [0, 0, 0, 0.5, 1, 0.5, 0, 0], atol=1e-7)


@given(
    sizes=st.lists(st.integers(0, 40), max_size=12),
    length=st.integers(1, 17),
    hop=st.integers(1, 23),
    center=st.booleans(),
)
def test_pieces_of_any_size_give_the_frames_of_the_whole(sizes: list[int], length: int, hop: int, center: bool) -> None:
    signal = np.arange(1, sum(sizes) + 1, dtype=np.float32)
    half = length // 2 if center and len(signal) else 0
    padded = np.concatenate([np.zeros(half), signal, np.zeros(half)])
    expected = [padded[start : start + length] for start in range(0, len(padded) - length + 1, hop)]
    feed = FrameFeed(length, hop, center=center)
    for _ in range(2):  # a flushed feed is as new
        pieces = np.split(signal, np.cumsum(sizes)[:-1])
        frames = [row for piece in pieces for run in feed.push(piece) for row in run]
        frames += [row for run in feed.flush() for row in run]
        np.testing.assert_array_equal(np.array(frames).reshape(-1, length), np.array(expected).reshape(-1, length))
    assert frame_count(len(signal), length, hop, center=center) == len(expected)


def test_a_long_signal_is_not_copied() -> None:
    signal = np.zeros(100_000, dtype=np.float32)
    runs = cut_frames(signal, 1024, 320, center=True)
    assert sum(len(run) for run in runs if np.shares_memory(run, signal)) >= len(signal) // 320 - 5
