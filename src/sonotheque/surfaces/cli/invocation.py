"""One run of the command line: what every command is told, and how it ends.

Owns the options that all commands share, the opening of the library, and the step from an exception to a message and an
exit code. Knows no command.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sonotheque import __version__
from sonotheque.errors import SonothequeError, outcome_of
from sonotheque.surfaces.cli.rendering import printable, say_aside

if TYPE_CHECKING:
    from sonotheque.library.library import Library

EXIT_INTERRUPTED = 130
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class Invocation:
    """The shared options. `library` is the folder given, None where the settings decide."""

    library: str | None = None
    quiet: bool = False
    debug: bool = False

    def open_library(self, *, create: bool = False, model: str | None = None) -> Library:
        """The library to work on; use it in a `with`. Raises `NotFoundError` where there is none.

        `model` is the name of one to use instead of the library's own.
        """
        from sonotheque.library.library import open_library

        return open_library(self.library, create=create, model=model)

    def remark(self, text: str) -> None:
        """Tells something beside the result, on stderr, unless told to be quiet."""
        if not self.quiet:
            say_aside(text)


def shared_options(*, hidden: bool = False) -> Callable[[Decorated], Decorated]:
    """The options that stand before or after a command's name; after it they are left out of its help."""

    def keep(context: click.Context, option: click.Parameter, value: Any) -> None:
        if value and option.name is not None:
            setattr(context.ensure_object(Invocation), option.name, value)

    options = (
        click.option("--library", metavar="DIR", callback=keep, expose_value=False, hidden=hidden,
                     help="The library's folder. Else $SONOTHEQUE_LIBRARY, else the nearest .sonotheque folder "
                          "upwards, else your user data folder."),
        click.option("-q", "--quiet", is_flag=True, callback=keep, expose_value=False, hidden=hidden,
                     help="No progress and no remarks; results and errors only."),
        click.option("--debug", is_flag=True, callback=keep, expose_value=False, hidden=hidden,
                     help="Show where an error comes from."),
    )  # fmt: skip

    def decorate(function: Decorated) -> Decorated:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def model_option(meaning: str) -> Callable[[Decorated], Decorated]:
    """`--model NAME`, with what it means for the command."""
    names = "builtin:sounds, file:DIR (one you trained) or hf:NAME (a CLAP checkpoint on this disk)."
    return click.option("--model", metavar="NAME", help=f"{meaning} {names}")


def run_guarded(run: Callable[[], Any], invocation: Invocation) -> int:  # noqa: PLR0911 - one for each way to end
    """Runs a command; whatever it raises becomes a message on stderr. Returns the exit code."""
    try:
        code = run()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say_aside("sono: interrupted")
        return EXIT_INTERRUPTED
    except SonothequeError as error:
        _explain(error, invocation)
        return outcome_of(error).exit_code
    except OSError as error:
        if error.errno == errno.EPIPE:
            _drop_output()
            return 1
        return _blame_system(error, invocation)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a person should not meet a traceback
        return _confess(error, invocation)


def _explain(error: SonothequeError, invocation: Invocation) -> None:
    if invocation.debug:
        traceback.print_exc()
    say_aside(f"sono: {error.message}")
    if error.next_step:
        say_aside(f"      {error.next_step}")


def _blame_system(error: OSError, invocation: Invocation) -> int:
    """What the operating system refuses (no permission, no space) is told in its own words."""
    if invocation.debug:
        traceback.print_exc()
    place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    say_aside(f"sono: {place}{(error.strerror or type(error).__name__).lower()}")
    return outcome_of(error).exit_code


def _confess(error: Exception, invocation: Invocation) -> int:
    if invocation.debug:
        traceback.print_exc()
    kind = type(error).__name__
    say_aside(f"sono: this should not have happened: {kind}: {printable(str(error))}")
    again = "" if invocation.debug else "Run it again with --debug and "
    report = f"{again}report what it prints, with your version ({__version__}), to the developers of Sonotheque."
    say_aside(f"      {report[0].upper()}{report[1:]}")
    return outcome_of(error).exit_code


def _drop_output() -> None:
    """The reader has gone: nothing more can be written, and Python shall not try when it exits."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - lives as long as the process
