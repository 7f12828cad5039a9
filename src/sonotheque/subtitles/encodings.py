"""Bytes to text: which encoding a file of text is in.

Owns byte order marks, the recognition of UTF-8 and UTF-16, and a guess at older encodings. Knows no format.

A file that is not Unicode says nowhere what it is. Its language, where the name tells it, decides; else the encoding
under which it holds most of the letters that are frequent in that encoding's language; else it is Western European.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WESTERN = "cp1252"
_OF_LANGUAGES = {
    "cp1250": "bs cs hr hu pl ro sk sl sq",
    "cp1251": "be bg kk ky mk mn ru sr tg uk",
    "cp1253": "el",
    "cp1254": "az tr",
    "cp1255": "he yi",
    "cp1256": "ar fa ur",
    "cp1257": "et lt lv",
    "cp1258": "vi",
    "cp874": "th",
    "cp932": "ja",
    "cp949": "ko",
    "gb18030": "zh",
    "big5": "zh-hant zh-tw zh-hk yue",
}
_LEGACY = {language: encoding for encoding, languages in _OF_LANGUAGES.items() for language in languages.split()}

_SIMPLIFIED = (
    "的一是了我不在人有来他这上个到大里说就去子得也和那要下看天时过出小么起"
    "你都把好还多没为又可家学只以会样年想生，。？！"
)
_TRADITIONAL = _SIMPLIFIED.translate(str.maketrans("来这个里说时过么还没为学会样", "來這個裡說時過麼還沒為學會樣"))
_KOREAN = "이다는의가에을를은고지하나도로서어아니그사기한라시리자인해있대정들게보거요네안내일으여마우만"
_FREQUENT = {
    encoding: (re.compile(f"[{characters}]"), share)
    for encoding, characters, share in (
        ("gb18030", _SIMPLIFIED, 0.35),
        ("big5", _TRADITIONAL, 0.35),
        ("cp932", "ぁ-んー、。", 0.5),
        ("cp949", _KOREAN, 0.45),
        ("cp1251", "оеаинтсрвлкмдпі", 0.75),
        ("cp1253", "αοιετσνηυρπκμάίόέή", 0.8),
        ("cp1255", "יוהלאמרתבשםנ", 0.75),
        ("cp1256", "الينموتربةعدهأ", 0.75),
        ("cp874", "านรอกเงมยลวดทส่้ัี", 0.7),
    )
}
"""What is frequent in running text, and how large a share of the characters beyond ASCII it usually makes."""
_LEAST_OF_USUAL = 0.6
_COMMON_HANZI = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
"""The first level of GB 2312: the 3,755 commonest characters."""
_LEAST_HANZI = 0.9
_FEWEST_BYTES = 8
_SAMPLE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what a reader should know of how it was made from bytes."""

    text: str
    notes: tuple[str, ...] = ()


def decode_text(data: bytes, language: str | None = None) -> Decoded:
    """The text of a file, line ends as `\\n`; any bytes have one. `language` is what the file's name says it is in."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding, is_told=True)
    if (wide := _wide_encoding(data)) is not None:
        return _decoded(data, wide, is_told=False)
    try:
        return Decoded(_unix(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    if (text := _mended(data)) is not None:
        return Decoded(_unix(text), (f"is UTF-8 with broken characters, the first on line {line}",))
    return _decoded(data, _legacy_encoding(data, language), is_told=False)


def _decoded(data: bytes, encoding: str, *, is_told: bool) -> Decoded:
    notes = [] if is_told else [f"is not UTF-8: read as {encoding}"]
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        # Latin-1 fills the five places that Western Windows leaves empty.
        text = data.decode("latin-1") if encoding == _WESTERN else data.decode(encoding, "replace")
        notes.append(f"holds characters that {encoding} has not")
    return Decoded(_unix(text), tuple(notes))


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: its spaces, digits and line ends leave every other byte zero."""
    sample = data[:_SAMPLE_BYTES]
    n_pairs = len(sample) // 2
    if b"\0" not in sample or not n_pairs:
        return None
    first, second = sample[0::2].count(0) / n_pairs, sample[1::2].count(0) / n_pairs
    if max(first, second) < 0.3 or min(first, second) > 0.05:
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def _mended(data: bytes) -> str | None:
    """The text where it is UTF-8 but for a few bytes; None where most of what is not ASCII is something else."""
    text = data.decode("utf-8", "replace")
    n_broken = text.count("\ufffd")
    n_whole = len(text) - len(text.encode("ascii", "ignore")) - n_broken
    return text if n_whole > 4 * n_broken else None


def _legacy_encoding(data: bytes, language: str | None) -> str:
    sample = data[: data.rfind(b"\n", 0, _SAMPLE_BYTES) + 1] if len(data) > _SAMPLE_BYTES else data
    if language is not None:
        parts = language.lower().split("-")
        encoding = _LEGACY.get("-".join(parts[:2])) or _LEGACY.get(parts[0], _WESTERN)
        is_traditional = _share(sample, "big5") > max(_LEAST_OF_USUAL, _share(sample, "gb18030"))
        return "big5" if encoding == "gb18030" and is_traditional else encoding
    high = len(sample) - len(sample.decode("ascii", "ignore"))
    letters = sum(map(sample.lower().count, (bytes([letter]) for letter in b"abcdefghijklmnopqrstuvwxyz")))
    if high < _FEWEST_BYTES or high < letters / 2:
        return _WESTERN
    shares = {encoding: _share(sample, encoding) for encoding in _FREQUENT}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] >= _LEAST_OF_USUAL:
        return best
    # Lists of words lack the little words that are frequent in sentences.
    return "gb18030" if 2 * len(_COMMON_HANZI.findall(sample)) >= _LEAST_HANZI * high else _WESTERN


def _share(sample: bytes, encoding: str) -> float:
    """How frequent the frequent characters are under `encoding`, as a share of what is usual; 0.0 where it can't be."""
    pattern, usual = _FREQUENT[encoding]
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    n_beyond = len(text) - len(text.encode("ascii", "ignore"))
    return len(pattern.findall(text)) / n_beyond / usual if n_beyond else 0.0
