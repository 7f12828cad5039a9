"""`sono eval`: how well a model finds, names and judges, on your own labelled sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sonotheque.errors import EXIT_OK, EXIT_SOME_FAILED
from sonotheque.models.sounds import MODEL_ID
from sonotheque.surfaces.cli.command import TeachingCommand, TeachingGroup
from sonotheque.surfaces.cli.evaluating_events import events_command, scenes_command
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import Column, print_json, print_table, say

if TYPE_CHECKING:
    from sonotheque.evaluation.document import Document, Study
    from sonotheque.evaluation.gallery import Gallery
    from sonotheque.evaluation.manifest import Manifest, TextColumn, Wording
    from sonotheque.models.roles import Embedder

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
EXAMPLES = (
    ("sono eval retrieval --manifest clips.csv", "does it find your clips by their labels, and by each other?"),
    ("sono eval tagging --manifest clips.csv", "does it name them rightly?"),
    ("sono eval calibration --manifest clips.csv", "do its scores come true?"),
)


@click.group("eval", cls=TeachingGroup, examples=EXAMPLES)
def eval_group() -> None:
    """Measure how well it works on your own labelled sound.

    A manifest is a CSV with the columns path and label (or text); paths count from its folder. Sound alone decides:
    file names are not looked at.
    """


eval_command = eval_group
"""The name under which the table of commands finds it."""


def study_options(*, wordings: bool) -> Callable[[Decorated], Decorated]:
    """The options of every measurement; with `wordings` also that."""
    path = click.Path(path_type=Path)
    options = [
        click.option("--manifest", type=path, required=True, metavar="CSV", help="The labelled clips."),
        click.option("--model", "models", multiple=True, default=(MODEL_ID,), show_default=True, metavar="NAME",
                     help="Measure this model; give it again to compare with the first."),
        click.option("--fold", "folds", multiple=True, metavar="FOLD", help="Only lines of this fold."),
        click.option("--group", "groups", multiple=True, metavar="GROUP", help="Only lines of this group."),
        click.option("--text-column", "column", type=click.Choice(["label", "text"]),
                     help="What clips are called: label where there is such a column, else text."),
        click.option("--json", "json_out", type=path, metavar="FILE", help="Write all figures as JSON; - prints them."),
        click.option("--html", "html_out", type=path, metavar="FILE", help="Write a report with pictures."),
        click.option("--cache", type=path, metavar="DIR",
                     help="Keep what was heard here, for the next run; a folder for temporary files unless given."),
    ]  # fmt: skip
    if wordings:
        text = "Other words for the labels: a CSV with the columns label, language, wording."
        options.insert(1, click.option("--wordings", type=path, metavar="CSV", help=text))

    def decorate(function: Decorated) -> Decorated:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@eval_group.command("retrieval", cls=TeachingCommand, examples=(
    ("sono eval retrieval --manifest clips.csv", "labels as queries, and each clip as an example"),
    ("sono eval retrieval --manifest clips.csv --wordings words.csv", "other words, by language, as well"),
    ("sono eval retrieval --manifest clips.csv --fold 5 --html report.html", "a part of them, with pictures"),
))  # fmt: skip
@study_options(wordings=True)
@click.pass_obj
def retrieval_command(invocation: Invocation, /, **options: Any) -> int:
    """How well text finds sound, sound finds text, and sound finds sound."""
    from sonotheque.evaluation.layout import retrieval_document
    from sonotheque.evaluation.retrieval import compare_models, measure_retrieval

    task = _prepare(invocation, "retrieval", options)
    results = [
        measure_retrieval(name, embedder, gallery, task.manifest.column, task.wordings)
        for name, embedder, gallery in task.heard
    ]
    comparisons = compare_models(results)
    document = retrieval_document(task.study, results, comparisons)
    return _report(invocation, task.study, document, options, models=results, comparisons=comparisons)


@eval_group.command("tagging", cls=TeachingCommand, examples=(
    ("sono eval tagging --manifest clips.csv", "is the nearest label the right one?"),
    ("sono eval tagging --manifest clips.csv --group animals", "only among the labels of a group"),
))  # fmt: skip
@study_options(wordings=False)
@click.pass_obj
def tagging_command(invocation: Invocation, /, **options: Any) -> int:
    """How often the nearest label is the right one."""
    from sonotheque.evaluation.layout import tagging_document
    from sonotheque.evaluation.tagging import compare_tagging, measure_tagging

    task = _prepare(invocation, "tagging", options)
    results = [measure_tagging(name, embedder, gallery, task.manifest.column) for name, embedder, gallery in task.heard]
    comparisons = compare_tagging(results)
    document = tagging_document(task.study, results, comparisons)
    return _report(invocation, task.study, document, options, models=results, comparisons=comparisons)


@eval_group.command("calibration", cls=TeachingCommand, examples=(
    ("sono eval calibration --manifest clips.csv", "do the scores of hits come true?"),
    ("sono eval calibration --manifest clips.csv --wordings words.csv", "other words, by language, as well"),
))  # fmt: skip
@study_options(wordings=True)
@click.pass_obj
def calibration_command(invocation: Invocation, /, **options: Any) -> int:
    """Whether scores come true, and whether the best hit is called weak where nothing fits."""
    from sonotheque.evaluation.calibration import measure_calibration
    from sonotheque.evaluation.layout import calibration_document

    task = _prepare(invocation, "calibration", options)
    results = [
        measure_calibration(name, embedder, gallery, task.manifest.column, task.wordings)
        for name, embedder, gallery in task.heard
    ]
    return _report(invocation, task.study, calibration_document(task.study, results), options, models=results)


class _Task:
    """A study with its clips heard by each model, and with the wordings to ask beside their names."""

    def __init__(
        self,
        study: Study,
        manifest: Manifest,
        heard: list[tuple[str, Embedder, Gallery]],
        wordings: tuple[Wording, ...],
    ) -> None:
        self.study, self.manifest, self.heard, self.wordings = study, manifest, heard, wordings


def _prepare(invocation: Invocation, what: str, options: dict[str, Any]) -> _Task:
    """Reads the files and embeds the clips; nothing is heard before both files are found good."""
    from sonotheque.evaluation.document import Study
    from sonotheque.evaluation.gallery import default_cache, embed_clips, keep_common
    from sonotheque.evaluation.manifest import read_manifest, read_wordings
    from sonotheque.models.registry import load_embedder
    from sonotheque.surfaces.cli.progress import show_progress

    column: TextColumn | None = options["column"]
    manifest = read_manifest(options["manifest"], column=column, folds=options["folds"], groups=options["groups"])
    words: Path | None = options.get("wordings")
    wordings = () if words is None else read_wordings(words, manifest.names)
    names = list(dict.fromkeys(options["models"]))
    embedders = [load_embedder(name) for name in names]
    cache: Path = options["cache"] or default_cache()
    galleries = []
    for embedder in embedders:
        with show_progress(invocation.quiet) as on_progress:
            galleries.append(embed_clips(manifest.clips, embedder, cache, on_progress))
    galleries = keep_common(galleries)
    study = Study(
        what, str(manifest.path), manifest.column, options["folds"], options["groups"], len(galleries[0]),
        len({name for clip in galleries[0].clips for name in clip.names}),
        tuple(embedder.card for embedder in embedders), galleries[0].left_out, None if words is None else str(words),
    )  # fmt: skip
    return _Task(study, manifest, list(zip(names, embedders, galleries, strict=True)), wordings)


def _report(
    invocation: Invocation, study: Study, document: Document, options: dict[str, Any], **results: object
) -> int:
    """Prints the tables and writes the files that were asked for; returns the exit code."""
    from sonotheque.evaluation.document import json_report
    from sonotheque.evaluation.html_page import render_html

    json_out, html_out = options["json_out"], options["html_out"]
    fields = json_report(study, **results)
    if json_out == Path("-"):
        print_json(fields)
    else:
        print_document(document, has_more=html_out is not None or json_out is not None)
        if json_out is not None:
            _write(json_out, lambda: _as_json(fields), invocation)
    if html_out is not None:
        _write(html_out, lambda: render_html(document), invocation)
    return EXIT_SOME_FAILED if study.left_out else EXIT_OK


def _as_json(fields: dict[str, Any]) -> str:
    import json

    return json.dumps(fields, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _write(path: Path, make: Callable[[], str], invocation: Invocation) -> None:
    path.write_text(make(), encoding="utf-8", errors="backslashreplace")
    invocation.remark(f"Written: {path}")


def print_document(document: Document, *, has_more: bool = False) -> None:
    """Facts and tables on the terminal; pictures are for the page."""
    from sonotheque.evaluation.document import Table

    for word, what in document.facts:
        say(f"{word + ':':10} {what}")
    for table in document.parts:
        if not isinstance(table, Table):
            continue
        say()
        say(table.title)
        columns = [
            Column(title, right=at in table.right, keep="all" if at in table.right else "start")
            for at, title in enumerate(table.columns)
        ]
        rows = table.rows[: table.n_first]
        print_table(columns, rows)
        if len(rows) < len(table.rows):
            where = "the files hold them all" if has_more else "see all with --html or --json"
            say(f"... and {len(table.rows) - len(rows)} more: {where}.")
        if table.note:
            say(table.note)


eval_group.add_command(scenes_command)
eval_group.add_command(events_command)
