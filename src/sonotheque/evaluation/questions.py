"""Questions about scenes, with the answers that follow from the truth.

Owns what each kind of question means, exactly, and the choice of questions for a set. Scenes in which the truth lies
too near the line to be judged are named as unclear, so that nobody is judged on them. Knows no sound.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice, permutations
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from sonotheque.errors import BadInputError, CorruptError, NotFoundError
from sonotheque.evaluation.scene_truth import SceneSet, SceneTruth
from sonotheque.values.span import Span

QuestionKind = Literal["presence", "conjunction", "order", "gap", "overlap", "count", "absence", "longer"]
KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)
_N_LABELS = {"presence": 1, "conjunction": 2, "order": 2, "gap": 2, "overlap": 2, "count": 1, "absence": 2, "longer": 1}
_TAKES_AMOUNT = ("gap", "count", "longer")

SCHEMA, VERSION, QUESTIONS_NAME = "sonotheque/questions", 1, "questions.json"
UNCLEAR_S = 0.25
"""Times that differ from what a question asks by less than this are not judged."""
GAPS_S = (2.0, 5.0, 10.0)
LENGTHS_S = (2.0, 3.0, 5.0)
_NUMBER_WORDS = {2: "twice", 3: "three times", 4: "four times"}
_TRIED = 4000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a scene, about one label or two.

    presence: A is heard. conjunction: A and B are. order: an A ends before a B begins. gap: and the B begins at most
    `amount` seconds later. overlap: an A and a B sound at once. count: A is heard exactly `amount` times. absence: A is
    heard and B is nowhere in the scene. longer: an A lasts more than `amount` seconds.
    """

    kind: QuestionKind
    labels: tuple[str, ...]
    amount: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInputError(f"Questions are of the kinds {', '.join(KINDS)}, not {self.kind!r}.")
        if len(set(self.labels)) != _N_LABELS[self.kind]:
            raise BadInputError(
                f"A question of {self.kind} names {_N_LABELS[self.kind]} different labels, not {self.labels}."
            )
        if (self.amount is not None) != (self.kind in _TAKES_AMOUNT) or (self.amount is not None and self.amount <= 0):
            raise BadInputError(f"A question of {self.kind} can't have the amount {self.amount}.")

    @property
    def text(self) -> str:
        """The question as a person would type it."""
        a, b = self.labels[0], self.labels[-1]
        amount = 0.0 if self.amount is None else self.amount
        return {
            "presence": a,
            "conjunction": f"{a} and {b}",
            "order": f"{a}, then {b}",
            "gap": f"{a}, then {b} within {amount:g} s",
            "overlap": f"{a} while there is {b}",
            "count": f"{a} {_NUMBER_WORDS.get(round(amount), f'{amount:g} times')}",
            "absence": f"{a} with no {b}",
            "longer": f"{a} for more than {amount:g} s",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Answer:
    """The spans of a scene that answer a question; none where it does not, or where that is not clear."""

    spans: tuple[Span, ...]
    is_unclear: bool = False


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the files that answer it, the spans in each, and the files that are not to be judged."""

    question: Question
    answers: dict[str, tuple[Span, ...]]
    unclear: tuple[str, ...]


def answer(question: Question, scene: SceneTruth) -> Answer:
    """What the truth of a scene says to a question. Spans cover all events that take part, in order of time."""
    firsts, others = scene.of(question.labels[0]), scene.of(question.labels[-1])
    amount = 0.0 if question.amount is None else question.amount
    if question.kind in _MARGINS:
        pairs = [(one.span, other.span) for one in firsts for other in others]
        return _judge([_MARGINS[question.kind](one, other, amount) for one, other in pairs])
    if question.kind == "longer":
        return _judge([(event.span, event.span.duration_s - amount) for event in firsts])
    holds = {
        "presence": True,
        "conjunction": bool(firsts and others),
        "absence": not others,
        "count": len(firsts) == round(amount),
    }[question.kind]
    taking_part = firsts + others if question.kind == "conjunction" else firsts
    return Answer(tuple(sorted({event.span for event in taking_part})) if holds else ())


Margin = tuple[Span, float]
"""A span that might answer, and by how many seconds it does (negative where it does not)."""


def _ends_before(one: Span, other: Span, _: float) -> Margin:
    return one.union(other), other.start_s - one.end_s


def _follows_within(one: Span, other: Span, most_s: float) -> Margin:
    gap_s = other.start_s - one.end_s
    return one.union(other), min(gap_s, most_s - gap_s)


def _sounds_with(one: Span, other: Span, _: float) -> Margin:
    start_s, end_s = max(one.start_s, other.start_s), min(one.end_s, other.end_s)
    return Span(start_s, end_s) if end_s > start_s else one.union(other), end_s - start_s


_MARGINS: dict[QuestionKind, Callable[[Span, Span, float], Margin]] = {
    "order": _ends_before,
    "gap": _follows_within,
    "overlap": _sounds_with,
}


def _judge(margins: Sequence[Margin]) -> Answer:
    """Spans whose margin in seconds is clearly above zero; unclear where none is and one nearly."""
    clear = sorted({span for span, margin_s in margins if margin_s >= UNCLEAR_S})
    return Answer(tuple(clear), not clear and any(margin_s > -UNCLEAR_S for _, margin_s in margins))


def ask(question: Question, scenes: SceneSet) -> AskedQuestion:
    """The question put to every scene."""
    found = {scene.file: answer(question, scene) for scene in scenes.scenes}
    return AskedQuestion(
        question,
        {file: one.spans for file, one in found.items() if one.spans},
        tuple(file for file, one in found.items() if one.is_unclear),
    )


def choose_questions(
    scenes: SceneSet, *, n_per_kind: int = 12, n_negative: int = 4, seed: int = 0
) -> list[AskedQuestion]:
    """For each kind, up to `n_per_kind` questions that some but not most scenes answer and `n_negative` that none does.

    A question that none answers names labels that are heard in the set, so that it is not given away by its words. Each
    label comes up in as many questions as can be, not the common ones only.
    """
    rng = np.random.default_rng(seed)
    chosen: list[AskedQuestion] = []
    for kind in KINDS:
        positive: list[AskedQuestion] = []
        negative: list[AskedQuestion] = []
        used: Counter[str] = Counter()
        seen: set[Question] = set()
        for question in islice(_candidates(kind, scenes, rng), _TRIED):
            if question in seen or max(used[label] for label in question.labels) > (len(positive) + len(negative)) // 3:
                continue
            seen.add(question)
            asked = ask(question, scenes)
            share = len(asked.answers) / len(scenes.scenes)
            wanted, most = (positive, n_per_kind) if asked.answers else (negative, n_negative)
            if len(wanted) < most and share <= 0.5 and not (wanted is negative and asked.unclear):
                wanted.append(asked)
                used.update(question.labels)
            if len(positive) >= n_per_kind and len(negative) >= n_negative:
                break
        chosen += positive + negative
    return chosen


def _candidates(kind: QuestionKind, scenes: SceneSet, rng: np.random.Generator) -> Iterator[Question]:
    """Questions of a kind in drawn order: first those made of what one scene holds, then any labels together."""
    heard = sorted({event.label for scene in scenes.scenes for event in scene.events})
    groups = [sorted({event.label for event in scene.events}) for scene in scenes.scenes]
    likely = [labels for group in groups for labels in permutations(group, _N_LABELS[kind])]
    anything = list(permutations(heard, _N_LABELS[kind]))
    likely = [likely[at] for at in rng.permutation(len(likely)).tolist()]
    anything = [anything[at] for at in rng.permutation(len(anything)).tolist()]
    for turn in range(max(len(likely), len(anything))):
        for labels in (*likely[turn : turn + 1], *anything[turn : turn + 1]):
            yield Question(kind, labels, _AMOUNTS[kind](rng) if kind in _AMOUNTS else None)


_AMOUNTS: dict[QuestionKind, Callable[[np.random.Generator], float]] = {
    "gap": lambda rng: GAPS_S[int(rng.integers(len(GAPS_S)))],
    "count": lambda rng: float(rng.integers(2, 5)),
    "longer": lambda rng: LENGTHS_S[int(rng.integers(len(LENGTHS_S)))],
}


def write_questions(asked: Sequence[AskedQuestion], folder: Path) -> Path:
    """Writes `questions.json` into a folder."""
    path = folder / QUESTIONS_NAME
    told = {"schema": SCHEMA, "version": VERSION, "unclear_s": UNCLEAR_S, "questions": [_fields(one) for one in asked]}
    path.write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path


def _fields(asked: AskedQuestion) -> dict[str, Any]:
    return {
        **asdict(asked.question),
        "text": asked.question.text,
        "answers": {file: [[span.start_s, span.end_s] for span in spans] for file, spans in asked.answers.items()},
        "unclear": list(asked.unclear),
    }


def read_questions(folder: Path) -> list[AskedQuestion]:
    """The questions that `write_questions` wrote. Raises `NotFoundError` and `CorruptError`."""
    path = folder / QUESTIONS_NAME
    if not path.is_file():
        raise NotFoundError(f"There are no questions in {folder}.", next_step="Make some: sono eval scenes --out DIR")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if (told["schema"], told["version"]) != (SCHEMA, VERSION):
            raise CorruptError(
                f"{path} is {told['schema']} {told['version']}, not {SCHEMA} {VERSION}.",
                next_step="Make the scenes anew with this version.",
            )
        return [
            AskedQuestion(
                Question(one["kind"], tuple(one["labels"]), one["amount"]),
                {file: tuple(Span(*span) for span in spans) for file, spans in one["answers"].items()},
                tuple(one["unclear"]),
            )
            for one in told["questions"]
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptError(f"{path} can't be read: {error!r}.", next_step="Make the scenes anew.") from error
