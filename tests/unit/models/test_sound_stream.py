"""The stream of the built-in model: the same rows however the samples arrive, and the same as the slow way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonotheque.models import sound_stream
from sonotheque.models.roles import EmbeddedWindows
from sonotheque.models.sound_stream import FRAMES_PER_HIDDEN, HIDDEN_S, MEL, SoundStream, count_hidden
from sonotheque.values.waveform import FloatArray


class LocalNetworks:
    """A trunk that sees one block of frames, and a head that passes on what it gets, scaled to length one."""

    def hidden(self, log_mel: FloatArray) -> FloatArray:
        assert len(log_mel) % FRAMES_PER_HIDDEN == 0
        out: FloatArray = log_mel.reshape(-1, FRAMES_PER_HIDDEN, MEL.n_mels)[:, :, :8].mean(axis=1)
        return out

    def embed(self, pooled: FloatArray) -> FloatArray:
        out: FloatArray = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return out


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few seconds, so that short clips span several."""
    monkeypatch.setattr(sound_stream, "CHUNK_HIDDEN", 24)


def make_samples(n: int) -> FloatArray:
    time = np.arange(n) / MEL.rate_hz
    rng = np.random.default_rng(5)
    samples: FloatArray = (rng.normal(size=n) * (0.2 + 0.2 * np.sin(time))).astype(np.float32)
    return samples


def run(samples: FloatArray, cuts: list[int]) -> EmbeddedWindows:
    stream = SoundStream(LocalNetworks())
    bounds = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    parts = [stream.push(samples[low:high]) for low, high in itertools.pairwise(bounds)]
    parts.append(stream.finish())
    held = [part for part in parts if len(part.spans) or len(part.fine)]
    return EmbeddedWindows(
        np.concatenate([part.spans for part in held]),
        np.concatenate([part.vectors for part in held if len(part.vectors)]),
        np.concatenate([part.fine for part in held if len(part.fine)]),
        held[0].fine_start_s,
        held[0].fine_hop_s,
    )


@given(st.integers(1, 30 * 16_000), st.lists(st.integers(0, 30 * 16_000), max_size=6))
@settings(max_examples=25, deadline=None)
def test_the_sizes_of_the_pushes_do_not_matter(n: int, cuts: list[int]) -> None:
    samples = make_samples(n)
    whole, cut = run(samples, []), run(samples, cuts)
    np.testing.assert_array_equal(whole.spans, cut.spans)
    np.testing.assert_allclose(whole.vectors, cut.vectors, atol=1e-5)
    assert np.abs(whole.fine.astype(int) - cut.fine).max() <= 1


@given(st.integers(1, 40 * 16_000))
@settings(max_examples=40, deadline=None)
def test_windows_and_fine_vectors_cover_the_recording(n: int) -> None:
    rows = run(make_samples(n), [])
    duration_s = n / MEL.rate_hz
    starts_s, ends_s = rows.spans.T
    assert starts_s[0] == 0.0
    assert ends_s[-1] == pytest.approx(duration_s)
    assert (ends_s > starts_s).all()
    assert (ends_s <= duration_s + 1e-9).all()
    assert (starts_s[1:] <= ends_s[:-1]).all()
    assert (starts_s[1:] > starts_s[:-1]).all()
    n_hidden = count_hidden(n)
    assert len(rows.fine) == -(-n_hidden // 2)
    assert rows.fine_hop_s == 2 * HIDDEN_S
    assert rows.fine_start_s == 0.0


def test_rows_are_those_of_the_slow_way() -> None:
    n = 13 * 16_000 + 777
    rows = run(make_samples(n), [5000])
    stream = SoundStream(LocalNetworks())
    frames = np.concatenate([stream._mel.push(make_samples(n)), stream._mel.flush()])
    silence = np.full((FRAMES_PER_HIDDEN, MEL.n_mels), frames.min() * 0 + np.log(1e-6), np.float32)
    n_hidden = count_hidden(n)
    padded = np.concatenate([silence[:8], frames, silence, silence])[: (1 + n_hidden) * FRAMES_PER_HIDDEN]
    hidden = LocalNetworks().hidden(padded)[1:]
    for span, vector in zip(rows.spans, rows.vectors, strict=True):
        low = round(span[0] / HIDDEN_S)
        part = hidden[low : low + 20]
        np.testing.assert_allclose(vector, unit(part), atol=1e-4)
    for row, codes in enumerate(rows.fine):
        assert np.abs(codes / 127.0 - unit(hidden[2 * row : 2 * row + 2])).max() < 0.01


def unit(hidden: FloatArray) -> FloatArray:
    pooled = np.concatenate([hidden.mean(axis=0), hidden.max(axis=0)])
    out: FloatArray = pooled / np.linalg.norm(pooled)
    return out


def test_a_recording_without_samples_has_no_rows() -> None:
    stream = SoundStream(LocalNetworks())
    stream.push(np.zeros(0, np.float32))
    rows = stream.finish()
    assert len(rows.spans) == len(rows.fine) == 0


def test_memory_does_not_grow_with_the_recording() -> None:
    stream = SoundStream(LocalNetworks())
    kept = []
    for _ in range(40):
        stream.push(make_samples(16_000 * 5))
        assert stream._hidden is None or len(stream._hidden) < 200
        kept.append(sum(len(frames) for frames in stream._frames))
    assert max(kept[20:]) <= max(kept[:20])
