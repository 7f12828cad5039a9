"""Subtitles of readable length."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.subtitles.spoken import Cue, cues, say

from sonotheque.errors import BadInputError
from sonotheque.subtitles.layout import lay_out
from sonotheque.subtitles.scripts import display_width
from sonotheque.values.span import Span
from sonotheque.values.utterance import Transcript, Utterance

BOAT = (
    "I went down to the harbour in the morning because the old man had told me that there would be a boat "
    "and there it was lying in the mud with its mast broken"
)


def laid(*utterances: Utterance, **options: Any) -> list[Cue]:
    return cues(Transcript("user", tuple(lay_out(utterances, **options))))


def shown_lines(laid_out: list[Cue]) -> list[str]:
    return [line for *_, text in laid_out for line in text.split("\n")]


def test_what_fits_is_kept() -> None:
    one = say("Good morning to you.", 1.0)
    two = Utterance(Span(3.0, 6.0), "- Are you coming?\n- No.", speaker="A", language="en", confidence=0.5, id=7)
    kept = lay_out([one, two])
    assert kept == [Utterance(Span(1.0, 2.176), one.text, one.words), two]


def test_lines_are_few_balanced_and_broken_after_punctuation() -> None:
    ((*_, text),) = laid(Utterance(Span(0, 6), "because the old man had told me that, there would be a boat"))
    assert text == "because the old man had told me that,\nthere would be a boat"
    ((*_, text),) = laid(Utterance(Span(0, 6), "he walked on the road until he came to the house on the hill"))
    assert text == "he walked on the road until\nhe came to the house on the hill"


def test_the_longest_pause_cuts_then_punctuation_then_balance() -> None:
    for longer, shorter in (("me", "that"), ("that", "me"), ("there", "that")):
        cut = laid(say(BOAT, 0.0, pauses_s={longer: 0.6, shorter: 0.3}))
        assert len(cut) == 2
        assert cut[0][2].endswith(f" {longer}")
    half = "it was lying in the mud with its mast broken and the old man had told me. That there would be one"
    ((*_, first), (*_, second)) = laid(say(half, 0.0))
    assert first.endswith("me.")
    assert second == "That there would be one"
    even = "one two six ten one two six ten one two six ten one two six ten one two six ten one two six ten one two"
    widths = [display_width(text) for *_, text in laid(say(even, 0.0))]
    assert len(widths) == 2
    assert max(widths) - min(widths) <= 8


def test_a_long_silence_always_cuts_and_is_not_shown() -> None:
    assert laid(say("Hello. Goodbye then.", 0.0, pauses_s={"Hello.": 2.5})) == [
        (0.0, 0.833, "Hello."), (2.86, 3.62 + 0.073, "Goodbye then."),
    ]  # fmt: skip


def test_slow_speech_is_cut_at_its_pauses() -> None:
    pauses = {"very": 1.5, "slowly": 1.5, "indeed": 1.5}
    texts = [text for *_, text in laid(say("I speak very slowly indeed today", 0.0, 0.2, pauses))]
    assert len(texts) > 1
    assert " ".join(texts) == "I speak very slowly indeed today"


def test_without_times_of_words_a_cut_shares_the_time_and_a_short_text_goes() -> None:
    first, second = laid(Utterance(Span(10, 20), "a" * 40 + " " + "b" * 40 + ". " + "c" * 40 + " " + "d" * 40))
    assert first[2] == "a" * 40 + "\n" + "b" * 40 + "."
    assert first[0] == 10.0
    assert second[1] == 20.0
    assert first[1] == pytest.approx(second[0] - 1 / 12, abs=0.002)
    assert second[0] == pytest.approx(15.0, abs=0.1)
    assert laid(Utterance(Span(5, 60), "la la la")) == [(5.0, 12.0, "la la la")]


def test_cues_stay_on_to_be_read_but_not_over_the_next() -> None:
    fast = Utterance(Span(0.0, 1.0), "this is said so fast that nobody reads it")
    assert laid(fast) == [(0.0, round(41 / 17, 3), fast.text)]
    assert laid(fast, duration_s=1.5) == [(0.0, 1.5, fast.text)]
    following = Utterance(Span(1.5, 4.0), "next")
    assert laid(fast, following)[0] == (0.0, 1.417, fast.text)
    short = [Utterance(Span(0.0, 0.2), "no"), Utterance(Span(0.3, 2.0), "yes")]
    assert laid(*short) == [(0.0, 0.217, "no"), (0.3, 2.0, "yes")]
    touching = [Utterance(Span(0.0, 2.0), "no"), Utterance(Span(2.0, 4.0), "yes")]
    assert laid(*touching) == [(0.0, 1.917, "no"), (2.0, 4.0, "yes")]


def test_voices_that_overlap_stay_so() -> None:
    both = [Utterance(Span(0.0, 3.0), "no", speaker="A"), Utterance(Span(1.0, 2.0), "yes", speaker="B")]
    assert laid(*both) == [(0.0, 3.0, "no"), (1.0, 2.0, "yes")]


def test_turns_of_dialogue_part() -> None:
    talk = "- Are you coming with us to the theatre tonight, or are you staying at home?\n- I am staying at home."
    assert [text for *_, text in laid(Utterance(Span(0, 6), talk))] == [
        "- Are you coming with us to the theatre\ntonight, or are you staying at home?",
        "- I am staying at home.",
    ]


def test_words_and_what_is_known_go_along() -> None:
    whole = say(BOAT, 0.0)
    whole = Utterance(whole.span, whole.text, whole.words, 0.5, "en", "Anna", 3)
    parts = lay_out([whole])
    assert [word for part in parts for word in part.words] == list(whole.words)
    assert all(
        [word.text for word in part.words] == part.text.split()
        and (part.confidence, part.language, part.speaker, part.id) == (0.5, "en", "Anna", 3)
        for part in parts
    )
    assert parts[1].span.start_s == pytest.approx(parts[1].words[0].span.start_s)


CHINESE = (
    "我们今天去看他们的新家，你想去吗？他说这个地方很好，没有什么可以说的了。"
    "「但是」我不知道明天会不会下雨，所以我们最好带上雨伞再出门。"
)
JAPANESE = (
    "今日はとても良い天気ですねえ、だから公園へ行ってゆっくりとお弁当を食べましょうよと彼女は言った。そしてラーメンも。"
)


@pytest.mark.parametrize("text", [CHINESE, JAPANESE])
@pytest.mark.parametrize("width", [42, 26, 14, 8])
def test_texts_without_spaces_break_anywhere_but_before_closing_marks(text: str, width: int) -> None:
    laid_out = laid(Utterance(Span(0, 30), text), max_chars_per_line=width)
    lines = shown_lines(laid_out)
    assert "".join(lines) == text
    assert max(map(display_width, lines)) <= width
    assert not any(line[0] in "、。，？」ゃゅょっぁぇー" or line[-1] in "「" for line in lines)


def test_korean_breaks_at_spaces_and_french_marks_stay_with_their_words() -> None:
    korean = "오늘은 날씨가 아주 좋습니다 그래서 우리는 공원에 가서 점심을 먹었습니다"
    ((*_, text),) = laid(Utterance(Span(0, 6), korean))
    assert text.replace("\n", " ") == korean
    french = "Qu'est-ce que vous avez dit à votre mère ? Rien du tout ! « Bonjour » peut-être ; ou bien autre chose ?"
    lines = shown_lines(laid(Utterance(Span(0, 9), french), max_chars_per_line=20))
    assert " ".join(lines) == french
    assert not any(line[0] in "?!;»" or line[-1] == "«" for line in lines)


def test_what_is_wider_than_a_line_is_cut() -> None:
    link = "https://example.org/" + "a" * 90
    lines = shown_lines(laid(Utterance(Span(0, 9), f"see {link}")))
    assert "".join(lines).replace("see", "") == link
    assert max(map(len, lines)) <= 42
    thai = "สวัสดีครับวันนี้อากาศดีมากเราจะไปเที่ยวทะเลกันกับครอบครัวและเพื่อนสนิทของเราทุกคนเลย"
    lines = shown_lines(laid(Utterance(Span(0, 9), thai)))
    assert "".join(lines) == thai
    assert max(map(display_width, lines)) <= 42


def test_other_limits_are_kept() -> None:
    parts = laid(say(BOAT, 0.0), max_chars_per_line=32, max_lines=1)
    assert all(len(text) <= 32 and "\n" not in text for *_, text in parts)
    assert " ".join(text for *_, text in parts) == BOAT
    three = laid(say(BOAT, 0.0), max_chars_per_line=20, max_lines=3)
    assert max(text.count("\n") for *_, text in three) == 2
    assert max(end_s - start_s for start_s, end_s, _ in laid(say(BOAT, 0.0), max_duration_s=2.0)) <= 2.0


@pytest.mark.parametrize(
    "options",
    [
        {"max_chars_per_line": 1}, {"max_lines": 0}, {"min_duration_s": 8.0}, {"min_duration_s": 0.0},
        {"max_chars_per_s": 0.0}, {"min_gap_s": -1.0}, {"split_pause_s": 0.0}, {"max_duration_s": float("inf")},
    ],
)  # fmt: skip
def test_limits_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(BadInputError, match=r"Subtitles|Reading speed"):
        lay_out([], **options)


def test_utterances_come_in_order_of_time() -> None:
    assert [start_s for start_s, *_ in laid(Utterance(Span(5, 6), "b"), Utterance(Span(1, 2), "a"))] == [1.0, 5.0]
