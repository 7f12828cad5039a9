"""SubRip (.srt): numbered cues with times to the millisecond.

Owns the reading of what tools write under that name, and the writing of what all of them read.

There is no standard. A cue is what follows a timing line, up to the next timing line and its number; numbers are not
looked at otherwise, so wrong and missing ones do no harm, nor do blank lines within a text.
"""

from __future__ import annotations

from collections.abc import Sequence

from sonotheque.subtitles.clock import format_clock, parse_timing
from sonotheque.subtitles.cues import RawCue, add_cues, refuse_untimed, span_ms
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.markup import escape_misread, mark_speaker, tidy
from sonotheque.values.utterance import Utterance

EXAMPLE = "00:00:01,000 --> 00:00:02,500"


def read_srt(text: str, draft: Draft) -> None:
    """Adds the cues of a SubRip file to `draft`; raises `BadInputError` where it has text and no timing line."""
    cues: list[RawCue] = []
    for number, line in enumerate(text.split("\n"), start=1):
        timing = parse_timing(line)
        if timing is not None:
            if cues:
                _drop_number(cues[-1].lines, len(cues) + 1)
            cues.append(RawCue(number, timing))
        elif cues:
            cues[-1].lines.append(line)
    if not cues and tidy(text):
        raise refuse_untimed(text, draft, EXAMPLE)
    add_cues(cues, draft, every_tag=False)


def _drop_number(lines: list[str], expected: int) -> None:
    """Takes the next cue's number off the end of a cue: right above the timing line, or the expected one further up."""
    if lines and lines[-1].strip().isdecimal():
        lines.pop()
        return
    last = len(lines)
    while last and not lines[last - 1].strip():
        last -= 1
    if 1 < last < len(lines) and lines[last - 1].strip() == str(expected) and not lines[last - 2].strip():
        del lines[last - 1 :]


def write_srt(utterances: Sequence[Utterance]) -> str:
    """The file as text. A speaker becomes `[Name]: ` before the text, as WhisperX writes it."""
    blocks = []
    for number, utterance in enumerate(utterances, start=1):
        start_ms, end_ms = span_ms(utterance.span)
        text = mark_speaker(utterance.speaker) + escape_misread(tidy(utterance.text))
        blocks.append(f"{number}\n{format_clock(start_ms, ',')} --> {format_clock(end_ms, ',')}\n{text}\n")
    return "\n".join(blocks)
