"""Change of sample rate on a stream."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from tests.unit.audio.media import melody

from sonotheque.audio.resample import StreamResampler, aligned_start, aligned_stop, resample
from sonotheque.errors import BadInputError

RATES = [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000]


@pytest.mark.parametrize("from_hz", RATES)
@pytest.mark.parametrize("piece", [999, 44_100])
def test_pieces_equal_the_whole(from_hz: int, piece: int) -> None:
    signal = melody(2.0, from_hz)[:, 0]
    stream = StreamResampler(from_hz, 16_000)
    parts = [stream.push(signal[start : start + piece]) for start in range(0, len(signal), piece)]
    streamed = np.concatenate([*parts, stream.finish()])
    np.testing.assert_allclose(streamed, soxr.resample(signal, from_hz, 16_000), atol=1e-6)
    assert len(streamed) == 32_000


def test_a_tone_stays_where_it_was() -> None:
    time_in, time_out = np.arange(48_000) / 48_000, np.arange(16_000) / 16_000
    tone = resample(np.sin(2 * np.pi * 1000 * time_in).astype(np.float32), 48_000, 16_000)
    np.testing.assert_allclose(tone[500:-500], np.sin(2 * np.pi * 1000 * time_out)[500:-500], atol=1e-3)


def test_tones_above_half_the_rate_are_removed() -> None:
    tone = resample(np.sin(2 * np.pi * 11_000 * np.arange(48_000) / 48_000).astype(np.float32), 48_000, 16_000)
    assert np.abs(tone[500:-500]).max() < 1e-3


def test_equal_rates_change_nothing(rng: np.random.Generator) -> None:
    signal = rng.standard_normal(1000).astype(np.float32)
    np.testing.assert_array_equal(resample(signal, 16_000, 16_000), signal)


@pytest.mark.parametrize("from_hz", [192_000, 44_100, 16_000, 8_000])
def test_one_sample_gives_at_least_one(from_hz: int) -> None:
    assert len(resample(np.array([0.25], dtype=np.float32), from_hz, 16_000)) >= 1


def test_nothing_gives_nothing() -> None:
    assert resample(np.zeros(0, dtype=np.float32), 44_100, 16_000).shape == (0,)


@pytest.mark.parametrize("from_hz", RATES)
@pytest.mark.parametrize(("start", "stop"), [(0, 100), (20_011, 24_000), (31_000, 32_000)])
def test_aligned_cut_equals_the_cut_of_the_whole(from_hz: int, start: int, stop: int) -> None:
    signal = melody(2.0, from_hz)[:, 0]
    whole = soxr.resample(signal, from_hz, 16_000)
    start_in, n_drop = aligned_start(start, from_hz, 16_000)
    cut = resample(signal[start_in : aligned_stop(stop, from_hz, 16_000)], from_hz, 16_000)
    np.testing.assert_allclose(cut[n_drop : n_drop + stop - start], whole[start:stop], atol=2e-6)


def test_rates_below_one_are_refused() -> None:
    with pytest.raises(BadInputError, match="at least 1 Hz, not 0"):
        StreamResampler(0, 16_000)
