"""Labelled clips from manifests and from folders.

Owns finding the clips of a data folder: sets with a `manifest.csv` each, one manifest, or one folder per label. Which
texts speak of a clip is decided in `captions`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sonotheque.audio.formats import is_sound_name
from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.training.captions import SHIPPABLE_SETS, captions_of
from sonotheque.training.phrases import trained_concepts
from sonotheque.training.wording_guard import WordingGuard

MANIFEST = "manifest.csv"
N_FOLDS = 5


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One file of a manifest: where it lies, its captions (first is the name), its class and its fold."""

    path: Path
    set_name: str
    captions: tuple[str, ...]
    label: str
    fold: str
    duration_s: float


def load_clips(data: Path, sets: Sequence[str] = ()) -> list[LabelledClip]:
    """Every usable clip below `data`, with captions that give no measuring wording away.

    `data` holds sets (folders with a `manifest.csv`), or is one set, or holds one folder of sound per label. Without
    `sets` those whose weights may ship are read where they are, else all. Raises `NotFoundError` where there is nothing
    to learn from and `BadInputError` for a manifest without the columns `path` and `label` or `text`. Where no clip has
    a fold, every label's clips are dealt out to the folds 1 to 5.
    """
    guard, concepts = WordingGuard.from_data(data), trained_concepts(data)
    clips = []
    for set_name, folder, row in _rows(data, sets):
        if set_name == "effects" and row.get("group") != "opensoundeffects":
            continue
        captions, label = captions_of(row, set_name, concepts)
        kept = tuple(text for text in dict.fromkeys(captions) if text and not guard.holds_back(text))
        if kept and label:
            duration_s = float(row.get("duration_s") or 0.0)
            clips.append(LabelledClip(folder / row["path"], set_name, kept, label, row.get("fold", ""), duration_s))
    if not clips:
        raise NotFoundError(
            f"There is no labelled sound in {data}.",
            next_step="Give a folder with a manifest.csv (columns path, label), or with one folder of sound per label.",
        )
    return clips if any(clip.fold for clip in clips) else _deal_folds(clips)


def _deal_folds(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """The clips with folds: of each label the first is in fold 1, the fifth in fold 5, the sixth in fold 1 again."""
    dealt: Counter[str] = Counter()
    out = []
    for clip in clips:
        out.append(replace(clip, fold=str(1 + dealt[clip.label] % N_FOLDS)))
        dealt[clip.label] += 1
    return out


def _rows(data: Path, sets: Sequence[str]) -> Iterator[tuple[str, Path, Mapping[str, str]]]:
    """Set name, folder and row of each clip listed or found below `data`."""
    if (data / MANIFEST).is_file():
        yield from ((data.name, data, row) for row in _read_manifest(data / MANIFEST))
        return
    found = [path.parent.name for path in sorted(data.glob(f"*/{MANIFEST}"))]
    chosen = list(sets) or [name for name in SHIPPABLE_SETS if name in found] or found
    for set_name in chosen:
        if set_name not in found:
            raise NotFoundError(f"There is no set {set_name!r} in {data}.", next_step=f"It has: {', '.join(found)}.")
        yield from ((set_name, data / set_name, row) for row in _read_manifest(data / set_name / MANIFEST))
    if not found:
        for path in sorted(data.glob("*/*")):
            if path.is_file() and is_sound_name(path.name):
                label = path.parent.name.replace("_", " ").strip()
                yield data.name, data, {"path": str(path.relative_to(data)), "label": label}


def _read_manifest(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = set(reader.fieldnames or ())
        if "path" not in columns or not columns & {"label", "text"}:
            raise BadInputError(
                f"{path} has the columns {', '.join(sorted(columns)) or 'of an empty file'}.",
                next_step="Give it the columns path and label (or text).",
            )
        return list(reader)
