"""Peak memory of indexing one very long file: parent and decoding processes together.

    python benchmarks/long_file.py [--hours 10] [--check]

Writes a WAV of changing noise (44.1 kHz, mono; 3.2 GB for ten hours) into a temporary folder, indexes it with the
built-in model in a process of its own, and samples the resident memory of that process and its children twenty times
a second. Memory that two of them share counts twice, so the figure is an upper bound. `--check` ends with 1 where the
peak is 1 GB or more. Needs Linux (/proc).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 44_100
LIMIT_BYTES = 1_000_000_000

INDEX = """
import json, sys
from pathlib import Path
from sonotheque.library.library import Library
with Library(Path(sys.argv[1]), create=True) as library:
    report = library.index(sys.argv[2])
    status = library.status()
print(json.dumps({"indexed": report.n_indexed, "audio_s": report.audio_s, "seconds": report.seconds,
                  "windows": status.n_windows, "library_bytes": status.size_bytes}))
"""


def write_noise(path: Path, hours: float) -> None:
    """Noise whose loudness and colour change from minute to minute."""
    rng = np.random.default_rng(1)
    minute = rng.normal(0.0, 0.1, 60 * RATE_HZ).astype(np.float32)
    n_left = round(hours * 3600 * RATE_HZ)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16", format="RF64") as file:
        while n_left > 0:
            block = np.roll(minute, rng.integers(len(minute))) * rng.uniform(0.1, 2.0)
            block += np.roll(block, int(rng.integers(1, 50)))
            file.write(block[:n_left])
            n_left -= len(block)


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    found = [pid]
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [one for child in tasks.read_text().split() for one in family(int(child))]
    return found


def resident_bytes(pid: int) -> int:
    """Resident memory of one process; 0 where it has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def watch(process: subprocess.Popen[str]) -> dict[str, int]:
    """Largest resident memory of all together, of the first process, and of the others together."""
    peak = {"all": 0, "parent": 0, "children": 0}
    while process.poll() is None:
        try:
            first, *others = (resident_bytes(pid) for pid in family(process.pid))
        except OSError:
            continue
        for name, value in (("all", first + sum(others)), ("parent", first), ("children", sum(others))):
            peak[name] = max(peak[name], value)
        time.sleep(0.05)
    return peak


def main() -> int:
    """Write, index, watch, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--folder", help="where the file and the library are made (default: the system's)")
    parser.add_argument("--check", action="store_true", help="end with 1 where the peak is 1 GB or more")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sonotheque-long-", dir=options.folder) as folder:
        path = Path(folder) / "long.wav"
        write_noise(path, options.hours)
        print(f"file: {options.hours:g} h, {RATE_HZ} Hz mono, {path.stat().st_size / 1e9:.2f} GB")
        process = subprocess.Popen(
            [sys.executable, "-c", INDEX, str(Path(folder) / "library"), str(path)], stdout=subprocess.PIPE, text=True
        )
        peak = watch(process)
        output, _ = process.communicate()
    if process.returncode:
        print(f"indexing ended with {process.returncode}")
        return 1
    told = json.loads(output)
    print(
        f"indexed: {told['audio_s'] / 3600:.2f} h in {told['seconds']:.1f} s "
        f"({told['audio_s'] / told['seconds']:.0f} x real time), {told['windows']} windows, "
        f"library {told['library_bytes'] / 1e6:.0f} MB"
    )
    megabytes = {name: round(value / 1e6) for name, value in peak.items()}
    print(f"peak resident memory: {megabytes['all']} MB together, parent {megabytes['parent']} MB, "
          f"decoding processes {megabytes['children']} MB")  # fmt: skip
    if options.check and (peak["all"] >= LIMIT_BYTES or told["indexed"] != 1):
        print("FAILED: one recording within 1 GB was wanted")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
