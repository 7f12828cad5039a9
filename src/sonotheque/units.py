"""Units and how people read and write them.

Owns the parsing and formatting of durations, times, sizes and dates. Knows no other part of the project but the errors.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from sonotheque.errors import BadInputError

_NUMBER = r"(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})"  # bounded: a longer number is no time, and int() refuses 5,000 digits
_CLOCK = re.compile(rf"(?:(?:(\d{{1,9}}):)?(\d{{1,9}}):)?{_NUMBER}", re.ASCII)
_UNITS = re.compile(rf"\s*{_NUMBER}\s*(ms|sec|min|s|m|h)", re.IGNORECASE | re.ASCII)
_UNIT_S = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SIZE_STEPS = ("B", "kB", "MB", "GB", "TB")


def parse_seconds(text: str) -> float:
    """Seconds from `12.5`, `1:02`, `1:02:03.5`, `90s`, `2m30s` or `1.5h`; raises `BadInputError` for anything else."""
    stripped = text.strip()
    clock = _CLOCK.fullmatch(stripped)
    if clock is not None:
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600.0 + int(minutes or 0) * 60.0 + float(seconds)
    if re.fullmatch(f"(?:{_UNITS.pattern})+", stripped, _UNITS.flags):
        return sum(float(number) * _UNIT_S[unit.lower()] for number, unit in _UNITS.findall(stripped))
    raise BadInputError(
        f"{text!r} is not a time.", next_step="Write seconds (12.5), a clock time (1:02:03) or units (2m30s)."
    )


def format_clock(seconds: float) -> str:
    """`0:05.0`, `12:34.5` or `1:02:03.4`: clock time to a tenth of a second, rounded down: never past the end."""
    tenths = int(seconds * 10 + 1e-6)
    hours, rest = divmod(tenths, 36000)
    minutes, rest = divmod(rest, 600)
    if hours:
        return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


def format_duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `5 h 10 min`: a length of time in words."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two_units(whole, "min", "s")
    return _two_units(whole // 60, "h", "min")


def _two_units(amount: int, large: str, small: str) -> str:
    """`amount` of the small unit, sixty of which make a large one; a rest of zero is left out."""
    whole, rest = divmod(amount, 60)
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"


def format_size(n_bytes: int) -> str:
    """`912 B`, `3.4 MB`: decimal units."""
    value, step = float(n_bytes), 0
    while value >= 999.5 and step < len(_SIZE_STEPS) - 1:
        value, step = value / 1000, step + 1
    return f"{value:.0f} {_SIZE_STEPS[step]}" if step == 0 or value >= 99.5 else f"{value:.1f} {_SIZE_STEPS[step]}"


def parse_date(text: str) -> tuple[dt.datetime, dt.datetime]:
    """The half-open UTC interval that `2026`, `2026-07`, `2026-07-04` or `2026-07-04T12:30` names.

    Raises `BadInputError` for anything else, and for years before 1 and after 9998.
    """
    for pattern, following in _DATE_FORMS:
        try:
            start = dt.datetime.strptime(text.strip(), pattern).replace(tzinfo=dt.UTC)
            return start, following(start)
        except (ValueError, OverflowError):
            continue
    raise BadInputError(f"{text!r} is not a date.", next_step="Write 2026, 2026-07, 2026-07-04 or 2026-07-04T12:30.")


_DATE_FORMS: tuple[tuple[str, Callable[[dt.datetime], dt.datetime]], ...] = (
    ("%Y-%m-%dT%H:%M", lambda start: start + dt.timedelta(minutes=1)),
    ("%Y-%m-%d", lambda start: start + dt.timedelta(days=1)),
    ("%Y-%m", lambda start: (start + dt.timedelta(days=31)).replace(day=1)),
    ("%Y", lambda start: start.replace(year=start.year + 1)),
)
