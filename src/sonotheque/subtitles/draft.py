"""A transcript in the making: checks each utterance, keeps count of what is left out, and puts all in order.

Owns the bounds of what is read and the notes about it. Knows no format.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sonotheque.errors import BadInputError
from sonotheque.subtitles.markup import tidy
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance, Word

MAX_UTTERANCES = 500_000
MAX_WORDS = 1_000_000
MAX_TIME_S = 36_000_000.0
"""Ten thousand hours: more is a mistake, and no clock of a subtitle file writes it."""
_PLACES_NAMED = 5
_ORDER = "starts before the one above it"
_LATE = "starts after the recording's end"


@dataclass(slots=True)
class _Count:
    """How often something was seen, and where first."""

    n: int = 0
    places: list[str] = field(default_factory=list)

    def add(self, place: str) -> None:
        self.n += 1
        if self.n <= _PLACES_NAMED:
            self.places.append(place)


class Draft:
    """Gathers the utterances of one file.

    `language` is that of utterances that name none. `duration_s` is the recording's length where that is known: what
    starts after it is left out, what ends after it is cut.
    """

    def __init__(self, name: str, *, language: str | None = None, duration_s: float | None = None) -> None:
        self.name = name
        self.language = language
        self.duration_s = duration_s
        self._utterances: list[Utterance] = []
        self._notes: list[str] = []
        self._counts: dict[str, _Count] = {}
        self._n_damaged = 0
        self._first_damage = ("", "")
        self._n_words = 0
        self._last_s = 0.0
        self._seen: set[tuple[Span, str]] | None = None

    def drop_repeats(self) -> None:
        """From now on, what has the same times and text as another is left out without a word."""
        self._seen = set()

    def note(self, text: str) -> None:
        """Tells something about the file as a whole, once."""
        if text not in self._notes:
            self._notes.append(text)

    def leave_out(self, reason: str, place: str) -> None:
        """Counts something readable that makes no utterance; `reason` is what "line 12" does: `has no length`."""
        self._counts.setdefault(reason, _Count()).add(place)

    def damage(self, reason: str, place: str) -> None:
        """Counts something that can't be read."""
        if not self._n_damaged:
            self._first_damage = (reason, place)
        self._n_damaged += 1
        self.leave_out(reason, place)

    def refuse(self, problem: str, *, place: str = "", next_step: str = "") -> BadInputError:
        """The error for the file as a whole, to be raised by the caller."""
        where = f", {place}" if place else ""
        return BadInputError(f"{self.name}{where}: {problem}.", next_step=next_step)

    def add(
        self,
        place: str,
        start_s: float,
        end_s: float,
        text: str,
        *,
        speaker: str | None = None,
        words: Sequence[Word] = (),
        confidence: float | None = None,
        language: str | None = None,
    ) -> None:
        """Takes an utterance if it has a text and a time; raises `BadInputError` where the file holds too many."""
        text = tidy(text)
        if not text:
            return
        span = self._checked(place, start_s, end_s)
        if span is None or self._is_repeat(span, text):
            return
        if span.start_s < self._last_s:
            self.leave_out(_ORDER, place)
        self._last_s = span.start_s
        self._n_words += len(words)
        if len(self._utterances) >= MAX_UTTERANCES or self._n_words > MAX_WORDS:
            limit = f"{MAX_UTTERANCES:,} cues or {MAX_WORDS:,} words with times"
            raise self.refuse(f"holds more than {limit}", place=place, next_step="Cut it into several files.")
        ordered = tuple(sorted(words, key=lambda word: word.span.start_s))
        language = self.language if language is None else language
        self._utterances.append(Utterance(span, text, ordered, confidence, language, speaker))

    def _is_repeat(self, span: Span, text: str) -> bool:
        if self._seen is None:
            return False
        n_before = len(self._seen)
        self._seen.add((span, text))
        return len(self._seen) == n_before

    def _checked(self, place: str, start_s: float, end_s: float) -> Span | None:
        if not (math.isfinite(start_s) and math.isfinite(end_s)) or max(start_s, end_s) > MAX_TIME_S:
            self.leave_out("has no possible time", place)
        elif end_s <= start_s or end_s <= 0:
            self.leave_out("ends before it starts" if end_s < start_s else "has no length", place)
        elif self.duration_s is not None and start_s >= self.duration_s:
            self.leave_out(_LATE, place)
        else:
            start_s = max(0.0, start_s)
            return Span(start_s, end_s if self.duration_s is None else min(end_s, self.duration_s))
        return None

    def finish(self, source: str) -> Transcript:
        """What was gathered, in order of time.

        Raises `BadInputError` where more is damaged than whole, and where all lies after the recording's end.
        """
        if self._n_damaged > len(self._utterances):
            reason, place = self._first_damage
            others = f" (the first of {self._n_damaged})" if self._n_damaged > 1 else ""
            raise self.refuse(reason + others, place=place, next_step="Write the file anew, or take it away.")
        if _LATE in self._counts and not self._utterances:
            raise self.refuse(
                f"each cue starts after the recording's end ({self.duration_s:g} s)",
                next_step="It seems to belong to another recording.",
            )
        ordered = sorted(self._utterances, key=lambda utterance: utterance.span.start_s)
        notes = [*self._notes, *(_tell(reason, count) for reason, count in self._counts.items())]
        return Transcript(source, tuple(ordered), tuple(notes))


def _tell(reason: str, count: _Count) -> str:
    """`line 12 has no length: left out`, or the same of several cues, the first few named."""
    done = "sorted" if reason == _ORDER else "left out"
    named = ", ".join(count.places)
    if count.n == 1:
        return f"{named} {reason}: {done}"
    more = f" and {count.n - _PLACES_NAMED} more" if count.n > _PLACES_NAMED else ""
    return f"{count.n} cues {done}, as each {reason}: {named}{more}"
