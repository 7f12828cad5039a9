"""The stream of `builtin:sounds`: its rows don't depend on how the samples arrive, and cover the whole recording."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sonotheque.audio.features import LogMelStream
from sonotheque.models.roles import EmbeddedWindows
from sonotheque.models.sound_stream import (
    CHUNK_HIDDEN,
    FRAMES_PER_HIDDEN,
    HIDDEN_SAMPLES,
    HOP_HIDDEN,
    LOG_FLOOR_POWER,
    MEL,
    PAD_FRAMES,
    SLACK_SAMPLES,
    WINDOW_HIDDEN,
    SoundStream,
    count_hidden,
)
from sonotheque.models.sounds import Sounds
from sonotheque.values.waveform import FloatArray

RATE_HZ = MEL.rate_hz
SLACK_S = SLACK_SAMPLES / RATE_HZ
WINDOW_S, HOP_S = (n * HIDDEN_SAMPLES / RATE_HZ for n in (WINDOW_HIDDEN, HOP_HIDDEN))
CHUNK = CHUNK_HIDDEN * HIDDEN_SAMPLES
EDGES = [1, HIDDEN_SAMPLES - 1, HIDDEN_SAMPLES, HIDDEN_SAMPLES + 1, round(WINDOW_S * RATE_HZ)]
EDGES += [round(WINDOW_S * RATE_HZ) + 1, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 9 * HIDDEN_SAMPLES, 2 * CHUNK + 77]


@cache
def _networks() -> Sounds:
    return Sounds()


@cache
def _noise() -> FloatArray:
    """Noise whose loudness and colour change, so that no two windows are alike."""
    rng = np.random.default_rng(3)
    n_samples = 3 * CHUNK
    loudness = np.repeat(rng.uniform(0.0, 0.5, n_samples // 4000 + 1), 4000)[:n_samples]
    noise = rng.normal(0.0, 1.0, n_samples) * loudness
    return np.asarray(noise + np.roll(noise, 1) * np.sin(np.arange(n_samples) / 9e4), np.float32)


def rows_of(samples: FloatArray, cuts: list[int]) -> EmbeddedWindows:
    """All rows when the samples arrive in pieces that end at `cuts`."""
    stream = SoundStream(_networks().networks)
    bounds = [0, *sorted(cuts), len(samples)]
    parts = [stream.push(samples[a:b]) for a, b in pairwise(bounds)]
    parts = [part for part in [*parts, stream.finish()] if len(part.spans) or len(part.fine)]
    for earlier, later in pairwise(parts):
        assert np.isclose(later.fine_start_s, earlier.fine_start_s + len(earlier.fine) * earlier.fine_hop_s)
    return EmbeddedWindows(
        np.concatenate([part.spans for part in parts]),
        np.concatenate([part.vectors for part in parts if len(part.vectors)]),
        np.concatenate([part.fine for part in parts if len(part.fine)]),
        parts[0].fine_start_s,
        parts[0].fine_hop_s,
    )


lengths = st.one_of(st.sampled_from(EDGES), st.integers(1, 40 * RATE_HZ))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), n_samples=lengths)
def test_rows_do_not_depend_on_how_the_samples_arrive(data: st.DataObject, n_samples: int) -> None:
    cuts = data.draw(st.lists(st.integers(0, n_samples), max_size=8))
    whole, cut = rows_of(_noise()[:n_samples], []), rows_of(_noise()[:n_samples], cuts)
    np.testing.assert_array_equal(cut.spans, whole.spans)
    np.testing.assert_allclose(cut.vectors, whole.vectors, atol=1e-4)
    assert cut.fine.shape == whole.fine.shape
    assert np.abs(cut.fine.astype(int) - whole.fine).max() <= 1  # a rounding that falls the other way


@settings(max_examples=25, deadline=None)
@given(n_samples=lengths)
def test_windows_cover_the_whole_recording(n_samples: int) -> None:
    duration_s = n_samples / RATE_HZ
    rows = rows_of(_noise()[:n_samples], [])
    starts, ends = rows.spans[:, 0], rows.spans[:, 1]
    assert starts[0] == 0.0
    assert ends[-1] == duration_s
    assert (ends > starts).all()
    assert (starts[1:] <= ends[:-1]).all()
    np.testing.assert_allclose(np.diff(starts)[:-1], HOP_S)
    assert (np.diff(starts) > 0).all()
    if len(starts) > 1:
        # The last window is drawn back to the end: as long as the others, to within the padded quarter second.
        assert WINDOW_S - HIDDEN_SAMPLES / RATE_HZ < ends[-1] - starts[-1] <= WINDOW_S + SLACK_S
    else:
        assert duration_s <= WINDOW_S + SLACK_S
    np.testing.assert_allclose(np.linalg.norm(rows.vectors, axis=1), 1.0, atol=1e-4)
    n_fine = -(-count_hidden(n_samples) // 2)
    assert count_hidden(n_samples) * HIDDEN_SAMPLES + SLACK_SAMPLES >= n_samples
    assert (len(rows.fine), rows.fine_start_s, rows.fine_hop_s) == (n_fine, 0.0, 0.5)


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, CHUNK), n_windows=st.integers(1, 3))
def test_a_window_hears_its_own_samples_and_the_context_alone(start: int, n_windows: int) -> None:
    """What comes long before or after a window doesn't change it: chunks carry enough context."""
    n_samples = CHUNK + 30 * HIDDEN_SAMPLES
    samples = _noise()[:n_samples].copy()
    rows = rows_of(samples, [])
    silent_from = start // HIDDEN_SAMPLES * HIDDEN_SAMPLES
    samples[silent_from:] = 0.0
    changed = rows_of(samples, [])
    untouched = rows.spans[:, 1] < silent_from / RATE_HZ - 3.0
    np.testing.assert_allclose(changed.vectors[untouched], rows.vectors[untouched], atol=1e-4)


def rows_in_one_piece(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The slow and obvious way: one pass of the trunk over everything, then window by window; also the half seconds."""
    mel = LogMelStream(MEL, floor=LOG_FLOOR_POWER)
    frames = np.concatenate([mel.push(samples), mel.flush()])
    n_hidden = count_hidden(len(samples))
    padded = np.full(((1 + n_hidden) * FRAMES_PER_HIDDEN, MEL.n_mels), np.log(LOG_FLOOR_POWER), np.float32)
    n_kept = min(len(frames), len(padded) - PAD_FRAMES)
    padded[PAD_FRAMES : PAD_FRAMES + n_kept] = frames[:n_kept]
    hidden = _networks().networks.hidden(padded)[1:]

    def embed(start: int, stop: int) -> FloatArray:
        part = hidden[start:stop]
        vector: FloatArray = _networks().networks.embed(np.concatenate([part.mean(axis=0), part.max(axis=0)])[None])[0]
        return vector

    starts = list(range(0, n_hidden - WINDOW_HIDDEN + 1, HOP_HIDDEN)) or [0]
    if starts[-1] + WINDOW_HIDDEN < n_hidden:
        starts.append(n_hidden - WINDOW_HIDDEN)
    windows = [embed(start, start + WINDOW_HIDDEN) for start in starts]
    return np.stack(windows), np.stack([embed(start, start + 2) for start in range(0, n_hidden, 2)])


@settings(max_examples=8, deadline=None)
@given(n_samples=st.one_of(st.sampled_from(EDGES), st.integers(CHUNK, 3 * CHUNK)))
def test_rows_are_those_of_the_recording_in_one_piece(n_samples: int) -> None:
    rows = rows_of(_noise()[:n_samples], [])
    windows, fine = rows_in_one_piece(_noise()[:n_samples])
    np.testing.assert_allclose(rows.vectors, windows, atol=1e-4)
    assert np.abs(rows.fine - fine * 127.0).max() <= 0.52


def test_a_stream_without_samples_has_no_row() -> None:
    stream = SoundStream(_networks().networks)
    assert len(stream.push(np.zeros(0, np.float32)).spans) == 0
    assert len(stream.finish().spans) == 0
