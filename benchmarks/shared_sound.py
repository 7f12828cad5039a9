"""Where the benchmarks find real sound, and what its manifests say."""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path

DEFAULT = Path(__file__).parents[2] / "shared" / "data"


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """`--data DIR`, by default $SONOTHEQUE_TEST_DATA or the folder beside the checkout."""
    default = Path(os.environ.get("SONOTHEQUE_TEST_DATA", DEFAULT))
    parser.add_argument("--data", type=Path, default=default, help="folder of sets, each with a manifest.csv")


def read_manifest(data: Path, set_name: str) -> list[dict[str, str]]:
    """The rows of a set's manifest; ends the program with a clear word where there is none."""
    path = data / set_name / "manifest.csv"
    if not path.is_file():
        raise SystemExit(f"There is no manifest at {path}: name the folder of sets with --data.")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
