"""Rolling captions: each cue shows again the line above, as live captions and those of video sites do.

Owns the recognition of such files and which lines are repeats. Knows no format.
"""

from __future__ import annotations

from collections.abc import Sequence

from sonotheque.values.span import Span

_FEWEST = 2
_LEAST_SHARE = 0.5
_LARGEST_GAP_S = 0.5


def count_repeats(cues: Sequence[tuple[Span, Sequence[str]]]) -> list[int] | None:
    """For each cue, in order of time, how many of its first lines the cue before it ended with.

    None where fewer than half of the cues begin so and go on with a new line, those aside that are repeats as a whole:
    then what stands there twice was said twice, as in songs.
    """
    counts = [0] * len(cues)
    n_rolled = n_whole = 0
    for at in range(1, len(cues)):
        (last, above), (span, lines) = cues[at - 1], cues[at]
        if span.start_s - last.end_s <= _LARGEST_GAP_S:
            counts[at] = _overlap(above, lines)
            n_rolled += 0 < counts[at] < len(lines)
            n_whole += 0 < counts[at] == len(lines)
    return counts if n_rolled >= max(_FEWEST, _LEAST_SHARE * (len(cues) - 1 - n_whole)) else None


def _overlap(above: Sequence[str], lines: Sequence[str]) -> int:
    """The largest n for which the last n lines above are the first n lines."""
    for n in range(min(len(above), len(lines), 4), 0, -1):
        if list(above[-n:]) == list(lines[:n]):
            return n
    return 0
