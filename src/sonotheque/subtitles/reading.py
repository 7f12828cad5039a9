"""Reads a file of what was said, of any of the known formats.

Owns the choice of the format, by ending and by content, and the bounds of size. Knows no format itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from sonotheque.errors import BadInputError
from sonotheque.subtitles.ass import read_ass
from sonotheque.subtitles.clock import parse_timing
from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.encodings import decode_text
from sonotheque.subtitles.json_reading import read_json
from sonotheque.subtitles.lrc import is_lrc_line, read_lrc
from sonotheque.subtitles.names import language_of_name
from sonotheque.subtitles.plain import is_printed_line, read_plain, read_printed
from sonotheque.subtitles.srt import read_srt
from sonotheque.subtitles.tiers import read_textgrid
from sonotheque.subtitles.vtt import read_vtt
from sonotheque.units import format_size
from sonotheque.values.utterance import Transcript

MAX_BYTES = 32 * 1024 * 1024
MAX_LINES = 4_000_000
_FORMATS = {
    ".srt": "srt",
    ".vtt": "vtt",
    ".lrc": "lrc",
    ".txt": "txt",
    ".json": "json",
    ".textgrid": "textgrid",
    ".ass": "ass",
    ".ssa": "ass",
}
SUFFIXES = frozenset(_FORMATS)
"""Endings of files that are read, in lower case."""
_NAMES = {
    "srt": "SubRip",
    "vtt": "WebVTT",
    "lrc": "LRC",
    "json": "JSON",
    "textgrid": "a TextGrid",
    "ass": "SubStation Alpha",
    "printed": "a recogniser's printed lines",
}
_BEGINNINGS = {
    "textgrid": re.compile(r'(?:File type\s*=\s*)?"ooTextFile', re.IGNORECASE),
    "json": re.compile(r'\{\s*(?:"|\})|\[\s*(?:\{|\]\s*\Z)'),
    "vtt": re.compile(r"WEBVTT(?:\s|$)"),
    "ass": re.compile(r"\[(?:script info|v4\+? styles|events)\]", re.IGNORECASE),
}
_LINES_LOOKED_AT = 200
_CHARACTERS_LOOKED_AT = 20_000


def read_transcript(
    data: bytes, name: str, *, duration_s: float | None = None, language: str | None = None
) -> Transcript:
    """What the file `name` with the content `data` says was said; its source is `sidecar:NAME`.

    `duration_s` is the length of the recording it belongs to: times after it are left out, and plain text, which has
    no times, is read only with it. `language` (else what the name tells) is used where the content tells none. What
    could not be used is told in `notes`, with lines. Raises `BadInputError`, with the line, for what can't be read.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _FORMATS:
        raise BadInputError(
            f"{name}: {suffix or 'no ending'} is no known kind of transcript.",
            next_step=f"Read are {', '.join(sorted(SUFFIXES))}.",
        )
    if len(data) > MAX_BYTES:
        raise BadInputError(f"{name}: {format_size(len(data))} are more than {format_size(MAX_BYTES)}.")
    language = language_of_name(name) if language is None else language
    draft = Draft(name, language=language, duration_s=duration_s)
    decoded = decode_text(data, language)
    for note in decoded.notes:
        draft.note(note)
    text = decoded.text
    if text.count("\n") > MAX_LINES:
        raise draft.refuse(f"has more than {MAX_LINES:,} lines", place=f"line {MAX_LINES}")
    if not text.strip():
        draft.note("is empty")
    else:
        _reader(text, _FORMATS[suffix], draft)(text, draft)
    return draft.finish(f"sidecar:{name}")


def _reader(text: str, told: str, draft: Draft) -> Callable[[str, Draft], None]:
    """The reader for the format that the content shows, else for the one that the file's ending tells."""
    shown = _format_shown(text)
    if shown is None or (told == "vtt" and shown == "srt"):
        shown = told
    if shown != told:
        draft.note(f"is named .{told} but holds {_NAMES[shown]}")
    if shown == "lrc" and told != "lrc":
        return lambda text, draft: read_lrc(text, draft, has_hours=True)
    return _READERS[shown]


_READERS: dict[str, Callable[[str, Draft], None]] = {
    "srt": read_srt,
    "vtt": read_vtt,
    "lrc": read_lrc,
    "txt": read_plain,
    "json": read_json,
    "textgrid": read_textgrid,
    "ass": read_ass,
    "printed": read_printed,
}


def _format_shown(text: str) -> str | None:
    """The format that the beginning of a text shows; None where it could be plain text."""
    beginning = text[:_CHARACTERS_LOOKED_AT].lstrip()
    for shown, pattern in _BEGINNINGS.items():
        if pattern.match(beginning):
            return shown
    lines = beginning.split("\n")[:_LINES_LOOKED_AT]
    return next((shown for line in lines for shown, is_of in _LINES.items() if is_of(line)), None)


def _is_timing(line: str) -> bool:
    timing = parse_timing(line)
    return timing is not None and not timing.is_broken


_LINES = {"srt": _is_timing, "printed": is_printed_line, "lrc": is_lrc_line}
"""The formats that show by a line near the beginning."""
