"""Reads labelled clips and other wordings from CSV.

Owns the form of both files and what is said of a mistake in them, by line and column. Opens no sound.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sonotheque.errors import BadInputError, NotFoundError

TextColumn = Literal["label", "text"]
TEXT_COLUMNS: tuple[TextColumn, ...] = ("label", "text")
_WORDING_COLUMNS = ("label", "language", "wording")


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled file: what it is called, in the words of the manifest, and the line that names it first."""

    path: Path
    names: tuple[str, ...]
    line: int

    def __post_init__(self) -> None:
        if not self.names or not all(self.names):
            raise BadInputError(f"{self.path} needs at least one label or text.")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Labelled clips, each path once; `column` is the one their names are from."""

    path: Path
    column: TextColumn
    clips: tuple[Clip, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every different name, sorted."""
        return tuple(sorted({name for clip in self.clips for name in clip.names}))


@dataclass(frozen=True, slots=True)
class Wording:
    """Another way to ask for a label, in a language."""

    label: str
    language: str
    text: str


def read_manifest(
    path: Path, *, column: TextColumn | None = None, folds: Collection[str] = (), groups: Collection[str] = ()
) -> Manifest:
    """The clips of a CSV with the columns path and label or text; paths count from the file's own folder.

    `column` says which names the clips (label where there is such a column). A path on several lines has several names.
    With `folds` and `groups`, only the rows that have one of them. Raises `NotFoundError` where there is no file and
    `BadInputError`, naming line and column, for anything else that is wrong.
    """
    lines = _Lines(path)
    chosen: TextColumn = column or ("label" if "label" in lines.columns else "text")
    lines.require("path", chosen, *["fold"] * bool(folds), *["group"] * bool(groups))
    named: dict[Path, list[str]] = {}
    first_line: dict[Path, int] = {}
    seen: dict[str, set[str]] = {"fold": set(), "group": set()}
    for number, row in lines.rows():
        for key, found in seen.items():
            found.add(row.get(key, ""))
        if (folds and row["fold"] not in folds) or (groups and row["group"] not in groups):
            continue
        clip = path.parent / lines.cell(number, row, "path")
        other = next(name for name in TEXT_COLUMNS if name != chosen)
        hint = f"Use --text-column {other}." if row.get(other) else "Name every clip, or leave its line out."
        name = lines.cell(number, row, chosen, hint)
        first_line.setdefault(clip, number)
        if name not in named.setdefault(clip, []):
            named[clip].append(name)
    if not named:
        raise _nothing_left(path, folds, groups, seen)
    return Manifest(path, chosen, tuple(Clip(clip, tuple(names), first_line[clip]) for clip, names in named.items()))


def _nothing_left(
    path: Path, folds: Collection[str], groups: Collection[str], seen: dict[str, set[str]]
) -> BadInputError:
    if not folds and not groups:
        return BadInputError(f"{path} has no line below its heading.", next_step="List at least one clip.")
    asked = [f"{key} {', '.join(sorted(given))}" for key, given in (("fold", folds), ("group", groups)) if given]
    there = [
        f"{key}s: {', '.join(sorted(found - {''})[:20]) or 'none'}"
        for (key, found), given in zip(seen.items(), (folds, groups), strict=True)
        if given
    ]
    return BadInputError(f"No line of {path} has {' and '.join(asked)}.", next_step=f"It has {'; '.join(there)}.")


def read_wordings(path: Path, labels: Collection[str]) -> tuple[Wording, ...]:
    """The wordings of a CSV label,language,wording for the given labels; those of other labels are left out.

    Raises as `read_manifest` does, and `BadInputError` where not one is for these labels.
    """
    lines = _Lines(path)
    lines.require(*_WORDING_COLUMNS)
    rows = [tuple(lines.cell(number, row, name) for name in _WORDING_COLUMNS) for number, row in lines.rows()]
    wordings = tuple(Wording(*row) for row in dict.fromkeys(rows) if row[0] in labels)
    if not wordings:
        raise BadInputError(
            f"No line of {path} is for a label of the clips.",
            next_step=f"Labels are written as in the manifest, for instance {sorted(labels)[0]!r}.",
        )
    return wordings


class _Lines:
    """A CSV file in memory; every complaint about it names the line and, where there is one, the column."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(f"There is no file at {path}.", next_step="Check the path.") from error
        except IsADirectoryError as error:
            raise BadInputError(f"{path} is a folder.", next_step="Name a CSV file.") from error
        except UnicodeDecodeError as error:
            number = error.object.count(b"\n", 0, error.start) + 1
            raise BadInputError(f"{path} line {number}: this is not UTF-8.", next_step="Save it as UTF-8.") from error
        self._reader = csv.reader(text.splitlines(keepends=True), strict=True)
        self.columns: Sequence[str] = [name.strip() for name in self._next() or []]

    def require(self, *names: str) -> None:
        """Raises `BadInputError` where a column is missing."""
        for name in names:
            if name not in self.columns:
                there = ", ".join(self.columns) or "none"
                raise BadInputError(
                    f"{self._path} line 1: there is no column {name!r}; there are: {there}.",
                    next_step="The first line names the columns, with commas between them.",
                )

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Number of the line and the cells by column, for each line that is not blank."""
        while (cells := self._next()) is not None:
            if not any(cells):
                continue
            number = self._reader.line_num
            if len(cells) != len(self.columns):
                raise BadInputError(
                    f"{self._path} line {number}: {len(cells)} cells for {len(self.columns)} columns.",
                    next_step="Put a cell that holds a comma into double quotes.",
                )
            yield number, dict(zip(self.columns, (cell.strip() for cell in cells), strict=True))

    def cell(self, number: int, row: dict[str, str], column: str, hint: str = "") -> str:
        """A cell that must not be empty."""
        if not row[column]:
            raise BadInputError(f"{self._path} line {number}, column {column}: it is empty.", next_step=hint)
        return row[column]

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise BadInputError(
                f"{self._path} line {self._reader.line_num}: this is not CSV ({error}).",
                next_step="Close every double quote.",
            ) from error
