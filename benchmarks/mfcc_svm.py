"""How far the built-in model is ahead of what one builds in an afternoon: MFCC statistics and a support vector machine.

The machine is trained on folds 1 to 3 of esc50 and names the clips of fold 5; the built-in model names the same clips
by the nearest of their labels, through `sonotheque.evaluation`. Prints accuracy with 95 % bootstrap intervals over
clips, for all fifty classes and for the ten of esc10 (there the machine is trained on those ten alone).

    python benchmarks/mfcc_svm.py [--data DIR] [--model NAME] [--cache DIR] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import soundfile
from shared_sound import add_data_option
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sonotheque.evaluation.bootstrap import Estimate, compare_paired, estimate_mean, plan_resampling
from sonotheque.evaluation.gallery import embed_clips
from sonotheque.evaluation.manifest import Clip, read_manifest
from sonotheque.evaluation.tagging import measure_tagging
from sonotheque.models.registry import load_embedder
from sonotheque.models.sounds import MODEL_ID

TRAINED_ON = ("1", "2", "3")
JUDGED_ON = ("5",)
AHEAD = 0.25
"""What the model promises to be ahead by, in accuracy."""
N_MFCC = 20


def describe(path: Path) -> npt.NDArray[np.float32]:
    """Mean, deviation, least and greatest of 20 MFCC and of their first and second changes in time, (240,)."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mfcc = librosa.feature.mfcc(y=samples.mean(axis=1), sr=rate_hz, n_mfcc=N_MFCC)
    tracks = np.concatenate([mfcc, librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)])
    parts = [tracks.mean(axis=1), tracks.std(axis=1), tracks.min(axis=1), tracks.max(axis=1)]
    return np.concatenate(parts).astype(np.float32)


def name_clips(train: tuple[Clip, ...], judged: tuple[Clip, ...], described: dict[Path, npt.NDArray[np.float32]]) -> (
    npt.NDArray[np.float64]
):  # fmt: skip
    """1 for each judged clip that the machine names rightly, else 0; (n_judged,)."""
    machine = make_pipeline(StandardScaler(), SVC(C=10.0, gamma="scale"))
    machine.fit(np.stack([described[clip.path] for clip in train]), [clip.names[0] for clip in train])
    guesses = machine.predict(np.stack([described[clip.path] for clip in judged]))
    return np.array([float(guess == clip.names[0]) for guess, clip in zip(guesses, judged, strict=True)])


def measure(data: Path, model: str, cache: Path) -> list[dict[str, object]]:
    """A row for all classes and one for esc10."""
    path, embedder = data / "esc50" / "manifest.csv", load_embedder(model)
    everything = read_manifest(path, folds=TRAINED_ON + JUDGED_ON).clips
    described = {clip.path: describe(clip.path) for clip in everything}
    rows: list[dict[str, object]] = []
    for title, groups in (("all fifty", ()), ("esc10", ("esc10",))):
        train = read_manifest(path, folds=TRAINED_ON, groups=groups).clips
        gallery = embed_clips(read_manifest(path, folds=JUDGED_ON, groups=groups).clips, embedder, cache)
        ours = measure_tagging(embedder.card.space_name, embedder, gallery, "label")
        theirs = name_clips(train, gallery.clips, described)
        ahead = compare_paired(theirs, ours.is_right, range(len(theirs)))
        svm = estimate_mean(theirs, plan_resampling(range(len(theirs))))
        rows.append(
            {
                "classes": title, "clips": len(theirs), "mfcc_svm": _fields(svm),
                "model": _fields(ours.figures["accuracy"]), "ahead": round(ahead.mean, 4), "p": ahead.p,
            }
        )  # fmt: skip
    return rows


def _fields(one: Estimate) -> dict[str, float]:
    return {"accuracy": round(one.value, 4), "low": round(one.low, 4), "high": round(one.high, 4)}


def main() -> int:
    """Prints the table; with --check, exit 1 where the model is not far enough ahead."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    parser.add_argument("--model", default=MODEL_ID)
    parser.add_argument("--cache", type=Path, help="keep embeddings here, as `sono eval --cache` does")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options.data.resolve(), options.model, options.cache or Path(folder))
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{'':10} {'clips':>5}  {'MFCC + SVM':22} {'built-in model':22} {'ahead':>6}")
        for row in rows:
            svm, ours = (
                "{accuracy:.3f} [{low:.3f}, {high:.3f}]".format(**row[key])  # type: ignore[arg-type]
                for key in ("mfcc_svm", "model")
            )
            print(f"{row['classes']:10} {row['clips']:>5}  {svm:22} {ours:22} {row['ahead']:>+6.3f}")
    missed = [row["classes"] for row in rows[:1] if float(str(row["ahead"])) < AHEAD]
    if missed:
        print(f"less than {AHEAD:.0%} ahead on {', '.join(map(str, missed))}", file=sys.stderr)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
