"""`sono status`: the library in figures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from sonotheque.errors import SonothequeError
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import paint, print_json, printable, say
from sonotheque.units import format_duration, format_size
from sonotheque.values.recording import display_path

if TYPE_CHECKING:
    from sonotheque.library.library import Library
    from sonotheque.store.rows import Run

MAX_LISTED = 1_000_000
N_SAMPLED = 3
EXAMPLES = (
    ("sono status", "the library in figures"),
    ("sono status --failures", "every file that could not be read, or not to its end, and why"),
    ("sono status --json", "for another program"),
)


@click.command("status", cls=TeachingCommand, examples=EXAMPLES)
@click.option("--failures", is_flag=True, help="List every file that could not be read, or not to its end, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status_command(invocation: Invocation, failures: bool, as_json: bool) -> None:
    """Tell what is in the library, and in what state it is."""
    with invocation.open_library() as library:
        facts = gather(library)
        if as_json:
            facts["failures"] = _failures(library)
            facts["partial"] = _partial(library)
            print_json(facts)
        elif failures:
            _print_failures(library)
        else:
            _print_facts(facts)
            _print_some_failures(library, facts)


def gather(library: Library) -> dict[str, Any]:
    """The figures under the names that `--json` gives them."""
    status = library.status()
    model: str | None = None
    out_of_date: int | None = None
    model_problem: str | None = None
    try:
        model, out_of_date = library.embedder.card.space_name, library.out_of_date()
    except SonothequeError as error:
        model_problem = str(error)
    return {
        "library": display_path(str(library.folder.absolute()).encode("utf-8", "surrogateescape")),
        "roots": [root.display for root in library.catalogue.roots()],
        "recordings": status.n_recordings,
        "duration_s": round(status.duration_s, 3),
        "files": status.n_files,
        "missing": status.n_missing,
        "failed": status.n_failed,
        "labels": status.n_segments,
        "windows": status.n_windows,
        "size_bytes": status.size_bytes,
        "model": model,
        "model_problem": model_problem,
        "default_model": library.default_model,
        "spaces": [
            {"name": space.name, "dim": space.dim, "windows": space.n_windows, "out_of_date": space.n_lacking}
            for space in library.spaces()
        ],
        "out_of_date": out_of_date,
        "last_run": _run_fields(status.last_run),
    }


def _run_fields(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    ended = None if run.ended_at is None else _iso(run.ended_at)
    return {"started_at": _iso(run.started_at), "ended_at": ended, "counters": run.counters}


def _iso(time_s: float) -> str:
    return dt.datetime.fromtimestamp(time_s, dt.UTC).isoformat(timespec="seconds")


def _print_facts(facts: dict[str, Any]) -> None:
    copies = facts["files"] - facts["missing"] - facts["failed"] - facts["recordings"]
    files = [f"{facts['files']} known"]
    files += [
        f"{n} {name}"
        for name, n in (("copies", copies), ("missing", facts["missing"]), ("failed", facts["failed"]))
        if n > 0
    ]
    _line("Library", facts["library"])
    _line("Folders", *(facts["roots"] or ["none yet; sono index FOLDER adds one"]))
    _line("Recordings", f"{facts['recordings']}, {format_duration(facts['duration_s'])} of sound")
    _line("Files", ", ".join(files))
    if facts["labels"]:
        _line("Labels", str(facts["labels"]))
    _line("On disk", f"{format_size(facts['size_bytes'])}, {facts['windows']} windows")
    _line("Model", facts["model"] or f"{facts['default_model']}: {facts['model_problem']}")
    if len(facts["spaces"]) > 1 or any(space["name"] != facts["model"] for space in facts["spaces"]):
        _line("Vectors", *map(_describe_space, facts["spaces"]))
    if facts["out_of_date"]:
        n = facts["out_of_date"]
        _line("Out of date", f"{n} recordings were not embedded by this model. Bring them up: sono index --refresh")
    _line("Last run", _describe_run(facts["last_run"]))


def _describe_space(space: dict[str, Any]) -> str:
    lacking = f", {space['out_of_date']} recordings without" if space["out_of_date"] else ""
    return f"{space['name']}: {space['windows']} windows{lacking}"


def _describe_run(run: dict[str, Any] | None) -> str:
    if run is None:
        return "none yet"
    when = dt.datetime.fromisoformat(run["started_at"]).astimezone().strftime("%Y-%m-%d %H:%M")
    if run["ended_at"] is None:
        return f"{when}, going on or cut off; sono index goes on with it"
    counters = run["counters"]
    told = [f"{counters[name]:.0f} {name}" for name in ("indexed", "unchanged", "failed") if counters.get(name)]
    ending = ", interrupted" if counters.get("interrupted") else ""
    return f"{when}, {format_duration(counters.get('seconds', 0.0))}: {', '.join(told) or 'nothing to do'}{ending}"


def _line(name: str, *values: str) -> None:
    for at, value in enumerate(values):
        title = paint(f"{name:<12}", "faint") if at == 0 else " " * 12
        click.echo(f"{title} {printable(value)}", color=True)


def _print_some_failures(library: Library, facts: dict[str, Any]) -> None:
    if not facts["failed"]:
        return
    say()
    for failure in library.failures(N_SAMPLED):
        say(f"  {failure.display}: {failure.reason}")
    if facts["failed"] > N_SAMPLED:
        say(f"  ... and {facts['failed'] - N_SAMPLED} more. All of them: sono status --failures")


def _print_failures(library: Library) -> None:
    failed, partial = _failures(library), _partial(library)
    if not failed and not partial:
        say("Every file that is known could be read to its end.")
        return
    for title, found in (("Failed", failed), ("Partly read", partial)):
        if found:
            say(f"{title}:")
            for problem in found:
                say(f"  {problem['path']}: {problem['reason']}")
    if failed:
        say("Try them again: sono index --retry")


def _failures(library: Library) -> list[dict[str, str]]:
    return [{"path": row.display, "reason": row.reason} for row in library.failures(MAX_LISTED)]


def _partial(library: Library) -> list[dict[str, str]]:
    stages = [row for row in library.catalogue.partial_stages(MAX_LISTED) if row[2] == "partial"]
    placed = library.catalogue.recordings_by_ids({row[0] for row in stages})
    return [{"path": placed[row[0]].displays[0], "reason": row[3] or "damaged"} for row in stages if row[0] in placed]
