"""Annotated spans of a recording."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sonotheque.errors import BadInputError
from sonotheque.values.span import Span

_LAYER = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Segment:
    """A span with a label on a layer (`user`, `event`, `transcript` ...); `source` says who or what put it there.

    `score` is None where the source gives none. Raises `BadInputError` for a layer that is not a lower-case name,
    for text that is blank and for a score that is not finite.
    """

    span: Span
    layer: str
    text: str
    source: str = "user"
    score: float | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        if not _LAYER.fullmatch(self.layer):
            raise BadInputError(f"A layer is a lower-case name such as 'user' or 'event', not {self.layer!r}.")
        if not self.text.strip():
            raise BadInputError("A segment needs a text.")
        if self.score is not None and not math.isfinite(self.score):
            raise BadInputError(f"A segment's score is a finite number or None, not {self.score}.")
