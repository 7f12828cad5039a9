"""How well a model finds sounds by names from a library it was not trained on.

Fold 5 of berklee is gallery and queries. Every name is asked; it is found where one of its recordings is among the
first ten. Names are told apart: some label or caption of the training clips is the very name; all of its words stand in
one caption or another; some word stands in none. For a model that heard fold 5 the figures mean nothing.

    python benchmarks/held_out_names.py [--data DIR] [--model NAME] [--fold 5] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from shared_sound import add_data_option

from sonotheque.errors import BadInputError
from sonotheque.evaluation.bootstrap import estimate_mean, plan_resampling
from sonotheque.evaluation.gallery import embed_clips, score_matrix
from sonotheque.evaluation.manifest import read_manifest
from sonotheque.evaluation.retrieval_metrics import hit_at, tie_groups
from sonotheque.models.registry import load_embedder
from sonotheque.models.sounds import MODEL_ID
from sonotheque.training.manifests import load_clips

KINDS = ("all", "seen", "of seen words", "with unseen words")
FLOORS = {"all": 0.50, "with unseen words": 0.30}
"""What the model is meant to reach."""
_WORD = re.compile(r"[a-z]+")


def words_of(text: str) -> frozenset[str]:
    """The words of a name, without regard to case."""
    return frozenset(_WORD.findall(text.lower()))


def kind_of(name: str, captions: frozenset[str], words: frozenset[str]) -> str:
    """Which of `KINDS` a name is, given what the training clips are called."""
    if name.lower().strip() in captions:
        return "seen"
    return "of seen words" if words_of(name) <= words else "with unseen words"


def learned_captions(data: Path, fold: str) -> frozenset[str]:
    """Every text that stands for a training clip, lower case."""
    texts: Iterable[str] = (text for clip in load_clips(data) if clip.fold != fold for text in clip.captions)
    return frozenset(text.lower() for text in texts)


def measure(data: Path, model: str, fold: str) -> list[dict[str, object]]:
    """A row for each kind of name: how many, the share found among ten, and its 95 % interval."""
    embedder = load_embedder(model)
    manifest = read_manifest(data / "berklee" / "manifest.csv", folds=(fold,), column="text")
    captions = learned_captions(data, fold)
    words = frozenset(word for text in captions for word in words_of(text))
    with tempfile.TemporaryDirectory() as folder:
        gallery = embed_clips(manifest.clips, embedder, Path(folder))
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for name in manifest.names:
        relevant = np.array([name in clip.names for clip in gallery.clips])
        try:
            scores = score_matrix(embedder.embed_text(name).vector[None], gallery)
            hit = float(hit_at(tie_groups(scores, relevant[None]), 10)[0])
        except BadInputError:
            hit = 0.0
        for kind in ("all", kind_of(name, captions, words)):
            found[kind].append(hit)
    rows = []
    for kind in KINDS:
        hits = np.array(found[kind])
        one = estimate_mean(hits, plan_resampling(range(len(hits))))
        rows.append({"names": kind, "n": len(hits), "hit@10": round(one.value, 3), "low": one.low, "high": one.high})
    return rows


def main() -> int:
    """Prints the table; with --check, exit 1 below the floors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    parser.add_argument("--model", default=MODEL_ID)
    parser.add_argument("--fold", default="5")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = measure(options.data.resolve(), options.model, options.fold)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{'names':18} {'n':>4}  hit@10")
        for row in rows:
            print(f"{row['names']:18} {row['n']:>4}  {row['hit@10']:.3f} [{row['low']:.3f}, {row['high']:.3f}]")
    missed = [kind for row in rows if float(str(row["hit@10"])) < FLOORS.get(kind := str(row["names"]), 0.0)]
    if missed:
        print(f"below the floor: {', '.join(missed)}", file=sys.stderr)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
