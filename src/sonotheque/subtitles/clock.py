"""Clock times as subtitle files write them.

Owns the reading of times and of lines such as `00:00:01,000 --> 00:00:02,500`, and the writing of times to the
millisecond. Knows no format as a whole.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_CLOCK = r"(-?)(?:(\d{1,4}):\s?)?(\d{1,6}):\s?(\d{1,2})(?:\s?[.,]\s?(\d{1,9})|:(\d{3}))?"
_TIME = re.compile(rf"\s*{_CLOCK}\s*", re.ASCII)
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-{{1,3}}>\s*{_CLOCK}(?![\d:.,])", re.ASCII)
_CLOCK_LIKE = re.compile(r"\s*-?\d+\s*[:;]\s*\d", re.ASCII)
_N_GROUPS = 6


class Timing(NamedTuple):
    """When a cue is shown, in seconds as written, so possibly negative or backwards; NaN where that can't be read."""

    start_s: float
    end_s: float

    @property
    def is_broken(self) -> bool:
        """Whether the line was meant as a timing line and can't be read."""
        return math.isnan(self.start_s)


def parse_time(text: str) -> float | None:
    """Seconds from `[HH:]MM:SS[.mmm]`, with a dot or a comma; None for anything else."""
    found = _TIME.fullmatch(text)
    return None if found is None else _seconds(found.groups())


def parse_timing(line: str) -> Timing | None:
    """The two times of a cue, of which hours may be left out; None for a line of any other kind.

    What follows the times on the line (WebVTT's settings, SubRip's coordinates) is not looked at.
    """
    if "->" not in line:
        return None
    found = _TIMING.match(line)
    if found is None:
        before, arrow, behind = line.partition("-->")
        is_meant = arrow and (_CLOCK_LIKE.match(before) or _CLOCK_LIKE.match(behind))
        return Timing(math.nan, math.nan) if is_meant else None
    groups = found.groups()
    return Timing(_seconds(groups[:_N_GROUPS]), _seconds(groups[_N_GROUPS:]))


def seconds_of(whole_s: int, decimals: str | None) -> float:
    """`whole_s` and decimals as written, rounded once: 3661 and "123" are exactly the number 3661.123."""
    if not decimals:
        return float(whole_s)
    scale = int("1" + "0" * len(decimals))
    return (whole_s * scale + int(decimals)) / scale


def _seconds(groups: tuple[str | None, ...]) -> float:
    sign, hours, minutes, seconds, decimals, milliseconds = groups
    whole_s = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    value = seconds_of(whole_s, decimals or milliseconds)
    return -value if sign else value


def milliseconds(seconds: float) -> int:
    """The nearest whole number of milliseconds."""
    return round(seconds * 1000)


def format_clock(time_ms: int, decimal: str = ".") -> str:
    """`01:02:03.450`: hours with at least two digits, and three decimals."""
    whole, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(whole, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{decimal}{ms:03d}"


def format_minutes(time_ms: int) -> str:
    """`62:03.450`: minutes with at least two digits, and three decimals."""
    whole, ms = divmod(time_ms, 1000)
    return f"{whole // 60:02d}:{whole % 60:02d}.{ms:03d}"
