"""Synthetic sounds are what they claim to be: measured by pitch, onsets, spectrum and envelope."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from sonotheque.audio.synthesis import SOUND_KINDS, SoundKind, find_kind, render_kind
from sonotheque.audio.synthesis.demo import (
    DEMO_PLANS,
    DEMO_QUERIES,
    TRUTH_NAME,
    DemoQuery,
    render_demo_recording,
    write_demo_library,
)
from sonotheque.audio.synthesis.impacts import footsteps, knocks_on_wood
from sonotheque.audio.synthesis.music import drum_beat, pluck_string
from sonotheque.audio.synthesis.scene import Scene, SceneEvent, compose, cut_to_audible
from sonotheque.audio.synthesis.shaping import band_pass, convolve, follow_resonances, high_pass, low_pass
from sonotheque.audio.synthesis.signals import DTMF_HZ, dtmf_dialling, morse_code
from sonotheque.audio.synthesis.sources import (
    fast_length,
    find_cycle_starts,
    make_harmonics,
    make_noise,
    place_pulses,
    ring_modes,
)
from sonotheque.audio.synthesis.tones import pure_tone
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.values.waveform import Waveform

RATE_HZ = 16_000
Array = npt.NDArray[np.float64]


def measure_power(samples: npt.NDArray[np.floating], rate_hz: int = RATE_HZ) -> tuple[Array, Array]:
    """Frequencies in Hz and the power at each."""
    spectrum = np.fft.rfft(np.asarray(samples, dtype=np.float64) * np.hanning(len(samples)))
    return np.asarray(np.fft.rfftfreq(len(samples), 1 / rate_hz), dtype=np.float64), np.abs(spectrum) ** 2


def measure_share(wave: Waveform, low_hz: float, high_hz: float) -> float:
    """The share of the energy between two frequencies."""
    frequency_hz, power = measure_power(wave.samples, wave.rate_hz)
    return float(power[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum() / power.sum())


def measure_flatness(wave: Waveform, low_hz: float = 300, high_hz: float = 6000) -> float:
    """Geometric over arithmetic mean of a spectrum averaged over 64 ms frames: near 1 for noise, near 0 for tones."""
    frames = wave.samples[: len(wave.samples) // 1024 * 1024].reshape(-1, 1024).astype(np.float64)
    power = (np.abs(np.fft.rfft(frames * np.hanning(1024), axis=1)) ** 2).mean(axis=0)
    frequency_hz = np.fft.rfftfreq(1024, 1 / wave.rate_hz)
    band = power[(frequency_hz >= low_hz) & (frequency_hz < high_hz)]
    return float(np.exp(np.log(band + 1e-12).mean()) / band.mean())


def find_peak_hz(wave: Waveform, low_hz: float = 20, high_hz: float = 8000) -> float:
    """The frequency of the strongest bin between two frequencies."""
    frequency_hz, power = measure_power(wave.samples, wave.rate_hz)
    inside = (frequency_hz >= low_hz) & (frequency_hz < high_hz)
    return float(frequency_hz[inside][np.argmax(power[inside])])


def follow_peak_hz(wave: Waveform, low_hz: float, high_hz: float, frame_s: float = 0.05) -> Array:
    """The strongest frequency in each frame."""
    n = round(frame_s * wave.rate_hz)
    starts = range(0, len(wave.samples) - n, n)
    return np.array([find_peak_hz(Waveform(wave.samples[s : s + n], wave.rate_hz), low_hz, high_hz) for s in starts])


def find_onsets(wave: Waveform, *, rise_db: float = 9.0, gap_s: float = 0.08) -> Array:
    """Times at which the energy of 10 ms leaps by `rise_db` over the loudest of the 30 ms before."""
    n = round(0.01 * wave.rate_hz)
    samples = np.concatenate([np.zeros(4 * n), wave.samples[: len(wave.samples) // n * n]]).astype(np.float64)
    level_db = 10 * np.log10((samples.reshape(-1, n) ** 2).mean(axis=1) + 1e-7)
    onsets: list[float] = []
    for frame in range(4, len(level_db)):
        leaps = level_db[frame] - level_db[frame - 3 : frame].max() > rise_db and level_db[frame] > level_db.max() - 25
        time_s = (frame - 4) * 0.01
        if leaps and (not onsets or time_s - onsets[-1] > gap_s):
            onsets.append(time_s)
    return np.array(onsets)


@pytest.mark.parametrize("kind", SOUND_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_keeps_the_promises_of_a_renderer(kind: SoundKind) -> None:
    first, again = (kind.render(np.random.default_rng(3), 2.0, RATE_HZ) for _ in range(2))
    other = kind.render(np.random.default_rng(4), 2.0, RATE_HZ)
    assert np.array_equal(first.samples, again.samples)
    assert first.samples.shape != other.samples.shape or not np.allclose(first.samples, other.samples, atol=1e-3)
    assert np.isfinite(first.samples).all()
    assert 0.3 < float(np.max(np.abs(first.samples))) <= 0.9
    assert abs(float(np.mean(first.samples))) < 0.02
    if kind.sustained:
        assert len(first.samples) == 2 * RATE_HZ
    else:
        assert 0.02 * RATE_HZ < len(first.samples) <= 2 * RATE_HZ


@pytest.mark.parametrize(("rate_hz", "duration_s"), [(8000, 0.3), (44_100, 0.5)])
def test_every_kind_renders_at_other_rates_and_short_durations(rate_hz: int, duration_s: float) -> None:
    for kind in SOUND_KINDS.values():
        wave = kind.render(np.random.default_rng(1), duration_s, rate_hz)
        assert wave.rate_hz == rate_hz
        assert len(wave.samples) <= round(duration_s * rate_hz), kind.name
        assert np.isfinite(wave.samples).all(), kind.name
        assert float(np.max(np.abs(wave.samples))) <= 0.9, kind.name


def test_the_catalogue_is_large_and_its_captions_are_its_own() -> None:
    assert len(SOUND_KINDS) >= 60
    captions = [caption for kind in SOUND_KINDS.values() for caption in kind.captions]
    assert len(set(captions)) == len(captions), "a caption describes two kinds"
    assert sum(kind.sustained for kind in SOUND_KINDS.values()) > 40


def test_bad_input_is_refused() -> None:
    with pytest.raises(NotFoundError, match="no synthetic sound named 'unicorn'"):
        find_kind("unicorn")
    with pytest.raises(BadInputError, match="positive duration, not 0"):
        render_kind("thunder", 1, 0.0)
    with pytest.raises(BadInputError, match="at least 4000 Hz, not 2000"):
        render_kind("thunder", 1, 1.0, 2000)
    with pytest.raises(BadInputError, match="5 to 10 different captions"):
        SoundKind("x", ("a", "a", "b", "c", "d"), pure_tone, True)
    with pytest.raises(BadInputError, match="needs a name"):
        SoundKind(" ", ("a", "b", "c", "d", "e"), pure_tone, True)


@pytest.mark.parametrize("frequency_hz", [220.0, 997.0, 3100.0])
def test_a_pure_tone_has_its_frequency_and_nothing_else(rng: np.random.Generator, frequency_hz: float) -> None:
    wave = pure_tone(rng, 2.0, RATE_HZ, frequency_hz=frequency_hz)
    assert find_peak_hz(wave) == pytest.approx(frequency_hz, abs=1.0)
    assert measure_share(wave, frequency_hz - 10, frequency_hz + 10) > 0.999


@pytest.mark.parametrize("n_knocks", [2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_knocks_have_the_right_number_of_onsets(n_knocks: int, seed: int) -> None:
    wave = knocks_on_wood(np.random.default_rng(seed), 5.0, RATE_HZ, n_knocks=n_knocks)
    onsets_s = find_onsets(wave)
    assert len(onsets_s) == n_knocks
    assert np.diff(onsets_s).max() - np.diff(onsets_s).min() < 0.1
    assert measure_share(wave, 60, 2500) > 0.8


def test_footsteps_come_at_the_pace(rng: np.random.Generator) -> None:
    gaps_s = np.diff(find_onsets(footsteps(rng, 8.0, RATE_HZ, steps_per_s=2.0), gap_s=0.2))
    assert float(np.median(gaps_s)) == pytest.approx(0.5, abs=0.03)


def test_a_drum_beat_has_its_tempo(rng: np.random.Generator) -> None:
    wave = drum_beat(rng, 8.0, RATE_HZ, beats_per_minute=120)
    bright = Waveform(high_pass(wave.samples.astype(np.float64), RATE_HZ, 5000).astype(np.float32), RATE_HZ)
    assert float(np.median(np.diff(find_onsets(bright)))) == pytest.approx(0.25, abs=0.015)


def test_sirens_sweep_and_alternate() -> None:
    wail = follow_peak_hz(render_kind("siren wail", 2, 6.0), 400, 1800)
    assert wail.max() / wail.min() > 1.8
    yelp, slow = (follow_peak_hz(render_kind(name, 2, 4.0), 400, 1800, 0.02) for name in ("siren yelp", "siren wail"))
    turns = [int(np.sum(np.diff(np.sign(track - np.median(track))) != 0)) for track in (yelp, slow)]
    assert turns[0] > 4 * turns[1]
    two_tone = follow_peak_hz(render_kind("two-tone siren", 2, 5.0), 340, 700)
    low, high = np.percentile(two_tone, [20, 80])
    assert high / low == pytest.approx(4 / 3, rel=0.06)


def test_sweeps_go_their_way() -> None:
    rising, falling = (follow_peak_hz(render_kind(f"{way} sweep", 1, 3.0), 50, 8000) for way in ("rising", "falling"))
    assert np.all(np.diff(rising) >= 0)
    assert rising[-1] / rising[0] > 3.5
    assert np.all(np.diff(falling) <= 0)


@pytest.mark.parametrize("name", ["heavy rain", "light rain", "rain on a roof", "applause", "white noise"])
def test_rain_and_applause_are_noise_like_and_tones_are_not(name: str) -> None:
    noise_like = min(measure_flatness(render_kind(name, seed, 4.0)) for seed in range(3))
    tonal = max(measure_flatness(render_kind(kind, 1, 4.0)) for kind in ("organ chord", "hand bell", "pure tone"))
    assert noise_like > 0.3
    assert tonal < 0.1


def test_heavier_rain_is_steadier() -> None:
    def measure_kurtosis(name: str) -> float:
        samples = render_kind(name, 5, 4.0).samples.astype(np.float64)
        return float(np.mean(samples**4) / np.mean(samples**2) ** 2)

    assert measure_kurtosis("light rain") > 1.5 * measure_kurtosis("heavy rain")


@pytest.mark.parametrize(("name", "slope_db"), [("white noise", 0.0), ("pink noise", -3.0), ("brown noise", -6.0)])
def test_coloured_noise_falls_by_its_slope(rng: np.random.Generator, name: str, slope_db: float) -> None:
    frequency_hz, power = measure_power(make_noise(rng, 8 * RATE_HZ, RATE_HZ, slope_db))
    levels_db = [
        10 * math.log10(power[(frequency_hz >= low) & (frequency_hz < 2 * low)].mean())
        for low in (125, 250, 500, 1000, 2000)
    ]
    assert np.polyfit(range(5), levels_db, 1)[0] == pytest.approx(slope_db, abs=0.4)


@pytest.mark.parametrize(
    ("name", "low_hz", "high_hz", "least"),
    [
        ("heartbeat", 20, 250, 0.9),
        ("thunder", 20, 900, 0.7),
        ("engine idling", 20, 900, 0.6),
        ("ship horn", 50, 800, 0.8),
        ("crickets", 3500, 6000, 0.9),
        ("songbird", 1500, 8000, 0.9),
        ("smoke alarm", 2700, 8000, 0.95),
        ("coins", 2000, 8000, 0.9),
        ("cuckoo", 400, 800, 0.8),
        ("steam hiss", 1200, 8000, 0.9),
        ("bee", 100, 2000, 0.9),
    ],
)
def test_sounds_lie_in_their_register(name: str, low_hz: float, high_hz: float, least: float) -> None:
    assert min(measure_share(render_kind(name, seed, 4.0), low_hz, high_hz) for seed in range(4)) > least


def test_a_touch_tone_key_has_its_two_frequencies() -> None:
    for key in "159#":
        wave = dtmf_dialling(np.random.default_rng(2), 1.0, RATE_HZ, digits=key)
        row_hz, column_hz = DTMF_HZ[key]
        assert find_peak_hz(wave, 600, 1050) == pytest.approx(row_hz, abs=12)
        assert find_peak_hz(wave, 1150, 1700) == pytest.approx(column_hz, abs=12)


def test_morse_marks_follow_the_text() -> None:
    wave = morse_code(np.random.default_rng(0), 12.0, RATE_HZ, text="SOS")
    n = round(0.005 * RATE_HZ)
    frames = wave.samples[: len(wave.samples) // n * n].reshape(-1, n)
    level = np.sqrt((frames**2).mean(axis=1))
    is_on = np.concatenate([[0], (level > 0.3 * level.max()).astype(np.int8), [0]])
    lengths = np.flatnonzero(np.diff(is_on) == -1) - np.flatnonzero(np.diff(is_on) == 1)
    assert "".join("-" if length > 2 * lengths.min() else "." for length in lengths) == "...---..."


def test_engine_pulses_come_at_the_firing_rate() -> None:
    firings_hz = np.full(2 * RATE_HZ, 25.0)
    times_s = find_cycle_starts(firings_hz, RATE_HZ)
    assert len(times_s) == pytest.approx(50, abs=1)
    assert np.allclose(np.diff(times_s), 0.04, atol=1e-4)


@pytest.mark.parametrize("frequency_hz", [82.4, 329.6, 987.8])
def test_a_plucked_string_is_in_tune_and_dies_away(rng: np.random.Generator, frequency_hz: float) -> None:
    string = pluck_string(rng, frequency_hz, 2 * RATE_HZ, RATE_HZ, decay_s=0.5)
    wave = Waveform(string.astype(np.float32), RATE_HZ)
    peaks = [find_peak_hz(wave, k * frequency_hz * 0.9, k * frequency_hz * 1.1) / k for k in (1, 2, 3)]
    assert peaks == pytest.approx([frequency_hz] * 3, rel=0.01)
    early, late = (float(np.std(string[s : s + RATE_HZ // 4])) for s in (RATE_HZ // 4, RATE_HZ * 3 // 2))
    assert late < 0.15 * early


def test_ringing_modes_equal_the_plain_formula() -> None:
    time_s = np.arange(3000) / RATE_HZ
    modes = [(440.0, 0.05, 1.0), (1234.5, 0.2, 0.5)]
    plain = np.sum([g * np.exp(-time_s / d) * np.sin(2 * np.pi * f * time_s) for f, d, g in modes], axis=0)
    assert np.allclose(ring_modes(modes, 3000, RATE_HZ), plain, atol=5e-4)
    assert not ring_modes([(7900.0, 0.1, 1.0)], 500, RATE_HZ).any(), "a mode at the Nyquist frequency must be left out"


def test_harmonics_equal_the_plain_sum_and_never_fold_back() -> None:
    time_s = np.arange(1, 4001) / RATE_HZ
    plain = np.sin(2 * np.pi * 200 * time_s) + 0.5 * np.sin(2 * np.pi * 600 * time_s)
    assert np.allclose(make_harmonics(np.full(4000, 200.0), [1.0, 0.0, 0.5], 4000, RATE_HZ), plain, atol=1e-9)
    high = make_harmonics(3000.0, [1.0] * 20, RATE_HZ, RATE_HZ)
    frequency_hz, power = measure_power(high)
    assert power[np.abs(frequency_hz - 3000) > 3010].sum() / power.sum() < 1e-6


def test_filters_pass_and_stop(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(2 * RATE_HZ)
    frequency_hz, power = measure_power(band_pass(noise, RATE_HZ, 500, 1000, order=4))
    assert power[(frequency_hz > 400) & (frequency_hz < 1250)].sum() / power.sum() > 0.9
    tone = make_harmonics(1000.0, [1.0], RATE_HZ, RATE_HZ)
    assert np.std(low_pass(tone, RATE_HZ, 1000)) / np.std(tone) == pytest.approx(math.sqrt(0.5), abs=0.02)
    assert np.std(high_pass(tone, RATE_HZ, 4000)) < 0.1 * np.std(tone)


def test_a_moving_filter_with_no_resonances_and_a_floor_of_one_changes_nothing(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(5000)
    assert np.allclose(follow_resonances(noise, RATE_HZ, [], floor=1.0), noise, atol=1e-9)


def test_convolution_equals_the_slow_one(rng: np.random.Generator) -> None:
    samples, response = rng.standard_normal(300), rng.standard_normal(70)
    assert np.allclose(convolve(samples, response), np.convolve(samples, response)[:300])
    pulses = place_pulses(np.array([0.001, 0.5, -1.0]), 2.0, 1600, RATE_HZ)
    assert pulses[16] == 2.0
    assert pulses.sum() == 2.0, "a pulse outside must be left out"


def test_fast_lengths_are_the_smallest_smooth_ones() -> None:
    def is_smooth(number: int) -> bool:
        for prime in (2, 3, 5):
            while number % prime == 0:
                number //= prime
        return number == 1

    for n in (1, 2, 7, 11, 97, 1021, 4097, 65_537):
        assert fast_length(n) == next(m for m in range(n, 2 * n + 1) if is_smooth(m))


def test_a_scene_puts_events_where_it_says(rng: np.random.Generator) -> None:
    events = [SceneEvent("white noise", 2.0, 1.5), SceneEvent("knocks on wood", 5.25, 2.0)]
    scene = compose(events, 10.0, -70.0, rng)
    assert len(scene.waveform.samples) == 10 * RATE_HZ
    assert [kind for _, kind in scene.truth] == ["white noise", "knocks on wood"]
    assert scene.truth[0].span.start_s == 2.0
    assert scene.truth[0].span.end_s == pytest.approx(3.5, abs=0.01)
    assert scene.truth[1].span.start_s == 5.25
    for span, _ in scene.truth:
        assert measure_edges(scene, span.start_s, span.end_s) > 15


def test_the_truth_leaves_out_silence_before_the_first_sound() -> None:
    for seed in range(12):
        scene = compose([SceneEvent("footsteps", 1.0, 3.0)], 5.0, -math.inf, np.random.default_rng(seed))
        first = np.abs(scene.waveform.samples[RATE_HZ : RATE_HZ + RATE_HZ // 50])
        assert float(first.max()) > 0.1 * float(np.max(np.abs(scene.waveform.samples)))


def measure_edges(scene: Scene, start_s: float, end_s: float) -> float:
    """The level within the span over that of the 0.2 s around it, in dB."""
    start, end, pad = round(start_s * RATE_HZ), round(end_s * RATE_HZ), round(0.2 * RATE_HZ)
    samples = scene.waveform.samples.astype(np.float64)
    around = np.concatenate([samples[start - pad : start], samples[end : end + pad]])
    return float(20 * np.log10(np.std(samples[start:end]) / np.std(around)))


def test_events_without_a_time_avoid_each_other(rng: np.random.Generator) -> None:
    scene = compose([SceneEvent("pure tone", None, 2.0) for _ in range(5)], 30.0, -math.inf, rng)
    spans = [span for span, _ in scene.truth]
    assert sum(a.overlap_s(b) for a, b in pairwise(spans)) == 0.0
    assert all(span.end_s <= 30.0 for span in spans)
    assert spans == sorted(spans)


def test_a_scene_cuts_at_its_end_and_stays_below_the_peak(rng: np.random.Generator) -> None:
    events = [SceneEvent("white noise", 0.0, 9.0, 12.0), SceneEvent("pure tone", 2.0, 9.0, 12.0)]
    scene = compose(events, 3.0, -30.0, rng)
    assert scene.truth[1].span.end_s == 3.0
    assert float(np.max(np.abs(scene.waveform.samples))) <= 0.9


def test_the_background_has_its_level(rng: np.random.Generator) -> None:
    quiet = compose([], 4.0, -40.0, rng).waveform.samples
    assert 20 * math.log10(float(np.std(quiet))) == pytest.approx(-40.0, abs=0.5)
    assert not compose([], 1.0, -math.inf, rng).waveform.samples.any()


def test_impossible_scenes_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(BadInputError, match="begins after the scene's end"):
        compose([SceneEvent("thunder", 5.0)], 5.0, -60.0, rng)
    with pytest.raises(BadInputError, match="at most -10 dB"):
        compose([], 5.0, 0.0, rng)
    with pytest.raises(BadInputError, match="begins at 0 or later, not -1"):
        SceneEvent("thunder", -1.0)
    with pytest.raises(BadInputError, match="positive duration"):
        SceneEvent("thunder", 1.0, 0.0)
    with pytest.raises(NotFoundError, match="unicorn"):
        compose([SceneEvent("unicorn")], 5.0, -60.0, rng)


def test_cutting_keeps_what_is_audible() -> None:
    samples = np.array([0.0, 0.001, 0.5, -0.2, 0.0, 0.02, 0.005, 0.0], dtype=np.float32)
    assert cut_to_audible(samples) == pytest.approx(np.array([1.0, -0.4, 0.0, 0.04]))
    assert len(cut_to_audible(np.zeros(5, dtype=np.float32))) == 5


def test_the_demo_library_is_written_with_its_truth(tmp_path: Path) -> None:
    sounds = write_demo_library(tmp_path / "demo", seed=5)
    truth = json.loads((tmp_path / "demo" / TRUTH_NAME).read_text(encoding="utf-8"))
    assert truth["seed"] == 5
    assert [entry["path"] for entry in truth["recordings"]] == [plan.path for plan in DEMO_PLANS]
    assert 20 <= len(sounds) <= 30
    for sound, plan in zip(sounds, DEMO_PLANS, strict=True):
        info = soundfile.info(tmp_path / "demo" / sound.path)
        assert (info.subtype, info.samplerate, info.duration) == ("PCM_16", RATE_HZ, sound.duration_s)
        assert 4 <= sound.duration_s <= 40
        assert sorted(kind for _, kind in sound.truth) == sorted(event.kind for event in plan.events)
        assert all(span.end_s <= sound.duration_s for span, _ in sound.truth)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="is a file"):
        write_demo_library(tmp_path / "file")


def test_a_demo_recording_depends_on_seed_and_plan_alone() -> None:
    plan = DEMO_PLANS[2]
    first, again, other = (render_demo_recording(plan, seed)[0].samples for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_demo_queries_have_answers_under_names_that_give_nothing_away() -> None:
    assert [query.text is None for query in DEMO_QUERIES] == [False] * 5 + [True]
    for query in DEMO_QUERIES:
        assert 1 <= len(query.expected) <= 3
        words = {word for kind in query.kinds for word in kind.split() if len(word) > 2}
        assert not any(word in path for path in query.expected for word in words)
    assert DEMO_QUERIES[-1].render_example().duration_s == 5.0
    with pytest.raises(BadInputError, match="has no example"):
        DEMO_QUERIES[0].render_example()
    with pytest.raises(BadInputError, match="No recording of the demo library"):
        DemoQuery(frozenset({"laser"}), text="laser")
    with pytest.raises(BadInputError, match="either words or an example"):
        DemoQuery(frozenset({"wind"}))
