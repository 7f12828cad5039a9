"""Endings, beginnings and particles by language: what may be taken off a word to find the one that is listed.

Owns the lists, in the folded spelling. They are short on purpose: a form that they do not reach is named as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

_ENDINGS: Mapping[str, str] = {
    "es": (
        "mente aciones acion adores adoras ador adora amiento imiento ando iendo yendo ados adas idos idas "
        "ado ada ido ida aban aba ian ia aron ieron an en ar er ir itos itas ito ita azo azos as es os o a e "
        "s"
    ),
    "pt": (
        "mente acoes acao amento imento ando endo indo ados adas idos idas ado ada ido ida avam ava iam ia "
        "aram eram am em ar er ir inhos inhas inho inha oes aes ao as os es o a e s"
    ),
    "it": (
        "mente azioni azione amento imento amenti imenti ando endo anti enti ante ente ati ate ato ata iti "
        "ite ito ita uti ute uto uta ano ono are ere ire ini ino ina ine etto etta etti ette i e o a"
    ),
    "fr": (
        "issements issement ements ement ations ation issant issent antes ante ants ant aient ait euses euse "
        "eurs eur ees ee es ent er ez ir it e s x"
    ),
    "de": ("endes ender endem enden ende end ungen ung chen lein ern ers ens est em en er es et te ten st e n s t"),
    "nl": "enden ende end tjes tje jes je ingen ing den ten en de te er et t e s",
    "ru": (
        "ующий ающий ющий щий ющая щая ющее ющие щие ающая ающие ется ится ются аются яются аться яться иться "
        "ться тся ами ями ыми ими ого его ому ему ание ания ании ение ения ении ние ния ых их ую юю ая яя ое "
        "ее ые ие ый ий ой ей ом ем ам ям ах ях ов ев ает яет еет ет ит ут ют ают яют ат ят ать ять еть ить "
        "уть ала ало али ила ило или ла ло ли л а я ы и о е у ю ь"
    ),
    "pl": (
        "ujacych ujacy ujaca ujace ajacych ajacy ajaca ajace acych acy aca ace owanie owania anie ania enie "
        "enia owac uje aja ac ec ic yc ala alo ali ami ach owi ego emu ymi imi ych ich ej om ow em iem ie ia "
        "a e i y o u"
    ),
    "tr": (
        "amak emek mak mek iyorlar uyorlar iyor uyor ayan eyen an en amasi emesi masi mesi ama eme ma me "
        "lardan lerden larin lerin lari leri lar ler nin nun in un dan den da de si su di du ti tu i u a e"
    ),
    "hi": "ियों ियां ियाँ ाओं ाएं ों ें ते हुए ता ती ने ना नी कर ा ी े ि ो",
    "ar": "ات ين ون ان ها هم يه ه ي",
    "ko": (
        "하는 한다 하고 하며 하기 했다 해요 합니다 하는소리 하다 되는 되다 거리는 거리다 대는 대다 는 은 다 "
        "고 며 기 이 가 을 를"
    ),
}
ENDINGS = {code: frozenset(text.split()) for code, text in _ENDINGS.items()}
LONGEST_ENDING = {code: max(map(len, endings)) for code, endings in ENDINGS.items()}
BEGINNINGS = {"ar": ("وال", "بال", "كال", "فال", "لل", "ال", "و", "ب", "ل", "ف"), "de": ("ge",), "nl": ("ge",)}
LEAST_STEM = {"hi": 2, "ar": 3, "ko": 1, "ru": 3, "tr": 3}
LINKS = ("", "s", "es", "n", "en", "er", "e")
COMPOUNDING = frozenset({"de", "nl"})
KOREAN_PARTICLES = (
    "에서는 에서의 들에게 들이 들은 들의 들을 에서 에게 으로 까지 부터 처럼 하고 이랑 들 은 는 이 가 을 를 의 "
    "에 로 와 과 도 만 랑"
).split()
ENGLISH_ENDINGS = ("ings", "ing", "edly", "ed", "ers", "er", "ily", "ly", "ies", "es", "ish", "s", "y")
