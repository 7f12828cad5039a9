"""Labelled clips to make scenes of: reading manifests, and keeping one side of a split apart from the other.

Owns the rule by which a clip may be used: its row lies in the part asked for, and the recording it was cut from lies
nowhere else. Knows nothing of sound.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonotheque.errors import BadInputError, NotFoundError

SPLIT_COLUMNS = ("fold", "author", "source", "group", "speaker")


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A sound file with the name of what is heard in it; `source` is where the recording came from ("" unknown)."""

    path: Path
    label: str
    fold: str = ""
    source: str = ""
    author: str = ""
    group: str = ""
    speaker: str = ""

    def __post_init__(self) -> None:
        if not self.label.strip():
            raise BadInputError(f"{self.path} has no label.", next_step="Fill the column 'label'.")


@dataclass(frozen=True, slots=True)
class Split:
    """The part of a manifest to take: rows whose `column` is one of `values`.

    Rows left of the split that share a recording (`source`) with it are on both sides and count for neither.
    """

    column: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.column not in SPLIT_COLUMNS:
            raise BadInputError(f"Clips are split by {', '.join(SPLIT_COLUMNS)}, not by {self.column!r}.")
        if not self.values:
            raise BadInputError(f"A split needs at least one value of {self.column}.")

    def takes(self, clip: LabelledClip) -> bool:
        """Whether the clip lies in the part asked for."""
        return str(getattr(clip, self.column)) in self.values


def read_clips(path: Path) -> list[LabelledClip]:
    """Labelled rows of a manifest, in order; rows without a label are left out.

    A manifest is CSV with at least the columns path (below the manifest's folder) and label; fold, source, author,
    group and speaker are used where they are there. Raises `NotFoundError` and `BadInputError`.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no manifest at {path}.", next_step="Give the path of a CSV file.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"path", "label"} - set(reader.fieldnames or ())
            if missing:
                raise BadInputError(
                    f"{path} has no column {' or '.join(sorted(missing))}.",
                    next_step="A manifest is CSV with the columns path and label, and best fold and source too.",
                )
            rows = [row for row in reader if (row["label"] or "").strip() and (row["path"] or "").strip()]
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 text: {error.reason}.", next_step="Save it as UTF-8.") from error
    return [
        LabelledClip(
            path.parent / row["path"],
            row["label"].strip(),
            **{column: (row.get(column) or "").strip() for column in SPLIT_COLUMNS},
        )
        for row in rows
    ]


def choose_clips(clips: Sequence[LabelledClip], split: Split) -> list[LabelledClip]:
    """The clips of one side of a split, without those whose recording is heard on the other side too.

    A source counts as one recording unless it is the split's own column. Raises `BadInputError` where none is left.
    """
    taken = [clip for clip in clips if split.takes(clip)]
    elsewhere = {clip.source for clip in clips if not split.takes(clip) and clip.source}
    files = {_file(clip) for clip in clips if not split.takes(clip)}
    apart = [clip for clip in taken if clip.source not in elsewhere and _file(clip) not in files]
    if not apart:
        known = sorted({str(getattr(clip, split.column)) for clip in clips})[:8]
        why = "shares its recording with the other side" if taken else f"lies in {split.column} {list(split.values)}"
        raise BadInputError(
            f"{'Every clip taken' if taken else 'No clip'} {why}.",
            next_step=f"The manifest has {split.column}: {', '.join(map(repr, known))}.",
        )
    check_apart(apart, [clip for clip in clips if not split.takes(clip)])
    return apart


def check_apart(tested: Iterable[LabelledClip], trained: Iterable[LabelledClip]) -> None:
    """Raises `BadInputError` where a file or a recording is on both sides."""
    known = list(trained)
    sources, files = {clip.source for clip in known if clip.source}, {_file(clip) for clip in known}
    for clip in tested:
        if clip.source in sources or _file(clip) in files:
            raise BadInputError(
                f"{clip.path.name} is heard on both sides of the split.", next_step="Leave it out of one of them."
            )


def _file(clip: LabelledClip) -> str:
    return str(clip.path.resolve())
