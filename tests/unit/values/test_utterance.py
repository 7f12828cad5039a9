"""Words, utterances and transcripts."""

from __future__ import annotations

from typing import Any

import pytest

from sonotheque.errors import BadInputError
from sonotheque.values.span import Span
from sonotheque.values.utterance import Alternative, Transcript, Utterance, Word

SPAN = Span(0.0, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": " "}, "needs a text"), ({"language": "English"}, "tag"), ({"language": "EN"}, "tag"),
        ({"confidence": 1.1}, "between 0 and 1"), ({"confidence": float("nan")}, "between 0 and 1"),
        ({"words": (Word("b", Span(0.5, 1.0)), Word("a", Span(0.0, 0.5)))}, "order of time"),
    ],
)  # fmt: skip
def test_an_utterance_is_checked(options: dict[str, Any], message: str) -> None:
    whole: dict[str, Any] = {"span": SPAN, "text": "a b", "language": "pt-BR", "confidence": 0.0}
    assert Utterance(**whole).confidence == 0.0
    with pytest.raises(BadInputError, match=message):
        Utterance(**{**whole, **options})


def test_words_and_alternatives_are_checked() -> None:
    assert Word("two", SPAN, 0.4, (Alternative("too", 0.3),)).alternatives[0].text == "too"
    for make in (lambda: Word("", SPAN), lambda: Alternative("\n", 0.5)):
        with pytest.raises(BadInputError, match="needs a text"):
            make()
    for make in (lambda: Word("two", SPAN, -0.1), lambda: Alternative("too", 2.0)):
        with pytest.raises(BadInputError, match="between 0 and 1"):
            make()


def test_a_transcript_is_checked_and_knows_its_language() -> None:
    said = [("good morning", "en"), ("hola", "es"), ("再见", None)]
    utterances = tuple(Utterance(Span(i, i + 1.0), text, language=language) for i, (text, language) in enumerate(said))
    assert Transcript("sidecar:talk.srt", utterances).language == "en"
    assert Transcript("sidecar:talk.srt", utterances[2:]).language is None
    with pytest.raises(BadInputError, match="order of time"):
        Transcript("track:1", utterances[::-1])
    with pytest.raises(BadInputError, match="needs a source"):
        Transcript(" ")
