"""Indexing again: what is read, what is kept, what is hidden."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.unit.ingest.collection import Collection, assert_adds_up
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.errors import NotFoundError, UnavailableError
from sonotheque.ingest import hashing
from sonotheque.ingest.walk import FoundFile, Selection
from sonotheque.store.lock import writer_lock


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were opened for hashing, which comes before anything else that opens them."""
    names: list[str] = []
    real = hashing.hash_file

    def note(found: FoundFile, stop: object = None) -> hashing.HashedFile:
        names.append(Path(os.fsdecode(found.path)).name)
        return real(found)

    monkeypatch.setattr(hashing, "hash_file", note)
    return names


def test_a_second_run_costs_a_stat_and_opens_nothing(collection: Collection, hashed: list[str]) -> None:
    for number in range(5):
        collection.write(f"{number}.wav", number)
    first = collection.index()
    assert (first.n_found, first.n_indexed, first.failed) == (5, 5, [])
    assert first.audio_s == pytest.approx(3.0)
    hashed.clear()
    collection.embedder.n_streams = 0
    again = collection.index()
    assert (again.n_found, again.n_unchanged, again.n_indexed) == (5, 5, 0)
    assert hashed == []
    assert collection.embedder.n_streams == 0
    assert_adds_up(again)


def test_every_window_of_every_recording_is_stored(collection: Collection) -> None:
    path = collection.write("a.wav", 1, 2.25)
    collection.index()
    space = collection.library.catalogue.spaces()[0]
    rows = collection.library.catalogue.windows_of(collection.recording_id(path), space)
    np.testing.assert_allclose(rows.starts_s, [0.0, 0.5, 1.0, 1.5, 2.0])
    assert rows.ends_s[-1] == pytest.approx(2.25)
    frames = collection.library.catalogue.frames(space, [collection.recording_id(path)])
    assert len(frames[collection.recording_id(path)].codes) == 5


def test_moved_and_renamed_files_keep_their_index_and_labels(collection: Collection) -> None:
    old = collection.write("old/name.wav", 1)
    collection.write("stays.wav", 2)
    collection.index()
    collection.library.label(old, "thunder")
    recording_id = collection.recording_id(old)
    new = collection.media / "new" / "other.wav"
    new.parent.mkdir()
    old.rename(new)
    collection.embedder.n_streams = 0
    report = collection.index()
    assert (report.n_moved, report.n_unchanged, report.n_missing, report.n_copies) == (1, 1, 0, 0)
    assert_adds_up(report)
    assert collection.embedder.n_streams == 0
    assert collection.recording_id(new) == recording_id
    assert [s.text for s in collection.library.catalogue.segments_of(recording_id)] == ["thunder"]
    assert collection.paths() == {"new/other.wav", "stays.wav"}
    assert collection.library.status().n_missing == 0


def test_two_copies_that_move_together_are_both_moved(collection: Collection) -> None:
    for name in ("a/1.wav", "a/2.wav", "b.wav"):
        collection.write(name, 3 if name.startswith("a") else 4)
    collection.index()
    (collection.media / "a").rename(collection.media / "c")
    report = collection.index()
    assert (report.n_moved, report.n_missing, report.n_copies) == (2, 0, 0)
    assert collection.paths() == {"c/1.wav", "c/2.wav", "b.wav"}
    assert_adds_up(report)


def test_a_file_that_was_missing_for_a_while_and_turns_up_elsewhere_has_moved(collection: Collection) -> None:
    path = collection.write("a.wav", 1)
    collection.write("b.wav", 2)
    collection.index()
    parked = path.rename(collection.base / "parked")
    assert collection.index().n_missing == 1
    parked.rename(collection.media / "c.wav")
    report = collection.index()
    assert (report.n_moved, report.n_missing) == (1, 0)
    assert collection.library.status().n_missing == 0


def test_files_that_swap_their_names_swap_their_recordings(collection: Collection) -> None:
    one, two = collection.write("1.wav", 1), collection.write("2.wav", 2, 0.9)
    collection.index()
    ids = collection.recording_id(one), collection.recording_id(two)
    parked = one.rename(collection.base / "parked")
    two.rename(one)
    parked.rename(two)
    report = collection.index()
    assert (collection.recording_id(one), collection.recording_id(two)) == ids[::-1]
    assert report.n_indexed == 0
    assert_adds_up(report)


def test_a_changed_file_is_redone_and_its_old_label_waits_for_its_old_content(collection: Collection) -> None:
    path = collection.write("a.wav", 1)
    collection.index()
    old_id = collection.recording_id(path)
    collection.library.label(path, "old")
    content = path.read_bytes()
    collection.write("a.wav", 9, 1.1)
    report = collection.index()
    assert report.n_indexed == 1
    assert collection.recording_id(path) != old_id
    assert collection.library.catalogue.segments_of(collection.recording_id(path)) == []
    path.write_bytes(content)
    collection.index()
    assert collection.recording_id(path) == old_id
    assert [s.text for s in collection.library.catalogue.segments_of(old_id)] == ["old"]


def test_a_touched_file_is_hashed_and_nothing_more(collection: Collection, hashed: list[str]) -> None:
    path = collection.write("a.wav", 1)
    collection.index()
    os.utime(path, (1, 1))
    hashed.clear()
    collection.embedder.n_streams = 0
    report = collection.index()
    assert (report.n_unchanged, report.n_indexed, hashed) == (1, 0, ["a.wav"])
    assert collection.embedder.n_streams == 0
    hashed.clear()
    collection.index()
    assert hashed == []
    assert_adds_up(report)


def test_a_missing_file_is_hidden_from_search_and_back_when_it_returns(
    collection: Collection, hashed: list[str]
) -> None:
    path = collection.write("whistle.wav", 1)
    collection.write("drum.wav", 2)
    collection.index()
    parked = path.rename(collection.base / "parked")
    report = collection.index()
    assert report.n_missing == 1
    assert [hit.path for hit in collection.library.search("whistle", evidence=["name"]).hits] == []
    assert all(b"whistle" not in hit.path for hit in collection.library.search("whistle", k=9).hits)
    parked.rename(path)
    hashed.clear()
    back = collection.index()
    assert hashed == []
    assert (back.n_unchanged, back.n_missing) == (2, 0)
    assert any(b"whistle" in hit.path for hit in collection.library.search("whistle").hits)


@pytest.mark.parametrize("how", ["absent", "empty"])
def test_from_a_root_that_is_absent_or_empty_nothing_follows(collection: Collection, how: str) -> None:
    drive, other = collection.base / "drive", collection.write("other.wav", 1)
    drive.mkdir()
    (drive / "a.wav").write_bytes(collection.write("b.wav", 2).read_bytes())
    collection.index(collection.media, drive)
    before = collection.paths()
    drive.rename(collection.base / "unplugged")
    if how == "empty":
        drive.mkdir()
    report = collection.index(collection.media, drive)
    assert report.n_missing == 0
    assert collection.paths() == before
    assert [note for note in report.notes if "stays as it is" in note]
    assert other.is_file()


def test_when_no_root_is_there_it_says_so_and_leaves_no_trace(collection: Collection) -> None:
    with pytest.raises(NotFoundError, match=r"no file or folder at .*/nowhere"):
        collection.index(collection.base / "nowhere")
    assert collection.library.catalogue.roots() == []
    assert collection.library.catalogue.last_run() is None


def test_identical_copies_are_embedded_once_and_all_answer(collection: Collection) -> None:
    first = collection.write("one/rain.wav", 1)
    for name in ("two/water.wav", "three.wav"):
        (collection.media / name).parent.mkdir(exist_ok=True)
        shutil.copy(first, collection.media / name)
    report = collection.index()
    assert (report.n_indexed, report.n_copies, collection.embedder.n_streams) == (1, 2, 1)
    assert_adds_up(report)
    assert len(collection.library.recording_at(first).paths) == 3
    assert {bytes(hit.path) for hit in collection.library.search("water", evidence=["name"]).hits}
    later = collection.media / "four.wav"
    shutil.copy(first, later)
    report = collection.index()
    assert (report.n_copies, report.n_indexed, collection.embedder.n_streams) == (1, 0, 1)
    first.unlink()
    assert collection.index().n_missing == 1
    assert collection.library.recording_at(later).id


def test_overlapping_roots_see_each_file_once(collection: Collection) -> None:
    collection.write("deep/a.wav", 1)
    collection.write("b.wav", 2)
    report = collection.index(collection.media, collection.media / "deep", collection.media / "deep" / "a.wav")
    assert (report.n_found, report.n_indexed, report.notes) == (2, 2, [])
    again = collection.index(collection.media / "deep", collection.media)
    assert (again.n_found, again.n_unchanged, again.n_missing, again.notes) == (2, 2, 0, [])
    collection.write("deep/c.wav", 3)
    (collection.media / "deep" / "a.wav").unlink()
    assert collection.index(collection.media / "deep").n_missing == 1
    assert collection.paths() == {"deep/c.wav", "b.wav"}


def test_files_left_out_by_a_pattern_are_not_taken_for_gone(collection: Collection) -> None:
    collection.write("a.wav", 1)
    collection.write("b.wav", 2)
    collection.index()
    report = collection.index(selection=Selection(exclude=("b.*",)))
    assert (report.n_found, report.n_missing) == (1, 0)
    assert collection.paths() == {"a.wav", "b.wav"}


def test_a_failure_is_not_tried_again_until_asked_or_changed(collection: Collection, hashed: list[str]) -> None:
    bad = collection.media / "bad.wav"
    bad.write_text("no sound at all\n" * 20)
    collection.write("good.wav", 1)
    assert len(collection.index().failed) == 1
    hashed.clear()
    report = collection.index()
    assert hashed == []
    assert [problem.reason for problem in report.failed] == ["is not sound: it looks like text"]
    assert_adds_up(report)
    collection.index(retry=True)
    assert hashed == ["bad.wav"]
    collection.write("bad.wav", 2)
    assert collection.index().failed == []
    assert collection.reasons() == {}


def test_a_failed_file_that_is_deleted_leaves_no_failure_behind(collection: Collection) -> None:
    bad = collection.media / "bad.wav"
    bad.write_bytes(b"")
    collection.write("good.wav", 1)
    collection.index()
    assert "bad.wav" in collection.reasons()
    bad.unlink()
    report = collection.index()
    assert (report.n_missing, report.failed, collection.reasons()) == (0, [], {})
    assert collection.library.status().n_missing == 0


def test_a_second_job_is_refused_while_one_runs(collection: Collection) -> None:
    collection.write("a.wav", 1)
    with (
        writer_lock(collection.library.folder),
        pytest.raises(UnavailableError, match=f"process {os.getpid()}.* is indexing"),
    ):
        collection.index()
    assert collection.index().n_indexed == 1


def test_refresh_embeds_again_only_what_lacks_and_drops_the_old_space(collection: Collection) -> None:
    for number in range(3):
        collection.write(f"{number}.wav", number)
    collection.index()
    old_space = collection.embedder.card.space_name
    collection.use(PlainEmbedder("2"))
    collection.write("new.wav", 7)
    report = collection.index()
    assert (report.n_indexed, report.n_unchanged) == (1, 3)
    assert [note for note in report.notes if "3 recordings were embedded by another model" in note]
    assert collection.library.out_of_date() == 3
    assert any(b"1.wav" in hit.path for hit in collection.library.search("1", evidence=["name"]).hits)
    collection.embedder.n_streams = 0
    report = collection.index(refresh=True)
    assert (report.n_indexed, report.n_unchanged, collection.embedder.n_streams) == (3, 1, 3)
    assert_adds_up(report)
    assert collection.library.out_of_date() == 0
    assert [space.name for space in collection.library.catalogue.spaces()] == [collection.embedder.card.space_name]
    assert old_space != collection.embedder.card.space_name
    collection.embedder.n_streams = 0
    assert collection.index(refresh=True).n_unchanged == 4
    assert collection.embedder.n_streams == 0


def test_a_refresh_that_cannot_reach_a_file_keeps_what_is_known_of_it(collection: Collection) -> None:
    collection.write("a.wav", 1, peak=0.9)
    collection.write("b.wav", 2)
    collection.index()
    before = collection.paths()
    collection.use(PlainEmbedder("2", refuse_above=0.8))
    report = collection.index(refresh=True)
    assert [problem.reason for problem in report.failed] == ["can't be embedded (ValueError: too loud for this model)"]
    assert collection.paths() == before
    assert len(collection.library.catalogue.spaces()) == 2
    assert collection.library.out_of_date() == 1


def test_a_moved_and_outdated_file_counts_once(collection: Collection) -> None:
    path = collection.write("a.wav", 1)
    collection.write("b.wav", 2)
    collection.index()
    collection.use(PlainEmbedder("2"))
    path.rename(path.with_name("c.wav"))
    report = collection.index(refresh=True)
    assert (report.n_indexed, report.n_moved, report.n_copies, report.n_missing) == (2, 0, 0, 0)
    assert_adds_up(report)


def test_a_label_written_during_a_job_is_kept(collection: Collection) -> None:
    for number in range(8):
        collection.write(f"{number}.wav", number)
    first = collection.media / "0.wav"
    labelled: list[int] = []

    def on_progress(progress: object) -> None:
        if "0.wav" in collection.paths() and not labelled:
            labelled.append(collection.library.label(first, "written meanwhile"))

    collection.index(on_progress=on_progress, commit_every_s=0.0)
    assert labelled
    texts = [s.text for s in collection.library.catalogue.segments_of(collection.recording_id(first))]
    assert texts == ["written meanwhile"]


def test_no_path_means_all_roots(collection: Collection, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(collection.write("a.wav", 1), other / "b.wav")
    collection.index(collection.media, other)
    report = collection.library.index()
    assert (report.n_found, report.n_unchanged) == (2, 2)
