"""The errors of the project, and what each means at every surface.

Owns the one root error, its four families, and the table that maps a family to a process exit code, an HTTP status
and an MCP error code. Knows nothing else of the project.

An error message says what was wrong, what would have been accepted, and what to do next; the last part travels apart
as `next_step` so that a surface can set it on its own line.
"""

from __future__ import annotations

from dataclasses import dataclass


class SonothequeError(Exception):
    """Root of every error raised on purpose. `next_step` tells the reader what to do about it."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".rstrip()


class BadInputError(SonothequeError, ValueError):
    """The caller gave something that can't be used: a malformed option, an impossible span, an unreadable file."""


class NotFoundError(SonothequeError, LookupError):
    """What was named does not exist: no such file, recording, hit or library."""


class UnavailableError(SonothequeError, RuntimeError):
    """Something needed is not here now: a model, a codec, a player, an optional package, a writer's lock."""


class CorruptError(SonothequeError, RuntimeError):
    """Stored or received bytes contradict themselves: a damaged library, a file whose content breaks off."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a family of errors shows at each surface."""

    exit_code: int
    http_status: int
    mcp_code: int


EXIT_OK = 0
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_SOME_FAILED = 3

OUTCOMES: dict[type[SonothequeError], Outcome] = {
    BadInputError: Outcome(EXIT_USAGE, 422, -32602),
    NotFoundError: Outcome(EXIT_ERROR, 404, -32002),
    UnavailableError: Outcome(EXIT_ERROR, 503, -32003),
    CorruptError: Outcome(EXIT_ERROR, 500, -32004),
    SonothequeError: Outcome(EXIT_ERROR, 500, -32603),
}


def outcome_of(error: BaseException) -> Outcome:
    """The outcome for `error`: its family's row, or the root's for anything unforeseen."""
    for family, outcome in OUTCOMES.items():
        if isinstance(error, family):
            return outcome
    return OUTCOMES[SonothequeError]
