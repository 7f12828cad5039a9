"""Bytes of many encodings."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sonotheque.subtitles.encodings import decode_text
from sonotheque.subtitles.reading import read_transcript

TEXTS = {
    "cp1252": "Voilà l'été à Besançon, où Zoë a bu un « café » – 5 €…\nSchöne Grüße aus München\nMañana será otro día",
    "cp1251": "Доброе утро, дорогие друзья.\nСегодня мы поговорим о погоде.\nОна будет хорошей.",
    "cp1253": "Καλημέρα σας, τι κάνετε σήμερα;\nΟ καιρός είναι πολύ καλός.",
    "cp1255": "שלום, מה שלומך היום?\nאני בסדר, תודה",
    "cp1256": "مرحبا، كيف حالك اليوم؟\nأنا بخير شكرا",
    "cp874": "สวัสดีครับ วันนี้อากาศดีมาก\nขอบคุณครับ",
    "cp932": "今日はとても良い天気ですね。\n明日は雨が降るかもしれません。",
    "cp949": "오늘은 날씨가 아주 좋습니다.\n내일은 비가 올지도 모르겠어요.",
    "gb18030": "我们今天去看他们的新家，你想去吗？\n他说这个地方很好。",
    "big5": "我們今天去看他們的新家，你想去嗎？\n他說這個地方很好。",
}


def subtitle(text: str) -> str:
    return "".join(
        f"{at}\r\n00:00:0{at},000 --> 00:00:0{at},900\r\n{line}\r\n\r\n" for at, line in enumerate(text.split("\n"), 1)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_unicode(text: str, encoding: str) -> None:
    decoded = decode_text(subtitle(text).encode(encoding))
    assert decoded.text == subtitle(text).replace("\r\n", "\n")
    assert bool(decoded.notes) == (encoding in {"utf-16-le", "utf-16-be"})


def test_utf_16_with_a_mark_that_is_big_endian() -> None:
    assert decode_text(b"\xfe\xff" + "né".encode("utf-16-be")).text == "né"


@pytest.mark.parametrize(("encoding", "text"), TEXTS.items(), ids=TEXTS.keys())
def test_older_encodings_are_guessed_from_running_text_and_told(encoding: str, text: str) -> None:
    transcript = read_transcript(subtitle(text).encode(encoding), "talk.srt")
    assert [one.text for one in transcript.utterances] == text.split("\n")
    assert transcript.notes == (f"is not UTF-8: read as {encoding}",)


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.pl.srt", "Źdźbło żółć łąka", "cp1250"), ("a.tr.srt", "Şişli güneşi ışık", "cp1254"),
        ("a.zh.srt", "下雨", "gb18030"),
        ("a.zh-TW.srt", "灣", "big5"), ("a.ja.srt", "雨", "cp932"), ("a.ru.srt", "Да", "cp1251"),
        ("a.fr.srt", "Ça été", "cp1252"),
        ("a.zh.srt", TEXTS["big5"], "big5"), ("a.lv.srt", "Rīgā ir lietus, ļoti", "cp1257"),
    ],
)  # fmt: skip
def test_the_language_of_the_name_decides(name: str, text: str, encoding: str) -> None:
    transcript = read_transcript(subtitle(text).encode(encoding), name)
    assert [one.text for one in transcript.utterances] == text.split("\n")


def test_a_few_broken_characters_don_t_make_it_another_encoding() -> None:
    data = subtitle(TEXTS["gb18030"]).encode() + b"3\n00:00:05,000 --> 00:00:06,000\n\xe4\xb8 ok\n"
    decoded = decode_text(data)
    assert decoded.text.startswith(subtitle(TEXTS["gb18030"]).replace("\r\n", "\n"))
    assert decoded.notes == ("is UTF-8 with broken characters, the first on line 11",)


def test_bytes_that_no_encoding_has() -> None:
    assert decode_text(b"caf\xe9 \x81").text == "café \x81"
    assert decode_text(b"\xff\xfe\x00").text == "\ufffd"
    assert decode_text(b"").text == ""


def test_phrases_of_many_languages_in_their_older_encodings(shared_data: Path) -> None:
    """As a file of twenty phrases each, without a name that tells the language."""
    encodings = dict.fromkeys("es fr ca da".split(), "cp1252") | dict.fromkeys("ru bg be".split(), "cp1251")
    encodings |= {"el": "cp1253", "zh": "gb18030"}
    phrases: dict[str, list[str]] = {}
    with (shared_data / "phrases" / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            phrases.setdefault(row["language"], []).append(row["text"])
    n_read = 0
    for language, encoding in encodings.items():
        known = [text for text in phrases[language] if text.encode(encoding, "ignore").decode(encoding) == text]
        for at in range(0, len(known) - 19, 20):
            text = "\n".join(known[at : at + 20])
            assert decode_text(text.encode(encoding)).text == text, (language, at)
            n_read += 1
    assert n_read >= 9
