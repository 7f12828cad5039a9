"""What a run tells: progress that only goes forward and ends at the end, and a report that adds up."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from tests.unit.ingest.collection import Collection, assert_adds_up

from sonotheque.ingest.report import IndexReport, Progress


def assert_goes_forward(told: list[Progress]) -> None:
    for earlier, later in pairwise(told):
        assert later.n_done >= earlier.n_done
        assert later.n_failed >= earlier.n_failed
        assert later.bytes_done >= earlier.bytes_done
        assert later.audio_s >= earlier.audio_s
        assert later.elapsed_s >= earlier.elapsed_s
    for progress in told:
        assert 0 <= progress.n_failed <= progress.n_done <= progress.n_files
        assert 0 <= progress.bytes_done <= progress.bytes_total


def test_progress_reaches_all_files_and_all_bytes(collection: Collection) -> None:
    for number in range(6):
        collection.write(f"{number}.wav", number)
    shutil.copy(collection.media / "1.wav", collection.media / "copy.wav")
    (collection.media / "bad.wav").write_bytes(b"words " * 999)
    (collection.media / "broken.wav").symlink_to("nowhere.wav")
    (collection.media / "unreadable.wav").mkdir()
    told: list[Progress] = []
    report = collection.index(on_progress=told.append, commit_every_s=0.0)
    assert_goes_forward(told)
    last = told[-1]
    assert (last.n_files, last.n_done, last.n_failed) == (9, 9, 2)
    assert last.bytes_done == last.bytes_total > 6 * 19_000
    assert last.audio_s == pytest.approx(3.6)
    assert last.remaining_s == 0.0
    assert len({progress.n_done for progress in told}) > 3
    assert (report.n_indexed, report.n_copies, len(report.failed)) == (6, 1, 2)
    assert_adds_up(report)


def test_bytes_are_whole_also_when_files_vanish_or_change(collection: Collection) -> None:
    for name in ("vanish", "append", "swap", "good"):
        collection.write(f"{name}.wav", len(name))
    told: list[Progress] = []
    collection.index(on_progress=told.append, worker_module="tests.unit.audio.faulty_worker")
    assert_goes_forward(told)
    assert told[-1].bytes_done == told[-1].bytes_total > 0
    assert told[-1].n_done == told[-1].n_files == 4


def test_within_one_long_file_bytes_go_forward(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonotheque.ingest.reading._PROGRESS_EVERY_S", 0.0)
    soundfile.write(collection.media / "long.wav", np.zeros(16_000 * 300, np.int16), 16_000)
    collection.write("other.wav", 1)
    told: list[Progress] = []
    # Nothing is committed before the end, so that the finished file is neither being read nor counted for a while.
    collection.index(on_progress=told.append, commit_every_s=1000.0)
    assert_goes_forward(told)
    assert told[-1].bytes_done == told[-1].bytes_total
    between = {progress.bytes_done for progress in told if 0 < progress.bytes_done < progress.bytes_total}
    assert len(between) >= 9


def test_the_report_is_what_the_catalogue_keeps_of_the_run(collection: Collection) -> None:
    collection.write("a.wav", 1)
    (collection.media / "bad.wav").touch()
    report = collection.index()
    run = collection.library.catalogue.last_run()
    assert run is not None
    assert run.ended_at is not None
    assert run.counters == report.counters()
    assert run.counters["failed"] == 1
    assert report.speed == pytest.approx(report.audio_s / report.seconds)


def test_a_run_over_everything_at_once_adds_up(collection: Collection) -> None:
    for number in range(6):
        collection.write(f"{number}.wav", number)
    (collection.media / "still_bad.wav").write_text("words")
    (collection.media / "mended.wav").write_text("words")
    collection.index()
    (collection.media / "0.wav").unlink()
    (collection.media / "1.wav").rename(collection.media / "moved.wav")
    os.utime(collection.media / "2.wav", (5, 5))
    collection.write("3.wav", 33)
    shutil.copy(collection.media / "4.wav", collection.media / "4 again.wav")
    collection.write("mended.wav", 50)
    (collection.media / "new_bad.wav").touch()
    told: list[Progress] = []
    report = collection.index(on_progress=told.append)
    assert_adds_up(report)
    assert (report.n_indexed, report.n_unchanged, report.n_moved) == (2, 3, 1)
    assert (report.n_copies, report.n_missing, len(report.failed)) == (1, 1, 2)
    assert told[-1].n_done == told[-1].n_files == 6


def test_figures_without_anything_to_go_by() -> None:
    nothing = Progress(0, 0, 0, 0, 0, 0.0, 0.0)
    assert nothing.speed == 0.0
    assert nothing.remaining_s is None
    assert IndexReport().speed == 0.0
