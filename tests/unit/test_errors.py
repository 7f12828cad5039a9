"""The families of errors, and what each means at every surface."""

from __future__ import annotations

import pytest

from sonotheque.errors import (
    EXIT_ERROR,
    EXIT_USAGE,
    OUTCOMES,
    BadInputError,
    CorruptError,
    NotFoundError,
    SonothequeError,
    UnavailableError,
    outcome_of,
)

FAMILIES = (BadInputError, NotFoundError, UnavailableError, CorruptError)


def test_the_next_step_follows_the_message() -> None:
    error = BadInputError("k must be above 0.", next_step="Leave -k out.")
    assert str(error) == "k must be above 0. Leave -k out."
    assert (error.message, error.next_step) == ("k must be above 0.", "Leave -k out.")


def test_a_message_alone_has_no_space_behind_it() -> None:
    assert str(NotFoundError("There is no hit 3.")) == "There is no hit 3."


@pytest.mark.parametrize(
    ("family", "builtin"),
    [
        (BadInputError, ValueError),
        (NotFoundError, LookupError),
        (UnavailableError, RuntimeError),
        (CorruptError, RuntimeError),
    ],
)
def test_a_family_is_caught_as_the_root_and_as_its_builtin(
    family: type[SonothequeError], builtin: type[Exception]
) -> None:
    assert issubclass(family, SonothequeError)
    assert issubclass(family, builtin)


def test_every_family_has_its_row_and_rows_differ() -> None:
    assert set(OUTCOMES) == {*FAMILIES, SonothequeError}
    assert len({OUTCOMES[family].http_status for family in FAMILIES}) == len(FAMILIES)
    assert len({outcome.mcp_code for outcome in OUTCOMES.values()}) == len(OUTCOMES)


def test_the_families_come_before_their_root() -> None:
    assert list(OUTCOMES)[-1] is SonothequeError


@pytest.mark.parametrize(
    ("error", "exit_code", "http_status"),
    [
        (BadInputError("x"), EXIT_USAGE, 422),
        (NotFoundError("x"), EXIT_ERROR, 404),
        (UnavailableError("x"), EXIT_ERROR, 503),
        (CorruptError("x"), EXIT_ERROR, 500),
        (SonothequeError("x"), EXIT_ERROR, 500),
        (ZeroDivisionError("x"), EXIT_ERROR, 500),
        (KeyboardInterrupt(), EXIT_ERROR, 500),
    ],
)
def test_outcome_of_an_error(error: BaseException, exit_code: int, http_status: int) -> None:
    outcome = outcome_of(error)
    assert (outcome.exit_code, outcome.http_status) == (exit_code, http_status)


def test_a_subclass_has_the_outcome_of_its_family() -> None:
    class NoSuchLabelError(NotFoundError):
        pass

    assert outcome_of(NoSuchLabelError("x")) == OUTCOMES[NotFoundError]
