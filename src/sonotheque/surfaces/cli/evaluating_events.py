"""`sono eval scenes` and `sono eval events`: scenes with exact truth, and how well events are found in them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sonotheque.models.sounds import MODEL_ID
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import Column, print_json, print_table, say

if TYPE_CHECKING:
    from sonotheque.evaluation.events import BoundaryReport, EventsReport
    from sonotheque.values.waveform import Waveform

PATH = click.Path(path_type=Path)
SCENES_EXAMPLES = (
    ("sono eval scenes --manifest clips.csv --fold 5 --n 100 --out scenes", "100 scenes from the clips of fold 5"),
    ("sono eval scenes --manifest clips.csv --out scenes --snr 0 10", "louder backgrounds, from every clip"),
    ("sono eval scenes --manifest clips.csv --author nfrae --out scenes", "only one recordist's clips"),
)
EVENTS_EXAMPLES = (
    ("sono eval events --scenes scenes", "F1, PSDS and boundaries, with intervals"),
    ("sono eval events --scenes scenes --labels", "and a line for each label"),
    ("sono eval events --scenes scenes --json -", "all figures, for another program"),
)


@click.command("scenes", cls=TeachingCommand, examples=SCENES_EXAMPLES)
@click.option("--manifest", type=PATH, required=True, metavar="CSV", help="Labelled clips: columns path and label.")
@click.option("--out", type=PATH, required=True, metavar="DIR", help="A new folder for the scenes.")
@click.option("--fold", "folds", multiple=True, metavar="FOLD", help="Only clips of this fold; may be given again.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="Only clips by this author.")
@click.option("--source", "sources", multiple=True, metavar="SOURCE", help="Only clips of this source.")
@click.option("--n", "n_scenes", type=click.IntRange(1), default=100, show_default=True, help="How many scenes.")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=30.0, show_default=True, help="Length of each.")
@click.option("--snr", "snr_db", type=(float, float), default=(5.0, 20.0), show_default=True, metavar="LOW HIGH",
              help="Levels of events over the background, in dB.")  # fmt: skip
@click.option("--rooms", "room_share", type=click.FloatRange(0, 1), default=0.25, show_default=True,
              help="Share of the scenes in a room with an echo.")  # fmt: skip
@click.option("--beds", "bed_share", type=click.FloatRange(0, 1), default=0.3, show_default=True,
              help="Share over a continuous clip, such as rain, in place of noise.")  # fmt: skip
@click.option("--bed-label", "bed_labels", multiple=True, metavar="LABEL", help="Labels that may be such a clip.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed, the same scenes.")
@click.option("--wav", is_flag=True, help="Write WAV in place of FLAC.")
@click.pass_obj
def scenes_command(
    invocation: Invocation,
    manifest: Path,
    out: Path,
    folds: tuple[str, ...],
    authors: tuple[str, ...],
    sources: tuple[str, ...],
    n_scenes: int,
    seconds: float,
    snr_db: tuple[float, float],
    room_share: float,
    bed_share: float,
    bed_labels: tuple[str, ...],
    seed: int,
    wav: bool,
) -> None:
    """Mix labelled clips into scenes, and write what is heard in them and what may be asked.

    With --fold, --author or --source, recordings that are heard on both sides of that split are left out.
    """
    from sonotheque.evaluation.questions import choose_questions, write_questions
    from sonotheque.evaluation.scene_clips import Split, choose_clips, read_clips
    from sonotheque.evaluation.scenes import CONTINUOUS, SceneRecipe, make_scenes, write_wav

    given = [(name, values) for name, values in (("fold", folds), ("author", authors), ("source", sources)) if values]
    if len(given) > 1:
        raise click.UsageError(f"Split by one of --{given[0][0]} and --{given[1][0]}, not by both.")
    clips = read_clips(manifest)
    if given:
        clips = choose_clips(clips, Split(*given[0]))
    recipe = SceneRecipe(
        duration_s=seconds, snr_db=snr_db, room_share=room_share, bed_share=bed_share,
        bed_labels=bed_labels or CONTINUOUS,
    )  # fmt: skip
    made = make_scenes(
        clips, out, n_scenes=n_scenes, seed=seed, recipe=recipe,
        write=write_wav if wav else _write_flac, ending=".wav" if wav else ".flac",
    )  # fmt: skip
    questions = choose_questions(made, seed=seed)
    write_questions(questions, out)
    say(f"{n_scenes} scenes with {made.n_events} events from {len(clips)} clips, and {len(questions)} questions: {out}")
    invocation.remark(f"Next: sono eval events --scenes {out}")


@click.command("events", cls=TeachingCommand, examples=EVENTS_EXAMPLES)
@click.option("--scenes", "folder", type=PATH, required=True, metavar="DIR", help="Scenes made by `sono eval scenes`.")
@click.option("--model", "models", multiple=True, default=(MODEL_ID,), show_default=True, metavar="NAME",
              help="Measure this model; may be given again.")  # fmt: skip
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Chance of a tag.")
@click.option("--labels", "with_labels", is_flag=True, help="Print a line for each label too.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the intervals.")
@click.option("--json", "json_out", type=PATH, metavar="FILE", help="Write all figures as JSON; - prints them.")
@click.pass_obj
def events_command(
    invocation: Invocation,
    folder: Path,
    models: tuple[str, ...],
    min_score: float,
    with_labels: bool,
    seed: int,
    json_out: Path | None,
) -> None:
    """How well events are found in scenes, with their times."""
    from sonotheque.evaluation.events import as_json, evaluate_events
    from sonotheque.evaluation.scene_truth import read_truth
    from sonotheque.models.registry import load_embedder

    scenes = read_truth(folder)
    embedders = [load_embedder(name) for name in models]
    reports = []
    for embedder in embedders:
        invocation.remark(f"Listening to {len(scenes.scenes)} scenes with {embedder.card.space_name} ...")
        reports.append(evaluate_events(scenes, folder, embedder, min_score=min_score, seed=seed))
    told = {"schema": "sonotheque/events", "version": 1, "models": [as_json(report) for report in reports]}
    if json_out is not None and str(json_out) == "-":
        print_json(told)
        return
    if json_out is not None:
        json_out.write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    _print_figures(reports)
    for report in reports if with_labels else ():
        _print_labels(report)


def _print_figures(reports: list[EventsReport]) -> None:
    first = reports[0]
    say(f"{first.n_scenes} scenes, {first.n_events} events; 95 % intervals over scenes.")
    rows = [[name, *(str(report.figures[name]) for report in reports)] for name in first.figures]
    for how in ("tagged", "asked"):
        boundaries: list[BoundaryReport] = [getattr(report, how) for report in reports]
        for name in ("met", "error_s", "onset_error_s", "offset_error_s"):
            rows.append([f"{how}: {name}", *(str(getattr(one, name)) for one in boundaries)])
    print_table([Column("Figure"), *(Column(report.model) for report in reports)], rows)


def _print_labels(report: EventsReport) -> None:
    say()
    say(f"By label, {report.model}:")
    columns = [Column("Label", keep="start"), *(Column(name, right=True) for name in
               ("Events", "Segment F1", "Event F1", "Event F1 wide", "Met", "Median error s"))]  # fmt: skip
    rows = []
    for row in report.labels:
        figures = (row.segment_f1, row.event_f1, row.event_f1_wide, row.met, row.median_error_s)
        rows.append([row.label, str(row.n_true), *("-" if math.isnan(one) else f"{one:.2f}" for one in figures)])
    print_table(columns, rows)


def _write_flac(path: Path, waveform: Waveform) -> None:
    import soundfile

    from sonotheque.library.clips import to_integers

    soundfile.write(path, to_integers(waveform.samples, 16), waveform.rate_hz, format="FLAC", subtype="PCM_16")
