"""Texts from which the text table learns the language of sound.

Owns their gathering, without what the wording guard holds back. Knows nothing of models.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from sonotheque.training.wording_guard import WordingGuard


def training_sentences(data: Path) -> list[str]:
    """Captions, ontology names and descriptions, without what the wording guard holds back."""
    guard = WordingGuard.from_data(data)
    texts = []
    with gzip.open(data / "text" / "audiocaps_captions.txt.gz", "rt", encoding="utf-8") as lines:
        texts += [line.rstrip("\n").split("\t")[2] for line in lines if line.count("\t") == 2]
    for entry in json.loads((data / "text" / "audioset_ontology.json").read_text(encoding="utf-8")):
        texts += [entry["name"], entry["description"]]
    unique = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    return [text for text in unique if not guard.holds_back(text)]
