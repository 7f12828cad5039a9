"""WebVTT (.vtt): the subtitles of the web, with voices, and times of words within a cue.

Owns the reading of blocks, comments, styles, regions, headers and the time maps of streaming segments, and the writing.
Follows the W3C's WebVTT: The Web Video Text Tracks Format; more lenient where files in the wild are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sonotheque.subtitles.clock import Timing, format_clock, parse_time, parse_timing
from sonotheque.subtitles.cues import RawCue, add_cues, refuse_untimed, span_ms
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.languages import language_tag
from sonotheque.subtitles.markup import escape_all, on_one_line, tidy
from sonotheque.subtitles.timed_words import mark_times
from sonotheque.values.utterance import Utterance

_SKIPPED = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_HEADER = re.compile(r"WEBVTT(?:\s|$)")
_MAP = re.compile(r"X-TIMESTAMP-MAP\s*=", re.IGNORECASE)
_LOCAL = re.compile(r"LOCAL:([\d:.]{1,20})", re.IGNORECASE)
_MPEGTS = re.compile(r"MPEGTS:(\d{1,20})", re.IGNORECASE)
EXAMPLE = "00:00:01.000 --> 00:00:02.500"
_TICKS_PER_S = 90_000
_CLOCK_TICKS = 1 << 33
"""The clock of an MPEG transport stream has 33 bits and begins again after 26.5 hours."""


class _Reader:
    """Reads block after block; blocks are apart by lines that are quite empty."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.cues: list[RawCue] = []
        self._first_map_s: float | None = None
        self._shift_s = 0.0

    def take(self, number: int, lines: Sequence[str]) -> None:
        """Reads the block whose first line is line `number` of the file."""
        timings = [parse_timing(line) for line in lines]
        first = next((at for at, timing in enumerate(timings) if timing is not None), len(lines))
        if _HEADER.match(lines[0]):
            self._take_header(lines[1:first])
        elif first == len(lines):
            # The standard drops text behind a blank line; in the wild it is a cue's text that holds a blank line.
            if self.cues and not _SKIPPED.match(lines[0]):
                self.cues[-1].lines.extend(lines)
            return
        for at in range(first, len(lines)):
            timing = timings[at]
            if timing is None:
                self.cues[-1].lines.append(lines[at])
                continue
            if at > first and self.cues[-1].lines and self.cues[-1].lines[-1].strip().isdecimal():
                self.cues[-1].lines.pop()
            shifted = Timing(timing.start_s + self._shift_s, timing.end_s + self._shift_s)
            self.cues.append(RawCue(number + at, shifted))

    def _take_header(self, lines: Sequence[str]) -> None:
        """`Language: en` as video sites write it, and the map from the times of this part to those of the stream."""
        self.draft.drop_repeats()
        for line in lines:
            name, _, value = line.partition(":")
            if name.strip().lower() == "language" and (tag := language_tag(value.strip())) is not None:
                self.draft.language = tag
            elif _MAP.match(line):
                self._take_map(line)

    def _take_map(self, line: str) -> None:
        """Parts of a stream, put together in one file, count from times of their own; the first part's are kept."""
        local, ticks = _LOCAL.search(line), _MPEGTS.search(line)
        local_s = parse_time(local.group(1)) if local is not None else None
        if local_s is None or ticks is None:
            return
        wrap_s = _CLOCK_TICKS / _TICKS_PER_S
        map_s = int(ticks.group(1)) % _CLOCK_TICKS / _TICKS_PER_S - local_s
        if self._first_map_s is None:
            self._first_map_s = map_s
            if map_s:
                self.draft.note(f"comes from a stream whose clock shows {map_s:g} s where this begins: not added")
        self._shift_s = map_s - self._first_map_s
        if self._shift_s < -wrap_s / 2:
            self._shift_s += wrap_s


def read_vtt(text: str, draft: Draft) -> None:
    """Adds the cues of a WebVTT file to `draft`; raises `BadInputError` where it has text, no header and no cue."""
    reader = _Reader(draft)
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if block and (not line or line.strip() == "WEBVTT"):
            reader.take(number - len(block), block)
            block = []
        if line:
            block.append(line)
    if not _HEADER.match(text.lstrip()) and tidy(text):
        if not reader.cues:
            raise refuse_untimed(text, draft, EXAMPLE)
        draft.note("lacks the line WEBVTT at its start")
    add_cues(reader.cues, draft, every_tag=True)


def write_vtt(utterances: Sequence[Utterance], *, language: str | None, word_times: bool) -> str:
    """The file as text: speakers as `<v Name>`, and with `word_times` a time before each word that has one."""
    blocks = ["WEBVTT\n" if language is None else f"WEBVTT\nLanguage: {language}\n"]
    for utterance in utterances:
        start_ms, end_ms = span_ms(utterance.span)
        text = escape_all(tidy(utterance.text))
        if word_times:
            text = mark_times(tidy(utterance.text), utterance.words, _write_time, escape_all, utterance.span)
        name = on_one_line(utterance.speaker or "")
        voice = f"<v {escape_all(name)}>" if name else ""
        blocks.append(f"{format_clock(start_ms)} --> {format_clock(end_ms)}\n{voice}{text}\n")
    return "\n".join(blocks)


def _write_time(time_ms: int) -> str:
    return f"<{format_clock(time_ms)}>"
