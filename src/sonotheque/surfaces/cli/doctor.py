"""`sono doctor`: checks the library, and repairs what can be repaired."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sonotheque.errors import EXIT_ERROR, EXIT_OK, CorruptError
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import paint, print_json, printable, say

if TYPE_CHECKING:
    from sonotheque.library.doctor import Finding

EXAMPLES = (
    ("sono doctor", "look for what is wrong; change nothing"),
    ("sono doctor --repair", "and put right what can be put right"),
)


@click.command(
    "doctor", cls=TeachingCommand, examples=EXAMPLES, short_help="Check the library; repair what can be repaired."
)
@click.option("--repair", is_flag=True, help="Repair what can be repaired; media files are never touched.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def doctor_command(invocation: Invocation, repair: bool, as_json: bool) -> int:
    """Check the library against itself and against the files on disk.

    Exits with 0 where all is well (or was repaired) and with 1 where something is left to do.
    """
    findings = _examine(invocation, repair)
    left = [finding for finding in findings if not finding.repaired]
    if as_json:
        print_json({"sound": not left, "findings": [asdict(finding) for finding in findings]})
    else:
        _print(findings)
    return EXIT_ERROR if left else EXIT_OK


def _examine(invocation: Invocation, repair: bool) -> list[Finding]:
    from sonotheque.library.doctor import Finding

    try:
        with invocation.open_library() as library:
            return library.examine(repair=repair)
    except CorruptError as error:
        # The usual next step is to run the doctor, which has come.
        advice = "Move the library's folder away and index again; your sound files are unharmed."
        return [Finding(error.message, next_step=advice)]


def _print(findings: list[Finding]) -> None:
    if not findings:
        say("Nothing is wrong.")
    for finding in findings:
        sign = paint("repaired", "green") if finding.repaired else paint("found", "yellow")
        click.echo(f"{sign}: {printable(finding.what)}", color=True)
        if finding.next_step and not finding.repaired:
            say(f"  next: {finding.next_step}")
