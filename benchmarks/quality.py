"""How well the built-in model finds sound, on clips it was not trained on, through the whole facade.

Indexes one fold of esc50 into a library of its own and asks it, with sound as the only evidence: the fifty class
names, other wordings of them, and every clip as an example. Prints mean average precision over recordings, ranked by
their best moment, with 95 % bootstrap intervals over queries.

    python benchmarks/quality.py [--data DIR] [--fold 5] [--json] [--check]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from shared_sound import add_data_option, read_manifest

import sonotheque
from sonotheque.errors import BadInputError
from sonotheque.library.library import Library
from sonotheque.models.sounds import WEIGHTS

FLOORS = {"class names": 0.75, "wordings en": 0.60, "wordings es": 0.65, "wordings zh": 0.65, "by example": 0.60}


@dataclass(frozen=True, slots=True)
class Question:
    """A query with the class of the recordings that answer it; `own` is left out of the ranking."""

    text: str | None
    like: Path | None
    label: str


def average_precision(ranked: Sequence[bool], n_relevant: int) -> float:
    """Mean of the precision at each relevant recording; those never found count as zero."""
    hits = np.flatnonzero(np.asarray(ranked, dtype=bool))
    if n_relevant == 0:
        return float("nan")
    return float((np.arange(1, len(hits) + 1) / (hits + 1)).sum() / n_relevant)


def ask(library: Library, question: Question, labels: dict[str, str]) -> float:
    """Average precision of one question over the recordings of the library."""
    result = library.search(question.text, like=question.like or (), k=2000, evidence=("sound",))
    own = str(question.like) if question.like is not None else None
    names = [name for name in dict.fromkeys(hit.shown_path for hit in result.hits) if name != own]
    n_relevant = sum(label == question.label for name, label in labels.items() if name != own)
    return average_precision([labels[name] == question.label for name in names], n_relevant)


def interval(values: npt.NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the mean."""
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (2000, len(values)))].mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def questions(data: Path, labels: dict[str, str]) -> dict[str, list[Question]]:
    """Every kind of question and its questions."""
    names = sorted(set(labels.values()))
    kinds = {"class names": [Question(name, None, name) for name in names]}
    with (data / "text" / "wordings.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["label"] in names]
    for language in ("en", "es", "zh"):
        kinds[f"wordings {language}"] = [
            Question(row["wording"], None, row["label"]) for row in rows if row["language"] == language
        ]
    kinds["by example"] = [Question(None, Path(path), label) for path, label in labels.items()]
    return kinds


def measure(data: Path, fold: str) -> dict[str, object]:
    """All figures for one fold."""
    rows = [row for row in read_manifest(data, "esc50") if row["fold"] == fold]
    labels = {str(data / "esc50" / row["path"]): row["label"] for row in rows}
    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    figures: dict[str, object] = {
        "model": f"builtin:sounds@{card['revision']}", "held out in training": card["held_out"], "fold": fold,
        "recordings": len(labels),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, sonotheque.open(folder) as library:
        library.index(sorted(labels))
        for kind, asked in questions(data, labels).items():
            values = []
            for question in asked:
                try:
                    values.append(ask(library, question, labels))
                except BadInputError:
                    values.append(0.0)
            low, high = interval(np.array(values))
            figures[kind] = {
                "map": round(float(np.mean(values)), 4),
                "low": round(low, 4),
                "high": round(high, 4),
                "n": len(values),
            }
    return figures


def main() -> int:
    """Prints the figures; with --check, exit 1 where one is under its floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    parser.add_argument("--fold", default="5")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    figures = measure(options.data.resolve(), options.fold)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(f"{figures['model']}, fold {options.fold} (held out in training: {figures['held out in training']})")
        for kind, value in figures.items():
            if isinstance(value, dict):
                print(f"  {kind:14} mAP {value['map']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]  n={value['n']}")
    missed = [kind for kind, floor in FLOORS.items() if figures[kind]["map"] < floor]  # type: ignore[index]
    if missed:
        print(f"under the floor: {', '.join(missed)}", file=sys.stderr)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
