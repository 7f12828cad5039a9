"""What a fixed library answers to fixed questions. Run it to write `search.json` again: python -m tests.golden.search

The library is the small world of `tests/unit/search/sounding.py`; nothing here depends on trained weights.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.unit.search.sounding import Event, WordEmbedder, add_recording

from sonotheque.library.library import Library
from sonotheque.values.hit import SearchResult

EXPECTED = Path(__file__).with_suffix(".json")
RECORDINGS: dict[str, tuple[float, tuple[Event, ...]]] = {
    "/s/farm/dog bark.wav": (12.0, (Event("dog", 2.0, 4.5), Event("dog", 8.0, 11.0))),
    "/s/farm/morning.wav": (300.0, (Event("bird", 0.0, 60.0), Event("dog", 100.0, 104.0), Event("bell", 200.0, 203.0))),
    "/s/city/rain.wav": (60.0, (Event("rain", 0.0, 60.0),)),
    "/s/city/rain and siren.wav": (60.0, (Event("rain", 0.0, 60.0), Event("siren", 20.0, 32.0))),
    "/s/dog/rover.wav": (7.3, (Event("voice", 0.0, 7.3),)),
    "/s/quiet.wav": (30.0, ()),
}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"text": "a dog"},
    {"text": "rain siren", "k": 3},
    {"text": "bell", "evidence": ["sound"], "k": 2},
    {"text": "dog", "evidence": ["name"]},
    {"text": "dog", "path": "farm/*", "min_score": 0.5},
    {"text": "door"},
    {"text": "xyzzy"},
)


def answer_all(folder: Path) -> list[dict[str, Any]]:
    """Every question with its answer, numbers rounded to what is promised."""
    with Library(folder, create=True) as library:
        library.embedder = WordEmbedder()
        with library.catalogue.write() as writer:
            for path, (duration_s, events) in RECORDINGS.items():
                add_recording(writer, path, duration_s, events)
        return [{"question": question, **as_facts(library.search(**question))} for question in QUESTIONS]


def as_facts(result: SearchResult) -> dict[str, Any]:
    hits = [
        {
            "path": hit.shown_path,
            "span": [round(hit.span.start_s, 2), round(hit.span.end_s, 2)],
            "score": round(hit.score, 3),
            "weak": hit.weak,
            "evidence": [f"{item.kind} {item.rank} {item.score:.3f}" for item in hit.evidence],
        }
        for hit in result.hits
    ]
    return {"hits": hits, "notes": list(result.notes)}


def main() -> None:
    """Writes the expected answers."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(answer_all(Path(folder) / "library"), indent=1, ensure_ascii=False)
    EXPECTED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
