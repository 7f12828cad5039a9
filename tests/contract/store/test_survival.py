"""What was committed is there after the process is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sonotheque.store.catalogue import Catalogue
from sonotheque.store.embedded import EmbeddedVectors

_WRITE_UNTIL_KILLED = """
import hashlib, itertools, sys
import numpy as np
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.embedded import EmbeddedVectors
from sonotheque.values.recording import FileStamp, Recording

rng = np.random.default_rng(int(sys.argv[2]))
catalogue = Catalogue.open(sys.argv[1], create=True)
store = EmbeddedVectors(catalogue)
start = catalogue.status().n_recordings
for number in itertools.count(start):
    with catalogue.write() as writer:
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        row = writer.upsert_recording(Recording(digest, 10.0, 8000, 1, "wav", "pcm"), 1)
        writer.put_file(f"/s/{number}.wav".encode(), writer.add_root(b"/s"), FileStamp(1, 1, 1), row)
        space = writer.ensure_space("m@1", 8)
        vector = np.eye(8, dtype=np.float32)[[number % 8]] + rng.normal(0, 0.01, (1, 8))
        ids = writer.add_windows(row, space, np.array([[0.0, 5.0]]), vector)
        writer.set_stage(row, "embed", "m@1")
    print(row, ids[0], flush=True)
    if number % 10 == 9:
        store.compact(space)
"""


@pytest.mark.parametrize("seed", range(4))
def test_committed_rows_survive_a_kill(tmp_path: Path, seed: int) -> None:
    reported: list[tuple[int, int]] = []
    for turn in range(2):
        command = [sys.executable, "-c", _WRITE_UNTIL_KILLED, str(tmp_path / "library"), str(seed)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        reported.append(_read_report(child.stdout.readline()))
        time.sleep(float(np.random.default_rng((seed, turn)).uniform(0.0, 0.25)))
        child.send_signal(signal.SIGKILL)
        whole_lines = child.communicate()[0].splitlines(keepends=True)
        reported += [_read_report(line) for line in whole_lines if line.endswith("\n")]  # the kill may cut one short
    with Catalogue.open(tmp_path / "library") as catalogue:
        assert catalogue.check() == []
        space = catalogue.spaces()[0]
        placed = catalogue.recordings_by_ids(row for row, _ in reported)
        assert set(placed) == {row for row, _ in reported}
        assert catalogue.recordings_lacking("embed", "m@1") == []
        n_rows = catalogue.status().n_windows
        found = EmbeddedVectors(catalogue).search(space, np.ones((1, 8), np.float32), n_rows + 5).first()[0]
        assert {window for _, window in reported} <= set(found.tolist())
        assert len(found) == n_rows == catalogue.status().n_recordings


def _read_report(line: str) -> tuple[int, int]:
    row, window = line.split()
    return int(row), int(window)
