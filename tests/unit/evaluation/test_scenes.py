"""Scenes: the truth is what can be heard, the seed decides, and a split keeps recordings apart."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sonotheque.audio.decode import RATE_HZ, read
from sonotheque.errors import BadInputError, CorruptError, NotFoundError
from sonotheque.evaluation.scene_clips import LabelledClip, Split, check_apart, choose_clips, read_clips
from sonotheque.evaluation.scene_mixing import audible_range, cut_to_audible, find_place, make_bed, set_level
from sonotheque.evaluation.scene_truth import read_truth
from sonotheque.evaluation.scenes import SceneRecipe, make_scenes, write_wav
from sonotheque.values.span import Span
from sonotheque.values.waveform import Waveform

Array = npt.NDArray[np.float64]
QUIET = SceneRecipe(duration_s=12.0, events=(2, 3), bed_share=0.0, room_share=0.0, background_db=-60.0)


def burst(start_s: float, end_s: float, total_s: float, level: float = 0.5) -> Array:
    samples = np.zeros(round(total_s * RATE_HZ))
    first, stop = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
    samples[first:stop] = level * np.sign(np.sin(2 * np.pi * 440 * np.arange(stop - first) / RATE_HZ) + 1e-9)
    return samples


@pytest.fixture
def clips(tmp_path: Path) -> list[LabelledClip]:
    """Bursts in a second of digital silence; rain goes on for three."""
    made = []
    for label, length_s in (("dog", 0.5), ("cat", 0.8), ("bell", 1.2), ("rain", 3.0)):
        for number in range(2):
            path = tmp_path / f"{label}{number}.wav"
            write_wav(path, Waveform(burst(0.5, 0.5 + length_s, length_s + 1.0).astype(np.float32), RATE_HZ))
            made.append(LabelledClip(path, label, fold=str(number), source=f"http://{label}{number}"))
    return made


def test_silence_around_a_clip_does_not_count() -> None:
    first, stop = audible_range(burst(0.5, 1.3, 3.0), RATE_HZ)
    assert abs(first / RATE_HZ - 0.5) <= 0.02
    assert abs(stop / RATE_HZ - 1.3) <= 0.02
    assert len(cut_to_audible(np.zeros(RATE_HZ), RATE_HZ)) == 0


@pytest.mark.parametrize(("below_db", "counts"), [(25.0, True), (35.0, False)])
def test_what_is_thirty_decibels_below_the_peak_is_not_audible(below_db: float, counts: bool) -> None:
    samples = burst(1.0, 2.0, 3.0) + burst(2.0, 2.5, 3.0, 0.5 * 10 ** (-below_db / 20))
    _, stop = audible_range(samples, RATE_HZ)
    assert (stop / RATE_HZ > 2.4) == counts


def test_what_drowns_in_the_background_is_not_audible() -> None:
    samples = burst(1.0, 2.0, 3.0, 0.5) + burst(2.0, 2.5, 3.0, 0.05)
    assert audible_range(samples, RATE_HZ, bed_level=0.09)[1] / RATE_HZ == pytest.approx(2.5, abs=0.02)
    assert audible_range(samples, RATE_HZ, bed_level=0.15)[1] / RATE_HZ == pytest.approx(2.0, abs=0.02)
    assert audible_range(samples, RATE_HZ, bed_level=5.0) == (0, 0)


@pytest.mark.parametrize(("pause_s", "stays"), [(0.8, True), (1.4, False)])
def test_a_long_pause_divides_a_clip_and_the_greater_part_stays(pause_s: float, stays: bool) -> None:
    samples = burst(0.2, 2.2, 5.0) + burst(2.2 + pause_s, 2.7 + pause_s, 5.0)
    first, stop = audible_range(samples, RATE_HZ)
    assert first / RATE_HZ == pytest.approx(0.2, abs=0.02)
    assert stop / RATE_HZ == pytest.approx(2.7 + pause_s if stays else 2.2, abs=0.02)


@pytest.mark.parametrize("snr_db", [-3.0, 0.0, 12.0])
def test_an_event_stands_as_far_above_the_background_as_it_says(snr_db: float) -> None:
    event, told_db = set_level(burst(0.5, 1.5, 2.0, 0.1), 0.01, snr_db, RATE_HZ)
    true_db = 20 * np.log10(np.sqrt(np.mean(event**2)) / 0.01)
    assert told_db == pytest.approx(true_db, abs=1e-6)
    assert told_db == pytest.approx(snr_db, abs=0.1)


def test_a_bed_goes_on_without_a_hole(rng: np.random.Generator) -> None:
    clips = [np.r_[np.zeros(8000), rng.standard_normal(2 * RATE_HZ), np.zeros(8000)] for _ in range(2)]
    bed = make_bed(clips, 12 * RATE_HZ, RATE_HZ)
    levels = np.sqrt((bed.reshape(-1, RATE_HZ // 10) ** 2).mean(axis=1))
    assert len(bed) == 12 * RATE_HZ
    assert levels.min() > 0.8
    assert levels.max() < 1.2
    with pytest.raises(BadInputError, match="more than a second"):
        make_bed([np.zeros(RATE_HZ)], RATE_HZ, RATE_HZ)


def test_places_keep_their_distance_or_overlap(rng: np.random.Generator) -> None:
    taken = [(Span(4.0, 6.0), "dog")]
    for _ in range(30):
        apart = find_place(rng, 1.0, 10.0, taken, "cat", gap_s=0.5, same_gap_s=2.0, overlapping=False)
        same = find_place(rng, 1.0, 10.0, taken, "dog", gap_s=0.5, same_gap_s=2.0, overlapping=True)
        shared = find_place(rng, 1.0, 10.0, taken, "cat", gap_s=0.5, same_gap_s=2.0, overlapping=True)
        assert apart is not None
        assert shared is not None
        assert apart + 1.0 <= 3.5 or apart >= 6.5
        assert Span(shared, shared + 1.0).overlap_s(Span(4.0, 6.0)) >= 0.25
        assert same is None
    assert find_place(rng, 11.0, 10.0, [], "cat", gap_s=0.5, same_gap_s=2.0, overlapping=False) is None


def test_the_truth_is_what_is_heard(clips: list[LabelledClip], tmp_path: Path) -> None:
    made = make_scenes(clips, tmp_path / "out", n_scenes=6, recipe=QUIET)
    assert sum(len(scene.events) for scene in made.scenes) >= 12
    for scene in made.scenes:
        samples = read(tmp_path / "out" / scene.file).samples.astype(np.float64)
        assert len(samples) == round(scene.duration_s * RATE_HZ)
        inside = np.zeros(len(samples), bool)
        for event in scene.events:
            first, stop = round(event.span.start_s * RATE_HZ), round(event.span.end_s * RATE_HZ)
            inside[first:stop] = True
            assert np.abs(samples[first : first + 400]).max() > 0.0015
        bed_db = 20 * np.log10(np.sqrt(np.mean(samples[~inside] ** 2)))
        assert bed_db == pytest.approx(-60.0, abs=0.5)
        for event in scene.events:
            alone = not any(event is not other and event.span.overlap_s(other.span) for other in scene.events)
            part = samples[round(event.span.start_s * RATE_HZ) : round(event.span.end_s * RATE_HZ)]
            over_db = 10 * np.log10(np.mean(part**2) / 10 ** (bed_db / 10) - 1)
            assert event.snr_db is not None
            assert not alone or over_db == pytest.approx(event.snr_db, abs=0.5)


def test_same_seed_same_scenes_and_a_larger_set_begins_with_the_smaller(
    clips: list[LabelledClip], tmp_path: Path
) -> None:
    one = make_scenes(clips, tmp_path / "a", n_scenes=2, seed=5, recipe=QUIET)
    two = make_scenes(clips, tmp_path / "b", n_scenes=3, seed=5, recipe=QUIET)
    other = make_scenes(clips, tmp_path / "c", n_scenes=2, seed=6, recipe=QUIET)
    assert one.scenes == two.scenes[:2]
    assert one.scenes != other.scenes
    assert (tmp_path / "a" / one.scenes[1].file).read_bytes() == (tmp_path / "b" / one.scenes[1].file).read_bytes()


def test_beds_rooms_repeats_and_overlaps_are_told(clips: list[LabelledClip], tmp_path: Path) -> None:
    recipe = SceneRecipe(
        duration_s=15.0, bed_share=1.0, bed_labels=("rain",), room_share=1.0, overlap_share=1.0, repeat_share=1.0
    )
    made = make_scenes(clips, tmp_path / "out", n_scenes=4, recipe=recipe)
    for scene in made.scenes:
        [bed] = [event for event in scene.events if event.is_bed]
        assert (bed.label, bed.span, bed.snr_db) == ("rain", Span(0.0, 15.0), None)
        assert scene.room_decay_s is not None
    assert any(max(scene.counts.values()) > 1 for scene in made.scenes)
    assert any(len(pair) == 3 for scene in made.scenes for pair in scene.overlaps)
    for scene in made.scenes:
        for label in scene.counts:
            spans = [event.span for event in scene.of(label)]
            assert all(later.start_s - one.end_s >= 1.99 for one, later in itertools.pairwise(spans))
    assert read_truth(tmp_path / "out") == made.__class__(json.loads(json.dumps(made.recipe)), made.labels, made.scenes)


def test_a_truth_of_another_version_is_refused(clips: list[LabelledClip], tmp_path: Path) -> None:
    make_scenes(clips, tmp_path / "out", n_scenes=1, recipe=QUIET)
    path = tmp_path / "out" / "truth.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "version": 2}))
    with pytest.raises(CorruptError, match="scenes 2, not"):
        read_truth(tmp_path / "out")
    path.write_text("{}")
    with pytest.raises(CorruptError, match="can't be read"):
        read_truth(tmp_path / "out")
    with pytest.raises(NotFoundError, match="no scenes"):
        read_truth(tmp_path)
    with pytest.raises(BadInputError, match="not an empty folder"):
        make_scenes(clips, tmp_path / "out", n_scenes=1, recipe=QUIET)


def test_a_split_leaves_out_recordings_of_both_sides() -> None:
    rows = [("a.wav", "1", "x"), ("b.wav", "5", "x"), ("c.wav", "5", "y"), ("a.wav", "5", "z"), ("d.wav", "5", "")]
    clips = [LabelledClip(Path("/d") / name, "dog", fold=fold, source=source) for name, fold, source in rows]
    chosen = choose_clips(clips, Split("fold", ("5",)))
    assert [clip.path.name for clip in chosen] == ["c.wav", "d.wav"]
    check_apart(chosen, clips[:1])
    with pytest.raises(BadInputError, match=r"b\.wav is heard on both sides"):
        check_apart(clips[1:2], clips[:1])
    with pytest.raises(BadInputError, match="No clip lies in fold"):
        choose_clips(clips, Split("fold", ("9",)))
    with pytest.raises(BadInputError, match="shares its recording"):
        choose_clips(clips[:2], Split("fold", ("5",)))
    with pytest.raises(BadInputError, match="not by 'label'"):
        Split("label", ("dog",))


def test_scenes_of_a_fold_hold_no_clip_of_another(clips: list[LabelledClip], tmp_path: Path) -> None:
    with (tmp_path / "clips.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "fold", "source"])
        writer.writerows([clip.path.name, clip.label, clip.fold, clip.source] for clip in clips)
    chosen = choose_clips(read_clips(tmp_path / "clips.csv"), Split("fold", ("1",)))
    made = make_scenes(chosen, tmp_path / "out", n_scenes=5, recipe=SceneRecipe(duration_s=12.0, bed_labels=("rain",)))
    used = {source for scene in made.scenes for event in scene.events for source in event.source}
    assert used
    assert all(name.endswith("1.wav") for name in used)


def test_the_test_scenes_of_real_clips_share_no_recording_with_training(shared_data: Path) -> None:
    clips = read_clips(shared_data / "esc50" / "manifest.csv")
    chosen = choose_clips(clips, Split("fold", ("5",)))
    trained = [clip for clip in clips if clip.fold in ("1", "2", "3")]
    assert len(chosen) > 300
    assert not {clip.source for clip in chosen} & {clip.source for clip in trained}


def test_manifests_without_what_is_needed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("file,label\na.wav,dog\n")
    with pytest.raises(BadInputError, match="no column path"):
        read_clips(tmp_path / "m.csv")
    with pytest.raises(NotFoundError, match="no manifest"):
        read_clips(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"duration_s": 0.5}, "1 to 3600"), ({"events": (3, 2)}, "at least one event"), ({"snr_db": (9.0, 3.0)}, "lower"),
     ({"bed_share": 1.5}, "between 0 and 1"), ({"background_db": 0.0}, "at most -10")],
)  # fmt: skip
def test_impossible_recipes_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        SceneRecipe(**wrong)  # type: ignore[arg-type]
