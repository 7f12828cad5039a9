"""What was said: words with times, and utterances made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonotheque.errors import BadInputError
from sonotheque.values.span import Span

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _check_confidence(confidence: float | None) -> None:
    if confidence is not None and not 0.0 <= confidence <= 1.0:
        raise BadInputError(f"A confidence lies between 0 and 1, not {confidence}.")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another word that may have been said in place of one, and how likely that is, in [0, 1]."""

    text: str
    confidence: float

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise BadInputError("An alternative needs a text.")
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, when it is spoken, how sure its source is, and what else it may have been."""

    text: str
    span: Span
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise BadInputError("A word needs a text.")
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech without a long pause, by one voice as far as is known; one cue of a subtitle file.

    `words` are in order of time and may be empty where only the times of the whole are known. `language` is a BCP 47
    tag such as `en` or `zh-Hant`. Raises `BadInputError` for a blank text, a language that is no tag, a confidence out
    of range and words out of order.
    """

    span: Span
    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    language: str | None = None
    speaker: str | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        if not self.text.strip():
            raise BadInputError("An utterance needs a text.")
        if self.language is not None and not _LANGUAGE.fullmatch(self.language):
            raise BadInputError(f"A language is a tag such as 'en' or 'pt-BR', not {self.language!r}.")
        _check_confidence(self.confidence)
        starts_s = [word.span.start_s for word in self.words]
        if starts_s != sorted(starts_s):
            raise BadInputError("The words of an utterance are in order of time.")


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything one source says was said in a recording, in order of time.

    `source` names where it comes from: a model as `id@revision`, `sidecar:NAME` for a file beside the recording, or
    `track:N` for a subtitle track within it. `notes` tell what could not be read.
    """

    source: str
    utterances: tuple[Utterance, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "utterances", tuple(self.utterances))
        object.__setattr__(self, "notes", tuple(self.notes))
        if not self.source.strip():
            raise BadInputError("A transcript needs a source.")
        starts_s = [utterance.span.start_s for utterance in self.utterances]
        if starts_s != sorted(starts_s):
            raise BadInputError("The utterances of a transcript are in order of time.")

    @property
    def language(self) -> str | None:
        """The language of most of it by number of characters, or None where no utterance has one."""
        amounts: dict[str, int] = {}
        for utterance in self.utterances:
            if utterance.language is not None:
                amounts[utterance.language] = amounts.get(utterance.language, 0) + len(utterance.text)
        return max(amounts, key=lambda language: (amounts[language], language)) if amounts else None
