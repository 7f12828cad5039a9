"""What indexing and searching cost, beside bare decoding and beside the CLAP architecture, in one run.

Rounds of two commands in turn: two processes that only decode all files with soundfile, and `sonotheque index` on the
same files into a new library (start-up included in both). Then the index run again with nothing changed, a search from
the shell, searches in-process, and transformers' ClapModel (random weights, its own feature extractor) on a sample.

    python benchmarks/ingest.py [--data DIR] [--rounds 3] [--clap-clips 24] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from shared_sound import add_data_option, read_manifest

SETS = ("esc50", "berklee")
DECODE = """
import sys, soundfile
for path in open(sys.argv[1]).read().split("\\n"):
    soundfile.read(path, dtype="float32")
"""
QUERIES = ("dog barking", "rain on a tin roof", "church bells", "glass breaking", "guitar chord", "someone laughing",
           "door slam", "water dripping", "siren", "typing on a keyboard")  # fmt: skip


def decode_only(paths: list[str], folder: Path) -> float:
    """Seconds to decode all files with soundfile in two processes, a half each."""
    lists = []
    for part in range(2):
        name = folder / f"part{part}.txt"
        name.write_text("\n".join(paths[part::2]))
        lists.append(name)
    started = time.perf_counter()
    jobs = [subprocess.Popen([sys.executable, "-c", DECODE, str(name)]) for name in lists]
    if any(job.wait() for job in jobs):
        raise SystemExit("decoding failed")
    return time.perf_counter() - started


class PeakMemory:
    """The largest resident memory of a process and its children together, in bytes, shared pages counted once each."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak = pid, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.peak = max(self.peak, sum(map(self._pss, self._family(self.pid))))

    def _family(self, pid: int) -> list[int]:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return [pid]
        return [pid, *(member for child in children for member in self._family(int(child)))]

    @staticmethod
    def _pss(pid: int) -> int:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

    def stop(self) -> int:
        """Ends the watch and returns the peak."""
        self._stop.set()
        self._thread.join()
        return self.peak


def shell(*arguments: str) -> tuple[float, int, str]:
    """Seconds, peak bytes and output of one `sonotheque` command."""
    started = time.perf_counter()
    job = subprocess.Popen([sys.executable, "-m", "sonotheque", *arguments], stdout=subprocess.PIPE, text=True,
                           stderr=subprocess.DEVNULL)  # fmt: skip
    memory = PeakMemory(job.pid)
    output, _ = job.communicate()
    seconds = time.perf_counter() - started
    if job.returncode:
        raise SystemExit(f"sonotheque {' '.join(arguments)} ended with {job.returncode}")
    return seconds, memory.stop(), output


def clap_rate(paths: list[str]) -> float:
    """Seconds of sound per second that ClapModel embeds, features included, on all cores."""
    import soundfile
    import soxr
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(0)
    model, extractor = ClapModel(ClapConfig()).eval(), ClapFeatureExtractor(truncation="rand_trunc")
    total_s, spent_s = 0.0, 0.0
    for count, path in enumerate(paths):
        samples, rate_hz = soundfile.read(path, dtype="float32")
        started = time.perf_counter()
        at_48k = soxr.resample(samples, rate_hz, extractor.sampling_rate)
        inputs = extractor(at_48k, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        with torch.inference_mode():
            model.get_audio_features(**inputs)
        if count >= 2:
            spent_s += time.perf_counter() - started
            total_s += len(samples) / rate_hz
    return total_s / spent_s


def in_process(library: Path, rounds: int = 20) -> list[float]:
    """Seconds of every in-process search, after one of each to warm up."""
    import sonotheque

    with sonotheque.open(library) as opened:
        for query in QUERIES:
            opened.search(query)
        times = []
        for _ in range(rounds):
            for query in QUERIES:
                started = time.perf_counter()
                opened.search(query)
                times.append(time.perf_counter() - started)
    return times


def measure(data: Path, rounds: int, clap_clips: int) -> dict[str, float]:
    """Every figure; ratios are of neighbours in time."""
    rows = [
        (str(data / name / row["path"]), float(row["duration_s"])) for name in SETS for row in read_manifest(data, name)
    ]
    paths, audio_s = [path for path, _ in rows], sum(seconds for _, seconds in rows)
    figures: dict[str, float] = {"files": len(paths), "audio_min": round(audio_s / 60, 1)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decode_only(paths, folder)
        ratios, speeds, peaks = [], [], []
        for turn in range(rounds):
            bare_s = decode_only(paths, folder)
            library = folder / f"library{turn}"
            index_s, peak, _ = shell(
                "--library", str(library), "index", "--quiet", *(str(data / name) for name in SETS)
            )
            ratios.append(index_s / bare_s)
            speeds.append(audio_s / index_s)
            peaks.append(peak)
            print(
                f"round {turn + 1}: decode {bare_s:.1f} s, index {index_s:.1f} s, ratio {ratios[-1]:.2f}",
                file=sys.stderr,
            )
        again_s, _, _ = shell("--library", str(library), "index", "--quiet", *(str(data / name) for name in SETS))
        shell_s = [shell("--library", str(library), "search", query)[0] for query in QUERIES]
        times = sorted(in_process(library))
        figures |= {
            "index_over_decode": statistics.median(ratios),
            "index_over_decode_best": min(ratios),
            "index_x_real_time": statistics.median(speeds),
            "peak_mb": max(peaks) / 1e6,
            "again_s": again_s,
            "shell_search_s": statistics.median(shell_s),
            "search_p50_ms": 1e3 * times[len(times) // 2],
            "search_p95_ms": 1e3 * times[int(len(times) * 0.95)],
        }
        if clap_clips:
            clap = clap_rate(paths[:: max(1, len(paths) // clap_clips)][: clap_clips + 2])
            figures |= {"clap_x_real_time": clap, "index_over_clap": figures["index_x_real_time"] / clap}
    return {key: round(value, 4) for key, value in figures.items()}


LIMITS = {
    "index_over_decode": ("at most", 1.8), "peak_mb": ("at most", 1200.0), "again_s": ("at most", 2.0),
    "shell_search_s": ("at most", 0.7), "search_p50_ms": ("at most", 15.0), "index_over_clap": ("at least", 10.0),
}  # fmt: skip


def main() -> int:
    """Prints the figures beside their limits; with --check, exit 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clap-clips", type=int, default=24, help="0 leaves CLAP out")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    os.environ.pop("SONOTHEQUE_LIBRARY", None)
    figures = measure(options.data.resolve(), options.rounds, options.clap_clips)
    if options.json:
        print(json.dumps(figures, indent=2))
    missed = 0
    for key, value in figures.items():
        kind, limit = LIMITS.get(key, ("", 0.0))
        fits = not kind or (value <= limit if kind == "at most" else value >= limit)
        missed += not fits
        if not options.json:
            print(f"  {key:24} {value:10.3f}  {f'({kind} {limit:g})' if kind else '':18} {'' if fits else 'MISSED'}")
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
