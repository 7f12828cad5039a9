"""Safe text, widths and tables."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonotheque.surfaces.cli.rendering import (
    Column,
    fit_widths,
    print_json,
    print_table,
    printable,
    shorten,
    width_of,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("line\nbreak", "line\\nbreak"),
        ("gpj.\u202ewav", "gpj.\\u202ewav"),
        ("\udcff", "\\udcff"),
        ("下雨 \N{DOG FACE} é", "下雨 \N{DOG FACE} é"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(), st.integers(0, 40), st.sampled_from(["start", "end", "ends"]))
def test_shortened_text_fits_and_shows_both_ends_of_what_it_had(text: str, width: int, keep: str) -> None:
    text = printable(text)
    short = shorten(text, width, keep)  # type: ignore[arg-type]
    assert width_of(short) <= max(width, 1)
    if width_of(text) <= width:
        assert short == text


def test_each_part_that_may_stay() -> None:
    assert [shorten("abcdefghij", 5, keep) for keep in ("start", "ends", "end", "all")] == [
        "abcd…", "ab…ij", "…ghij", "abcdefghij",
    ]  # fmt: skip


def test_wide_characters_count_twice_and_marks_not_at_all() -> None:
    assert [width_of(text) for text in ("rain", "下雨", "e\u0301")] == [4, 4, 1]


def test_the_widest_column_gives_way_first() -> None:
    columns = [Column("a"), Column("b", keep="start", min_width=5), Column("c", keep="end", min_width=5)]
    assert fit_widths(columns, [3, 30, 10], 27) == [3, 10, 10]
    assert fit_widths(columns, [3, 30, 10], 5) == [3, 5, 5]
    assert fit_widths(columns, [3, 30, 10], 100) == [3, 30, 10]


def test_a_table_in_a_pipe_is_whole_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        [Column("N", right=True), Column("Name", keep="start"), Column("End")],
        [("9", "下雨", "x"), ("10", "b" * 200, "y")],
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(" 9  下雨")
    assert lines[2] == "10  " + "b" * 200 + "  y"
    assert width_of(lines[1]) == width_of(lines[2])


def test_json_that_is_not_strict_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"score": float("nan")})


def test_json_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": "下雨\udcff"})
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert json.loads(shown) == {"path": "下雨\udcff"}
