"""From a manifest's names to captions a person would type.

Owns the cleaning of recordists' titles and library names, the sets that may ship, and which texts speak of a clip.
Knows nothing of files and audio.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SHIPPABLE_SETS = ("esc50", "berklee", "effects", "music", "described", "speakers", "commands")

_EXTENSION = re.compile(r"\.(wav|mp3|aiff?|ogg|flac|m4a|wma)\b", re.IGNORECASE)
_NOISE = re.compile(r"[^A-Za-z' ]+")
_NOTE = re.compile(r"^[a-g](#|b)?$", re.IGNORECASE)
_TITLE_WORDS_TO_DROP = frozenset(
    (
        "wav mp3 aif aiff ogg flac khz hz stereo mono loop edit final mix zoom rec recording sound sounds "
        "effect sfx free part take version normalized clean raw stream track audio file clip sample test "
        "new xx misc"
    ).split()
)
_COMPOUND_PARTS = (
    "metal glass door bell ball can wood box tin lid bowl chain coin marble paper plastic string "
    "guitar drum hit hits spin slam squeak rattle scrape crumple shake drop roll rub rip break cookie "
    "trash garbage balloon analog synth horn tone phone car bird birds noise noises short long loud "
    "light voice voices male female foil bottle cap bead beads key keys tape stand pipe bar bars "
    "sheet cymbal bass machine engine motor static vinyl water mouth bubble wrap rolling rubbing cut "
    "knife sharpener brush crunch gravel locker closing dragging air blower compressor hallway "
    "talking furniture music church bells snap pop flex puff crackle drumming cloth hub bulb coffee "
    "card cardboard ceramic tile"
).split()
_COMPOUND = re.compile("(" + "|".join(sorted(_COMPOUND_PARTS, key=len, reverse=True)) + ")")

SPEECH_CAPTIONS = (
    "speech",
    "a person speaking",
    "someone talking",
    "a person reading aloud",
    "human voice",
    "spoken words",
    "a voice talking",
    "narration",
    "conversation",
)


def split_compound(word: str) -> str:
    """`metalhit` as `metal hit`; a word that isn't wholly made of known parts stays as it is."""
    pieces = _COMPOUND.findall(word)
    return " ".join(pieces) if len(pieces) > 1 and "".join(pieces) == word else word


def clean_title(title: str) -> str:
    """A recordist's title as plain lower-case words: no extension, digits, dates, camel case or technical words."""
    text = _EXTENSION.sub(" ", title).replace("_", " ")
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    words = [word for word in _NOISE.sub(" ", text).lower().split() if len(word) > 1]
    return " ".join(word for word in words if word not in _TITLE_WORDS_TO_DROP)


def clean_name(name: str) -> str:
    """A library's descriptive name without note names and marks, compounds split."""
    words = [word for word in re.sub(r"[^a-z#' ]+", " ", name.lower()).split() if not _NOTE.match(word)]
    words = [split_compound(word) for word in words if word not in {"misc", "maybe", "plural", "hasclipping"}]
    unique = list(dict.fromkeys(" ".join(words).split()))
    return " ".join(unique)


def captions_of(
    row: Mapping[str, str], set_name: str, concepts: Mapping[str, tuple[str, ...]]
) -> tuple[list[str], str]:
    """The captions of a manifest's row, its name first, and its label. Phrases written for that name come along."""
    label, text = row.get("label", "").strip(), row.get("text", "").strip()
    if set_name == "esc50":
        return [label, *concepts.get(label, ()), clean_title(text)], label
    if set_name == "speakers":
        return [*SPEECH_CAPTIONS, *concepts.get("speech", ())], "speech"
    if set_name == "commands":
        return [*SPEECH_CAPTIONS[:3], f"a person says {text}"], "spoken word"
    if set_name == "berklee":
        name = clean_name(text)
    elif set_name in SHIPPABLE_SETS:
        name = clean_title(text.replace(":", " "))
    else:  # a set of someone else's: what is written there is what is meant
        name = label or text
        return [name, *concepts.get(name, ()), text], name
    return [name, *concepts.get(name, ())], name
