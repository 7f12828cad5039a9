"""Embeds a recording as its samples arrive.

Owns the cutting of the stream into chunks with context and the sliding windows over what the trunk gives. Whatever the
sizes of the pushes, the rows are those of the whole recording in one piece, and work shared by windows is done once.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from sonotheque.audio.features import LogMelStream, MelSettings
from sonotheque.models.roles import EmbeddedWindows
from sonotheque.values.waveform import FloatArray

FRAMES_PER_HIDDEN = 16
PAD_FRAMES = FRAMES_PER_HIDDEN // 2
CONTEXT_HIDDEN = 8
CHUNK_HIDDEN = 240
LOG_FLOOR_POWER = 1e-6
MEL = MelSettings(rate_hz=16000, n_fft=1024, hop_samples=250, n_mels=64, f_min_hz=0.0, f_max_hz=8000.0)
HIDDEN_SAMPLES = FRAMES_PER_HIDDEN * MEL.hop_samples
HIDDEN_S = HIDDEN_SAMPLES / MEL.rate_hz
SLACK_SAMPLES = 500
"""A few milliseconds more than whole quarter seconds, as codecs leave them, are not worth another vector."""
WINDOW_HIDDEN = 20
HOP_HIDDEN = 10
FINE_HIDDEN = 2


class Networks(Protocol):
    """The two networks a stream runs."""

    def hidden(self, log_mel: FloatArray) -> FloatArray:
        """Trunk: (n_frames, 64), a multiple of 16 frames, to (n_frames / 16, n_hidden)."""
        ...

    def embed(self, pooled: FloatArray) -> FloatArray:
        """Head: means and maxima (n, 2 * n_hidden) to unit vectors (n, dim)."""
        ...


def pool_windows(hidden: FloatArray, starts: npt.NDArray[np.int64], length: int) -> FloatArray:
    """Mean beside maximum over `hidden[start : start + length]` for each start, (n, 2 * n_hidden)."""
    rows = hidden[starts[:, None] + np.arange(length)[None, :]]
    return np.concatenate([rows.mean(axis=1), rows.max(axis=1)], axis=1)


def count_hidden(n_samples: int) -> int:
    """Hidden vectors of a recording: one per quarter second begun, but for an end of less than the slack."""
    return max(1, -(-(n_samples - SLACK_SAMPLES) // HIDDEN_SAMPLES))


class SoundStream:
    """The stream of `builtin:sounds`: windows of 5 s every 2.5 s, and a vector for every half second."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._mel = LogMelStream(MEL, floor=LOG_FLOOR_POWER)
        self._frames = [np.full((PAD_FRAMES, MEL.n_mels), np.log(LOG_FLOOR_POWER), np.float32)]
        self._n_frames = PAD_FRAMES
        self._first_frame_hidden = 0  # hidden index (in the padded stream) of the first frame still kept
        self._hidden: FloatArray | None = None  # hidden vectors not yet covered by all their windows
        self._hidden_start = 0
        self._n_hidden = 0
        self._next_window = 0
        self._next_fine = 0
        self._n_samples = 0

    def push(self, samples: FloatArray) -> EmbeddedWindows:
        """Takes mono float32 samples at 16 kHz and returns the rows they complete."""
        self._n_samples += len(samples)
        self._keep(self._mel.push(samples))
        needed = (1 + CHUNK_HIDDEN + CONTEXT_HIDDEN) * FRAMES_PER_HIDDEN
        parts = []
        while self._n_frames - self._chunk_offset() * FRAMES_PER_HIDDEN >= needed:
            self._advance(CHUNK_HIDDEN)
            parts.append(self._emit(last=False))
        return self._join(parts)

    def finish(self) -> EmbeddedWindows:
        """The last rows. Silence fills the last quarter second; a stream that got no sample has no row."""
        if self._n_samples == 0:
            return self._join([])
        self._keep(self._mel.flush())
        total = count_hidden(self._n_samples)
        self._fit_frames((1 + total) * FRAMES_PER_HIDDEN)
        while self._n_hidden < total:
            self._advance(min(CHUNK_HIDDEN, total - self._n_hidden))
        return self._join([self._emit(last=True)])

    def _keep(self, frames: FloatArray) -> None:
        if len(frames):
            self._frames.append(frames)
            self._n_frames += len(frames)

    def _chunk_offset(self) -> int:
        """Hidden vectors between the first frame kept and the next one to compute."""
        return self._n_hidden - self._first_frame_hidden

    def _fit_frames(self, n_total: int) -> None:
        """Pads or cuts the kept frames so that the padded stream holds `n_total` frames from its start."""
        frames = np.concatenate(self._frames)
        wanted = n_total - self._first_frame_hidden * FRAMES_PER_HIDDEN
        if len(frames) < wanted:
            silence = np.full((wanted - len(frames), MEL.n_mels), np.log(LOG_FLOOR_POWER), np.float32)
            frames = np.concatenate([frames, silence])
        self._frames = [frames[:wanted]]
        self._n_frames = wanted

    def _advance(self, n: int) -> None:
        """Runs the trunk for the next `n` hidden vectors, with context on both sides where there is any.

        The trunk's own vector j is centred on frame 16 j of the padded stream; vector 0 lies before the recording, so
        the recording's vector i is the trunk's i + 1.
        """
        frames = np.concatenate(self._frames) if len(self._frames) > 1 else self._frames[0]
        start = self._n_hidden + 1 - self._first_frame_hidden
        stop = min(
            (start + n + CONTEXT_HIDDEN) * FRAMES_PER_HIDDEN, len(frames) // FRAMES_PER_HIDDEN * FRAMES_PER_HIDDEN
        )
        hidden = self._networks.hidden(frames[:stop])[start : start + n]
        self._hidden = hidden if self._hidden is None else np.concatenate([self._hidden, hidden])
        self._n_hidden += n
        drop = max(0, start + n - 1 - CONTEXT_HIDDEN)
        self._frames = [frames[drop * FRAMES_PER_HIDDEN :]]
        self._n_frames = len(self._frames[0])
        self._first_frame_hidden += drop

    def _emit(self, *, last: bool) -> EmbeddedWindows:
        assert self._hidden is not None
        windows, length = self._window_starts(last)
        fine = np.arange(self._next_fine, self._n_hidden - FINE_HIDDEN + 1, FINE_HIDDEN, dtype=np.int64)
        pooled = [pool_windows(self._hidden, windows - self._hidden_start, length)] if len(windows) else []
        pooled += [pool_windows(self._hidden, fine - self._hidden_start, FINE_HIDDEN)] if len(fine) else []
        fine_start = self._next_fine
        self._next_fine += FINE_HIDDEN * len(fine)
        if last and self._next_fine < self._n_hidden:
            pooled.append(pool_windows(self._hidden, np.array([self._n_hidden - 1 - self._hidden_start]), 1))
        rows = self._networks.embed(np.concatenate(pooled)) if pooled else np.zeros((0, 1), np.float32)
        spans = np.stack([windows, windows + length], axis=1) * HIDDEN_S
        if last and len(spans):
            spans[-1, 1] = self._n_samples / MEL.rate_hz
        keep = max(0, min(self._next_window, self._next_fine) - self._hidden_start)
        keep = min(keep, max(0, self._n_hidden - WINDOW_HIDDEN - self._hidden_start))
        self._hidden, self._hidden_start = self._hidden[keep:], self._hidden_start + keep
        quantised = np.rint(rows[len(windows) :] * 127.0).astype(np.int8)
        return EmbeddedWindows(spans, rows[: len(windows)], quantised, fine_start * HIDDEN_S, FINE_HIDDEN * HIDDEN_S)

    def _window_starts(self, last: bool) -> tuple[npt.NDArray[np.int64], int]:
        """Starts of the windows that are complete now, and their length; the last one is drawn back to the end."""
        if last and self._n_hidden <= WINDOW_HIDDEN:
            if self._next_window > 0:
                return np.zeros(0, np.int64), WINDOW_HIDDEN
            self._next_window = HOP_HIDDEN
            return np.zeros(1, np.int64), self._n_hidden
        starts = np.arange(self._next_window, self._n_hidden - WINDOW_HIDDEN + 1, HOP_HIDDEN, dtype=np.int64)
        self._next_window += HOP_HIDDEN * len(starts)
        covered = self._next_window - HOP_HIDDEN + WINDOW_HIDDEN
        if last and covered < self._n_hidden:
            starts = np.append(starts, self._n_hidden - WINDOW_HIDDEN)
        return starts, WINDOW_HIDDEN

    def _join(self, parts: list[EmbeddedWindows]) -> EmbeddedWindows:
        fine_hop = FINE_HIDDEN * HIDDEN_S
        if not parts:
            empty = np.zeros((0, 0), np.float32)
            start_s = self._next_fine * HIDDEN_S
            return EmbeddedWindows(np.zeros((0, 2)), empty, np.zeros((0, 0), np.int8), start_s, fine_hop)
        if len(parts) == 1:
            return parts[0]
        return EmbeddedWindows(
            np.concatenate([part.spans for part in parts]),
            np.concatenate([part.vectors for part in parts]),
            np.concatenate([part.fine for part in parts]),
            parts[0].fine_start_s,
            fine_hop,
        )
