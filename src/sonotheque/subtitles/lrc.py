"""LRC (.lrc): lyrics, each line with the time at which it begins; in the enhanced form each word too.

Owns its reading and writing. There is no standard. Times are `[mm:ss.xx]`, of any number of decimals; `[offset:+500]`
is in milliseconds and makes all come sooner; a line may have several times; a line without text ends the one before.
A line ends where the next begins; lines that begin together, as with translations, end together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sonotheque.subtitles.clock import format_minutes, seconds_of
from sonotheque.subtitles.cues import refuse_untimed, span_ms, timed_words
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.languages import language_tag
from sonotheque.subtitles.markup import Run, mark_speaker, on_one_line, take_speaker, tidy
from sonotheque.subtitles.timed_words import Piece, mark_times
from sonotheque.values.utterance import Utterance

_TIME = r"(?:(\d{1,4}):)?(\d{1,6}):(\d{1,2})(?:[.,](\d{1,9}))?"
_LINE_TIME = re.compile(rf"\s*\[\s*{_TIME}\s*\]", re.ASCII)
_WORD_TIME = re.compile(rf"[\[<]{_TIME}[\]>]", re.ASCII)
_TAG = re.compile(r"\[\s*([A-Za-z#][A-Za-z_]*)\s*:([^\]]*)\]\s*")
_LAST_LINE_S = 5.0
"""How long the last line is taken to be, where nothing ends it."""
_LAST_WORD_S = 2.0
_MOST_OFFSET_MS = 86_400_000
_MOST_LINES = 600_000


@dataclass(slots=True)
class _Line:
    """A text as sung at one of its times; `number` is its line of the file, counted from 1."""

    start_s: float
    number: int
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        return tidy("".join(text for _, text in self.pieces))


def is_lrc_line(line: str) -> bool:
    """Whether the line begins with a time in square brackets."""
    return _LINE_TIME.match(line) is not None


def read_lrc(text: str, draft: Draft, *, has_hours: bool = False) -> None:
    """Adds the lines of an LRC file to `draft`; raises `BadInputError` where not one has a time.

    `[01:02:03]` is a minute, two seconds and three hundredths in lyrics, but an hour in other files (`has_hours`).
    """
    lines: list[_Line] = []
    offset_s = 0.0
    for number, raw in enumerate(text.split("\n"), start=1):
        starts, rest = _leading_times(raw, has_hours=has_hours)
        if starts:
            lines += _timed_lines(starts, rest, number, has_hours=has_hours)
        elif (tag := _TAG.fullmatch(raw.strip())) is not None:
            offset_s = _read_tag(tag.group(1).lower(), tag.group(2).strip(), draft, offset_s)
        elif tidy(raw):
            if lines:
                lines[-1].pieces.append((None, "\n" + raw))
            else:
                draft.leave_out("has no time", f"line {number}")
        if len(lines) > _MOST_LINES:
            raise draft.refuse(f"holds more than {_MOST_LINES:,} times", place=f"line {number}")
    if not lines and tidy(text):
        raise refuse_untimed(text, draft, "[00:12.50]")
    _add_lines(lines, offset_s, draft)


def _leading_times(raw: str, *, has_hours: bool) -> tuple[list[float], str]:
    """The times at the beginning of a line, and what is behind them."""
    starts: list[float] = []
    position = 0
    while (found := _LINE_TIME.match(raw, position)) is not None:
        starts.append(_seconds(found.groups(), has_hours=has_hours))
        position = found.end()
    return starts, raw[position:]


def _seconds(groups: Sequence[str | None], *, has_hours: bool) -> float:
    first, second, third, decimals = groups
    if first is not None and decimals is None and not has_hours:
        return seconds_of(int(first) * 60 + int(second or 0), third)
    return seconds_of(int(first or 0) * 3600 + int(second or 0) * 60 + int(third or 0), decimals)


def _timed_lines(starts: Sequence[float], rest: str, number: int, *, has_hours: bool) -> list[_Line]:
    """One line for each of its times; times of words are moved along from the first."""
    pieces: list[Piece] = []
    position, time_s = 0, None
    for found in _WORD_TIME.finditer(rest):
        pieces.append((time_s, rest[position : found.start()]))
        time_s, position = _seconds(found.groups(), has_hours=has_hours), found.end()
    pieces.append((time_s, rest[position:]))
    lines = [_Line(starts[0], number, pieces)]
    for start_s in starts[1:]:
        moved = start_s - starts[0]
        lines.append(_Line(start_s, number, [(None if at is None else at + moved, text) for at, text in pieces]))
    return lines


def _read_tag(name: str, value: str, draft: Draft, offset_s: float) -> float:
    """Takes the language from `[la:en]`; the offset in seconds, as it is or as `[offset:...]` tells."""
    if name in {"la", "lang", "language"} and (tag := language_tag(value)) is not None:
        draft.language = tag
    if name == "offset" and re.fullmatch(r"[+-]?\d{1,9}", value, re.ASCII) and abs(int(value)) <= _MOST_OFFSET_MS:
        return int(value) / 1000
    return offset_s


def _add_lines(lines: list[_Line], offset_s: float, draft: Draft) -> None:
    lines.sort(key=lambda line: line.start_s)
    ends = _ends(lines, None if draft.duration_s is None else draft.duration_s + offset_s)
    for line, end_s in zip(lines, ends, strict=True):
        if not line.text:
            continue
        start_s, end_s = line.start_s - offset_s, end_s - offset_s
        pieces = [(None if time_s is None else time_s - offset_s, text) for time_s, text in line.pieces]
        run = take_speaker(Run(None, pieces))
        last_s, last = run.pieces[-1]
        words_end_s = end_s if last_s is None or not last.strip() else min(end_s, last_s + _LAST_WORD_S)
        words = timed_words(run.pieces, start_s, words_end_s) if run.is_timed else ()
        draft.add(f"line {line.number}", start_s, end_s, run.text, speaker=run.speaker, words=words)


def _ends(lines: Sequence[_Line], duration_s: float | None) -> list[float]:
    """Where each line ends, of lines in order of time: at the next time that is not its own."""
    ends: list[float] = []
    following: float | None = None
    for line, below in zip(reversed(lines), [None, *reversed(lines)], strict=False):
        if below is not None and below.start_s > line.start_s:
            following = below.start_s
        last_s = line.start_s + _LAST_LINE_S
        if duration_s is not None and duration_s > line.start_s:
            last_s = min(last_s, duration_s)
        ends.append(last_s if following is None else following)
    return ends[::-1]


def write_lrc(utterances: Sequence[Utterance], *, language: str | None, word_times: bool) -> str:
    """The file as text, with three decimals so that it is as exact as other formats.

    A line without text ends an utterance that no other follows at once. An utterance that another begins within ends
    there when it is read again: the format can't say otherwise.
    """
    lines = [] if language is None else [f"[la:{language}]"]
    for at, utterance in enumerate(utterances):
        start_ms, end_ms = span_ms(utterance.span)
        text = on_one_line(utterance.text)
        if word_times:
            text = mark_times(text, utterance.words, _write_time, str)
        lines.append(f"[{format_minutes(start_ms)}]{mark_speaker(utterance.speaker)}{text}")
        following = utterances[at + 1].span if at + 1 < len(utterances) else None
        if following is None or span_ms(following)[0] > end_ms:
            lines.append(f"[{format_minutes(end_ms)}]")
    return "".join(f"{line}\n" for line in lines)


def _write_time(time_ms: int) -> str:
    return f"<{format_minutes(time_ms)}>"
