"""Cuts a run of a script without spaces into listed words.

Owns the search for the cover with the fewest characters unknown, then the fewest words. Knows no language.
"""

from __future__ import annotations

from collections.abc import Callable

_UNKNOWN_COST, _WORD_COST, _LONE_COST = 100, 10, 12


def segment_run(run: str, is_listed: Callable[[str], bool], longest: int) -> list[tuple[int, int, bool]]:
    """Half-open (start, end, listed) parts of `run` in order; neighbouring unknown characters make one part.

    Dynamic programming over positions: an unknown character costs more than any word, a word of one character a little
    more than a longer one, so that long words win.
    """
    best: list[tuple[int, int]] = [(0, 0)]  # cost so far, where the last part begins (negative: unknown)
    for end in range(1, len(run) + 1):
        choice = (best[end - 1][0] + _UNKNOWN_COST, -end)
        for start in range(max(0, end - longest), end):
            cost = best[start][0] + (_WORD_COST if end - start > 1 else _LONE_COST)
            if cost < choice[0] and is_listed(run[start:end]):
                choice = (cost, start)
        best.append(choice)
    parts: list[tuple[int, int, bool]] = []
    end = len(run)
    while end:
        mark = best[end][1]
        listed = mark >= 0
        start = mark if listed else end - 1
        if parts and not listed and not parts[-1][2]:
            parts[-1] = (start, parts[-1][1], False)
        else:
            parts.append((start, end, listed))
        end = start
    return parts[::-1]
