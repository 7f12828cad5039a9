"""`sono train`: models of your own, and the built-in one made again.

Owns the options only; the recipe is `sonotheque.training.sounds`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sonotheque.errors import UnavailableError
from sonotheque.surfaces.cli.command import TeachingCommand, TeachingGroup
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import say

EXAMPLES = (
    ("sono train sounds --data ~/Labelled --out mine", "one folder of sound per label"),
    ("sono train sounds --data ~/Labelled --out mine --start builtin:sounds", "in minutes, on what it knows"),
    ("sono train sounds --data sets --out run", "sets with a manifest.csv each; fold 5 is held out"),
    ("sono index ~/Sounds --model file:run/sounds", "use what came out of it"),
)


@click.group("train", cls=TeachingGroup, examples=EXAMPLES, short_help="Train a model on labelled sound.")
def train_command() -> None:
    """Train a model on labelled sound."""


@train_command.command("sounds", cls=TeachingCommand, examples=EXAMPLES)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Sets with a manifest.csv each, or one set, or one folder of sound per label.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the run and the model.")
@click.option(
    "--hold-out", default="5", show_default=True, metavar="FOLD", help="Fold to judge and calibrate on; or none."
)
@click.option(
    "--start",
    metavar="MODEL|RUN",
    help="Learn on from builtin:sounds or file:DIR, whose head alone is trained, or from the folder of a run.",
)
@click.option("--set", "sets", multiple=True, metavar="NAME", help="Use this set only; may be given again.")
@click.option("--without", "labels", multiple=True, metavar="LABEL", help="Leave this label's clips out altogether.")
@click.option("--epochs", type=click.IntRange(1), help="Length of the run.  [default: 85, or 14 from a run]")
@click.option("--patience", type=click.IntRange(0), help="End after so many validations without a better one.")
@click.option("--synthetic", type=click.IntRange(0), default=8, show_default=True, help="Made sounds of each kind.")
@click.option("--seed", type=int, default=0, show_default=True, help="Every random choice follows from it.")
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda", help="Where to train.")
@click.option(
    "--calibration",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The card.json to take chances from when nothing is held out.",
)
@click.pass_obj
def sounds_command(
    invocation: Invocation,  # noqa: ARG001
    data: Path,
    out: Path,
    hold_out: str,
    start: str | None,
    sets: tuple[str, ...],
    labels: tuple[str, ...],
    epochs: int | None,
    patience: int | None,
    synthetic: int,
    seed: int,
    device: str,
    calibration: Path | None,
) -> None:
    """Train a model that puts text and sound into one space, as `builtin:sounds` is trained.

    It needs the extra `train`. A run that was cut off goes on when the same command is given again.
    """
    try:
        from sonotheque.training.sounds import Recipe, train_sounds
        from sonotheque.training.start import find_start
    except ImportError as error:
        raise UnavailableError(
            f"Training needs a package that is not installed: {error.name}.",
            next_step='pip install "sonotheque[train]"',
        ) from error
    recipe = Recipe(
        hold_out=None if hold_out == "none" else hold_out, sets=sets, without_labels=labels, n_synthetic=synthetic,
        seed=seed, device=device,
    )  # fmt: skip
    if start is not None:
        recipe = recipe.starting_from(find_start(start))
    fit = replace(recipe.fit, epochs=epochs or recipe.fit.epochs, patience=patience or recipe.fit.patience)
    folder = train_sounds(data, out, replace(recipe, fit=fit), calibration=calibration, say=say)
    say(f"The model is in {folder}.")
    say(f"Use it: sono index FOLDER --model file:{folder}")
