"""What file names and containers tell."""

from __future__ import annotations

import pytest

from sonotheque.subtitles.languages import language_tag
from sonotheque.subtitles.names import is_beside, language_of_name


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("en", "en"), ("ENG", "en"), ("por", "pt"), ("pt_BR", "pt-BR"), ("zh-hant", "zh-Hant"),
        ("zh-Hant-tw", "zh-Hant-TW"),
        ("zh_CN", "zh-CN"), ("chi", "zh"), ("zho", "zh"), ("ger", "de"), ("deu", "de"), ("fre", "fr"), ("gre", "el"),
        ("es-419", "es-419"), ("en-orig", "en"), ("yue", "yue"), ("haw", "haw"), ("iw", "he"), ("English", "en"),
        ("greek", "el"), ("Chinese (Traditional)", "zh-Hant"), ("Brazilian Portuguese", "pt-BR"), ("lao", "lo"),
        ("nob", "nb"),
        ("und", None), ("mul", None), ("xx", None), ("", None), ("part2", None), ("forced", None), ("wav", None),
        ("klingon", None),
    ],
)  # fmt: skip
def test_languages(name: str, tag: str | None) -> None:
    assert language_tag(name) == tag


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("talk.en.srt", "en"), ("talk.zh-Hant.vtt", "zh-Hant"), ("talk.por.srt", "pt"), ("talk.srt", None),
        ("en.srt", None),
        ("talk.en.forced.srt", "en"), ("talk.en.sdh.cc.srt", "en"), ("talk.en.hi.srt", "en"), ("talk.hi.srt", "hi"),
        ("talk.English.srt", "en"), ("talk [English].srt", "en"), ("talk [dQw4w9WgXcQ].en-US.vtt", "en-US"),
        ("talk (de).srt", "de"),
        ("talk.part.two.srt", None), ("talk_de.srt", None), ("talk.de.wav.json", None), ("a.en.b.srt", None),
    ],
)  # fmt: skip
def test_a_name_tells_its_language(name: str, tag: str | None) -> None:
    assert language_of_name(name) == tag


@pytest.mark.parametrize(
    ("name", "recording", "is_of", "tag"),
    [
        ("who.is.it.srt", "who.is.it.mp3", True, None), ("talk.srt", "talk.wav", True, None),
        ("talk.wav.srt", "talk.wav", True, None),
        ("talk.wav.de.srt", "talk.wav", True, "de"), ("talk_de.srt", "talk.mp3", True, "de"),
        ("talk-pt-BR.srt", "talk.mp3", True, "pt-BR"),
        ("talk.eng.forced.srt", "talk.mkv", True, "en"), ("talk [English].srt", "talk.mkv", True, "en"),
        ("talk.sdh.srt", "talk.mkv", True, None), ("caf\u00e9.es.srt", "cafe\u0301.mp3", True, "es"),
        ("talk.part2.srt", "talk.mp3", False, None), ("talking.srt", "talk.mp3", False, None),
        ("other.en.srt", "talk.mp3", False, None),
        ("talk.info.json", "talk.mp4", False, None), ("talk - copy.srt", "talk.mp4", False, None),
        ("it.srt", "it.mp3", True, None),
    ],
)  # fmt: skip
def test_a_name_tells_its_recording(name: str, recording: str, is_of: bool, tag: str | None) -> None:
    assert is_beside(name, recording) is is_of
    assert language_of_name(name, recording) == tag
