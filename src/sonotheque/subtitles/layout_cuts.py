"""Where a long utterance is cut into cues, and a cue into lines.

Owns the costs that choose between places, and the search for the cheapest. Knows nothing of time beyond an utterance.

Both searches look back only as far as a cue or a line may be wide, so that their work grows with the length of the
text and no faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sonotheque.subtitles.layout_units import Unit

_CLEAR_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 2.0
_STOP_WORTH = (0.0, 0.35, 0.6)
"""What a cut is worth behind a word, a clause and a sentence; a clear pause is worth more, a longer one still more."""
_SHORT_WORD = 3
_SHORT_WORD_COST = 0.2
"""Behind a short word without punctuation: in most languages an article or a preposition, which the next belongs to."""
_UNBALANCED_COST = 1.0
_FLASH_COST = 0.5
_TOP_HEAVY_COST = 0.02


@dataclass(frozen=True, slots=True)
class Limits:
    """What one cue may hold; durations in seconds. See `lay_out`."""

    max_chars_per_line: int
    max_lines: int
    min_duration_s: float
    max_duration_s: float
    split_pause_s: float


def cut_cues(units: Sequence[Unit], limits: Limits, *, has_times: bool) -> list[int]:
    """The cuts, as numbers of units before them, from 0 to all: each cue fits its lines and, `has_times`, its duration.

    As few cues as go with cuts in good places: at the longest pauses, else behind sentences and clauses, else balanced.
    """
    n = len(units)
    widths = _summed_widths(units)
    target = _target_width(widths[-1], limits)
    best = [0.0] + [float("inf")] * n
    came_from = [0] * (n + 1)
    for begin in range(n):
        n_lines, line_width = 1, 0
        for end in range(begin + 1, n + 1):
            unit = units[end - 1]
            added = unit.width + (unit.has_space and line_width > 0)
            if line_width and line_width + added > limits.max_chars_per_line:
                n_lines, line_width, added = n_lines + 1, 0, unit.width
            line_width += added
            if end > begin + 1 and (
                n_lines > limits.max_lines
                or is_forced(units[end - 2], unit, limits, has_times=has_times)
                or (has_times and unit.end_s - units[begin].start_s > limits.max_duration_s)
            ):
                break
            cost = best[begin] + 1.0 + _imbalance(widths[end] - widths[begin], target)
            if has_times and unit.end_s - units[begin].start_s < limits.min_duration_s:
                cost += _FLASH_COST
            if end < n:
                cost += _cut_cost(unit, units[end], has_times=has_times)
            if cost < best[end]:
                best[end], came_from[end] = cost, begin
    return _walk_back(came_from)


def is_forced(unit: Unit, following: Unit, limits: Limits, *, has_times: bool) -> bool:
    """Whether two units are never in one cue: another's turn begins, or a long silence lies between."""
    return following.is_turn or (has_times and following.start_s - unit.end_s >= limits.split_pause_s)


def _target_width(total: int, limits: Limits) -> float:
    """How wide each cue is when all are alike and as few as can be."""
    most = limits.max_chars_per_line * limits.max_lines
    return total / -(-total // most)


def _imbalance(width: int, target: float) -> float:
    return _UNBALANCED_COST * ((width - target) / target) ** 2 / 4


def _cut_cost(unit: Unit, following: Unit, *, has_times: bool) -> float:
    """What cutting between two units costs, from -0.2 at a long pause to 1.2 behind an article."""
    pause_s = following.start_s - unit.end_s if has_times else 0.0
    worth = _STOP_WORTH[unit.stop]
    if pause_s >= _CLEAR_PAUSE_S:
        worth = 0.8 + 0.4 * min(pause_s, _LONGEST_PAUSE_S) / _LONGEST_PAUSE_S
    elif unit.stop == 0 and unit.width <= _SHORT_WORD and following.has_space:
        worth = -_SHORT_WORD_COST
    return 1.0 - worth


def cut_lines(units: Sequence[Unit], limits: Limits) -> list[int]:
    """The cuts of one cue into as few lines as hold it: behind punctuation, not behind short words, and balanced."""
    n = len(units)
    widths = _summed_widths(units)
    n_lines = _fewest_lines(units, limits)
    target = widths[-1] / n_lines
    best = [0.0] + [float("inf")] * n
    came_from = [[0] * (n + 1) for _ in range(n_lines + 1)]
    for line in range(1, n_lines + 1):
        reached = [float("inf")] * (n + 1)
        for end in range(1, n + 1) if line < n_lines else (n,):
            for begin in range(end - 1, -1, -1):
                width = widths[end] - widths[begin] - (units[begin].has_space and begin > 0)
                if width > limits.max_chars_per_line and begin < end - 1:
                    break
                cost = best[begin] + ((width - target) / limits.max_chars_per_line) ** 2
                cost += _line_cost(units, end) + (_TOP_HEAVY_COST if line < n_lines and width > target else 0.0)
                if cost < reached[end]:
                    reached[end], came_from[line][end] = cost, begin
        best = reached
    cuts = [n]
    for line in range(n_lines, 0, -1):
        cuts.append(came_from[line][cuts[-1]])
    return cuts[::-1]


def _line_cost(units: Sequence[Unit], end: int) -> float:
    if end == len(units):
        return 0.0
    unit = units[end - 1]
    if unit.stop == 0 and unit.width <= _SHORT_WORD and units[end].has_space:
        return _SHORT_WORD_COST / 2
    return -_STOP_WORTH[unit.stop] / 3


def _fewest_lines(units: Sequence[Unit], limits: Limits) -> int:
    n_lines, line_width = 1, 0
    for unit in units:
        added = unit.width + (unit.has_space and line_width > 0)
        if line_width and line_width + added > limits.max_chars_per_line:
            n_lines, line_width, added = n_lines + 1, 0, unit.width
        line_width += added
    return n_lines


def _summed_widths(units: Sequence[Unit]) -> list[int]:
    """Widths of the first n units with the spaces before them, for n from 0."""
    summed = [0]
    for at, unit in enumerate(units):
        summed.append(summed[-1] + unit.width + (unit.has_space and at > 0))
    return summed


def _walk_back(came_from: Sequence[int]) -> list[int]:
    cuts = [len(came_from) - 1]
    while cuts[-1]:
        cuts.append(came_from[cuts[-1]])
    return cuts[::-1]
