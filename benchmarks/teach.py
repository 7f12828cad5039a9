"""How well a label is taught from a handful of examples, through the whole facade.

Indexes one fold of esc50 into a library of its own, teaches classes from a few clips of the other folds each, and asks
for them with sound as the only evidence. Prints average precision over recordings, and how often the best hit is strong
where the class is there and where it is not. For a fair judgement give a model that was trained without the classes:

    python benchmarks/teach.py --model DIR --classes dog rain ... [--examples 5] [--repeats 5] [--data DIR] [--json]

With --as-words the label that is taught is the class's own name; without, one that means nothing, so that only the
examples can tell.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from shared_sound import add_data_option, read_manifest

from sonotheque.library.library import Library
from sonotheque.values.query import Query

LABEL = "blorpf"
FLOOR = 0.80
DEFAULT_CLASSES = ("dog", "rain", "crying baby", "clock tick", "helicopter")


@dataclass(frozen=True, slots=True)
class Trial:
    """One lesson: its class, average precision, the best chance with the class there and without it."""

    label: str
    repeat: int
    average_precision: float
    best_present: float
    best_absent: float
    left_out: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The gallery by path and the clips to teach from by class."""

    gallery: dict[str, str]
    teachers: dict[str, list[Path]]


def average_precision(ranked: list[bool], n_relevant: int) -> float:
    """Mean of the precision at each relevant recording; those never found count as zero."""
    hits = np.flatnonzero(ranked)
    return float((np.arange(1, len(hits) + 1) / (hits + 1)).sum() / n_relevant)


def gather(data: Path, classes: tuple[str, ...], fold: str) -> Bench:
    """Clips of `fold` to find and clips of the other folds to teach from."""
    rows = read_manifest(data, "esc50")
    known = {row["label"] for row in rows}
    if unknown := set(classes) - known:
        raise SystemExit(f"No class is called {', '.join(sorted(unknown))}. There are: {', '.join(sorted(known))}.")
    folder = data / "esc50"
    gallery = {str(folder / row["path"]): row["label"] for row in rows if row["fold"] == fold}
    teachers = {
        label: [folder / row["path"] for row in rows if row["label"] == label and row["fold"] != fold]
        for label in classes
    }
    return Bench(gallery, teachers)


def judge(library: Library, bench: Bench, label: str, n: int, repeat: int, *, as_words: bool) -> Trial:
    """Teaches one class from `n` clips and asks for it."""
    chosen = np.random.default_rng([repeat, len(label)]).permutation(len(bench.teachers[label]))[:n]
    name = label if as_words else LABEL
    lesson = library.teach(name, [bench.teachers[label][at] for at in chosen])
    hits = library.search(Query(name, k=5000, evidence=frozenset({"sound"}))).hits
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.shown_path] = max(best.get(hit.shown_path, 0.0), hit.score)
    ranked = sorted(best, key=lambda path: -best[path])
    relevant = [bench.gallery[path] == label for path in ranked]
    library.forget_taught(name)
    return Trial(
        label,
        repeat,
        average_precision(relevant, sum(found == label for found in bench.gallery.values())),
        max((best[path] for path, is_it in zip(ranked, relevant, strict=True) if is_it), default=0.0),
        max((best[path] for path, is_it in zip(ranked, relevant, strict=True) if not is_it), default=0.0),
        float(np.mean(lesson.detector.left_out)) if lesson.detector.left_out else float("nan"),
    )


def measure(options: argparse.Namespace) -> list[Trial]:
    """Every class, every repeat."""
    bench = gather(options.data, tuple(options.classes), options.fold)
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder), create=True, model=options.model) as library:
        library.index(sorted(bench.gallery))
        return [
            judge(library, bench, label, options.examples, repeat, as_words=options.as_words)
            for label in options.classes
            for repeat in range(options.repeats)
        ]


def report(trials: list[Trial]) -> None:
    """The figures by class, then over all."""
    write = sys.stdout.write
    write(f"{'class':<20} {'AP':>6} {'strong when there':>18} {'weak when not':>14}\n")
    for name in [*dict.fromkeys(trial.label for trial in trials), "all"]:
        own = [trial for trial in trials if name in (trial.label, "all")]
        there = np.mean([trial.best_present >= 0.5 for trial in own])
        absent = np.mean([trial.best_absent < 0.5 for trial in own])
        mean = np.mean([trial.average_precision for trial in own])
        write(f"{name:<20} {mean:>6.3f} {there:>18.0%} {absent:>14.0%}\n")


def main() -> int:
    """Measures; with --check exits with 1 below the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    parser.add_argument("--model", default="builtin:sounds", help="builtin:sounds, file:DIR or a folder of weights")
    parser.add_argument("--classes", nargs="+", default=list(DEFAULT_CLASSES), help="classes of esc50 to teach")
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5, help="different draws of the examples")
    parser.add_argument("--fold", default="5", help="fold to be searched")
    parser.add_argument("--as-words", action="store_true", help="teach under the class's own name")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 below {FLOOR}")
    options = parser.parse_args()
    if Path(options.model).is_dir():
        options.model = f"file:{options.model}"
    trials = measure(options)
    mean = float(np.mean([trial.average_precision for trial in trials]))
    if options.json:
        sys.stdout.write(json.dumps({"mean": mean, "trials": [asdict(trial) for trial in trials]}, indent=1) + "\n")
    else:
        report(trials)
    return int(options.check and mean < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
