"""Plain text (.txt): what was said, without times; or with the times that recognisers print on a terminal.

Owns its reading and writing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sonotheque.subtitles.clock import parse_timing
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.markup import mark_speaker, on_one_line, split_speaker, tidy
from sonotheque.values.utterance import Utterance

_PRINTED = re.compile(r"\s*\[([^\[\]]{5,60}->[^\[\]]{2,40})\]\s*(.*)", re.ASCII)
_IN_SECONDS = re.compile(r"(\d{1,9}\.\d{1,9})s?\s*-{1,2}>\s*(\d{1,9}\.\d{1,9})s?", re.ASCII)


def is_printed_line(line: str) -> bool:
    """Whether the line looks like `[00:01.000 --> 00:02.500]  text`, as recognisers print it."""
    return _printed_times(line) is not None


def _printed_times(line: str) -> tuple[float, float, str] | None:
    found = _PRINTED.fullmatch(line)
    if found is None:
        return None
    if (seconds := _IN_SECONDS.fullmatch(found.group(1).strip())) is not None:
        return float(seconds.group(1)), float(seconds.group(2)), found.group(2)
    timing = parse_timing(found.group(1))
    return None if timing is None or timing.is_broken else (*timing, found.group(2))


def read_printed(text: str, draft: Draft) -> None:
    """Adds the lines that a recogniser printed with their times to `draft`; others, its messages, are left out."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = _printed_times(line)
        if found is not None:
            speaker, said = split_speaker(found[2])
            draft.add(f"line {number}", found[0], found[1], said, speaker=speaker)
        elif tidy(line):
            draft.leave_out("has no time", f"line {number}")


def read_plain(text: str, draft: Draft) -> None:
    """Adds each paragraph to `draft`, or each line where no blank line parts paragraphs, over the whole recording.

    Where each was said is not known. Raises `BadInputError` where the recording's length is not either.
    """
    if draft.duration_s is None:
        raise draft.refuse(
            "plain text holds no times, and the length of the recording it belongs to is not known",
            next_step="Give the recording's duration, or a file with times such as SRT or WebVTT.",
        )
    if tidy(text):
        draft.note("holds no times: each utterance spans the whole recording")
    for number, paragraph in _paragraphs(text):
        speaker, said = split_speaker(on_one_line(paragraph))
        draft.add(f"line {number}", 0.0, draft.duration_s, said, speaker=speaker)


def _paragraphs(text: str) -> list[tuple[int, str]]:
    """Each paragraph with the number of its first line."""
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines, start=1) if tidy(line)]
    has_paragraphs = bool(filled) and filled[-1] - filled[0] + 1 > len(filled)
    paragraphs: list[tuple[int, list[str]]] = []
    for at, number in enumerate(filled):
        if has_paragraphs and at and filled[at - 1] == number - 1:
            paragraphs[-1][1].append(lines[number - 1])
        else:
            paragraphs.append((number, [lines[number - 1]]))
    return [(number, "\n".join(parts)) for number, parts in paragraphs]


def write_plain(utterances: Sequence[Utterance]) -> str:
    """One line for each utterance; a speaker as `[Name]: ` before it."""
    return "".join(f"{mark_speaker(utterance.speaker)}{on_one_line(utterance.text)}\n" for utterance in utterances)
