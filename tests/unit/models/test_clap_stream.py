"""The windows of a CLAP stream: the same rows however the samples arrive, and a time line without gaps. No torch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sonotheque.models.clap import count_fine
from sonotheque.models.clap_stream import ClapStream
from sonotheque.models.roles import EmbeddedWindows
from sonotheque.values.waveform import FloatArray

RATE_HZ, LENGTH, N_FINE = 96, 960, 16


class Means:
    """A network whose vectors are the means of what they stand for: a sample's value is its time."""

    rate_hz, dim, window_samples, n_fine = RATE_HZ, 2, LENGTH, N_FINE

    def __init__(self, n_fine: int = N_FINE) -> None:
        self.n_fine = n_fine
        self.batches: list[int] = []

    def embed(self, windows: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        self.batches.append(len(windows))
        assert all(0 < len(window) <= LENGTH for window in windows)
        full = [np.resize(window, LENGTH) for window in windows]
        fine = np.stack([part.reshape(self.n_fine, -1).mean(axis=1) if self.n_fine else part[:0] for part in full])
        vectors = np.array([[window.mean(), 1.0] for window in windows], np.float32)
        return vectors, np.stack([fine, np.zeros_like(fine)], axis=2).astype(np.float32)


def run(n_samples: int, sizes: list[int], network: Means) -> EmbeddedWindows:
    samples = np.linspace(0.0, 1.0, n_samples, dtype=np.float32)
    stream, parts, at = ClapStream(network), [], 0
    for size in sizes:
        parts.append(stream.push(samples[at : at + size]))
        at += size
    parts += [stream.push(samples[at:]), stream.finish()]
    held = [part for part in parts if len(part.fine)]
    for before, after in itertools.pairwise(held):
        assert after.fine_start_s == pytest.approx(before.fine_start_s + len(before.fine) * before.fine_hop_s)
    return EmbeddedWindows(
        np.concatenate([part.spans for part in parts]), np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.fine for part in parts]), held[0].fine_start_s if held else 0.0, parts[0].fine_hop_s,
    )  # fmt: skip


@pytest.mark.parametrize("n_samples", [1, 959, 960, 961, 1440, 1441, 2400, 2401, 2880, 9999])
def test_the_rows_do_not_depend_on_the_pushes(n_samples: int, rng: np.random.Generator) -> None:
    whole = run(n_samples, [], Means())
    sizes = rng.integers(0, 700, 30).tolist()
    parts = run(n_samples, sizes, Means())
    np.testing.assert_array_equal(whole.spans, parts.spans)
    np.testing.assert_array_equal(whole.vectors, parts.vectors)
    np.testing.assert_array_equal(whole.fine, parts.fine)


@pytest.mark.parametrize(
    ("n_samples", "spans"),
    [
        (1, [(0.0, 1 / 96)]),
        (960, [(0.0, 10.0)]),
        (961, [(0.0, 10.0), (5.0, 961 / 96)]),
        (1536, [(0.0, 10.0), (5.0, 15.0), (10.0, 16.0)]),
    ],
)
def test_windows_follow_each_other_by_half_their_length(n_samples: int, spans: list[tuple[float, float]]) -> None:
    np.testing.assert_allclose(run(n_samples, [], Means()).spans, spans)


@pytest.mark.parametrize("n_samples", [30, 700, 960, 961, 1536, 4321, 4800])
@pytest.mark.parametrize("n_fine", [2, 6, 16])
def test_the_time_line_has_one_vector_a_hop_and_tells_its_own_time(n_samples: int, n_fine: int) -> None:
    rows = run(n_samples, [], Means(n_fine))
    hop = rows.fine_hop_s * RATE_HZ
    assert rows.fine_start_s == 0.0
    assert len(rows.fine) == -(-n_samples // round(hop))
    whole = rows.fine[: n_samples // round(hop), 0] / 127.0
    expected = (np.arange(len(whole)) + 0.5) * hop / max(1, n_samples - 1)
    np.testing.assert_allclose(whole, expected, atol=0.01 + 1 / max(1, n_samples - 1))


def test_no_sample_no_row_and_no_fine_vectors_no_time_line() -> None:
    stream = ClapStream(Means())
    empty = stream.finish()
    assert (empty.spans.shape, empty.vectors.shape, empty.fine.shape) == ((0, 2), (0, 2), (0, 2))
    rows = run(2496, [], Means(0))
    assert len(rows.spans) == 5
    assert rows.fine.shape == (0, 2)


def test_memory_is_bounded_and_windows_go_in_batches() -> None:
    network = Means()
    stream = ClapStream(network)
    for _ in range(200):
        stream.push(np.zeros(100, np.float32))
        assert len(stream._kept) <= LENGTH + 4 * LENGTH // 2
    stream.finish()
    assert set(network.batches[:-1]) == {4}


@pytest.mark.parametrize(
    ("n_steps", "window_s", "n_fine"), [(32, 10.0, 16), (32, 1.0, 2), (8, 10.0, 8), (64, 10.0, 16), (7, 10.0, 0)]
)
def test_fine_vectors_are_at_most_a_second_apart_where_the_tower_allows(
    n_steps: int, window_s: float, n_fine: int
) -> None:
    assert count_fine(n_steps, window_s) == n_fine
