"""A full disk: a run ends with a clear message, nothing that was reported is lost, the library works on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ingest.collection import write_sound
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.errors import UnavailableError
from sonotheque.ingest.job import IndexSettings
from sonotheque.ingest.report import Progress
from sonotheque.library.library import Library

ROOT = Path(__file__).parents[2]
SETTINGS = IndexSettings(n_workers=1, commit_every_s=0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for number in range(40):
        write_sound(folder / f"{number:02}.wav", number, 8.0)
    return folder


def open_with_plain(folder: Path) -> Library:
    library = Library(folder, create=True)
    library.__dict__["embedder"] = PlainEmbedder()
    return library


def assert_whole_afterwards(library_folder: Path, folder: Path, n_reported: int) -> None:
    """What was reported is there, and with room again the run goes on to the end."""
    with open_with_plain(library_folder) as library:
        assert library.status().n_recordings >= n_reported
        assert library.catalogue.check() == []
        report = library.index(folder, settings=SETTINGS)
        assert report.failed == []
        assert (report.n_indexed + report.n_unchanged, library.status().n_recordings) == (40, 40)
        assert library.search("07", evidence=["name"]).hits[0].path.endswith(b"07.wav")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, leave_bytes: int) -> None:
    """Uses the room of `disk` up but for `leave_bytes`."""
    free = os.statvfs(disk)
    n_bytes = max(0, free.f_bavail * free.f_bsize - leave_bytes)
    with (disk / "filler").open("wb") as file:
        file.write(b"x" * n_bytes)


@pytest.mark.parametrize("leave_kb", [0, 40, 80, 160, 320])
def test_a_disk_that_fills_up_during_a_run(small_disk: Path, folder: Path, leave_kb: int) -> None:
    told: list[Progress] = []
    library = open_with_plain(small_disk / "library")
    fill(small_disk, leave_kb * 1024)
    with library, pytest.raises(UnavailableError, match=r"full|free space|can't be written"):
        library.index(folder, settings=SETTINGS, on_progress=told.append)
    n_reported = told[-1].n_done if told else 0
    with open_with_plain(small_disk / "library") as library:  # still full, and readable
        assert library.status().n_recordings >= n_reported
        library.search("07", evidence=["name"])
    (small_disk / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert_whole_afterwards(small_disk / "library", folder, n_reported)


@pytest.mark.parametrize("leave_kb", [0, 8, 64])
def test_a_library_that_finds_no_room_says_so(small_disk: Path, leave_kb: int) -> None:
    fill(small_disk, leave_kb * 1024)
    with pytest.raises(UnavailableError, match=r"full|free space|can't be"):
        open_with_plain(small_disk / "library")
    (small_disk / "filler").unlink()
    with open_with_plain(small_disk / "library") as library:
        assert library.status().n_files == 0


def test_a_label_that_finds_no_room_says_so_and_the_others_stay(small_disk: Path, folder: Path) -> None:
    with open_with_plain(small_disk / "library") as library:
        library.index(folder / "01.wav", settings=SETTINGS)
        library.label(folder / "01.wav", "kept")
        fill(small_disk, 0)
        with pytest.raises(UnavailableError, match=r"full|free space"):
            write_labels(library, folder / "01.wav")
        (small_disk / "filler").unlink()
        segments = library.catalogue.segments_of(library.recording_at(folder / "01.wav").id)
        assert segments[0].text == "kept"
        library.label(folder / "01.wav", "again")


def write_labels(library: Library, path: Path) -> None:
    """More labels than a small disk takes."""
    for number in range(5000):
        library.label(path, f"label {number} " + "x" * 500)


LIMITED = """
import json, resource, sys
from pathlib import Path
from tests.reliability.test_full_disk import SETTINGS, open_with_plain
from sonotheque.errors import UnavailableError

told = []
def on_progress(progress):
    if not told:  # only now: decoding processes have started, and their memory counts as files
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    told.append(progress.n_done)

try:
    with open_with_plain(Path(sys.argv[1])) as library:
        library.index(sys.argv[2], settings=SETTINGS, on_progress=on_progress)
    error = None
except UnavailableError as raised:
    error = str(raised)
print(json.dumps({"error": error, "n_done": max(told)}))
"""


@pytest.mark.parametrize("limit_kb", [330, 700])
def test_a_file_that_may_not_grow(tmp_path: Path, folder: Path, limit_kb: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "library"), str(folder), str(limit_kb * 1024)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["error"] is not None
    assert "space" in told["error"]
    assert told["n_done"] < 40
    assert_whole_afterwards(tmp_path / "library", folder, told["n_done"])
