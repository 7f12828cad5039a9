"""Made training clips: what is written, laid out and said, without any of the programs that play it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sonotheque.audio.synthesis import SOUND_KINDS, render_kind
from sonotheque.errors import BadInputError, NotFoundError, UnavailableError
from sonotheque.training.synthetic import corpus, fluidsynth
from sonotheque.training.synthetic.clip import (
    LONGEST_S,
    RATE_HZ,
    MadeSound,
    make_distant,
    make_muffled,
    set_in_place,
    with_article,
)
from sonotheque.training.synthetic.corpus import synthetic_clips
from sonotheque.training.synthetic.fluidsynth import SLOT_S, play_phrases
from sonotheque.training.synthetic.instruments import load_drums, load_instruments, plan_all
from sonotheque.training.synthetic.kinds import UNLIKE_RECORDINGS, change_speed, energy_centre_hz, render_one_kind
from sonotheque.training.synthetic.midi import Message, Note, encode_midi, note_messages, program_change
from sonotheque.training.synthetic.mixtures import Part, all_heard_together, compose
from sonotheque.training.synthetic.patterns import PATTERNS, Pattern, play_pattern
from sonotheque.training.synthetic.phrases import Range, melody, scale, single_note
from sonotheque.training.wording_guard import WordingGuard
from sonotheque.values.waveform import Waveform


def make_tone(frequency_hz: float, length_s: float = 1.0) -> Waveform:
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    return Waveform(np.sin(2 * np.pi * frequency_hz * time_s).astype(np.float32), RATE_HZ)


def test_a_midi_file_is_these_bytes() -> None:
    messages = [program_change(0.0, 0, 19), *note_messages(Note(0.0, 0.2, 60, 100), 0)]
    header = bytes.fromhex("4d546864 00000006 0000 0001 01f4")
    track = bytes.fromhex("00ff5103 07a120 00c013 00903c64 8148803c00 8620ff2f00".replace(" ", ""))
    assert encode_midi(messages, 1.0) == header + b"MTrk" + len(track).to_bytes(4, "big") + track


@pytest.mark.parametrize(("at_ms", "expected"), [(0, "00"), (127, "7f"), (128, "8100"), (16_384, "818000")])
def test_times_have_seven_bits_a_byte(at_ms: int, expected: str) -> None:
    file = encode_midi([Message(at_ms, 0, b"\xb0\x78\x00")], 0.0)
    assert bytes.fromhex(expected + "b07800") in file


@pytest.mark.parametrize("field", [{"onset_s": -1.0}, {"held_s": 0.0}, {"key": 128}, {"velocity": 0}])
def test_an_impossible_note_is_refused(field: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="key 0-127"):
        Note(**{"onset_s": 0.0, "held_s": 1.0, "key": 60, "velocity": 80, **field})  # type: ignore[arg-type]


def test_every_program_and_drum_has_names_of_its_own() -> None:
    instruments, drums = load_instruments(), load_drums()
    assert [one.program for one in instruments] == list(range(128))
    assert list(drums) == list(range(35, 82))
    for names in (*(one.names for one in instruments), *drums.values()):
        assert len(names) >= 3
        assert len(set(names)) == len(names)
        assert all(name == name.strip() and name for name in names)
    for one in instruments:
        assert 20 <= one.keys.lowest < one.keys.highest <= 108, one


def test_every_phrase_fits_its_slot_and_its_instrument() -> None:
    plans = plan_all(np.random.default_rng(5), 4)
    assert len(plans) == 128 * 4 + 47 * 2 + len(PATTERNS) * 2
    ranges = {one.program: one.keys for one in load_instruments()}
    for plan in plans:
        assert plan.phrase.notes, plan.label
        assert max(note.onset_s for note in plan.phrase.notes) < SLOT_S - 0.5, plan.captions
        if plan.phrase.program is not None:
            keys = ranges[plan.phrase.program]
            assert min(note.key for note in plan.phrase.notes) >= keys.lowest, plan.captions
            assert max(note.key for note in plan.phrase.notes) <= keys.highest + 2, plan.captions
        assert all(text == text.strip() and "  " not in text for text in plan.captions), plan.captions


def test_the_same_seed_plans_the_same() -> None:
    first, again, other = (plan_all(np.random.default_rng(seed), 1) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(12))
def test_a_scale_goes_where_its_caption_says(seed: int) -> None:
    part = scale(np.random.default_rng(seed), Range(40, 90), "xylophone")
    keys = np.diff([note.key for note in part.notes])
    said = part.captions[1]
    assert said in {"xylophone scale going up", "xylophone scale going down", "xylophone scale going up and down"}
    expected = {"going up": keys > 0, "going down": keys < 0}.get(said.removeprefix("xylophone scale "))
    assert bool(np.all(keys > 0) or np.all(keys < 0)) == (expected is not None)
    if expected is not None:
        assert expected.all()
    gap_s = part.notes[1].onset_s - part.notes[0].onset_s
    if "fast" in part.captions[0]:
        assert gap_s < 0.2
    if "slow" in part.captions[0]:
        assert gap_s > 0.25


@pytest.mark.parametrize(("key", "word"), [(30, "low"), (64, ""), (95, "high")])
def test_low_and_high_are_said_of_notes_that_are(key: int, word: str) -> None:
    keys = Range(28, 100)
    assert keys.word(key) == word
    part = single_note(np.random.default_rng(0), Range(key, key), "piano")
    assert part.notes[0].key == key


def test_a_melody_keeps_to_its_range(rng: np.random.Generator) -> None:
    for _ in range(30):
        assert all(60 <= note.key <= 72 for note in melody(rng, Range(60, 72), "flute").notes)


@pytest.mark.parametrize("style", PATTERNS)
def test_a_pattern_has_equal_rows_of_known_steps(style: str) -> None:
    pattern = PATTERNS[style]
    assert len({len(row) for row in pattern.rows.values()}) == 1
    assert set("".join(pattern.rows.values())) <= set("xX-?")
    assert all(35 <= key <= 81 for key in pattern.rows)
    assert len(pattern.captions) >= 3


def test_a_pattern_is_played_at_its_tempo(rng: np.random.Generator) -> None:
    notes, word = play_pattern(rng, Pattern({36: "X---X---X---X---"}, (120.0, 120.0001), ("x",)), 4.0)
    assert np.median(np.diff([note.onset_s for note in notes])) == pytest.approx(0.5, abs=0.01)
    assert len(notes) == 8
    assert word in {"", "slow", "fast"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("oboe", "an oboe"),
        ("flute", "a flute"),
        ("ukulele", "a ukulele"),
        ("strings", "strings"),
        ("upright bass", "an upright bass"),
        ("a siren", "a siren"),
    ],
)
def test_articles(name: str, said: str) -> None:
    assert with_article(name) == said


def test_a_distant_sound_is_duller_and_longer_and_a_muffled_one_dullest(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(RATE_HZ)
    distant, muffled = make_distant(rng, noise), make_muffled(rng, noise)
    assert len(distant) > len(noise)
    assert energy_centre_hz(muffled) < energy_centre_hz(distant) < 0.8 * energy_centre_hz(noise)


def test_the_level_and_length_of_a_clip(rng: np.random.Generator) -> None:
    for seconds in (0.05, 1.0, 9.0):
        for _ in range(10):
            placed = set_in_place(rng, np.ones(round(seconds * RATE_HZ)), level_db=-12.0)
            assert np.max(np.abs(placed)) == pytest.approx(10 ** (-12 / 20), rel=0.02)
            assert len(placed) <= round(LONGEST_S * RATE_HZ) + 1


def test_a_made_sound_needs_words_and_samples() -> None:
    with pytest.raises(BadInputError, match="at least one caption"):
        MadeSound("kinds", "x", (), np.zeros(5))
    with pytest.raises(BadInputError, match="n > 0"):
        MadeSound("kinds", "x", ("x",), np.zeros(0))


def test_renders_of_a_kind_have_its_captions_and_words_for_what_was_done() -> None:
    kind = SOUND_KINDS["pure tone"]
    sounds = list(render_one_kind(np.random.default_rng(1), kind, 24))
    assert len(sounds) == 24
    assert all(sound.captions[0] == kind.name and set(kind.captions) <= set(sound.captions) for sound in sounds)
    words = ("distant", "muffled", "sped up", "slowed down", "high-pitched", "low-pitched")
    found = {word: [s for s in sounds if any(word in text for text in s.captions)] for word in words}
    assert all(found.values()), {word: len(some) for word, some in found.items()}
    centres = {w: [energy_centre_hz(s.samples) for s in found[w]] for w in ("high-pitched", "low-pitched")}
    assert min(centres["high-pitched"]) > max(centres["low-pitched"])


def test_the_kinds_left_out_exist() -> None:
    assert set(SOUND_KINDS) > UNLIKE_RECORDINGS


def test_a_faster_tape_is_shorter_and_higher() -> None:
    tone = make_tone(500.0).samples.astype(np.float64)
    fast = change_speed(tone, 1.6)
    assert len(fast) == pytest.approx(len(tone) / 1.6, rel=0.01)
    assert energy_centre_hz(fast) == pytest.approx(800.0, rel=0.05)


def test_a_mixture_has_every_part_in_the_order_it_says() -> None:
    low, high = Part(make_tone(300.0), "a low tone"), Part(make_tone(3000.0), "a high tone")
    seen = set()
    for seed in range(40):
        waveform, caption = compose([low, high], np.random.default_rng(seed))
        assert "a low tone" in caption
        assert "a high tone" in caption
        assert waveform.duration_s <= 6.0
        half = len(waveform.samples) // 2
        first_low = energy_centre_hz(waveform.samples[: half // 2].astype(np.float64)) < 900
        if "then" in caption or "followed" in caption:
            seen.add("after")
            assert first_low == (caption.index("low") < caption.index("high")), caption
        elif " after " in caption:
            assert first_low == (caption.index("low") > caption.index("high")), caption
        else:
            seen.add("together")
            assert len(waveform.samples) == pytest.approx(RATE_HZ, rel=0.05)
    assert seen == {"after", "together"}


def test_sounds_in_one_band_are_not_put_together() -> None:
    loud, quiet = make_tone(500.0).samples.astype(np.float64), 0.5 * make_tone(500.0).samples.astype(np.float64)
    assert not all_heard_together([loud, quiet])
    assert all_heard_together([loud, 0.5 * make_tone(3000.0).samples.astype(np.float64)])
    for seed in range(20):
        waveform, _ = compose([Part(make_tone(500.0), "x"), Part(make_tone(500.0), "y")], np.random.default_rng(seed))
        assert waveform.duration_s > 1.9


def test_three_parts_and_what_is_refused() -> None:
    parts = [Part(render_kind(name, 1, 1.0), name) for name in ("dog bark", "door slam", "whoosh")]
    waveform, caption = compose(parts, np.random.default_rng(0))
    assert all(part.words in caption for part in parts)
    assert waveform.duration_s <= 6.0
    with pytest.raises(BadInputError, match="two or three parts, not 1"):
        compose(parts[:1], np.random.default_rng(0))
    with pytest.raises(BadInputError, match="not silent"):
        Part(Waveform(np.zeros(100, np.float32), RATE_HZ), "nothing")
    with pytest.raises(BadInputError, match="16000 Hz, not 8000"):
        Part(Waveform(np.ones(100, np.float32), 8000), "x")


def test_the_corpus_is_kept_and_gives_no_wording_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []

    def render_few(rng: np.random.Generator, n: int) -> Iterator[MadeSound]:
        for k in range(n):
            rendered.append(k)
            yield MadeSound("kinds", f"tone {k}", (f"tone {k}", "odd humming kettle"), rng.standard_normal(4000))
        yield MadeSound("kinds", "given away", ("the odd kettle humming",), rng.standard_normal(4000))

    monkeypatch.setattr(corpus, "RENDERERS", {"few": render_few})
    guard, cache = WordingGuard(["humming kettle"]), tmp_path / "deep" / "made.npz"
    clips, features = synthetic_clips(1, 3, cache, guard, sets=("few",))
    assert [clip.captions for clip in clips] == [("tone 0",), ("tone 1",), ("tone 2",)]
    assert [clip.fold for clip in clips] == ["", "", ""]
    assert all(clip.duration_s == 0.25 for clip in clips)
    assert all(feature.dtype == np.float16 and feature.shape[1] == 64 for feature in features)
    again, kept = synthetic_clips(1, 3, cache, guard, sets=("few",))
    assert again == clips
    assert all(np.array_equal(a, b) for a, b in zip(features, kept, strict=True))
    assert rendered == [0, 1, 2]
    assert len(synthetic_clips(1, 3, cache, sets=("few",))[0]) == 4
    synthetic_clips(2, 3, cache, sets=("few",))
    assert rendered == [0, 1, 2] * 2


def test_an_unknown_set_and_an_absent_program_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match="no set of made sounds named 'smells'"):
        synthetic_clips(0, 1, tmp_path / "x.npz", sets=("smells",))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"apt-get install .*fluidsynth fluid-soundfont-gm"):
        play_phrases([])
    with pytest.raises(UnavailableError, match=r"apt-get install .*espeak-ng"):
        synthetic_clips(0, 1, tmp_path / "x.npz", sets=("kinds", "voices"))
    assert not (tmp_path / "x.npz").exists()


def test_an_absent_font_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "fluidsynth"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fluidsynth, "SOUND_FONT", tmp_path / "absent.sf2")
    with pytest.raises(UnavailableError, match=r"absent\.sf2 is not there"):
        fluidsynth.find_player()
