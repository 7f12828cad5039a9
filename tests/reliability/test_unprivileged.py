"""Files and folders that may not be read.

Root may read everything, so where root runs these tests one of them runs the others again without that right.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.ingest.collection import Collection, assert_adds_up

ROOT = Path(__file__).parents[2]
NOBODY = 65_534
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PR_CAPBSET_DROP = 24


def _may_read_anything() -> bool:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0)
        return os.access(file.name, os.R_OK)


PRIVILEGED = _may_read_anything()
unprivileged = pytest.mark.skipif(PRIVILEGED, reason="root may read everything; test_without_privileges runs it")


def become_nobody() -> None:
    """Go on as a user who owns nothing."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def give_up_privileges() -> None:
    """Go on, after the next exec, as a root to whom permissions apply: for interpreters that only root may run."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "a capability can't be dropped")


def run_python(become: Callable[[], None], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        preexec_fn=become,
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not PRIVILEGED, reason="without privileges the tests below run as they are")
def test_without_privileges() -> None:
    probe = (
        "import os, pytest, sonotheque.ingest.job, tests.unit.ingest.collection; assert not os.access('{}', os.R_OK)"
    )
    folder = Path(tempfile.mkdtemp(prefix="sonotheque-unprivileged-"))
    try:
        (folder / "closed").touch(mode=0)
        for become in (become_nobody, give_up_privileges):
            os.chown(folder, *((NOBODY, NOBODY) if become is become_nobody else (0, 0)))
            try:
                if run_python(become, "-c", probe.format(folder / "closed")).returncode == 0:
                    break
            except (subprocess.SubprocessError, OSError):
                continue
        else:
            pytest.skip("this system lets no privileges be dropped in a way that leaves Python usable")
        options = ["-q", "-p", "no:cacheprovider", f"--basetemp={folder}/tests", "--override-ini=addopts="]
        ended = run_python(become, "-m", "pytest", *options, "--import-mode=importlib", str(Path(__file__)))
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


@unprivileged
def test_a_file_that_may_not_be_read_has_its_reason_and_is_read_once_it_may(collection: Collection) -> None:
    (collection.media / "a.wav").chmod(0)
    report = collection.index()
    assert collection.reasons() == {"a.wav": "can't be opened (permission denied)"}
    assert report.n_indexed == 2
    assert_adds_up(report)
    (collection.media / "a.wav").chmod(0o600)
    assert collection.index().n_indexed == 1
    assert collection.reasons() == {}


@unprivileged
def test_unchanged_files_are_not_opened(collection: Collection) -> None:
    collection.index()
    for path in collection.media.rglob("*.wav"):
        path.chmod(0)
    report = collection.index()
    assert (report.n_unchanged, report.failed) == (3, [])


@unprivileged
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


@unprivileged
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


@unprivileged
def test_a_root_that_may_not_be_listed_changes_nothing(collection: Collection) -> None:
    collection.index()
    collection.media.chmod(0)
    report = collection.index()
    assert [problem.reason for problem in report.failed] == ["can't be listed (permission denied)"]
    assert report.n_missing == 0
    collection.media.chmod(0o700)
    assert collection.paths() == {"a.wav", "b.wav", "folder/c.wav"}
    assert collection.index().n_unchanged == 3
