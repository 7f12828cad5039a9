"""`sono forget`: takes files out of the library."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation
from sonotheque.surfaces.cli.rendering import is_interactive, say
from sonotheque.values.recording import display_path

EXAMPLES = (
    ("sono forget ~/Sounds/drafts", "a folder with all that is below it; you are asked first"),
    ("sono forget old.wav --yes", "without asking"),
)


@click.command(
    "forget", cls=TeachingCommand, examples=EXAMPLES, short_help="Delete files and folders from the library."
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def forget_command(invocation: Invocation, paths: tuple[str, ...], yes: bool) -> None:
    """Delete from the library what is known of files and folders, their labels included.

    The files themselves are not touched; the next sono index of their folder takes them up again.
    """
    with invocation.open_library() as library:
        n = _count_below(library.catalogue.files_under(), paths)
        named = ", ".join(display_path(os.fsencode(path)) for path in paths)
        if n and not yes:
            if not is_interactive(sys.stdin):
                raise click.UsageError(f"{n} files would be forgotten, with their labels. Add --yes if you mean it.")
            click.confirm(f"Forget {n} files at {named}, with their labels?", abort=True, err=True)
        n_forgotten = library.forget(paths)
    say(f"Forgot {n_forgotten} {'file' if n_forgotten == 1 else 'files'}. The files themselves were not touched.")


def _count_below(known: Iterable[bytes], paths: tuple[str, ...]) -> int:
    from sonotheque.values.recording import absolute_path

    wanted = [absolute_path(path) for path in paths]
    return sum(any(path == want or path.startswith(want.rstrip(b"/") + b"/") for want in wanted) for path in known)
