"""The whole of a search against answers on file: whoever changes the ranking sees what else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.golden.search import EXPECTED, QUESTIONS, answer_all


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    folder: Path = tmp_path_factory.mktemp("golden") / "library"
    return answer_all(folder)


@pytest.mark.parametrize("number", range(len(QUESTIONS)), ids=[str(question["text"]) for question in QUESTIONS])
def test_the_answer_is_the_one_on_file(answers: list[dict[str, object]], number: int) -> None:
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert answers[number] == expected[number]
