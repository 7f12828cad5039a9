"""Subtitle tracks within a recording, on the way to transcripts.

Owns the step from the plain texts of one track. Knows no container: whoever reads it gives the texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sonotheque.subtitles.draft import Draft
from sonotheque.subtitles.languages import language_tag
from sonotheque.subtitles.markup import split_speaker, tidy
from sonotheque.subtitles.rolling import count_repeats
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript


class TimedText(Protocol):
    """A text that is shown for a while: markup resolved, line breaks kept."""

    @property
    def start_s(self) -> float:
        """When it begins, in seconds."""

    @property
    def end_s(self) -> float:
        """When it ends."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def speaker(self) -> str | None:
        """Who says it, where that is told."""


def read_track(
    cues: Iterable[TimedText], number: int, *, language: str | None = None, duration_s: float | None = None
) -> Transcript:
    """What subtitle track `number` of a recording, counted from 1, says; its source is `track:N`.

    `language` is as the container writes it (`eng`, `pt-BR`). As with files, texts are checked and sorted, and what
    rolling captions show again is left out. Raises `BadInputError` where all of it lies after `duration_s`.
    """
    tag = None if language is None else language_tag(language)
    draft = Draft(f"subtitle track {number}", language=tag, duration_s=duration_s)
    draft.drop_repeats()
    shown = [(cue, [line for line in tidy(cue.text).split("\n") if line]) for cue in cues]
    spans = [(_span(cue), lines) for cue, lines in shown]
    repeats = count_repeats(spans)
    if repeats is not None:
        draft.note("holds rolling captions: what is shown again was left out")
    for at, (cue, lines) in enumerate(shown):
        speaker, text = split_speaker("\n".join(lines if repeats is None else lines[repeats[at] :]))
        draft.add(f"text {at + 1}", cue.start_s, cue.end_s, text, speaker=cue.speaker or speaker)
    return draft.finish(f"track:{number}")


def _span(cue: TimedText) -> Span:
    """Its span, however its times run: the draft judges them, here only their order matters."""
    start_s = max(0.0, cue.start_s)
    return Span(start_s, max(start_s + 0.001, cue.end_s))
