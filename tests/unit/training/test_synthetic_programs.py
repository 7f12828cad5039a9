"""Instruments and voices as the programs play them: the right pitch, at the right time, the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from sonotheque.errors import UnavailableError
from sonotheque.training.synthetic import instruments
from sonotheque.training.synthetic.fluidsynth import RATE_HZ, Phrase, find_player, play_phrases
from sonotheque.training.synthetic.instruments import plan_drum, plan_pattern, render_instruments
from sonotheque.training.synthetic.midi import Note
from sonotheque.training.synthetic.voices import CHARACTERS, MEN, WOMEN, find_speaker, load_sayings, speak


@pytest.fixture
def player() -> str:
    try:
        return find_player()
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def speaker() -> str:
    try:
        return find_speaker()
    except UnavailableError as error:
        pytest.skip(str(error))


def find_pitch_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 8 * RATE_HZ))
    return float(np.argmax(spectrum) / 8)


@pytest.mark.usefixtures("player")
def test_a_note_has_its_pitch_and_its_place() -> None:
    flute, second = Phrase(73, (Note(0.5, 1.0, 81, 100),), 2.0), Phrase(73, (Note(0.0, 1.0, 69, 100),), 2.0)
    first, again = play_phrases([flute, second])
    assert len(first) == len(again) == 2 * RATE_HZ
    assert np.max(np.abs(first[: round(0.45 * RATE_HZ)])) < 0.01 * np.max(np.abs(first))
    assert find_pitch_hz(first[round(0.7 * RATE_HZ) : round(1.4 * RATE_HZ)]) == pytest.approx(880, rel=0.02)
    assert find_pitch_hz(again[: round(0.9 * RATE_HZ)]) == pytest.approx(440, rel=0.02)


@pytest.mark.usefixtures("player")
def test_nothing_is_left_of_the_phrase_before() -> None:
    long = Phrase(19, (Note(0.0, 5.9, 60, 127),), 6.0)
    _, quiet = play_phrases([long, Phrase(0, (Note(1.0, 0.5, 60, 100),), 2.0)])
    assert np.max(np.abs(quiet[: round(0.9 * RATE_HZ)])) < 1e-4


@pytest.mark.usefixtures("player")
def test_the_same_seed_gives_the_same_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan_few(rng: np.random.Generator, n: int) -> list[instruments.Plan]:
        return [plan_drum(rng, 38, ("snare drum", "snare", "hit")), *(plan_pattern(rng, "bossa") for _ in range(n))]

    monkeypatch.setattr(instruments, "plan_all", plan_few)
    first, again = (list(render_instruments(np.random.default_rng(4), 2)) for _ in range(2))
    assert [sound.label for sound in first] == ["snare drum", "bossa nova drum loop", "bossa nova drum loop"]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(first, again, strict=True))
    assert all(np.max(np.abs(sound.samples)) > 0.02 for sound in first)


@pytest.mark.usefixtures("speaker")
def test_a_voice_speaks_at_its_pace() -> None:
    slow, fast = (speak("one two three four five six", "en-us+f2", pace, 50) for pace in (100, 250))
    assert len(slow) > 1.5 * len(fast) > 0.5 * RATE_HZ


@pytest.mark.usefixtures("speaker")
@pytest.mark.parametrize("code", list(load_sayings()))
def test_every_language_has_a_voice(code: str) -> None:
    language, sentences = load_sayings()[code]
    assert language
    assert len(sentences) >= 3
    assert len(speak(sentences[0], f"{code}+{WOMEN[0]}", 160, 50)) > RATE_HZ


@pytest.mark.usefixtures("speaker")
@pytest.mark.parametrize("variant", [*CHARACTERS, *MEN, *WOMEN])
def test_every_variant_is_heard_and_is_not_the_plain_voice(variant: str) -> None:
    plain, varied = speak("hello", "en-us", 160, 50), speak("hello", f"en-us+{variant}", 160, 50)
    assert np.max(np.abs(varied)) > 0.02
    assert not np.array_equal(plain, varied)
