"""Spectral features of sound: the one place to import them from.

Owns no code: framing, short-time Fourier transform, log-mel and cepstral coefficients each have a module beside this
one. All are mono, float32, time-major (n_frames, n_features), and equal to librosa's, transposed, to 1e-4.
"""

from __future__ import annotations

from sonotheque.audio.framing import frame, frame_count
from sonotheque.audio.logmel import LOG_FLOOR, LogMelStream, log_mel, mel_spectrogram, power_to_db
from sonotheque.audio.mel import MelSettings, hz_to_mel, mel_filterbank, mel_to_hz
from sonotheque.audio.mfcc import dct_matrix, delta, mfcc, mfcc_with_deltas
from sonotheque.audio.stft import power_spectrogram, stft

__all__ = [
    "LOG_FLOOR",
    "LogMelStream",
    "MelSettings",
    "dct_matrix",
    "delta",
    "frame",
    "frame_count",
    "hz_to_mel",
    "log_mel",
    "mel_filterbank",
    "mel_spectrogram",
    "mel_to_hz",
    "mfcc",
    "mfcc_with_deltas",
    "power_spectrogram",
    "power_to_db",
    "stft",
]
