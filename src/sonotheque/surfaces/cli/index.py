"""`sono index`: listens to folders and files, and reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from sonotheque.errors import EXIT_OK, EXIT_SOME_FAILED
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import EXIT_INTERRUPTED, Invocation, model_option
from sonotheque.surfaces.cli.rendering import Cell, paint, print_json, say
from sonotheque.units import format_duration

if TYPE_CHECKING:
    from sonotheque.ingest.report import IndexReport

MAX_LISTED = 20
EXAMPLES = (
    ("sono index ~/Sounds", "all sound below a folder"),
    ("sono index", "again all that was indexed before; unchanged files cost next to nothing"),
    ("sono index ~/Sounds --exclude 'drafts/**' --exclude '*.mp3'", "leave something out"),
    ("sono index /media/disk --include '*.wav'", "take only some"),
    ("sono index --retry", "try again what failed"),
    ("sono index --refresh", "listen again with a newer model"),
    ("sono index --model hf:laion/clap-htsat-unfused", "listen with another model too, beside the first"),
    ("sono --library ./mine index ~/Sounds", "into a library of its own"),
)


@click.command("index", cls=TeachingCommand, examples=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--include", multiple=True, metavar="GLOB", help="Only files that match; may be given again.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="No files or folders that match; may be given again.")
@click.option("--hidden", is_flag=True, help="Also files and folders whose names begin with a dot.")
@click.option("--follow-links", is_flag=True, help="Also what links outside the folder point to.")
@click.option("--retry", is_flag=True, help="Read again what could not be read before.")
@click.option("--refresh", is_flag=True, help="Embed again what another version of the model has embedded.")
@model_option("Listen with this model, also to what it has not heard yet; what others made stays.")
@click.option("--default", "as_default", is_flag=True, help="From now on use that model where none is named.")
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="Decoding processes; one per core unless given."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def index_command(
    invocation: Invocation, /, *, paths: tuple[str, ...], workers: int | None, model: str | None, as_default: bool,
    as_json: bool, **choices: Any,
) -> int:  # fmt: skip
    """Listen to folders and files, so that they can be searched.

    Only new and changed files are read; files are never changed. A file that can't be read is reported and stops
    nothing. Interrupted? What is done is kept: run it again to go on.
    """
    from sonotheque.surfaces.cli.progress import show_progress

    if as_default and model is None:
        raise click.UsageError("--default needs --model NAME.")
    settings = _settings(workers=workers, **choices)
    with invocation.open_library(create=True, model=model) as library:
        with show_progress(invocation.quiet) as on_progress:
            report = library.index(paths, settings=settings, on_progress=on_progress)
        if as_default and model is not None:
            library.use_by_default(model)
    if as_json:
        print_json(report_fields(report))
    else:
        print_report(report)
    if report.interrupted:
        invocation.remark("Interrupted. What is done is kept: run it again to go on.")
        return EXIT_INTERRUPTED
    return EXIT_SOME_FAILED if report.failed else EXIT_OK


def _settings(
    *, workers: int | None, include: tuple[str, ...], exclude: tuple[str, ...], hidden: bool, follow_links: bool,
    retry: bool, refresh: bool,
) -> Any:  # fmt: skip
    from sonotheque.ingest.settings import IndexSettings
    from sonotheque.ingest.walk import Selection

    selection = Selection(include, exclude, hidden, follow_links)
    return IndexSettings(selection, retry=retry, refresh=refresh, n_workers=workers or 0)


def report_fields(report: IndexReport) -> dict[str, Any]:
    """The report as JSON."""
    figures: dict[str, Any] = {**report.counters(), "interrupted": report.interrupted}
    problems = {"partial": report.partial, "failed": report.failed}
    return figures | {
        "speed": round(report.speed, 2),
        **{name: [asdict(problem) for problem in found] for name, found in problems.items()},
        "notes": report.notes,
    }


def print_report(report: IndexReport) -> None:
    """The report for a person; lines that would say zero are left out."""
    found, took = _count(report.n_found, "file"), format_duration(report.seconds)
    if report.n_indexed:
        embedded = f"{format_duration(report.audio_s)} of sound embedded"
        say(f"{found} found; {embedded} in {took}, {report.speed:.0f} × real time.")
    else:
        say(f"{found} found; no new sound. Took {took}.")
    lines = (
        ("indexed", report.n_indexed, "", "green"),
        ("unchanged", report.n_unchanged, "", ""),
        ("copies", report.n_copies, "the same content as another file; found under every path", ""),
        ("moved", report.n_moved, "known content at a new path", ""),
        ("missing", report.n_missing, "hidden until they are back; sono forget removes them", "yellow"),
        ("partial", len(report.partial), "damaged; what could be read is indexed", "yellow"),
        ("failed", len(report.failed), "", "red"),
    )
    for name, n, meaning, style in lines:
        if n:
            say_line(Cell(f"{n:>8}  {name:<10}", style), meaning)
    _list_problems("Partly read", report.partial)
    _list_problems("Failed", report.failed)
    for note in report.notes:
        say(f"note: {note}")


def say_line(cell: Cell, meaning: str) -> None:
    """A figure with its meaning behind it."""
    click.echo(f"{paint(cell.text, cell.style)} {paint(meaning, 'faint')}".rstrip(), color=True)


def _list_problems(title: str, problems: list[Any]) -> None:
    if not problems:
        return
    say(f"{title}:")
    for problem in problems[:MAX_LISTED]:
        say(f"  {problem.path}: {problem.reason}")
    if len(problems) > MAX_LISTED:
        say(f"  ... and {len(problems) - MAX_LISTED} more. All of them: sono status --failures")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
