"""Praat's TextGrid: tiers of labelled intervals and points.

Owns the text of such files in both forms, long and short. Knows nothing of what tiers mean.

Praat reads a text file as numbers, quoted texts and flags that stand free; all else is comment, and so the long form is
the short one with comments ("TextGrid file formats" in Praat's manual).
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sonotheque.subtitles.draft import Draft

_TOKEN = re.compile(r'"([^"]*(?:""[^"]*)*)"|<(exists|absent)>|(![^\n]*)|([^\s"!]+)')
_NUMBER = re.compile(r"(?:[A-Za-z]+=)?([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)", re.ASCII)
_MOST_TIERS = 10_000


@dataclass(frozen=True, slots=True)
class Label:
    """A text from a start to an end in seconds, which are equal for a point; `line` is where the file has it."""

    start_s: float
    end_s: float
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """A named row of labels: intervals, or points."""

    name: str
    labels: tuple[Label, ...]
    has_points: bool = False


class _Tokens:
    """The free-standing numbers, texts and flags of a file, one by one."""

    def __init__(self, text: str, draft: Draft) -> None:
        self._draft = draft
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._length = len(text)
        self._tokens = self._read(text)
        self.line = 1

    def _read(self, text: str) -> Iterator[tuple[str | float, int]]:
        for found in _TOKEN.finditer(text):
            if found.group(1) is not None:
                yield found.group(1).replace('""', '"'), found.start()
            elif found.group(4) is not None and (number := _NUMBER.fullmatch(found.group(4))) is not None:
                yield float(number.group(1)), found.start()

    def _next(self, wanted: str) -> str | float:
        value, position = next(self._tokens, (None, self._length))
        self.line = bisect.bisect_left(self._line_ends, position) + 1
        if value is None:
            raise self.refuse(f"breaks off where {wanted} should follow")
        return value

    def number(self, wanted: str) -> float:
        """The next token, a number."""
        value = self._next(wanted)
        if isinstance(value, str):
            raise self.refuse(f'has the text "{value[:40]}" where {wanted} should be')
        return value

    def text(self, wanted: str) -> str:
        """The next token, a text."""
        value = self._next(wanted)
        if isinstance(value, float):
            raise self.refuse(f"has the number {value:g} where {wanted} should be")
        return value

    def count(self, wanted: str, most: float) -> int:
        """The next token, a whole number."""
        value = self.number(wanted)
        if not 0 <= value <= most or value != int(value):
            raise self.refuse(f"has {value:g} where {wanted} should be")
        return int(value)

    def refuse(self, problem: str) -> Exception:
        """The error at the last token."""
        return self._draft.refuse(
            problem, place=f"line {self.line}", next_step="Save it again as a TextGrid text file in Praat."
        )


def parse_textgrid(text: str, draft: Draft) -> list[Tier]:
    """The tiers of a file in either form; raises `BadInputError` with the line where it is damaged or breaks off."""
    tokens = _Tokens(text, draft)
    for wanted in ("ooTextFile", "TextGrid"):
        found = tokens.text(f'"{wanted}"')
        if not found.startswith(wanted):
            raise tokens.refuse(f'has "{found[:40]}" where "{wanted}" should be')
    for wanted in ("a start", "an end"):
        tokens.number(wanted)
    return [_parse_tier(tokens) for _ in range(tokens.count("the number of tiers", _MOST_TIERS))]


def _parse_tier(tokens: _Tokens) -> Tier:
    kind = tokens.text("the kind of a tier")
    if kind not in {"IntervalTier", "TextTier"}:
        raise tokens.refuse(f'has a tier of the kind "{kind[:40]}"; IntervalTier and TextTier are known')
    name = tokens.text("the name of a tier")
    for wanted in ("a tier's start", "a tier's end"):
        tokens.number(wanted)
    n_labels = tokens.count("the number of labels", 1e9)
    labels = []
    for _ in range(n_labels):
        start_s = tokens.number("a time")
        line = tokens.line
        end_s = tokens.number("a time") if kind == "IntervalTier" else start_s
        labels.append(Label(start_s, end_s, tokens.text("a label"), line))
    return Tier(name, tuple(labels), kind == "TextTier")


def format_textgrid(tiers: Sequence[tuple[str, Sequence[tuple[int, int, str]]]], end_ms: int) -> str:
    """The long form of interval tiers, each a name and (start, end, label) in milliseconds, in order and apart.

    Gaps become empty intervals, as Praat wants every moment up to `end_ms` to lie in one.
    """
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {_time(end_ms)} "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for number, (name, labels) in enumerate(tiers, start=1):
        filled = _fill(labels, end_ms)
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier" ',
            f"        name = {_quote(name)} ",
            "        xmin = 0 ",
            f"        xmax = {_time(end_ms)} ",
            f"        intervals: size = {len(filled)} ",
        ]
        for at, (start_ms, stop_ms, label) in enumerate(filled, start=1):
            lines += [
                f"        intervals [{at}]:",
                f"            xmin = {_time(start_ms)} ",
                f"            xmax = {_time(stop_ms)} ",
                f"            text = {_quote(label)} ",
            ]
    return "\n".join(lines) + "\n"


def _fill(labels: Sequence[tuple[int, int, str]], end_ms: int) -> list[tuple[int, int, str]]:
    filled: list[tuple[int, int, str]] = []
    position = 0
    for start_ms, stop_ms, label in labels:
        if start_ms > position:
            filled.append((position, start_ms, ""))
        filled.append((start_ms, stop_ms, label))
        position = stop_ms
    return [*filled, (position, end_ms, "")] if position < end_ms else filled


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _time(time_ms: int) -> str:
    return f"{time_ms // 1000}.{time_ms % 1000:03d}" if time_ms % 1000 else str(time_ms // 1000)
