"""WordPiece: normalising, splitting, longest-match pieces, and sameness with the reference implementation."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonotheque.models.sounds import WEIGHTS
from sonotheque.models.wordpiece import WordPiece, split_words

Encode = Callable[[str], list[int]]
VOCABULARY = [
    "[UNK]", "dog", "bark", "##ing", "##s", "rain", "the", "a", "##in", "雨", ",", "cafe", "un", "##un", "é",
]  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> list[str]:
    path = WEIGHTS / "vocabulary.txt"
    if not path.is_file():
        pytest.skip("the weights are not in this checkout")
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def pieces(shipped: list[str]) -> WordPiece:
    return WordPiece(shipped)


@pytest.fixture(scope="module")
def reference(shipped: list[str]) -> Encode:
    """Hugging Face's tokenizers with the same vocabulary, its tokens for unknown words left out."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed (extra 'train')")
    ids = {token: row for row, token in enumerate(shipped)}
    whole = tokenizers.Tokenizer(tokenizers.models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    whole.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    whole.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    return lambda text: [token for token in whole.encode(text).ids if token != ids["[UNK]"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dogs, barking!", ["dogs", ",", "barking", "!"]),
        ("CAFÉ Ünïcode", ["cafe", "unicode"]),
        ("大きな雨 rain", ["大", "きな", "雨", "rain"]),
        ("tab\tnew\nline", ["tab", "new", "line"]),
        ("zero\u200bwidth soft\u00adhyphen bell\x07", ["zerowidth", "softhyphen", "bell"]),
        ("snake_case it's", ["snake", "_", "case", "it", "'", "s"]),
        ("dog🐶barks", ["dog", "🐶", "barks"]),
        ("कुत्ता", ["कतता"]),
        ("", []),
        (" \u3000 ", []),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_the_longest_piece_wins() -> None:
    pieces = WordPiece(VOCABULARY)
    assert pieces.encode("barking dogs") == [2, 3, 1, 4]
    assert pieces.encode("the rain") == [6, 5]


def test_a_word_that_can_not_be_spelled_gives_no_token() -> None:
    pieces = WordPiece(VOCABULARY)
    assert pieces.pieces("barkxyz") == []
    assert pieces.encode("dog xyz, rain") == [1, 10, 5]
    assert pieces.encode("") == []


def test_a_word_of_more_than_a_hundred_letters_gives_no_token() -> None:
    pieces = WordPiece(VOCABULARY)
    assert pieces.pieces("un" * 50) == [12] + [13] * 49
    assert pieces.pieces("un" * 50 + "s") == []


STRINGS = [
    "a dog barks", "Rain on a TIN roof!", "someone's at the door...", "naïve café Über Ångström façade Łódź",
    "İstanbul ΣΊΣΥΦΟΣ straße ﬁre", "下雨 雷声 猫が鳴く 비가 내린다", "привет дождь", "مطر غزير", "कुत्ता भौंकता है",
    "เสียงฝน", "dog-bark_01 (take 2) [final] {x} <y> #3 @home 50% a/b\\c ~ ` ^ | = +", "unaffable",
    "supercalifragilisticexpialidocious", "x" * 100, "x" * 101, "🐶", "dog 🐶 barks", "₤ § ¶ • … – — ‘’ “” «»",
    "½ ² ③ Ⅳ ４２", "a\u0301e\u0300 \u00ad\u200b\ufeff", "\x00\ufffd\x0b\x0c\x85 \u2028\u2029", "C# minor",
    "２４時間 ﾊﾝｶｸ", "\U00020000\U0002a6df\uf900", "", "   ", "A\u030a ﷽ ǅ ŉ ẞ", "e=mc^2 $5 5 € x → y", "don’t can't",
    "[UNK] [CLS] ##ing", "١٢٣ ߀߁", "\u0378 \ue000 \U000f0000",
]  # fmt: skip

# The reference's tables are of an older Unicode: characters that have long been what they are, and no symbols.
OLD = unicodedata.ucd_3_2_0
LETTERS = st.characters(max_codepoint=0xFFFF, exclude_categories=["S", "Cs", "Cn"]).filter(
    lambda char: OLD.category(char) == unicodedata.category(char)
)


@pytest.mark.parametrize("text", STRINGS)
def test_same_tokens_as_the_reference(text: str, pieces: WordPiece, reference: Encode) -> None:
    assert pieces.encode(text) == reference(text)


@given(text=st.text(LETTERS, max_size=40))
@settings(max_examples=200, deadline=None)
def test_same_tokens_as_the_reference_for_any_text(pieces: WordPiece, reference: Encode, text: str) -> None:
    assert pieces.encode(text) == reference(text)


def test_a_symbol_beside_a_word_does_not_take_the_word_away(pieces: WordPiece, reference: Encode) -> None:
    assert pieces.encode("dog🐶") == pieces.encode("dog")
    assert reference("dog🐶") == []


def test_every_plain_word_of_the_vocabulary_is_one_token(pieces: WordPiece, shipped: list[str]) -> None:
    assert len(pieces) == len(shipped)
    words = [(row, word) for row, word in enumerate(shipped) if word.isascii() and word.isalnum()]
    assert len(words) > 10_000
    assert all(pieces.encode(word) == [row] for row, word in words[::50])
