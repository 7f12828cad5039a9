"""The lexicon: its files, and queries in many languages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sonotheque.errors import CorruptError
from sonotheque.models.lexicon import Language, Lexicon, Translation, parse_entries, read_languages
from sonotheque.models.lexicon.entries import FOLDER, MOST_CHARACTERS, MOST_WORDS, read_english, read_symbols
from sonotheque.models.lexicon.folding import fold, split_pieces
from sonotheque.models.lexicon.inflection import find_english
from sonotheque.models.lexicon.segmentation import segment_run

LEXICON = Lexicon.load()
LANGUAGES = read_languages()
HAN = ("\u3400", "\u9fff")


def language(code: str, text: str) -> Language:
    return Language(code, lambda: text)


@pytest.fixture(scope="module")
def small() -> Lexicon:
    """Two languages that quarrel over words, and some English."""
    es = language("es", "pan = bread\nperro = dog\nde; la; el =\nladrar = barking\nsierra eléctrica = chainsaw\n")
    de = language("de", "Kirche = church\nGlocke = bell\nRegen = rain\nTür = door\nde = \nGift = poison\n")
    return Lexicon([de, es], frozenset("pan dog barking at night frying gift a".split()), {"🐶": "dog"})


# The files


@pytest.mark.parametrize("known", LANGUAGES, ids=lambda known: known.code)
def test_a_language_has_its_entries(known: Language) -> None:
    text = (FOLDER / f"{known.code}.txt").read_text(encoding="utf-8")
    assert any(line.startswith("#") and "Written for this project" in line for line in text.splitlines()[:3])
    assert len(list(parse_entries(text, known.code))) >= 500
    assert "" in known.glosses.values()
    assert all(gloss.isascii() for gloss in known.glosses.values())


@pytest.mark.parametrize("known", LANGUAGES, ids=lambda known: known.code)
def test_no_surface_of_a_language_has_two_glosses(known: Language) -> None:
    first: dict[str, str] = {}
    clashes = []
    for surfaces, gloss in parse_entries(known.read(), known.code):
        clashes += [(key, first[key], gloss) for key in surfaces if first.setdefault(key, gloss) != gloss]
    assert clashes == []


@pytest.mark.parametrize("known", LANGUAGES, ids=lambda known: known.code)
def test_every_surface_can_be_found(known: Language) -> None:
    """A surface that is cut into other pieces than a query is, or that is too long, would lie there for nothing."""
    lost = []
    for key in known.glosses:
        pieces = split_pieces(key)
        words = [piece.folded for piece in pieces]
        if pieces and all(piece.kind == "run" for piece in pieces):
            fits = len(pieces) == 1 and words == [key] and len(key) <= MOST_CHARACTERS
        else:
            fits = " ".join(words) == key and len(words) <= MOST_WORDS and all(p.kind == "word" for p in pieces)
        if not fits:
            lost.append(key)
    assert lost == []


@pytest.mark.parametrize("known", LANGUAGES, ids=lambda known: known.code)
def test_the_words_of_glosses_are_english(known: Language) -> None:
    words = {word for gloss in known.glosses.values() for word in re.findall("[a-z]+", gloss)}
    assert words - read_english() == set(), "python -m sonotheque.training.english_words --data DIR"


def test_the_emoji_are_single_symbols() -> None:
    symbols = read_symbols()
    assert symbols["🐶"] == "dog"
    assert [key for key in symbols if len(key) != 1] == []


def test_no_entry_is_a_measuring_wording(shared_data: Path) -> None:
    with (shared_data / "text" / "wordings.csv").open(encoding="utf-8", newline="") as lines:
        wordings = {fold(row["wording"]).strip() for row in csv.DictReader(lines)}
    given_away = [
        (known.code, key)
        for known in LANGUAGES
        for key in known.glosses
        if key in wordings and (" " in key or sum(HAN[0] <= char <= HAN[1] for char in key) >= 3)
    ]
    assert given_away == []


@pytest.mark.parametrize(("text", "message"), [("dog\n", "Line 1"), ("# a\n ; = x\n", "Line 2")])
def test_a_line_that_is_no_entry_is_refused(text: str, message: str) -> None:
    with pytest.raises(CorruptError, match=message):
        list(parse_entries(text, "xx"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xx.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorruptError, match=r"xx\.txt"):
        _ = read_languages(tmp_path)[0].glosses


# Spelling and pieces


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("TÜR", "tur"), ("e\u0301clair", "eclair"), ("Straße", "strasse"), ("ＤＯＧ", "dog"), ("Й", "й"), ("Ё", "е"),
        ("İstanbul ılık", "istanbul ilik"), ("łódź", "lodz"), ("أإآٱ", "اااا"), ("كَلْبٌ", "كلب"), ("قـــط", "قط"),
        ("مدرسة", "مدرسه"), ("ワンワン", "わんわん"), ("ﾜﾝﾜﾝ", "わんわん"), ("ドア", "どあ"), ("घोड़ा", "घोडा"),
        ("개", "개"),
    ],
)  # fmt: skip
def test_spelling_is_folded(typed: str, meant: str) -> None:
    assert fold(typed) == meant


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("l'eau, s'il", ["l", "eau", ",", "s", "il"]),
        ("狗barking犬", ["狗", "barking", "犬"]),
        ("कुत्ता भौंकना", ["कुत्ता", "भौंकना"]),
        ("tic-tac_3!", ["tic", "tac", "3", "!"]),
        ("ฝนตก rain", ["ฝนตก", "rain"]),
        (" \u200d\u0301 ", []),
    ],
)
def test_a_text_falls_into_pieces(text: str, pieces: list[str]) -> None:
    assert [piece.folded for piece in split_pieces(text)] == pieces


def test_a_run_is_cut_with_the_fewest_unknown_characters_then_words() -> None:
    listed = {"a", "ab", "bcd", "e", "cde"}
    assert segment_run("abcde", listed.__contains__, 4) == [(0, 2, True), (2, 5, True)]
    assert segment_run("abcd", listed.__contains__, 4) == [(0, 1, True), (1, 4, True)]
    assert segment_run("xyabz", listed.__contains__, 4) == [(0, 2, False), (2, 4, True), (4, 5, False)]
    assert segment_run("bcd", listed.__contains__, 2) == [(0, 3, False)]
    assert segment_run("", listed.__contains__, 2) == []


# Choosing the language


@pytest.mark.parametrize(
    "query",
    ["a dog barking", "pan", "frying pan at night", "Gift!", "a  dog,\tbarking?", "", "…", "3 dog 4", "a pan, a gift"],
)
def test_english_passes_unchanged(small: Lexicon, query: str) -> None:
    assert small.translate(query).text == query
    assert small.translate(query).unknown == ()


@pytest.mark.parametrize(
    ("query", "text", "languages"),
    [
        ("perro", "dog", ("es",)),
        ("el perro", "dog", ("es",)),
        ("pan de perro", "bread dog", ("es",)),
        ("perro barking at night", "dog barking at night", ("es", "en")),
        ("SIERRA ELECTRICA", "chainsaw", ("es",)),
        ("sierra, perro", "dog", ("es",)),
        ("Tür", "door", ("de",)), ("tuer", "door", ("de",)), ("TUR", "door", ("de",)),
        ("perro Regen", "dog rain", ("es", "de")),
        ("frying pan Regen", "frying pan rain", ("en", "de")),
        ("pan собака", "pan", ("en",)),
        ("🐶🏽 barking", "dog barking", ("en",)),
    ],
)  # fmt: skip
def test_other_languages_become_english(small: Lexicon, query: str, text: str, languages: tuple[str, ...]) -> None:
    translation = small.translate(query)
    assert translation.text == text
    if not translation.unknown:
        assert set(translation.languages) == set(languages)


def test_a_comma_parts_what_spaces_join(small: Lexicon) -> None:
    assert small.translate("sierra, eléctrica").unknown == ("sierra", "eléctrica")
    assert small.translate("sierra eléctrica").unknown == ()


def test_unknown_words_are_named_as_typed(small: Lexicon) -> None:
    assert small.translate("Perro Zzxqy, XÜZ 狗 🦄") == Translation("dog", ("Zzxqy", "XÜZ", "狗", "🦄"), ("es",))


def test_a_word_of_the_vocabulary_stays(small: Lexicon) -> None:
    assert small.translate("Theremin").unknown == ("Theremin",)
    assert small.translate("Theremin", {"theremin"}) == Translation("Theremin", (), ("en",))
    assert small.translate("la", {"la"}).text == "la"
    assert small.translate("la perro", {"la"}).text == "dog"


# Forms


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("perros", "dog"), ("perrito", "dog"), ("ladrando", "barking"), ("ladraba", "barking"),
        ("Kirchenglocke", "church bell"), ("Kirchenglocken", "church bell"), ("Regentür", "rain door"),
    ],
)  # fmt: skip
def test_forms_of_listed_words_are_understood(small: Lexicon, query: str, text: str) -> None:
    assert small.translate(query) == Translation(text, (), small.translate(query).languages)


@pytest.mark.parametrize("query", ["perra", "peral", "ladrillo", "perímetro", "Kirchturm", "Türkis", "Regenbogen"])
def test_other_words_are_not_mistaken_for_forms(small: Lexicon, query: str) -> None:
    if query == "perra":
        assert small.translate(query).text == "dog"
    else:
        assert small.translate(query).unknown == (query,)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("barkings", "bark"), ("clapped", "clap"), ("closing", "close"), ("carried", "carry"), ("woooof", "woof"),
        ("brrrr", "brr"), ("windchime", "wind chime"), ("zzxqy", None), ("ing", None), ("aaaa", None), ("", None),
    ],
)  # fmt: skip
def test_forms_of_english_words(word: str, form: str | None) -> None:
    assert find_english(word, frozenset("bark clap close carry woof brr wind chime".split())) == form


# The shipped lexicon


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("狗在叫", "dog barking"), ("玻璃打碎", "glass breaking shattering"), ("教堂鐘聲", "church bells"),
        ("電鋸", "chainsaw"), ("有人在刷牙", "brushing teeth"), ("下雨的声音", "rain"), ("狗 barking", "dog barking"),
        ("狗叫，然后关门", "dog barking then door closing"), ("远处的雷声", "distant far thunder"),
        ("犬が吠えている", "dog barking"), ("ワンワン", "barking"), ("雨の音", "rain"),
        ("ガラスが割れる音", "glass breaking shattering"),
        ("キーボードを打つ音", "keyboard typing"), ("人が歩く音", "person walking"),
        ("近くの電車", "near nearby train"),
        ("개 짖는 소리", "dog barking"), ("고양이가", "cat"), ("강아지소리", "puppy dog"), ("비가 와요", "rain"),
        ("시계가 똑딱거린다", "clock ticking tick tock"), ("개가 짖습니다", "dog barking"),
        ("종을 칩니다", "church bells tapping hitting"),
        ("멀리서 천둥이 치는 소리", "distant far thunder tapping hitting"),
        ("교회에서 종소리", "church temple church bells"),
        ("🐶 🔔", "dog bell"),
    ],
)  # fmt: skip
def test_real_queries(query: str, text: str) -> None:
    assert LEXICON.translate(query) == Translation(text, (), LEXICON.translate(query).languages)


@pytest.mark.parametrize(
    "query",
    [
        "pan", "motor", "chat", "a rat in the kitchen", "frying pan", "bell", "gift", "son", "no",
        "a train on the rail",
        "someone's dog doesn't stop", "heavy rain, distant thunder & wind!", "car horn (far)", "die machine",
    ],
)  # fmt: skip
def test_english_queries_are_left_alone(query: str) -> None:
    vocabulary = frozenset({"die", "los", "angeles", "son", "gift"})
    assert LEXICON.translate(query, vocabulary).text == query


def test_unknown_characters_of_a_run_are_one_word() -> None:
    assert LEXICON.translate("ふにゃふにゃ犬").unknown == ("ふにゃふにゃ",)
    assert LEXICON.translate("狗 zzxqy").unknown == ("zzxqy",)


ODD = st.text(st.characters(), max_size=40) | st.text("éа狗わ개كुก🐶'-, \u0301\u200d\ud800ßİａd", max_size=20)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ODD)
@example("\ud800")
@example("ß" * 30 + "ŉ" + "ﷺ")
def test_any_text_is_taken(text: str) -> None:
    translation = LEXICON.translate(text)
    assert isinstance(translation.text, str)
    assert all(word in text or fold(word) == word for word in translation.unknown)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("query", "english"),
    [("trashcan", "trash can"), ("a metalscrape", "a metal scrape")],
)
def test_english_words_written_as_one_are_split(query: str, english: str) -> None:
    found = Lexicon.load().translate(query)
    assert found.text == english
    assert found.unknown == ()


def test_a_foreign_word_is_not_taken_for_two_english_ones() -> None:
    assert Lexicon.load().translate("perro ladrando").text == "dog barking"
    assert Lexicon.load().translate("hundebellen").text == "dog barking"
