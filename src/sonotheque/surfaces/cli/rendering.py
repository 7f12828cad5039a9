"""How things look: safe text, plain tables, a little colour.

Owns what every command prints with. A table fits the terminal's width; in a pipe nothing is cut off and there is no
colour. Knows nothing of what the rows mean.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TextIO

import click

Keep = Literal["all", "start", "ends", "end"]

# Control characters could steer the terminal, those for bidirectional text could show another name than the real one,
# and lone surrogates stand for bytes that are not UTF-8 and can't be printed.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_GAP = "  "
_ANSI = {"": "", "bold": "1", "faint": "2", "green": "32", "yellow": "33", "red": "31", "cyan": "36"}


class Cell(NamedTuple):
    """A text with a style, one of those in `_ANSI`."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, its side, and which part of a text stays where room is short (`all`: it is never cut)."""

    title: str
    right: bool = False
    keep: Keep = "all"
    min_width: int = 8


def printable(text: str) -> str:
    """The text with every character that a terminal must not get replaced by its escape."""
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def say(text: str = "") -> None:
    """Prints a line of the result."""
    click.echo(printable(text), color=True)


def say_aside(text: str) -> None:
    """Prints a line beside the result, on stderr."""
    click.echo(printable(text), err=True)


def print_json(value: Any) -> None:
    """Prints one JSON value, in ASCII, strictly: a number that is not finite is a mistake in the caller."""
    click.echo(json.dumps(value, ensure_ascii=True, allow_nan=False, indent=1))


def is_interactive(stream: TextIO | None = None) -> bool:
    """Whether a person looks at the stream (stdout where none is given)."""
    try:
        return (stream or sys.stdout).isatty()
    except ValueError:  # closed
        return False


def uses_colour() -> bool:
    """Whether stdout takes colour; see https://no-color.org."""
    return is_interactive() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]]) -> None:
    """Prints rows below a heading; cells stay on one line each."""
    cells = [[_safe_cell(cell) for cell in row] for row in rows]
    widths = [
        max([width_of(column.title), *(width_of(row[at].text) for row in cells)]) for at, column in enumerate(columns)
    ]
    heading_style = ""
    if is_interactive():
        widths = fit_widths(columns, widths, shutil.get_terminal_size().columns - 1)
        heading_style = "faint"
    _print_row(columns, widths, [Cell(column.title, heading_style) for column in columns])
    if is_interactive():
        _print_row(columns, widths, [Cell("─" * width, "faint") for width in widths])
    for row in cells:
        _print_row(columns, widths, row)


def fit_widths(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """Widths that fit into `room` characters where that can be: the widest column that may be cut gives way first."""
    fitted = list(widths)
    excess = sum(fitted) + len(_GAP) * (len(fitted) - 1) - room
    while excess > 0:
        may_shrink = [at for at, column in enumerate(columns) if column.keep != "all" and fitted[at] > column.min_width]
        if not may_shrink:
            break
        fitted[max(may_shrink, key=lambda at: fitted[at])] -= 1
        excess -= 1
    return fitted


def _print_row(columns: Sequence[Column], widths: Sequence[int], row: Sequence[Cell]) -> None:
    parts = []
    for column, width, cell in zip(columns, widths, row, strict=True):
        text = shorten(cell.text, width, column.keep)
        padding = " " * (width - width_of(text))
        shown = paint(text, cell.style)
        parts.append(padding + shown if column.right else shown + padding)
    click.echo(_GAP.join(parts).rstrip(), color=True)


def paint(text: str, style: str) -> str:
    """The text in a style, where stdout takes colour."""
    code = _ANSI[style]
    return f"\x1b[{code}m{text}\x1b[0m" if code and text and uses_colour() else text


def shorten(text: str, width: int, keep: Keep = "start") -> str:
    """The text in at most `width` columns, with an ellipsis where something was left out."""
    if keep == "all" or width_of(text) <= width:
        return text
    room = max(0, width - 1)
    n_last = {"start": 0, "end": room, "ends": room // 2}[keep]
    last = _take(text[::-1], n_last)[::-1]
    return _take(text, room - width_of(last) if keep == "ends" else room - n_last) + "…" + last


def width_of(text: str) -> int:
    """How many columns of a terminal the text takes: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _take(text: str, width: int) -> str:
    """The longest beginning that takes at most `width` columns."""
    used = 0
    for at, character in enumerate(text):
        used += _character_width(character)
        if used > width:
            return text[:at]
    return text


def _safe_cell(cell: str | Cell) -> Cell:
    cell = cell if isinstance(cell, Cell) else Cell(cell)
    return Cell(printable(cell.text), cell.style)
