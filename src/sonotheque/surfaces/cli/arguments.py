"""What people type: times, dates, chances, clips and hits.

Owns the click types for them and the meaning of N (a hit of the last search) and FILE@START-END.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from sonotheque.errors import BadInputError
from sonotheque.units import parse_date, parse_seconds


class SecondsType(click.ParamType):  # type: ignore[type-arg]
    """A length or a point of time, in seconds: 12.5, 1:02, 2m30s."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, int | float):
            return float(value)
        try:
            return parse_seconds(value)
        except BadInputError as error:
            self.fail(str(error), param, ctx)


class DateType(click.ParamType):  # type: ignore[type-arg]
    """The first moment (UTC) of a year, month, day or minute: 2026, 2026-07, 2026-07-04, 2026-07-04T12:30."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """An aware time."""
        if isinstance(value, dt.datetime):
            return value
        try:
            return parse_date(value)[0]
        except BadInputError as error:
            self.fail(str(error), param, ctx)


class ChanceType(click.ParamType):  # type: ignore[type-arg]
    """A chance: 0.5 or 50%."""

    name = "chance"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A number in [0, 1]."""
        if isinstance(value, int | float):
            return float(value)
        text = value.strip()
        try:
            chance = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
        except ValueError:
            chance = -1.0
        if not 0.0 <= chance <= 1.0:
            self.fail(f"{value!r} is not a chance between 0 and 1, such as 0.5 or 50%.", param, ctx)
        return chance


SECONDS = SecondsType()
DATE = DateType()
CHANCE = ChanceType()
