"""The top of the command line: its help, its version, its table of commands."""

from __future__ import annotations

import click

from sonotheque import __version__
from sonotheque.surfaces.cli.command import LazyGroup
from sonotheque.surfaces.cli.invocation import Invocation, shared_options

_HERE = "sonotheque.surfaces.cli"
HOMES = {
    "index": f"{_HERE}.index",
    "search": f"{_HERE}.search",
    "play": f"{_HERE}.hits",
    "cut": f"{_HERE}.hits",
    "show": f"{_HERE}.show",
    "tag": f"{_HERE}.tag",
    "label": f"{_HERE}.label",
    "labels": f"{_HERE}.label",
    "teach": f"{_HERE}.teach",
    "status": f"{_HERE}.status",
    "forget": f"{_HERE}.forget",
    "train": f"{_HERE}.train",
    "eval": f"{_HERE}.evaluating",
    "doctor": f"{_HERE}.doctor",
    "demo": f"{_HERE}.demo",
}
EXAMPLES = (
    ("sono index ~/Sounds", "listen to a folder; run it again to take up what is new"),
    ('sono search "rain on a tin roof"', "find moments by words"),
    ("sono search --like door.wav", "find moments that sound like a file"),
    ("sono play 1", "hear the first hit of the last search"),
    ("sono demo", "see it work on sounds made for the purpose"),
)


@click.group(
    cls=LazyGroup,
    homes=HOMES,
    examples=EXAMPLES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@shared_options()
@click.version_option(__version__, "-V", "--version", prog_name="sonotheque", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Find any moment in your sound: by words, or by playing something like it.

    Files are only ever read. What is learned of them is kept in a library of its own, on this machine.
    """
    context.ensure_object(Invocation)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
