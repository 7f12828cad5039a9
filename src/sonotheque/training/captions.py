"""From a manifest's names to captions a person would type.

Owns the cleaning of recordists' titles and library names, the sets that may ship, and the paraphrases of class names.
Knows nothing of audio.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from sonotheque.training.wording_guard import WordingGuard

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


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One file of a manifest: where it lies, its captions (first is the name), its class and its fold."""

    path: Path
    set_name: str
    captions: tuple[str, ...]
    label: str
    fold: str
    duration_s: float


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


def paraphrases() -> dict[str, tuple[str, ...]]:
    """Class name to the other phrases written for it."""
    text = resources.files("sonotheque.training").joinpath("paraphrases.txt").read_text(encoding="utf-8")
    lines = [line.split("|", 1) for line in text.splitlines() if "|" in line and not line.startswith("#")]
    return {name.strip(): tuple(phrase.strip() for phrase in rest.split(";")) for name, rest in lines}


def load_clips(data: Path, sets: tuple[str, ...] = SHIPPABLE_SETS) -> list[LabelledClip]:
    """Every usable clip of `sets` below `data`, with captions that give no measuring wording away."""
    guard, other_names = WordingGuard.from_data(data), paraphrases()
    clips = []
    for set_name in sets:
        with (data / set_name / "manifest.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                clip = _labelled(row, set_name, data, other_names, guard)
                if clip is not None:
                    clips.append(clip)
    return clips


def _labelled(
    row: dict[str, str], set_name: str, data: Path, other_names: dict[str, tuple[str, ...]], guard: WordingGuard
) -> LabelledClip | None:
    if set_name == "effects" and row["group"] != "opensoundeffects":
        return None
    captions, label = _captions(row, set_name, other_names)
    kept = tuple(text for text in dict.fromkeys(captions) if text and not guard.holds_back(text))
    if not kept:
        return None
    path = data / set_name / row["path"]
    return LabelledClip(path, set_name, kept, label, row["fold"], float(row["duration_s"]))


def _captions(row: dict[str, str], set_name: str, other_names: dict[str, tuple[str, ...]]) -> tuple[list[str], str]:
    if set_name == "esc50":
        label = row["label"]
        return [label, *other_names.get(label, ()), clean_title(row["text"])], label
    if set_name == "speakers":
        return list(SPEECH_CAPTIONS), "speech"
    if set_name == "commands":
        return [*SPEECH_CAPTIONS[:3], f"a person says {row['text']}"], "spoken word"
    if set_name == "berklee":
        name = clean_name(row["text"])
        return [name], name
    name = clean_title(row["text"].replace(":", " "))
    return [name], name
