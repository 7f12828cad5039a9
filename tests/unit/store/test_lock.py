"""One index job at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sonotheque.errors import UnavailableError
from sonotheque.store.lock import LOCK_NAME, writer_lock

_HOLD = """
import sys
from sonotheque.store.lock import writer_lock
with writer_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_job_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", _HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(UnavailableError, match=f"process {child.pid}\\) is indexing"), writer_lock(tmp_path):
            pass
        child.send_signal(signal.SIGKILL)
        child.wait()
        with writer_lock(tmp_path):
            assert (tmp_path / LOCK_NAME).read_text() == f"{os.getpid()}\n"
    finally:
        child.kill()
        child.communicate()


def test_the_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with writer_lock(tmp_path):
            pass
    with pytest.raises(ValueError, match="stop"), writer_lock(tmp_path):
        raise ValueError("stop")
    with writer_lock(tmp_path), pytest.raises(UnavailableError, match="is indexing"), writer_lock(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="can't be written"), writer_lock(tmp_path / "none"):
        pass
