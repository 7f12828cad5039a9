"""Languages as files and containers name them.

Owns one table: the codes of ISO 639-1 and 639-2 (both its forms, and some of 639-3), and English names. Knows no file.
"""

from __future__ import annotations

import re

_TABLE = """
af afr afrikaans; am amh amharic; ar ara arabic; as asm assamese; az aze azerbaijani; ba bak bashkir; be bel belarusian
bg bul bulgarian; bn ben bengali bangla; bo bod tib tibetan; br bre breton; bs bos bosnian; ca cat catalan valencian
ceb cebuano; co cos corsican; cs ces cze czech; cy cym wel welsh; da dan danish; de deu ger german; dv div dhivehi
el ell gre greek; en eng english; eo epo esperanto; es spa spanish castilian; et est estonian; eu eus baq basque
fa fas per persian farsi; fi fin finnish; fil filipino; fo fao faroese; fr fra fre french; fy fry frisian; ga gle irish
gd gla gaelic; gl glg galician; gsw; gu guj gujarati; ha hau hausa; haw hawaiian; he heb iw hebrew; hi hin hindi
hr hrv scr croatian; ht hat haitian; hu hun hungarian; hy hye arm armenian; id ind indonesian; ig ibo igbo
is isl ice icelandic; it ita italian; iu iku inuktitut; ja jpn japanese; jv jav javanese; ka kat geo georgian
kk kaz kazakh; km khm khmer; kn kan kannada; ko kor korean; ku kur kurdish; ky kir kyrgyz; la lat latin
lb ltz luxembourgish; ln lin lingala; lo lao; lt lit lithuanian; lv lav latvian; mg mlg malagasy; mi mri mao maori
mk mkd mac macedonian; ml mal malayalam; mn mon mongolian; mr mar marathi; ms msa may malay; mt mlt maltese
my mya bur burmese; ne nep nepali; nl nld dut dutch flemish; nn nno nynorsk; no nor norwegian; nb nob; oc oci occitan
or ori oriya odia; pa pan punjabi panjabi; pl pol polish; ps pus pashto; pt por portuguese; qu que quechua
rm roh romansh; ro ron rum romanian moldavian; ru rus russian; rw kin kinyarwanda; sa san sanskrit; sc srd sardinian
sd snd sindhi; si sin sinhala sinhalese; sk slk slo slovak; sl slv slovenian; sm smo samoan; sn sna shona; so som somali
sq sqi alb albanian; sr srp scc serbian; st sot sesotho; su sun sundanese; sv swe swedish; sw swa swahili; ta tam tamil
te tel telugu; tg tgk tajik; th tha thai; ti tir tigrinya; tk tuk turkmen; tl tgl tagalog; tn tsn tswana; tr tur turkish
tt tat tatar; ug uig uyghur; uk ukr ukrainian; ur urd urdu; uz uzb uzbek; vi vie vietnamese; wo wol wolof; xh xho xhosa
yi yid ji yiddish; yo yor yoruba; yue cantonese; zh zho chi cmn chinese mandarin; zu zul zulu
"""
_CODES: dict[str, str] = {}
_NAMES: dict[str, str] = {}
for _row in re.split(r"[;\n]", _TABLE):
    if _row.strip():
        _tag, *_others = _row.split()
        _CODES |= {word: _tag for word in (_tag, *_others) if len(word) <= 3}
        _NAMES |= {word: _tag for word in _others if len(word) > 3}
_NAMES["lao"] = "lo"
_FORMS = {
    "simplified chinese": "zh-Hans",
    "chinese simplified": "zh-Hans",
    "traditional chinese": "zh-Hant",
    "chinese traditional": "zh-Hant",
    "brazilian": "pt-BR",
    "brazilian portuguese": "pt-BR",
    "portuguese brazilian": "pt-BR",
    "pob": "pt-BR",
    "chs": "zh-Hans",
    "cht": "zh-Hant",
}
_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{1,8})*)")
_SCRIPT, _REGION = re.compile(r"[A-Za-z]{4}"), re.compile(r"[A-Za-z]{2}|\d{3}")


def language_tag(name: str) -> str | None:
    """The BCP 47 tag of a language by code or English name: `eng`, `pt_BR`, `Chinese (Traditional)`; None if unknown.

    Codes of three letters become those of two where there are such; of what follows, script and region are kept.
    """
    spoken = " ".join(re.split(r"[\s(),/]+", name.lower())).strip()
    if spoken in _FORMS or spoken in _NAMES:
        return _FORMS.get(spoken) or _NAMES[spoken]
    found = _TAG.fullmatch(name.strip())
    code = None if found is None else _CODES.get(found.group(1).lower())
    if found is None or code is None:
        return None
    script = region = ""
    for part in re.split(r"[-_]", found.group(2))[1:]:
        if _SCRIPT.fullmatch(part) and not script and not region and part.lower() not in _NO_SCRIPTS:
            script = "-" + part.title()
        elif _REGION.fullmatch(part) and not region:
            region = "-" + part.upper()
    return code + script + region


_NO_SCRIPTS = frozenset(("orig", "auto", "asrs", "live"))
"""What tools write in the place of a script: `en-orig` of a video site is its own recognition."""
