"""Commands that teach: help that ends with examples, and a group that loads a command when it is called.

Owns the two click classes. Knows no command; the table of them is handed in.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from sonotheque.surfaces.cli.invocation import Invocation, run_guarded, shared_options

HELP_WIDTH = 100


class TeachingCommand(click.Command):
    """A command whose help ends with examples: pairs of a command line and what it does."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        shared_options(hidden=True)(self)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the examples."""
        write_examples(formatter, self.examples)


class TeachingGroup(TeachingCommand, click.Group):
    """A group whose help ends with examples."""


def write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    """A heading, then each command line with its meaning behind it, or below where the line is long."""
    with formatter.section("Examples"):
        formatter.write_dl(examples, col_max=formatter.width // 2)


class LazyGroup(click.Group):
    """A group over a table of command name to module; errors of the project become messages and exit codes here."""

    def __init__(
        self, *args: Any, homes: Mapping[str, str], examples: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._homes = homes
        self.examples = tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order of the table."""
        return list(self._homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, from its module; None for an unknown name."""
        home = self._homes.get(cmd_name)
        if home is None:
            return None
        command = getattr(importlib.import_module(home), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is answered with what was perhaps meant."""
        name = args[0]
        if name in self._homes or name.startswith("-"):
            return super().resolve_command(ctx, args)
        close = difflib.get_close_matches(name, self._homes, n=1)
        hint = f"Did you mean `sono {close[0]}`?" if close else f'To search for it: sono search "{" ".join(args)}"'
        raise click.UsageError(f"There is no command {name!r}. {hint}", ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the examples."""
        write_examples(formatter, self.examples)

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Runs and exits; every error has become a message by then."""
        for stream in (sys.stdout, sys.stderr):
            # A terminal that can't show a character gets its code, never a traceback.
            with contextlib.suppress(AttributeError, ValueError, OSError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        invocation = Invocation()
        extra = {**extra, "standalone_mode": False, "obj": invocation, "max_content_width": HELP_WIDTH}
        run = super().main
        sys.exit(run_guarded(lambda: run(args, **extra), invocation))
