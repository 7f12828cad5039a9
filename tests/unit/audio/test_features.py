"""Features against librosa, and against slow and obvious forms of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from sonotheque.audio import features
from sonotheque.audio.features import MelSettings
from sonotheque.errors import BadInputError

TOLERANCE = 1e-4
SETTINGS = [
    MelSettings(),
    MelSettings(htk=True),
    MelSettings(norm=None),
    MelSettings(htk=True, norm=None, f_min_hz=50.0, f_max_hz=7000.0),
    MelSettings(rate_hz=22_050, n_fft=512, win_length=400, hop_samples=160, n_mels=40),
    MelSettings(rate_hz=48_000, n_fft=2048, hop_samples=480, n_mels=128, f_max_hz=20_000.0),
    MelSettings(power=1.0),
    MelSettings(n_fft=1023, hop_samples=321, n_mels=30),
    MelSettings(n_fft=256, hop_samples=300, n_mels=13),
]


def make_signal(rng: np.random.Generator, n_samples: int = 20_000) -> npt.NDArray[np.float32]:
    """A tone in noise that grows from near silence."""
    index = np.arange(n_samples)
    signal = 0.2 * np.sin(index * 0.3) + 0.1 * rng.standard_normal(n_samples)
    return np.asarray(signal * np.linspace(1e-3, 1.0, n_samples), dtype=np.float32)


def librosa_options(settings: MelSettings) -> dict[str, Any]:
    return {
        "sr": settings.rate_hz,
        "n_fft": settings.n_fft,
        "win_length": settings.win_length,
        "hop_length": settings.hop_samples,
        "n_mels": settings.n_mels,
        "fmin": settings.f_min_hz,
        "fmax": settings.f_max_hz,
        "htk": settings.htk,
        "norm": settings.norm,
        "power": settings.power,
    }


def librosa_mfcc(samples: npt.NDArray[np.float32], n_mfcc: int) -> npt.NDArray[np.float32]:
    coefficients: npt.NDArray[np.float32] = librosa.feature.mfcc(
        y=samples, sr=16_000, n_fft=1024, hop_length=320, n_mels=64, n_mfcc=n_mfcc
    )
    return coefficients


def assert_close(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32], atol: float = TOLERANCE) -> None:
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_filterbank_equals_librosa(settings: MelSettings) -> None:
    theirs = librosa.filters.mel(
        sr=settings.rate_hz,
        n_fft=settings.n_fft,
        n_mels=settings.n_mels,
        fmin=settings.f_min_hz,
        fmax=settings.f_max_hz,
        htk=settings.htk,
        norm=settings.norm,
    )
    assert_close(features.mel_filterbank(settings), theirs, atol=1e-6)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_mel_spectrogram_equals_librosa(rng: np.random.Generator, settings: MelSettings, center: bool) -> None:
    samples = make_signal(rng)
    theirs = librosa.feature.melspectrogram(y=samples, center=center, **librosa_options(settings)).T
    ours = features.mel_spectrogram(samples, settings, center=center)
    assert theirs.max() > 0.01
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("top_db", [80.0, 30.0, None])
def test_decibels_equal_librosa(rng: np.random.Generator, top_db: float | None) -> None:
    power = (rng.random((50, 64)) ** 12 * 1e-3).astype(np.float32)
    assert_close(features.power_to_db(power, top_db=top_db), librosa.power_to_db(power, top_db=top_db))
    ours = features.power_to_db(power, ref=0.25, amin=1e-6, top_db=top_db)
    assert_close(ours, librosa.power_to_db(power, ref=0.25, amin=1e-6, top_db=top_db))


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(("n_fft", "win_length", "hop_samples"), [(1024, 1024, 320), (512, 400, 160), (1001, 999, 250)])
def test_stft_equals_librosa(
    rng: np.random.Generator, n_fft: int, win_length: int, hop_samples: int, center: bool
) -> None:
    samples = make_signal(rng)
    ours = features.stft(samples, n_fft=n_fft, hop_samples=hop_samples, win_length=win_length, center=center)
    theirs = librosa.stft(samples, n_fft=n_fft, hop_length=hop_samples, win_length=win_length, center=center).T
    assert ours.dtype == np.complex64
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)
    power = features.power_spectrogram(
        samples, n_fft=n_fft, hop_samples=hop_samples, win_length=win_length, center=center
    )
    np.testing.assert_allclose(power, np.abs(theirs) ** 2, rtol=1e-4, atol=TOLERANCE)


def test_stft_equals_the_transform_of_each_frame_alone(rng: np.random.Generator) -> None:
    samples = make_signal(rng, 130_000)  # more frames than one block holds
    window = np.hanning(1025)[:-1]
    slow = [np.fft.rfft(samples[start : start + 1024] * window) for start in range(0, 130_000 - 1023, 320)]
    ours = features.stft(samples, center=False)
    np.testing.assert_allclose(ours, np.array(slow), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("n_mfcc", [13, 20, 64])
def test_mfcc_equals_librosa(rng: np.random.Generator, n_mfcc: int) -> None:
    samples = make_signal(rng, 200_000)
    assert_close(features.mfcc(samples, n_mfcc=n_mfcc), librosa_mfcc(samples, n_mfcc).T)


@pytest.mark.parametrize(("width", "order"), [(9, 1), (9, 2), (5, 1), (3, 2), (11, 3)])
@pytest.mark.parametrize("n_frames", [11, 12, 40, 333])
def test_delta_equals_librosa(rng: np.random.Generator, width: int, order: int, n_frames: int) -> None:
    values = rng.standard_normal((n_frames, 7)).astype(np.float32) * 10
    theirs = librosa.feature.delta(values.astype(np.float64), width=width, order=order, axis=0)
    assert_close(features.delta(values, width, order), theirs)


def test_mfcc_with_deltas_equals_librosa(rng: np.random.Generator) -> None:
    samples = make_signal(rng, 200_000)
    coefficients = librosa_mfcc(samples, 20)
    deltas = [librosa.feature.delta(coefficients, order=order) for order in (1, 2)]
    assert_close(features.mfcc_with_deltas(samples), np.concatenate([coefficients, *deltas]).T)


def test_a_real_recording_equals_librosa(shared_data: Path) -> None:
    path = next(path for path in sorted((shared_data / "esc50").rglob("*")) if path.suffix in (".opus", ".ogg", ".wav"))
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    settings = MelSettings(rate_hz=rate_hz)
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=mono, **librosa_options(settings))).T
    assert_close(features.power_to_db(features.mel_spectrogram(mono, settings)), theirs, atol=2 * TOLERANCE)


def test_log_mel_is_the_natural_logarithm_over_a_floor(rng: np.random.Generator) -> None:
    samples = make_signal(rng)
    expected = np.log(features.mel_spectrogram(samples).astype(np.float64) + 1e-5)
    np.testing.assert_allclose(features.log_mel(samples, floor=1e-5), expected, rtol=0, atol=1e-5)


def test_silence_is_the_floor_and_one_sample_is_one_frame() -> None:
    np.testing.assert_allclose(features.log_mel(np.zeros(16_000)), np.log(1e-10), rtol=1e-6)
    assert features.log_mel(np.array([0.5])).shape == (1, 64)
    assert features.log_mel(np.empty(0)).shape == (0, 64)
    assert features.mfcc(np.empty(0)).shape == (0, 20)
    assert features.stft(np.empty(0)).shape == (0, 513)
    assert features.mel_spectrogram(np.zeros(1023), center=False).shape == (0, 64)


def test_a_block_used_again_keeps_nothing_of_the_signal_before(rng: np.random.Generator) -> None:
    samples = make_signal(rng)
    first = features.log_mel(samples)
    features.log_mel(np.full(100_000, 1e3, dtype=np.float32))
    np.testing.assert_array_equal(features.log_mel(samples), first)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_not_finite_are_refused(bad: float) -> None:
    samples = np.zeros(64_000, dtype=np.float32)
    samples[32_000] = bad
    with pytest.raises(BadInputError, match=r"near frame 9[89] are not finite"):
        features.log_mel(samples)
    np.testing.assert_allclose(features.log_mel(np.zeros(64_000)), np.log(1e-10), rtol=1e-6)


@pytest.mark.parametrize(
    ("samples", "message"),
    [(np.zeros((2, 100)), r"mono samples of shape \(n_samples,\), not \(2, 100\)"), (np.zeros(9, np.int16), "int16")],
)
def test_samples_must_be_mono_floats(samples: npt.NDArray[np.generic], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        features.log_mel(samples)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate_hz": 0}, "not 0 Hz"),
        ({"n_mels": 0}, "0 bands"),
        ({"hop_samples": 0}, "hop 0"),
        ({"n_fft": 1}, "n_fft 1"),
        ({"win_length": 2000}, "win_length 2000"),
        ({"win_length": 0}, "win_length 0"),
        ({"f_min_hz": -1.0}, "-1 to 8000 Hz"),
        ({"f_max_hz": 9000.0}, "0 to 9000 Hz"),
        ({"f_min_hz": 500.0, "f_max_hz": 500.0}, "500 to 500 Hz"),
        ({"f_min_hz": float("nan")}, "nan"),
        ({"norm": "l2"}, "'l2' is unknown"),
        ({"power": 0.0}, "must be positive, not 0.0"),
    ],
)
def test_impossible_settings_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        MelSettings(**options)


def test_other_impossible_options_are_refused() -> None:
    with pytest.raises(BadInputError, match="positive in single precision, not 1e-60"):
        features.log_mel(np.zeros(10), floor=1e-60)
    with pytest.raises(BadInputError, match="1 to 64 coefficients, not 65"):
        features.mfcc(np.zeros(10), n_mfcc=65)
    with pytest.raises(BadInputError, match="at least 9 frames, not"):
        features.delta(np.zeros((8, 3)))
    with pytest.raises(BadInputError, match="odd and at least 3 frames, not 8"):
        features.delta(np.zeros((20, 3)), width=8)
    with pytest.raises(BadInputError, match="order of a delta must be 1 to 8"):
        features.delta(np.zeros((20, 3)), order=0)
    with pytest.raises(BadInputError, match="top_db >= 0"):
        features.power_to_db(np.ones(3), top_db=-1.0)


def test_mel_scales_return_to_the_frequency() -> None:
    assert features.hz_to_mel(1000.0) == pytest.approx(15.0)
    assert features.hz_to_mel(1000.0, htk=True) == pytest.approx(999.9855)
    for htk in (False, True):
        for hz in (0.0, 60.0, 999.0, 1000.0, 7000.0):
            assert features.mel_to_hz(features.hz_to_mel(hz, htk=htk), htk=htk) == pytest.approx(hz)
