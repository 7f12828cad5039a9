"""Cues as subtitle files hold them, on the way to utterances.

Owns the step from a timing line and the marked-up lines below it to what each voice said. Knows no format as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sonotheque.errors import BadInputError
from sonotheque.subtitles.clock import Timing, milliseconds
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.markup import read_markup, tidy
from sonotheque.subtitles.rolling import count_repeats
from sonotheque.subtitles.timed_words import Piece, words_of_pieces
from sonotheque.values.span import Span
from sonotheque.values.utterance import Word


@dataclass(slots=True)
class RawCue:
    """A timing line, on a line of the file counted from 1, and the lines below it."""

    line: int
    timing: Timing
    lines: list[str] = field(default_factory=list)


def add_cues(cues: Sequence[RawCue], draft: Draft, *, every_tag: bool) -> None:
    """Adds each voice of each cue to `draft`; what rolling captions repeat is left out. `every_tag`: as in WebVTT."""
    repeats = _repeats(cues, every_tag=every_tag)
    if repeats is not None:
        draft.note("holds rolling captions: what is shown again was left out")
    for at, cue in enumerate(cues):
        if cue.timing.is_broken:
            draft.damage("holds a time that can't be read", f"line {cue.line}")
            continue
        lines = cue.lines
        if repeats is not None:
            lines = [line for line in lines if tidy(line)][repeats[at] :]
        for run in read_markup("\n".join(lines), every_tag=every_tag):
            words = timed_words(run.pieces, *cue.timing) if run.is_timed else ()
            draft.add(f"line {cue.line}", *cue.timing, run.text, speaker=run.speaker, words=words)


def timed_words(pieces: Sequence[Piece], start_s: float, end_s: float) -> tuple[Word, ...]:
    """The words of pieces with times between a start and an end that may be nonsense; then there are none."""
    return words_of_pieces(pieces, Span(start_s, end_s)) if 0 <= start_s < end_s else ()


def _repeats(cues: Sequence[RawCue], *, every_tag: bool) -> list[int] | None:
    shown: list[tuple[Span, list[str]]] = []
    for cue in cues:
        start_s, end_s = (0.0, 0.0) if cue.timing.is_broken else cue.timing
        filled = (line for line in cue.lines if line.strip())
        plain = ("\n".join(run.text for run in read_markup(line, every_tag=every_tag)) for line in filled)
        # Times that run backwards are judged by the draft; here only the order of the file matters.
        start_s = max(0.0, start_s)
        shown.append((Span(start_s, max(start_s + 0.001, end_s)), [line for line in plain if line]))
    return count_repeats(shown)


def refuse_untimed(text: str, draft: Draft, example: str) -> BadInputError:
    """The error for a file that holds text and no times of its kind, with the line where the text begins."""
    line = text.count("\n", 0, len(text) - len(text.lstrip())) + 1
    return draft.refuse(
        f"no line holds times such as {example}",
        place=f"line {line}",
        next_step="It seems to be no file with times, or one of another kind.",
    )


def span_ms(span: Span) -> tuple[int, int]:
    """Start and end in milliseconds, the end at least one after the start."""
    start_ms = milliseconds(span.start_s)
    return start_ms, max(milliseconds(span.end_s), start_ms + 1)
