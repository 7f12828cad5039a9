"""Utterances laid out as subtitles: short enough to read, cut where speech pauses, shown long enough.

Owns what is kept as it is, what is cut, and the times of cues beside each other. Knows no file format.

The numbers are those of the field. Netflix, Timed Text Style Guide, General Requirements and English: at most two lines
of 42 characters, 5/6 s to 7 s, 17 to 20 characters per second for adults, two frames between cues, lines broken after
punctuation and not behind an article or preposition, one line where the text fits it, the lower line the longer.
BBC Subtitle Guidelines: 160 to 180 words a minute, which is 15 to 17 characters per second; broken at natural pauses.
Widths count columns, so that 42 are 21 Han characters, and 17 a second are 8.5 of them; Netflix has 9 for Chinese.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sonotheque.errors import BadInputError
from sonotheque.subtitles.layout_cuts import Limits, cut_cues, cut_lines
from sonotheque.subtitles.layout_units import Unit, runs_between, split_units
from sonotheque.subtitles.markup import tidy
from sonotheque.subtitles.scripts import display_width
from sonotheque.subtitles.timed_words import place_words
from sonotheque.values.span import Span
from sonotheque.values.utterance import Utterance, Word

_SHORTEST_S = 0.001


def lay_out(
    utterances: Sequence[Utterance],
    *,
    max_chars_per_line: int = 42,
    max_lines: int = 2,
    min_duration_s: float = 5 / 6,
    max_duration_s: float = 7.0,
    max_chars_per_s: float = 17.0,
    min_gap_s: float = 1 / 12,
    split_pause_s: float = 2.0,
    duration_s: float | None = None,
) -> list[Utterance]:
    """Subtitles of readable length, in order of time, each within one utterance: nothing is merged.

    An utterance that fits is kept as it is. Others are cut into few cues: at the longest pauses between words, then
    behind punctuation, then into equal parts; always at pauses of `split_pause_s` and where a line begins
    with a dash. Text that needs it is broken into lines. A cue that is read faster than `max_chars_per_s` or is shorter
    than `min_duration_s` stays on into the silence after it, but never nearer than `min_gap_s` (two frames of 24 a
    second) to the next and not past `duration_s`, the recording's end; one that ends nearer is cut short, if it stays
    long enough. Overlapping utterances of several voices stay so. Without times of words, cuts share the time by the
    length of the text, and a text that fits but lasts long is taken away after `max_duration_s`. Cues keep the words,
    speaker, language, confidence and id of their utterance. Times are whole milliseconds. Characters are columns: wide
    ones count two. Raises `BadInputError` for limits that nothing can keep.
    """
    limits = Limits(max_chars_per_line, max_lines, min_duration_s, max_duration_s, split_pause_s)
    _check(limits, max_chars_per_s, min_gap_s)
    cues = [cue for utterance in utterances for cue in _cues(utterance, limits)]
    cues.sort(key=lambda cue: cue.span.start_s)
    return list(_paced(cues, limits, max_chars_per_s, min_gap_s, duration_s))


def _check(limits: Limits, max_chars_per_s: float, min_gap_s: float) -> None:
    if limits.max_chars_per_line < 2 or limits.max_lines < 1:
        raise BadInputError(
            f"Subtitles need a line of 2 characters at least, not {limits.max_lines} of {limits.max_chars_per_line}."
        )
    if not 0 < limits.min_duration_s <= limits.max_duration_s < math.inf:
        raise BadInputError(
            "Subtitles last from a shortest to a longest time above 0, "
            f"not from {limits.min_duration_s:g} to {limits.max_duration_s:g} s."
        )
    if not (max_chars_per_s > 0 and 0 <= min_gap_s < math.inf and limits.split_pause_s > 0):
        raise BadInputError(
            "Reading speed and splitting pause are above 0, and a gap is 0 or more, "
            f"not {max_chars_per_s:g}, {limits.split_pause_s:g} and {min_gap_s:g}."
        )


def _cues(utterance: Utterance, limits: Limits) -> Iterator[Utterance]:
    utterance = replace(utterance, text=tidy(utterance.text) or utterance.text)
    units = split_units(utterance, limits.max_chars_per_line)
    has_times = bool(utterance.words)
    if _fits(utterance, units, limits):
        yield _rounded(utterance)
        return
    cuts = cut_cues(units, limits, has_times=has_times)
    runs = list(runs_between(units, cuts))
    shares = _share_words(utterance, runs)
    starts = [utterance.span.start_s, *(run[0].start_s for run in runs[1:])]
    ends = [*(run[-1].end_s for run in runs[:-1]), utterance.span.end_s]
    if has_times:
        # Silence at the edges of an utterance is no part of what has to be short.
        ends[-1] = min(ends[-1], max(runs[-1][-1].end_s, starts[-1] + limits.max_duration_s))
        starts[0] = max(starts[0], min(runs[0][0].start_s, ends[0] - limits.max_duration_s))
    last_s = 0.0
    for run, words, start_s, end_s in zip(runs, shares, starts, ends, strict=True):
        start_s = max(start_s, last_s)
        last_s = max(min(end_s, start_s + limits.max_duration_s), start_s + _SHORTEST_S)
        span = Span(start_s, last_s)
        yield _rounded(replace(utterance, span=span, text=_lines(run, limits), words=words))


def _fits(utterance: Utterance, units: Sequence[Unit], limits: Limits) -> bool:
    """Whether it is a subtitle already: lines not too many nor wide, and, where its words have times, not too long."""
    lines = utterance.text.split("\n")
    if len(lines) > limits.max_lines or any(display_width(line) > limits.max_chars_per_line for line in lines):
        return False
    if not utterance.words:
        return utterance.span.duration_s <= limits.max_duration_s
    return utterance.span.duration_s <= limits.max_duration_s and not any(
        following.start_s - unit.end_s >= limits.split_pause_s for unit, following in itertools.pairwise(units)
    )


def _lines(run: Sequence[Unit], limits: Limits) -> str:
    """The text of a cue, broken into lines where one does not hold it."""
    return "\n".join(
        "".join((" " if unit.has_space and at else "") + unit.text for at, unit in enumerate(line))
        for line in runs_between(run, cut_lines(run, limits))
    )


def _share_words(utterance: Utterance, runs: Sequence[Sequence[Unit]]) -> list[tuple[Word, ...]]:
    """The words of each cue: by their place in the text, one that is not found there with the one before it."""
    shares: list[list[Word]] = [[] for _ in runs]
    at = 0
    for place, word in zip(place_words(utterance.text, utterance.words), utterance.words, strict=True):
        while place is not None and at + 1 < len(runs) and runs[at + 1][0].place <= place:
            at += 1
        shares[at].append(word)
    return [tuple(share) for share in shares]


def _rounded(cue: Utterance) -> Utterance:
    start_s = round(cue.span.start_s, 3)
    return replace(cue, span=Span(start_s, max(round(cue.span.end_s, 3), round(start_s + _SHORTEST_S, 3))))


def _paced(
    cues: Sequence[Utterance], limits: Limits, max_chars_per_s: float, min_gap_s: float, duration_s: float | None
) -> Iterator[Utterance]:
    """The cues with ends that leave time to read and a gap before the next; starts stay where speech starts."""
    for at, cue in enumerate(cues):
        start_s, end_s = cue.span.start_s, cue.span.end_s
        is_over = at + 1 < len(cues) and cues[at + 1].span.start_s < end_s
        if is_over:
            yield cue
            continue
        latest_s = cues[at + 1].span.start_s - min_gap_s if at + 1 < len(cues) else math.inf
        wanted_s = min(max(limits.min_duration_s, display_width(cue.text) / max_chars_per_s), limits.max_duration_s)
        if duration_s is not None:
            latest_s = min(latest_s, max(duration_s, end_s))
        if end_s > latest_s:
            end_s = latest_s if latest_s - start_s >= limits.min_duration_s else end_s
        else:
            end_s = max(end_s, min(start_s + wanted_s, latest_s, start_s + limits.max_duration_s))
        yield _rounded(replace(cue, span=Span(start_s, end_s)))
