"""The table of hits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from sonotheque.surfaces.cli.rendering import Cell, Column, is_interactive, print_table
from sonotheque.units import format_clock
from sonotheque.values.hit import Evidence, Hit
from sonotheque.values.recording import display_path
from sonotheque.values.span import Span

STRONG_FROM = 0.8
ROOM_FOR_FOLDERS = 72
_STYLES = {"strong": "green", "fair": "yellow", "weak": "faint"}


def print_hits(hits: Sequence[Hit], reason: tuple[str, Callable[[Hit], str]] | None = None) -> None:
    """One line per hit; in a pipe with the whole path.

    `reason` is the title and the text of the last column, where that is not to tell the evidence.
    """
    title, tell = reason or ("Because", lambda hit: explain(hit.evidence))
    places, place_of = _choose_places()
    columns = [
        *(Column("#", right=True), Column("Score", right=True), Column(""), Column("Time")),
        *places,
        Column(title, keep="start", min_width=10),
    ]
    rows = []
    for hit in hits:
        word = strength(hit)
        first = (Cell(str(hit.rank)), Cell(f"{hit.score:.0%}"), Cell(word, _STYLES[word]), Cell(clock_span(hit.span)))
        rows.append([*first, *place_of(hit.shown_path), Cell(tell(hit), "faint")])
    print_table(columns, rows)


def _choose_places() -> tuple[list[Column], Callable[[str], list[Cell]]]:
    """The columns that say where a hit is, and what goes into them: as much as there is room for."""
    if not is_interactive():
        return [Column("Path")], lambda path: [Cell(path)]
    columns = [Column("Name", keep="ends", min_width=12), Column("Folder", keep="end", min_width=6)]
    n = 2 if shutil.get_terminal_size().columns >= ROOM_FOR_FOLDERS else 1
    return columns[:n], lambda path: [Cell(path.rpartition("/")[2], "bold"), Cell(_short_folder(path), "faint")][:n]


def strength(hit: Hit) -> str:
    """The score as a word."""
    if hit.weak:
        return "weak"
    return "strong" if hit.score >= STRONG_FROM else "fair"


def clock_span(span: Span) -> str:
    """`0:12.5–0:15.0`."""
    return f"{format_clock(span.start_s)}–{format_clock(span.end_s)}"


def explain(evidence: Sequence[Evidence]) -> str:
    """The reasons for a hit in a few words: `sound 87%, name: rain`."""
    return ", ".join(f"sound {reason.score:.0%}" if reason.kind == "sound" else reason.detail for reason in evidence)


def _short_folder(shown_path: str) -> str:
    """The folder of a path from here, from the home folder, or from the root, whichever is shortest."""
    folder = shown_path.rpartition("/")[0] or "/"
    candidates = [folder]
    for base, short in ((_displayed(Path.cwd()), ""), (_displayed(Path.home()), "~/")):
        if folder == base:
            candidates.append(short.rstrip("/") or ".")
        elif folder.startswith(base.rstrip("/") + "/"):
            candidates.append(short + folder[len(base.rstrip("/")) + 1 :])
    return min(candidates, key=len)


def _displayed(path: Path) -> str:
    return display_path(os.fsencode(path))
