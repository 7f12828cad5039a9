"""What each kind of question means, on a scene written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.evaluation.questions import (
    KINDS,
    Question,
    QuestionKind,
    answer,
    ask,
    choose_questions,
    read_questions,
    write_questions,
)
from sonotheque.evaluation.scene_truth import SceneSet, SceneTruth, TrueEvent
from sonotheque.values.span import Span


def heard(label: str, start_s: float, end_s: float) -> TrueEvent:
    return TrueEvent(label, Span(start_s, end_s), 10.0, ("a.wav",))


def scene(*events: TrueEvent, file: str = "a.wav") -> SceneTruth:
    return SceneTruth(file, 30.0, "pink noise", None, events)


SCENE = scene(
    TrueEvent("rain", Span(0, 30), None, ("r.wav",), is_bed=True),
    heard("dog", 2.0, 4.0),
    heard("siren", 7.0, 12.0),
    heard("knock", 13.0, 14.0),
    heard("knock", 17.0, 18.0),
    heard("knock", 21.0, 22.0),
    heard("cat", 11.0, 13.1),
)

CASES: list[tuple[QuestionKind, tuple[str, ...], float | None, list[tuple[float, float]], bool]] = [
    ("presence", ("dog",), None, [(2.0, 4.0)], False),
    ("presence", ("cow",), None, [], False),
    ("conjunction", ("dog", "siren"), None, [(2.0, 4.0), (7.0, 12.0)], False),
    ("conjunction", ("dog", "cow"), None, [], False),
    ("order", ("dog", "siren"), None, [(2.0, 12.0)], False),
    ("order", ("siren", "dog"), None, [], False),
    ("order", ("siren", "cat"), None, [], False),
    ("gap", ("dog", "siren"), 5.0, [(2.0, 12.0)], False),
    ("gap", ("dog", "siren"), 2.0, [], False),
    ("gap", ("dog", "siren"), 3.1, [], True),
    ("overlap", ("siren", "rain"), None, [(7.0, 12.0)], False),
    ("overlap", ("dog", "siren"), None, [], False),
    ("overlap", ("cat", "knock"), None, [], True),
    ("count", ("knock",), 3.0, [(13.0, 14.0), (17.0, 18.0), (21.0, 22.0)], False),
    ("count", ("knock",), 2.0, [], False),
    ("absence", ("rain", "speech"), None, [(0.0, 30.0)], False),
    ("absence", ("rain", "dog"), None, [], False),
    ("absence", ("speech", "cow"), None, [], False),
    ("longer", ("siren",), 3.0, [(7.0, 12.0)], False),
    ("longer", ("siren",), 5.1, [], True),
    ("longer", ("siren",), 6.0, [], False),
]


@pytest.mark.parametrize(("kind", "labels", "amount", "spans", "unclear"), CASES)
def test_what_a_question_means(
    kind: QuestionKind, labels: tuple[str, ...], amount: float | None, spans: list[tuple[float, float]], unclear: bool
) -> None:
    found = answer(Question(kind, labels, amount), SCENE)
    assert [(span.start_s, span.end_s) for span in found.spans] == spans
    assert found.is_unclear == unclear


def test_every_kind_is_judged_by_hand() -> None:
    assert {case[0] for case in CASES} == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "labels", "amount", "said"),
    [
        ("order", ("dog",), None, "names 2 different labels"),
        ("overlap", ("dog", "dog"), None, "names 2 different labels"),
        ("gap", ("dog", "cat"), None, "can't have the amount"),
        ("presence", ("dog",), 2.0, "can't have the amount"),
        ("why", ("dog",), None, "are of the kinds"),
    ],
)
def test_impossible_questions_are_refused(
    kind: QuestionKind, labels: tuple[str, ...], amount: float | None, said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        Question(kind, labels, amount)


def many() -> SceneSet:
    labels = ("bell", "cat", "cow", "dog", "hen", "pig")
    scenes = []
    for number in range(12):
        one, two = labels[number % 6], labels[(number * 5 + 1) % 6]
        events = [heard(one, 1.0, 4.0 + number % 3)]
        if two != one:
            events += [heard(two, 3.0 + 3 * (number % 2), 9.0)]
        if number % 2:
            events += [heard(one, 12.0, 13.0)]
        scenes.append(scene(*events, file=f"{number:02d}.wav"))
    return SceneSet({}, labels, tuple(scenes))


def test_questions_of_every_kind_are_chosen_with_their_true_answers(tmp_path: Path) -> None:
    scenes = many()
    chosen = choose_questions(scenes, n_per_kind=4, n_negative=2, seed=3)
    assert {one.question.kind for one in chosen} == set(KINDS)
    assert len({one.question for one in chosen}) == len(chosen)
    assert any(not one.answers for one in chosen)
    for one in chosen:
        assert one == ask(one.question, scenes)
        assert len(one.answers) <= 6
        assert not set(one.answers) & set(one.unclear)
        assert all(label in one.question.text for label in one.question.labels)
    assert chosen == choose_questions(scenes, n_per_kind=4, n_negative=2, seed=3)
    write_questions(chosen, tmp_path)
    assert read_questions(tmp_path) == chosen
    (tmp_path / "questions.json").write_text('{"schema": "sonotheque/questions", "version": 2}')
    with pytest.raises(CorruptError, match="questions 2, not"):
        read_questions(tmp_path)
