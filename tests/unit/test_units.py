"""Durations, times, sizes and dates as people write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.errors import BadInputError
from sonotheque.units import format_clock, format_duration, format_size, parse_date, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", 12.5), ("0", 0.0), (".5", 0.5), ("1.", 1.0), (" 7 ", 7.0),
        ("1:02", 62.0), ("1:02:03.5", 3723.5), ("0:90", 90.0),
        ("90s", 90.0), ("2m30s", 150.0), ("2 min 30 s", 150.0), ("1.5h", 5400.0), ("250ms", 0.25), ("1H", 3600.0),
        ("10sec", 10.0),
    ],
)  # fmt: skip
def test_parse_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "1:", ":30", "-1", "1e5", "inf", "nan", "1:2:3:4", "5 5", "2m30", "s", "1.5.s", "٣", "9" * 5000],
)
def test_parse_seconds_refuses(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a time"):
        parse_seconds(text)


@given(st.text(max_size=30))
def test_parse_seconds_gives_seconds_or_says_no(text: str) -> None:
    try:
        seconds = parse_seconds(text)
    except BadInputError:
        return
    assert 0.0 <= seconds < 1e14


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0:00.0"), (5.0, "0:05.0"), (59.99, "0:59.9"), (754.5, "12:34.5"), (3723.4, "1:02:03.4"), (0.3, "0:00.3")],
)
def test_format_clock(seconds: float, text: str) -> None:
    assert format_clock(seconds) == text


@given(st.floats(0.0, 1e6))
def test_a_formatted_clock_is_read_back_at_most_a_tenth_before(seconds: float) -> None:
    assert -1e-5 <= seconds - parse_seconds(format_clock(seconds)) < 0.1 + 1e-5


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (12.4, "12 s"), (59.6, "1 min"), (200.0, "3 min 20 s"),
        (180.0, "3 min"), (3599.9, "1 h"), (3600.0, "1 h"), (18_600.0, "5 h 10 min"), (360_000.0, "100 h"),
    ],
)  # fmt: skip
def test_format_duration(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [
        (0, "0 B"), (912, "912 B"), (999, "999 B"), (1000, "1.0 kB"), (3_400_000, "3.4 MB"), (99_600_000, "100 MB"),
        (999_600, "1.0 MB"), (5 * 10**12, "5.0 TB"), (5 * 10**15, "5000 TB"),
    ],
)  # fmt: skip
def test_format_size(n_bytes: int, text: str) -> None:
    assert format_size(n_bytes) == text


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", utc(2026, 1, 1), utc(2027, 1, 1)),
        ("2026-07", utc(2026, 7, 1), utc(2026, 8, 1)),
        ("2026-12", utc(2026, 12, 1), utc(2027, 1, 1)),
        ("2024-02", utc(2024, 2, 1), utc(2024, 3, 1)),
        ("2026-07-04", utc(2026, 7, 4), utc(2026, 7, 5)),
        ("2026-12-31", utc(2026, 12, 31), utc(2027, 1, 1)),
        (" 2026-07-04T12:30 ", utc(2026, 7, 4, 12, 30), utc(2026, 7, 4, 12, 31)),
    ],
)
def test_parse_date(text: str, start: dt.datetime, end: dt.datetime) -> None:
    assert parse_date(text) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13", "2026-02-30", "26", "2026-07-04 12:30", "9999", "9999-12"]
)
def test_parse_date_refuses(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a date"):
        parse_date(text)


@given(st.dates(dt.date(1, 1, 1), dt.date(9998, 12, 31)))
def test_any_day_is_read_and_lasts_a_day(day: dt.date) -> None:
    start, end = parse_date(f"{day.year:04d}-{day.month:02d}-{day.day:02d}")
    assert start.date() == day
    assert end - start == dt.timedelta(days=1)
