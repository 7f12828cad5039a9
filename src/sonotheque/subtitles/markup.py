"""The inside of a cue: what is text, what is styling, and whose voice it is.

Owns tags, override codes, character references, tidying, and the mark `[Name]: ` for a speaker. Knows no times but
those within a text, and no format as a whole. Every pattern here stops at the next mark of its own kind, so that the
work grows with the length of the text and no faster.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from sonotheque.subtitles.clock import parse_time, parse_timing

_KNOWN = frozenset("b big br c div em font i lang p rp rt ruby s small span strike strong sub sup tt u v".split())
_RUBY = frozenset(("ruby", "rt", "rp"))
"""Small text above a character tells how it is read; the character itself is what is kept."""
_TAG = re.compile(r"<(/?)([^<>]*)>")
_NAME = re.compile(r"[^\s./]*")
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SPEAKER = re.compile(r"\[([^\[\]\n]+)\]:(?:\s+|$)")
_CONTROL = dict.fromkeys((*range(9), *range(14, 28), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xFEFF))
_BREAKS = dict.fromkeys((0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029, 0x0D), "\n")
_TABLE = {**_CONTROL, **_BREAKS, 0x09: " ", 0x1F: " "}
_SPACES = re.compile(r"  +")
_SURROGATE = re.compile("[\ud800-\udfff]")
_VISIBLE = re.compile("[^\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
                      "\u205f-\u206f\u3164\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff]")  # fmt: skip


@dataclass(slots=True)
class Run:
    """Text of one voice within a cue: pieces, each with the time at which it begins where the text says so."""

    speaker: str | None
    pieces: list[tuple[float | None, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The pieces together, tidied."""
        return tidy("".join(piece for _, piece in self.pieces))

    @property
    def is_timed(self) -> bool:
        """Whether any piece has a time of its own."""
        return any(time_s is not None for time_s, _ in self.pieces)


def tidy(text: str) -> str:
    """The text without control characters, blank lines and spaces at the ends of lines.

    Halves of surrogate pairs, which can't be stored, become U+FFFD; a text of nothing visible becomes empty.
    """
    if not (text.isascii() and text.replace("\n", "").isprintable()):
        text = _SURROGATE.sub("\ufffd", text.replace("\r\n", "\n").translate(_TABLE))
        if _VISIBLE.search(text) is None:
            return ""
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def on_one_line(text: str) -> str:
    """The tidied text with spaces for line breaks."""
    return tidy(text).replace("\n", " ")


def read_markup(text: str, *, every_tag: bool) -> list[Run]:
    """The runs of a cue's text: voices apart, styling dropped, character references resolved, times in tags kept.

    In WebVTT every `<...>` is a tag; elsewhere only those that subtitle tools write are, so that `a < b > c` stays.
    """
    if "{" in text:
        text = _OVERRIDE.sub("", text)
    if "<" not in text:
        return [take_speaker(Run(None, [(None, decode_references(text))]))]
    runs, position, is_ruby_text = [Run(None)], 0, False
    time_s: float | None = None
    for found in _TAG.finditer(text):
        is_end, inner = bool(found.group(1)), found.group(2)
        name = _tag_name(inner)
        if not (every_tag or _is_known(name, inner)):
            continue
        if not is_ruby_text:
            runs[-1].pieces.append((time_s, decode_references(text[position : found.start()])))
            time_s = None
        position = found.end()
        if name == "v":
            runs.append(Run(None if is_end else _voice(inner)))
        elif name in _RUBY:
            is_ruby_text = name != "ruby" and not is_end
        elif name == "br":
            runs[-1].pieces.append((None, "\n"))
        elif inner[:1].isdigit():
            time_s = parse_time(inner)
    runs[-1].pieces.append((time_s, "" if is_ruby_text else decode_references(text[position:])))
    return [take_speaker(run) for run in _merged(runs)]


def _tag_name(inner: str) -> str:
    """`v` of `v.loud Esme Watson`."""
    found = _NAME.match(inner)
    return "" if found is None else found.group().lower()


def _is_known(name: str, inner: str) -> bool:
    """Whether subtitle tools write such a tag, or it is a time."""
    return name in _KNOWN or (inner[:1].isdigit() and parse_time(inner) is not None)


def _voice(inner: str) -> str | None:
    """`Esme Watson` of `v.loud Esme Watson`."""
    _, _, annotation = inner.partition(" " if " " in inner else "\t")
    return on_one_line(decode_references(annotation)) or None


def _merged(runs: list[Run]) -> list[Run]:
    """Runs with a text, those of one voice that follow each other joined."""
    merged: list[Run] = []
    for run in runs:
        if not run.text:
            if merged and any(piece for _, piece in run.pieces):
                merged[-1].pieces.extend(run.pieces)
        elif merged and merged[-1].speaker == run.speaker:
            merged[-1].pieces.extend(run.pieces)
        else:
            merged.append(run)
    return merged


def take_speaker(run: Run) -> Run:
    """The run with its speaker taken out of a text that begins `[Name]: ` and goes on, as WhisperX marks speakers."""
    time_s, first = run.pieces[0] if run.pieces else (None, "")
    first = first.lstrip()
    found = _SPEAKER.match(first) if run.speaker is None and first.startswith("[") else None
    if found is None or not tidy(found.group(1)):
        return run
    named = Run(on_one_line(found.group(1)), [(time_s, first[found.end() :]), *run.pieces[1:]])
    return named if named.text else run


def split_speaker(text: str) -> tuple[str | None, str]:
    """The name and the rest of a text that begins `[Name]: `; no name and the text where it does not."""
    run = take_speaker(Run(None, [(None, text)]))
    return run.speaker, run.pieces[0][1]


def mark_speaker(speaker: str | None) -> str:
    """`[Name]: `, or nothing where nobody is named."""
    name = "" if speaker is None else on_one_line(speaker.replace("[", "(").replace("]", ")"))
    return f"[{name}]: " if name else ""


def decode_references(text: str) -> str:
    """The text with `&amp;`, `&#39;` and other references of HTML resolved; those without a semicolon are text."""
    if "&" not in text:
        return text
    return _REFERENCE.sub(lambda found: html.unescape(found.group()), text)


def escape_misread(text: str) -> str:
    """The text with a reference for each mark that a reader of SRT would take for markup or a time, and no more."""
    text = _REFERENCE.sub(lambda found: "&amp;" + found.group()[1:], text).replace("{\\", "&#123;\\")
    text = _TAG.sub(_escape_known, text)
    lines = text.split("\n")
    return "\n".join(line if parse_timing(line) is None else line.replace("->", "-&gt;") for line in lines)


def _escape_known(found: re.Match[str]) -> str:
    is_known = _is_known(_tag_name(found.group(2)), found.group(2))
    return "&lt;" + found.group()[1:] if is_known else found.group()


def escape_all(text: str) -> str:
    """The text with every `&`, `<` and `>` as a reference, as WebVTT wants it, and what looks like override codes."""
    return html.escape(text, quote=False).replace("{\\", "&#123;\\")
