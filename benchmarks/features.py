"""Speed and sameness of log-mel and MFCC features beside librosa, torch and kaldi-native-fbank, on one core.

Every round runs every contender once, one after another, so that other work on the machine weighs on all alike; what
is reported is the median over the rounds of each contender's speed and of its ratio to ours in the same round. `fft`
is numpy's real FFT alone over as many frames, in blocks of the same size: the bound that ours can approach.

    python benchmarks/features.py --rounds 15 --check
    python benchmarks/features.py --rounds 7 --duration-s 600 --check
    python benchmarks/features.py --json

At two minutes a whole spectrogram, which librosa and torch keep, still fits a level-3 cache of 32 MB; at ten it does
not, and blocks gain more.
"""

# ruff: noqa: E402 - the number of threads must be set before numpy is imported
from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import kaldi_native_fbank
import librosa
import numpy as np
import numpy.typing as npt
import torch

from sonotheque.audio.features import MelSettings, log_mel, mfcc_with_deltas
from sonotheque.audio.logmel import mel_decibels
from sonotheque.audio.stft import block_rows

FloatArray = npt.NDArray[np.float32]
LEAST_RATIO = {"librosa": 2.0, "kaldi-native-fbank": 10.0}
TOLERANCE = 1e-4
SETTINGS = MelSettings()
N_MFCC = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One contender's figures over all rounds: medians, and the ratio's quartiles."""

    feature: str
    contender: str
    times_real_time: float
    ours_is_times_faster: float
    ratio_low: float
    ratio_high: float
    max_difference: float | None


def make_signal(duration_s: float, seed: int = 7) -> FloatArray:
    """Noise whose level moves, and tones, float32 within [-1, 1]."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(duration_s * SETTINGS.rate_hz)) / SETTINGS.rate_hz
    noise = rng.standard_normal(len(time_s)) * 0.1 * (1.05 + np.sin(2 * np.pi * 0.1 * time_s))
    tones = sum(0.1 * np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 997.0, 4321.0))
    return np.clip(noise + tones, -1, 1).astype(np.float32)


def run_fft(n_frames: int) -> Callable[[], None]:
    """The real FFT alone of `n_frames` frames, in blocks, into a buffer."""
    n_rows = block_rows(SETTINGS.n_fft)
    frames = np.random.default_rng(1).standard_normal((n_rows, SETTINGS.n_fft), dtype=np.float32)
    spectra = np.empty((n_rows, SETTINGS.n_bins), dtype=np.complex64)

    def run() -> None:
        for start in range(0, n_frames, n_rows):
            n = min(n_rows, n_frames - start)
            np.fft.rfft(frames[:n], axis=-1, out=spectra[:n])  # type: ignore[arg-type]  # declared as double precision

    return run


def librosa_decibels(samples: FloatArray) -> FloatArray:
    """librosa's mel spectrogram in decibels, its logarithmic mel."""
    power = librosa.feature.melspectrogram(
        y=samples, sr=SETTINGS.rate_hz, n_fft=SETTINGS.n_fft, hop_length=SETTINGS.hop_samples, n_mels=SETTINGS.n_mels
    )
    return np.asarray(librosa.power_to_db(power).T, dtype=np.float32)


def librosa_mfcc_with_deltas(samples: FloatArray) -> FloatArray:
    """librosa's MFCC, delta and delta-delta."""
    coefficients = librosa.feature.mfcc(
        y=samples,
        sr=SETTINGS.rate_hz,
        n_mfcc=N_MFCC,
        n_fft=SETTINGS.n_fft,
        hop_length=SETTINGS.hop_samples,
        n_mels=SETTINGS.n_mels,
    )
    deltas = [librosa.feature.delta(coefficients, order=order) for order in (1, 2)]
    return np.concatenate([coefficients, *deltas]).T


def run_torch(samples: FloatArray) -> Callable[[], None]:
    """torch.stft, power, mel bands by a matrix product, logarithm."""
    signal = torch.from_numpy(samples)
    window = torch.hann_window(SETTINGS.n_fft)
    bank = torch.from_numpy(librosa.filters.mel(sr=SETTINGS.rate_hz, n_fft=SETTINGS.n_fft, n_mels=SETTINGS.n_mels))

    def run() -> None:
        spectra = torch.stft(
            signal, SETTINGS.n_fft, SETTINGS.hop_samples, window=window, pad_mode="constant", return_complex=True
        )
        torch.log(bank @ spectra.abs().square() + 1e-10)

    return run


def run_kaldi(samples: FloatArray, *, cepstra: bool, is_fetched: bool = True) -> Callable[[], None]:
    """kaldi-native-fbank on the same frames and bands, from an array to an array as its documentation shows.

    Without `is_fetched` only the extraction is timed: samples already a list of floats, frames left inside.
    """
    options = kaldi_native_fbank.MfccOptions() if cepstra else kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = SETTINGS.rate_hz
    options.frame_opts.dither = 0
    options.frame_opts.preemph_coeff = 0
    options.frame_opts.remove_dc_offset = False
    options.frame_opts.window_type = "hann"
    options.frame_opts.frame_length_ms = 1000 * SETTINGS.n_fft / SETTINGS.rate_hz
    options.frame_opts.frame_shift_ms = 1000 * SETTINGS.hop_samples / SETTINGS.rate_hz
    options.frame_opts.snip_edges = False
    options.mel_opts.num_bins = SETTINGS.n_mels
    options.mel_opts.low_freq = 0
    if cepstra:
        options.num_ceps = N_MFCC
        options.use_energy = False
    make = kaldi_native_fbank.OnlineMfcc if cepstra else kaldi_native_fbank.OnlineFbank
    values = samples.tolist()

    def run() -> None:
        extractor = make(options)
        extractor.accept_waveform(SETTINGS.rate_hz, samples.tolist() if is_fetched else values)
        extractor.input_finished()
        if is_fetched:
            np.stack([extractor.get_frame(index) for index in range(extractor.num_frames_ready)])

    return run


def time_rounds(contenders: dict[str, Callable[[], object]], n_rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender in each round, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_index in range(n_rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if round_index:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def summarise(feature: str, seconds: dict[str, list[float]], duration_s: float, difference: float) -> list[Row]:
    """One row for each contender; ratios are taken within a round."""
    rows = []
    for name, own in seconds.items():
        ratios = [theirs / ours for theirs, ours in zip(own, seconds["sonotheque"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        speed = duration_s / statistics.median(own)
        rows.append(Row(feature, name, speed, middle, low, high, difference if name == "librosa" else None))
    return rows


def measure(duration_s: float, n_rounds: int) -> list[Row]:
    """All figures: log-mel, then MFCC with deltas."""
    samples = make_signal(duration_s)
    fft = run_fft(1 + len(samples) // SETTINGS.hop_samples)
    log_mel_contenders: dict[str, Callable[[], object]] = {
        "sonotheque": lambda: log_mel(samples, SETTINGS),
        "fft": fft,
        "librosa": lambda: librosa_decibels(samples),
        "torch": run_torch(samples),
        "kaldi-native-fbank": run_kaldi(samples, cepstra=False),
        "  extraction alone": run_kaldi(samples, cepstra=False, is_fetched=False),
    }
    mfcc_contenders: dict[str, Callable[[], object]] = {
        "sonotheque": lambda: mfcc_with_deltas(samples, SETTINGS, n_mfcc=N_MFCC),
        "fft": fft,
        "librosa": lambda: librosa_mfcc_with_deltas(samples),
        "kaldi-native-fbank": run_kaldi(samples, cepstra=True),
        "  extraction alone": run_kaldi(samples, cepstra=True, is_fetched=False),
    }
    mel_difference = float(np.abs(mel_decibels(samples, SETTINGS) - librosa_decibels(samples)).max())
    cepstra = mfcc_with_deltas(samples, SETTINGS, n_mfcc=N_MFCC)
    mfcc_difference = float(np.abs(cepstra - librosa_mfcc_with_deltas(samples)).max())
    return [
        *summarise("log-mel", time_rounds(log_mel_contenders, n_rounds), duration_s, mel_difference),
        *summarise("mfcc+deltas", time_rounds(mfcc_contenders, n_rounds), duration_s, mfcc_difference),
    ]


def find_failures(rows: list[Row]) -> list[str]:
    """What falls short of the least ratios or differs from librosa by more than the tolerance."""
    failures = []
    for row in rows:
        least = LEAST_RATIO.get(row.contender, 0.0)
        if row.ours_is_times_faster < least:
            failures.append(
                f"{row.feature}: {row.ours_is_times_faster:.2f} x {row.contender}, at least {least:g} x is due"
            )
        if row.max_difference is not None and row.max_difference > TOLERANCE:
            failures.append(f"{row.feature}: differs from {row.contender} by {row.max_difference:.1e}")
    return failures


def format_table(rows: list[Row]) -> str:
    """The figures as aligned text."""
    lines = [f"{'feature':<12} {'contender':<20} {'x real time':>11}  {'ours / it (quartiles)':<24} max difference"]
    for row in rows:
        ratio = f"{row.ours_is_times_faster:.2f} ({row.ratio_low:.2f} to {row.ratio_high:.2f})"
        difference = "" if row.max_difference is None else f"{row.max_difference:.1e}"
        lines.append(f"{row.feature:<12} {row.contender:<20} {row.times_real_time:>11,.0f}  {ratio:<24} {difference}")
    return "\n".join(lines)


def main() -> int:
    """Parses the options, measures and prints; 1 when `--check` finds a figure that falls short."""
    parser = argparse.ArgumentParser(description="Features beside librosa, torch and kaldi-native-fbank on one core.")
    parser.add_argument("--duration-s", type=float, default=600.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a ratio or the difference falls short")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = measure(options.duration_s, options.rounds)
    failures = find_failures(rows)
    if options.json:
        settings = asdict(SETTINGS) | {"n_mfcc": N_MFCC, "duration_s": options.duration_s, "rounds": options.rounds}
        print(json.dumps({"settings": settings, "rows": [asdict(row) for row in rows], "failures": failures}, indent=2))
    else:
        print(format_table(rows))
        print("\n".join(failures) or "all ratios and differences hold")
    return 1 if options.check and failures else 0


if __name__ == "__main__":
    sys.exit(main())
