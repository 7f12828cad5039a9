"""The English words that people use for sounds.

Owns the list that keeps English queries English: words seen at least twice in captions and in the ontology, and every
word of its names, of the names of the instrument library, of the concepts' phrases and of the lexicon's glosses; and a
few that other languages would claim. Made again by
`python -m sonotheque.training.english_words --data DIR`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sonotheque.models.lexicon.entries import ENGLISH, FOLDER, read_languages
from sonotheque.training.captions import clean_name
from sonotheque.training.phrases import read_concepts

_WORD = re.compile(r"[a-z]+")
_LEAST_COUNT = 2
_ALSO_ENGLISH = (  # everyday words that the captions lack and that other languages have with another meaning
    "accident accidents allegro alligator alter ape arcade aria asphalt automobiles barren baskets blitz bond "
    "bonds bonus boot bout brace brand brat bravo buffet cabinets cane cascade case celebration champagne "
    "chariot chorale circulation cobra coco combat combine condor conductor conference coral coupe coyotes "
    "cuisine cyclone dame debate dent dialogues dice die diner dire discussions dispute dose elephants expose "
    "fallen fauna feminine fern ferry fest fiesta fours foyer gift gorilla grille groin gross handy hell "
    "heron hips hmm horror hue inspire interview interviews jaguar jars jets journal kindergarten lama lava "
    "leopard lied locomotives mama marches mare marina masculine mere mesa mmm mono mule nave notebook oceans "
    "oh omnibus ours padre papa parasites parks parole passage pie pier pip pony ranger rapper rat rats "
    "reactor recreation refrain restaurants roller rot route routes sable sac safari sage scanner scope see "
    "serpent server smartphone sofa son sport sprung stall stark strand supporters surrender tables talon "
    "taste taxis teller temporal theater tier tore tornado trailer trams tramway transports trim turbines "
    "vent vents verse viva volatile zombies zoo"
).split()


def count_words(texts: Iterator[str]) -> Counter[str]:
    """How often each plain lower-case word occurs."""
    return Counter(word for text in texts for word in _WORD.findall(text.lower()))


def english_words(data: Path) -> list[str]:
    """The sorted list, from `data/text`, `data/berklee` and the lexicon's own glosses."""
    with gzip.open(data / "text" / "audiocaps_captions.txt.gz", "rt", encoding="utf-8") as lines:
        seen = count_words(line.rsplit("\t", 1)[-1] for line in lines)
    ontology = json.loads((data / "text" / "audioset_ontology.json").read_text(encoding="utf-8"))
    seen += count_words(f"{entry['name']} {entry['description']}" for entry in ontology)
    words = {word for word, n in seen.items() if n >= _LEAST_COUNT} | set(_ALSO_ENGLISH)
    words |= set(count_words(entry["name"] for entry in ontology))
    words |= set(count_words(" ".join(phrases) for phrases in read_concepts().values()))
    with (data / "berklee" / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        words |= {
            word for word in count_words(clean_name(row["text"]) for row in csv.DictReader(rows)) if len(word) > 2
        }
    for language in read_languages():
        words |= set(count_words(iter(language.glosses.values())))
    return sorted(words)


def main(arguments: list[str] | None = None) -> int:
    """Writes the list beside the lexicon."""
    parser = argparse.ArgumentParser(prog="python -m sonotheque.training.english_words", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the captions and the ontology")
    parser.add_argument("--out", type=Path, default=FOLDER / f"{ENGLISH}.txt", help="where the list is written")
    options = parser.parse_args(arguments)
    words = english_words(options.data)
    options.out.write_text("\n".join(words) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(words)} words: {options.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
