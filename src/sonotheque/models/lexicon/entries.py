"""The entries of a language: what its file says.

Owns the format (`surface; surface = gloss`, an empty gloss for what adds nothing) and reading the files beside this
module. Knows nothing of queries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from sonotheque.errors import CorruptError
from sonotheque.models.lexicon.folding import fold
from sonotheque.models.lexicon.inflection import Stems

FOLDER = Path(__file__).parent
ENGLISH = "english"
SYMBOLS = "symbols"
MOST_WORDS, MOST_CHARACTERS = 6, 12
"""Longest surface: words where words are spaced, characters where they are not. A test holds the files to it."""

_SCRIPTS = {
    **dict.fromkeys(("es", "fr", "pt", "it", "de", "nl", "pl", "tr"), "LATIN"),
    "ru": "CYRILLIC", "ar": "ARABIC", "hi": "DEVANAGARI", "ko": "HANGUL", "zh": "CJK",
}  # fmt: skip
_CONTRACTIONS = frozenset(
    "s t d m ll re ve don doesn didn isn aren wasn weren won wouldn can couldn shouldn hasn haven hadn".split()
)
_JOINTS = re.compile("['’ʼ`´‐‑-]")
_SPACES = re.compile(r"[^\S\n]+")
_UMLAUT = re.compile("[äöüÄÖÜ]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


@dataclass(frozen=True)
class Language:
    """One language: its code, and the folded surfaces of its file with their glosses, read when first asked for."""

    code: str
    read: Callable[[], str]

    @property
    def script(self) -> str | None:
        """The script that all its surfaces are in, as the names of Unicode characters begin; None where not known."""
        return _SCRIPTS.get(self.code)

    @cached_property
    def glosses(self) -> Mapping[str, str]:
        """Gloss of every surface; where one stands twice, the first line counts. Raises `CorruptError`."""
        text = self.read()
        glosses = {key: gloss for keys, gloss in reversed(list(parse_entries(text, self.code))) for key in keys}
        if self.code == "de":  # people without the keys type "tuer" for "Tür"
            lines = "\n".join(line for line in text.split("\n") if "=" in line and _UMLAUT.search(line))
            spelled_out = parse_entries(lines.translate(_UMLAUTS), self.code)
            glosses = {key: gloss for keys, gloss in spelled_out for key in keys} | glosses
        return glosses

    @cached_property
    def stems(self) -> Stems:
        """Its single words by stem; made when a word is first looked for in vain."""
        return Stems(self.code, self.glosses)


def parse_entries(text: str, name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Folded surfaces and gloss of every line; raises `CorruptError` where a line is no entry."""
    folded = _SPACES.sub(" ", _JOINTS.sub(" ", fold(text)))
    for number, line in enumerate(folded.split("\n"), start=1):
        if not line or line[0] == "#":
            continue
        surfaces, mark, gloss = line.partition("=")
        keys = tuple(key for part in surfaces.split(";") if (key := part.strip()))
        if not mark or not keys:
            raise CorruptError(
                f"Line {number} of the lexicon {name!r} is no entry: {line!r}.", next_step="Install the package again."
            )
        yield keys, gloss.strip()


def read_languages(folder: Path = FOLDER) -> tuple[Language, ...]:
    """Every language in `folder`, by code."""
    paths = sorted(path for path in folder.glob("*.txt") if path.stem not in {ENGLISH, SYMBOLS})
    return tuple(Language(path.stem, partial(_read_text, path)) for path in paths)


def read_symbols(folder: Path = FOLDER) -> Mapping[str, str]:
    """Gloss of every emoji that stands for a sound."""
    return Language(SYMBOLS, partial(_read_text, folder / f"{SYMBOLS}.txt")).glosses


def read_english(folder: Path = FOLDER) -> frozenset[str]:
    """The English words that people use for sounds."""
    return frozenset(_read_text(folder / f"{ENGLISH}.txt").split()) | _CONTRACTIONS


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptError(
            f"The lexicon {path.name!r} can't be read: {error}.", next_step="Install the package again."
        ) from error
