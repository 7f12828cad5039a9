"""The form of a report, before it is a terminal's table, a page or JSON.

Owns titles, tables and pictures as values, what was measured on what, and the JSON form of results. Knows no metric.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from sonotheque.evaluation.gallery import LeftOut
from sonotheque.models.cards import ModelCard

SCHEMA = "sonotheque-eval/1"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text below column titles; columns in `right` hold numbers. A terminal shows the first `n_first` rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    note: str = ""
    n_first: int | None = None

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG text, ready for a page."""

    title: str
    svg: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report: facts are pairs of a word and what it is."""

    title: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Table | Picture, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """What was measured, and on what."""

    what: str
    manifest: str
    column: str
    folds: tuple[str, ...]
    groups: tuple[str, ...]
    n_clips: int
    n_names: int
    models: tuple[ModelCard, ...]
    left_out: tuple[LeftOut, ...]
    wordings: str | None = None

    def facts(self) -> tuple[tuple[str, str], ...]:
        """The head of a report."""
        chosen = [
            f"{word} {', '.join(given)}" for word, given in (("fold", self.folds), ("group", self.groups)) if given
        ]
        clips = f"{self.n_clips} with {self.n_names} different {self.column}s"
        rows = [("Manifest", ", ".join([self.manifest, *chosen])), ("Clips", clips)]
        if self.left_out:
            rows.append(("Left out", f"{len(self.left_out)} that could not be read"))
        if self.wordings is not None:
            rows.append(("Wordings", self.wordings))
        rows += [("Model", f"{card.space_name}, {card.licence}") for card in self.models]
        return tuple(rows)

    def left_out_table(self) -> list[Table]:
        """The clips that could not be read, if there are any."""
        rows = tuple((str(item.line), item.path, item.reason) for item in self.left_out)
        return [Table("Left out", ("line", "path", "reason"), rows, frozenset({0}), n_first=10)] if rows else []


def json_report(study: Study, **results: object) -> dict[str, Any]:
    """The whole report as JSON values; per-query arrays are left out and what is not a number is null."""
    return {"schema": SCHEMA, "study": json_form(study), **{name: json_form(value) for name, value in results.items()}}


def json_form(value: object) -> Any:
    """A result as JSON values: dataclasses become objects, without the fields that their repr leaves out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: json_form(getattr(value, item.name)) for item in dataclasses.fields(value) if item.repr}
    if isinstance(value, Mapping):
        return {str(key): json_form(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return json_form(value.tolist())
    if isinstance(value, list | tuple):
        return [json_form(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return str(value) if isinstance(value, PurePath) else value


def shown(number: float, digits: int = 3) -> str:
    """A number for a table; a dash for what is not one."""
    return f"{number:.{digits}f}" if math.isfinite(number) else "–"
