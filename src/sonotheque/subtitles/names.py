"""File names of transcripts: the language they tell, and the recording they belong to.

Owns the conventions of players and tools: `talk.srt`, `talk.en.srt`, `talk.en.forced.srt`, `talk.wav.srt`,
`talk [English].vtt`. Reads no file.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from sonotheque.subtitles.languages import language_tag

_FLAGS = frozenset(
    (
        "auto cc closed commentary default foreign forced full generated hi lyrics orig original sdh subs subtitle "
        "subtitles transcript words"
    ).split()
)
_BRACKETED = re.compile(r"(.*?)\s*[\[(]([^\[\]()]{2,40})[\])]\s*", re.DOTALL)
_PARTS = re.compile(r"[.\s_]+")


def language_of_name(name: str, recording: str | None = None) -> str | None:
    """The BCP 47 tag that a transcript's file name tells, such as `en` for `talk.en.srt`; None where it tells none.

    With the name of its `recording`, only what the transcript's name adds to that counts: in `who.is.it.srt` beside
    `who.is.it.mp3` nothing does, and in `talk_de.srt` beside `talk.mp3` the `de` does.
    """
    if recording is not None:
        added = _added(name, recording)
        return None if added is None else _language_of(_split(added))
    stem = PurePosixPath(name).stem
    bracketed = _BRACKETED.fullmatch(stem)
    if bracketed is not None and bracketed.group(1) and (tag := language_tag(bracketed.group(2))) is not None:
        return tag
    return _language_of(stem.split(".")[1:])


def is_beside(name: str, recording: str) -> bool:
    """Whether a transcript's file name says that it belongs to `recording`, in the same folder.

    It repeats the recording's name, with or without its ending, and adds a language or flags such as `forced` at most.
    """
    added = _added(name, recording)
    if added is None:
        return False
    parts = _split(added)
    return all(part.lower() in _FLAGS or language_tag(part) is not None for part in parts)


def _added(name: str, recording: str) -> str | None:
    """What the stem of `name` has behind the recording's name; None where it begins otherwise."""
    stem = unicodedata.normalize("NFC", PurePosixPath(name).stem)
    for whole in (PurePosixPath(recording).name, PurePosixPath(recording).stem):
        start = unicodedata.normalize("NFC", whole)
        if stem.startswith(start) and (len(stem) == len(start) or stem[len(start)] in ".-_ [("):
            return stem[len(start) :]
    return None


def _split(added: str) -> list[str]:
    """`.en.forced`, `_de`, ` [pt-BR]` as parts; a dash within a tag holds it together."""
    bare = added.strip("-_. ").strip("[]()").strip()
    if language_tag(bare) is not None:
        return [bare]
    return [part.strip("[]()-") for part in _PARTS.split(bare) if part.strip("[]()-")]


def _language_of(parts: list[str]) -> str | None:
    """The last part that is a language, nothing but flags behind it; `hi` is Hindi unless a language is before it."""
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at].lower()
        if part == "hi" and not (at and language_tag(parts[at - 1]) is not None):
            return "hi"
        if part in _FLAGS:
            continue
        return language_tag(parts[at])
    return None
