"""A stream of log-mel frames against the whole signal at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sonotheque.audio.features import LogMelStream, MelSettings, log_mel

SMALL = MelSettings(rate_hz=8000, n_fft=64, hop_samples=20, n_mels=8)


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.one_of(st.integers(0, 70), st.integers(0, 20_000)), min_size=1, max_size=8),
    win_length=st.sampled_from([None, 50]),
    hop=st.sampled_from([1, 20, 64, 90]),
    seed=st.integers(0, 2**16),
)
def test_any_pushes_give_the_frames_of_the_whole(sizes: list[int], win_length: int | None, hop: int, seed: int) -> None:
    mel = MelSettings(rate_hz=8000, n_fft=64, win_length=win_length, hop_samples=hop, n_mels=8)
    signal = np.random.default_rng(seed).standard_normal(sum(sizes), dtype=np.float32)
    stream = LogMelStream(mel, floor=1e-6)
    frames = [stream.push(piece) for piece in np.split(signal, np.cumsum(sizes)[:-1])]
    together = np.concatenate([*frames, stream.flush()])
    whole = log_mel(signal, mel, floor=1e-6)
    assert together.shape == whole.shape
    np.testing.assert_allclose(together, whole, rtol=0, atol=2e-5)


def test_frames_come_as_soon_as_they_are_complete() -> None:
    stream = LogMelStream(SMALL)
    assert stream.push(np.ones(31, np.float32)).shape == (0, 8)
    assert stream.push(np.ones(1, np.float32)).shape == (1, 8)
    assert stream.push(np.ones(20, np.float32)).shape == (1, 8)
    assert stream.flush().shape == (1, 8)
    assert stream.flush().shape == (0, 8)


def test_a_flushed_stream_starts_afresh(rng: np.random.Generator) -> None:
    stream = LogMelStream(SMALL)
    stream.push(rng.standard_normal(777))
    stream.flush()
    signal = rng.standard_normal(500)
    np.testing.assert_allclose(
        np.concatenate([stream.push(signal), stream.flush()]), log_mel(signal, SMALL), rtol=0, atol=2e-5
    )


def test_a_pushed_array_may_be_overwritten_afterwards(rng: np.random.Generator) -> None:
    signal = rng.standard_normal(4000, dtype=np.float32)
    buffer, stream, frames = np.empty(100, np.float32), LogMelStream(SMALL), []
    for start in range(0, len(signal), 100):
        buffer[:] = signal[start : start + 100]
        frames.append(stream.push(buffer))
    np.testing.assert_allclose(np.concatenate([*frames, stream.flush()]), log_mel(signal, SMALL), rtol=0, atol=2e-5)


def test_threads_do_not_share_buffers(rng: np.random.Generator) -> None:
    signals = [rng.standard_normal(200_000, dtype=np.float32) * level for level in (1.0, 0.1, 0.01, 0.001)]
    expected = [log_mel(signal) for signal in signals]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            for ours, alone in zip(pool.map(log_mel, signals), expected, strict=True):
                np.testing.assert_array_equal(ours, alone)
