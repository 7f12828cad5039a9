"""Help that teaches: every command ends with examples, and every example can be typed."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from sonotheque import __version__
from sonotheque.surfaces.cli.app import EXAMPLES, HOMES, cli
from sonotheque.surfaces.cli.command import TeachingCommand
from sonotheque.surfaces.cli.invocation import Invocation

from .conftest import run_sono


@pytest.mark.parametrize("name", list(HOMES))
def test_help_ends_with_examples(name: str) -> None:
    result = run_sono(name, "--help")
    assert result.exit_code == 0
    ending = result.stdout.split("\nExamples:\n")[1]
    assert ending.lstrip().startswith(f"sono {name}") or ending.lstrip().startswith("sono --library")
    assert "--debug" not in result.stdout  # the shared options are told of once, at the top


def all_examples() -> list[str]:
    lines = [line for line, _ in EXAMPLES]
    context = click.Context(cli)
    for name in HOMES:
        command = cli.get_command(context, name)
        assert isinstance(command, TeachingCommand)
        assert command.examples
        lines += [line for line, _ in command.examples]
    return lines


@pytest.mark.parametrize("line", all_examples())
def test_every_example_is_accepted(line: str) -> None:
    words = shlex.split(re.sub(r" [>|] .*", "", line))
    assert words.pop(0) == "sono"
    if words[0] == "--library":
        del words[:2]
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    command.make_context(words[0], words[1:], obj=Invocation())  # raises for an option that is not there


@pytest.mark.parametrize("name", list(HOMES))
def test_the_list_of_commands_is_not_cut_off(name: str) -> None:
    line = next(line for line in run_sono().stdout.splitlines() if line.startswith(f"  {name} "))
    assert line.endswith(".")
    assert not line.endswith("...")


def test_version() -> None:
    assert run_sono("--version").stdout == f"sonotheque {__version__}\n"


@pytest.mark.parametrize(("typed", "hint"), [("serach", "`sono search`"), ("thunder", 'sono search "thunder"')])
def test_an_unknown_command_is_answered_with_what_was_meant(typed: str, hint: str) -> None:
    result = run_sono(typed)
    assert result.exit_code == 2
    assert hint in result.stderr
