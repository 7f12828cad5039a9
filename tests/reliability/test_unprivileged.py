"""Files and folders that may not be read. Root may read everything, so as root these tests run again as nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.unit.ingest.collection import Collection, assert_adds_up

ROOT = Path(__file__).parents[2]
NOBODY = 65_534
IS_ROOT = os.geteuid() == 0

as_nobody = pytest.mark.skipif(IS_ROOT, reason="root may read everything; test_as_nobody runs it as nobody")


@pytest.mark.skipif(not IS_ROOT, reason="the tests below run as they are")
def test_as_nobody() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        reachable = run("-c", "import pytest, numpy, sonotheque.ingest.job, tests.unit.ingest.collection")
    except PermissionError as error:
        pytest.skip(f"nobody may not run {sys.executable}: {error}")
    if reachable.returncode:
        pytest.skip(f"nobody may not read this checkout: {reachable.stderr.strip().splitlines()[-1]}")
    folder = tempfile.mkdtemp(prefix="sonotheque-nobody-")
    try:
        os.chown(folder, NOBODY, NOBODY)
        options = ["-q", "-p", "no:cacheprovider", f"--basetemp={folder}/tests", "--override-ini=addopts="]
        ended = run("-m", "pytest", *options, "--import-mode=importlib", str(Path(__file__)))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "5 passed" in ended.stdout
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Three sounds, one of them in a folder."""
    made = Collection(tmp_path)
    for number, name in enumerate(("a.wav", "b.wav", "folder/c.wav")):
        made.write(name, number)
    return made


@as_nobody
def test_a_file_that_may_not_be_read_has_its_reason_and_is_read_once_it_may(collection: Collection) -> None:
    (collection.media / "a.wav").chmod(0)
    report = collection.index()
    assert collection.reasons() == {"a.wav": "can't be opened (permission denied)"}
    assert report.n_indexed == 2
    assert_adds_up(report)
    (collection.media / "a.wav").chmod(0o600)
    assert collection.index().n_indexed == 1
    assert collection.reasons() == {}


@as_nobody
def test_unchanged_files_are_not_opened(collection: Collection) -> None:
    collection.index()
    for path in collection.media.rglob("*.wav"):
        path.chmod(0)
    report = collection.index()
    assert (report.n_unchanged, report.failed) == (3, [])


@as_nobody
def test_from_a_folder_that_may_not_be_listed_nothing_follows(collection: Collection) -> None:
    collection.index()
    (collection.media / "folder").chmod(0)
    report = collection.index()
    assert collection.reasons() == {"folder": "can't be listed (permission denied)"}
    assert (report.n_missing, collection.paths()) == (0, {"a.wav", "b.wav", "folder/c.wav"})
    assert_adds_up(report)
    assert any("may not look" in finding.what for finding in collection.library.examine(repair=True))
    assert collection.paths() == {"a.wav", "b.wav", "folder/c.wav"}
    (collection.media / "folder").chmod(0o700)
    report = collection.index()
    assert (report.n_unchanged, report.n_indexed, collection.reasons()) == (3, 0, {})
    assert_adds_up(report)


@as_nobody
def test_files_that_may_not_be_looked_at_keep_what_is_known_of_them(collection: Collection) -> None:
    collection.index()
    collection.write("folder/new.wav", 9)
    (collection.media / "folder").chmod(0o600)
    report = collection.index()
    told = {problem.path.rpartition("/")[2]: problem.reason for problem in report.failed}
    assert told == dict.fromkeys(("c.wav", "new.wav"), "can't be looked at (permission denied)")
    assert collection.paths() == {"a.wav", "b.wav", "folder/c.wav"}
    assert_adds_up(report)
    (collection.media / "folder").chmod(0o700)
    assert collection.index().n_unchanged == 3
    assert collection.reasons() == {}


@as_nobody
def test_a_root_that_may_not_be_listed_changes_nothing(collection: Collection) -> None:
    collection.index()
    collection.media.chmod(0)
    report = collection.index()
    assert [problem.reason for problem in report.failed] == ["can't be listed (permission denied)"]
    assert report.n_missing == 0
    collection.media.chmod(0o700)
    assert collection.paths() == {"a.wav", "b.wav", "folder/c.wav"}
    assert collection.index().n_unchanged == 3
