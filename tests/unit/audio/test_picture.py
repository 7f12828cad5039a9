"""Pictures show what they claim: peaks, bands, ticks and marks lie where they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sonotheque.audio import picture
from sonotheque.audio.picture import MARGIN_LEFT, MARGIN_RIGHT, MarkedSpan, draw, save_png
from sonotheque.errors import BadInputError
from sonotheque.values.span import Span
from sonotheque.values.waveform import Waveform

RATE_HZ = 16_000


def make_tone(frequency_hz: float, duration_s: float, start_s: float = 0.0, rate_hz: int = RATE_HZ) -> Waveform:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return Waveform((0.5 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32), rate_hz, start_s)


def test_a_picture_has_the_size_asked_for() -> None:
    assert draw(make_tone(440, 1.0)).size == (1200, 520)
    assert draw(make_tone(440, 1.0), width_px=500, height_px=300).size == (500, 300)


def test_peaks_equal_the_slow_ones(rng: np.random.Generator) -> None:
    samples = rng.standard_normal(1000).astype(np.float32)
    lows, highs, rms = picture.reduce_to_peaks(samples, 10)
    parts = samples.reshape(10, 100)
    assert np.array_equal(lows, parts.min(axis=1))
    assert np.array_equal(highs, parts.max(axis=1))
    assert np.allclose(rms, np.sqrt((parts**2).mean(axis=1)), rtol=1e-5)


def test_no_sample_is_lost_when_columns_do_not_divide_the_length() -> None:
    samples = np.zeros(997, dtype=np.float32)
    samples[-1] = 1.0
    assert picture.reduce_to_peaks(samples, 100)[1][-1] == 1.0
    lows, highs, _ = picture.reduce_to_peaks(np.array([0.25, -0.5], dtype=np.float32), 7)
    assert (lows.min(), highs.max()) == (-0.5, 0.25)


@pytest.mark.parametrize(("frequency_hz", "rate_hz"), [(300, 16_000), (2000, 16_000), (5000, 44_100), (1000, 8000)])
def test_the_spectrogram_shows_a_tone_in_its_band(frequency_hz: float, rate_hz: int) -> None:
    level_db = picture.measure_mel_columns(make_tone(frequency_hz, 2.0, rate_hz=rate_hz), 400)
    top_mel = 2595 * np.log10(1 + rate_hz / 2 / 700)
    expected = 2595 * np.log10(1 + frequency_hz / 700) / top_mel * (picture.N_MELS + 1) - 1
    assert level_db.shape[0] == picture.N_MELS
    assert abs(int(np.argmax(level_db.mean(axis=1))) - expected) <= 1.5


def test_the_spectrogram_of_noise_has_no_empty_band(rng: np.random.Generator) -> None:
    for rate_hz in (8000, 16_000, 48_000, 192_000):
        noise = Waveform(rng.standard_normal(rate_hz).astype(np.float32), rate_hz)
        level_db = picture.measure_mel_columns(noise, 300).mean(axis=1)
        assert level_db.min() > level_db.max() - 40


def test_a_long_sound_takes_no_more_columns_and_keeps_its_times() -> None:
    samples = np.zeros(4000 * 3600, dtype=np.float32)
    samples[4000 * 1800 : 4000 * 1860] = make_tone(500, 60, rate_hz=4000).samples
    level_db = picture.measure_mel_columns(Waveform(samples, 4000), 1000)
    assert 900 <= level_db.shape[1] <= 1000
    loud = np.flatnonzero(level_db.max(axis=0) > level_db.max() - 20) / level_db.shape[1] * 3600
    assert 1790 <= loud.min() <= 1805
    assert 1850 <= loud.max() <= 1865


def test_colours_grow_lighter_evenly() -> None:
    table = picture.make_colour_table().astype(np.float64) / 255
    linear = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    lightness = np.cbrt(linear @ np.array([0.2126, 0.7152, 0.0722]))
    assert np.all(np.diff(lightness) > -0.002)
    assert lightness[-1] - lightness[0] > 0.7
    assert np.abs(np.diff(picture.make_colour_table().astype(int), axis=0)).max() <= 12


@pytest.mark.parametrize(
    ("duration_s", "step_s"), [(0.05, 0.01), (5, 0.5), (40, 5), (60, 5), (3600, 300), (86_400, 7200), (10**7, 864_000)]
)
def test_ticks_are_round_and_few(duration_s: float, step_s: float) -> None:
    assert picture.choose_tick_step(duration_s, 12) == pytest.approx(step_s)


@pytest.mark.parametrize(
    ("time_s", "step_s", "text"),
    [
        (5, 1, "0:05"),
        (65, 5, "1:05"),
        (3723, 1, "1:02:03"),
        (0.25, 0.05, "0:00.25"),
        (59.95, 0.1, "1:00.0"),
        (1.5, 0.5, "0:01.5"),
    ],
)
def test_ticks_are_clock_times(time_s: float, step_s: float, text: str) -> None:
    assert picture.format_tick(time_s, step_s) == text


def find_changed_columns(plain: Image.Image, marked: Image.Image, row: int) -> list[int]:
    changed = np.any(np.asarray(plain)[row] != np.asarray(marked)[row], axis=1)
    return [int(column) for column in np.flatnonzero(changed)]


def test_a_mark_lies_at_its_times_counted_from_the_start_of_the_recording() -> None:
    wave = make_tone(440, 10.0, start_s=100.0)
    marked = draw(wave, spans=[MarkedSpan(Span(102.0, 105.0), "tone", 0.9)])
    columns = find_changed_columns(draw(wave), marked, row=400)
    width = 1200 - MARGIN_LEFT - MARGIN_RIGHT
    assert columns[0] == pytest.approx(MARGIN_LEFT + 0.2 * width, abs=1.5)
    assert columns[-1] == pytest.approx(MARGIN_LEFT + 0.5 * width, abs=1.5)


def test_marks_outside_are_left_out_and_those_across_the_edge_are_cut() -> None:
    wave = make_tone(440, 10.0, start_s=100.0)
    outside = [MarkedSpan(Span(0.0, 100.0), "before"), MarkedSpan(Span(110.0, 120.0), "after")]
    assert np.array_equal(np.asarray(draw(wave)), np.asarray(draw(wave, spans=outside)))
    columns = find_changed_columns(draw(wave), draw(wave, spans=[MarkedSpan(Span(109.0, 500.0), "")]), row=400)
    assert columns[-1] == 1200 - MARGIN_RIGHT - 1


def test_a_score_of_zero_is_shown() -> None:
    wave = make_tone(440, 10.0)
    none, zero = (draw(wave, spans=[MarkedSpan(Span(1.0, 9.0), "x", score)]) for score in (None, 0.0))
    assert not np.array_equal(np.asarray(none), np.asarray(zero))


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(1),
        np.array([np.nan, np.inf, -np.inf, 0.5]),
        np.zeros(16_000),
        np.full(3, -1.0),
        np.array([1e30, np.nan] * 999),
    ],
)
def test_odd_sounds_can_be_drawn(samples: npt.NDArray[np.float64]) -> None:
    assert draw(Waveform(samples.astype(np.float32), RATE_HZ)).getbbox() is not None


def test_odd_texts_can_be_drawn() -> None:
    wave = make_tone(440, 2.0)
    marks = [
        MarkedSpan(Span(0.1 * k, 0.1 * k + 0.5), "line\nbreak \udcff 雨 " + "long " * 60, k / 10) for k in range(12)
    ]
    assert draw(wave, spans=marks, title="x" * 5000 + "\n\x00\udc80", width_px=320, height_px=200).size == (320, 200)


def test_bad_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="has no samples"):
        draw(Waveform(np.zeros(0, dtype=np.float32), RATE_HZ))
    with pytest.raises(BadInputError, match="not 100 x 520"):
        draw(make_tone(440, 1.0), width_px=100)
    with pytest.raises(BadInputError, match=r"written as PNG, not 'x\.jpg'"):
        save_png(draw(make_tone(440, 1.0)), tmp_path / "x.jpg")


def test_a_picture_is_saved(tmp_path: Path) -> None:
    image = draw(make_tone(440, 1.0), title="a tone")
    save_png(image, tmp_path / "tone.png")
    with Image.open(tmp_path / "tone.png") as read:
        assert read.format == "PNG"
        assert np.array_equal(np.asarray(read.convert("RGB")), np.asarray(image))
