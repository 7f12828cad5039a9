"""SubStation Alpha (.ass, .ssa): the dialogue of a styled subtitle file as plain text.

Owns the finding of events, their override codes, drawings, and the times of syllables in karaoke. Reads only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sonotheque.subtitles.clock import parse_time
from sonotheque.subtitles.cues import timed_words
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.markup import Run, on_one_line, take_speaker
from sonotheque.subtitles.timed_words import Piece

_FIELDS: tuple[str, ...] = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_BLOCK = re.compile(r"\{([^{}]*)\}")
_DRAWING = re.compile(r"\\p(\d)")
_KARAOKE = re.compile(r"\\[kK][fot]?(\d{1,6})", re.ASCII)
_BREAKS = re.compile(r"\\[Nn]")


def read_ass(text: str, draft: Draft) -> None:
    """Adds the dialogue to `draft`; raises `BadInputError` where the file has no event.

    The same text at the same time, drawn in several layers for its looks, is taken once.
    """
    draft.drop_repeats()
    fields, n_events = _FIELDS, 0
    in_events = True
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("["):
            in_events = line.strip().lower() == "[events]"
        kind, _, rest = line.partition(":")
        kind = kind.strip().lower()
        if kind == "format" and in_events:
            named = tuple(name.strip().lower() for name in rest.split(","))
            fields = named if {"start", "end", "text"} <= set(named) and named[-1] == "text" else fields
        elif kind in {"dialogue", "comment"}:
            n_events += 1
            if kind == "dialogue":
                _add_event(number, fields, rest, draft)
    if not n_events and "[script info]" not in text[:4096].lower():
        raise draft.refuse("holds no event", place="line 1", next_step="Events begin with 'Dialogue:'.")


def _add_event(number: int, fields: tuple[str, ...], rest: str, draft: Draft) -> None:
    values = rest.split(",", len(fields) - 1)
    event: Mapping[str, str] = dict(zip(fields, values, strict=False))
    start_s, end_s = parse_time(event.get("start", "")), parse_time(event.get("end", ""))
    if start_s is None or end_s is None or "text" not in event:
        draft.damage("holds an event that can't be read", f"line {number}")
        return
    speaker = on_one_line(event.get("name", event.get("actor", ""))) or None
    run = take_speaker(Run(speaker, _pieces(event["text"], start_s)))
    words = timed_words(run.pieces, start_s, end_s) if run.is_timed else ()
    draft.add(f"line {number}", start_s, end_s, run.text, speaker=run.speaker, words=words)


def _pieces(text: str, start_s: float) -> list[Piece]:
    """What an event shows; each block of codes that tells a syllable's length begins a piece with a time."""
    pieces: list[Piece] = []
    position, is_drawing = 0, False
    at_cs, time_s = 0, None
    for block in _BLOCK.finditer(text):
        if not is_drawing:
            pieces.append((time_s, _shown(text[position : block.start()])))
        time_s, position = None, block.end()
        if (drawing := _DRAWING.search(block.group(1))) is not None:
            is_drawing = drawing.group(1) != "0"
        lengths = _KARAOKE.findall(block.group(1))
        if lengths:
            time_s = start_s + at_cs / 100
            at_cs += sum(map(int, lengths))
    if not is_drawing:
        pieces.append((time_s, _shown(text[position:])))
    return pieces


def _shown(text: str) -> str:
    return _BREAKS.sub("\n", text).replace("\\h", " ")
