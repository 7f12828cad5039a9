"""What is known of made scenes: events with times, and the file that tells it.

Owns the versioned form of `truth.json` and the facts that follow from the events: order, counts, overlaps. Knows
nothing of how scenes are mixed or asked about.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sonotheque.errors import BadInputError, CorruptError, NotFoundError
from sonotheque.values.span import Span

SCHEMA = "sonotheque/scenes"
VERSION = 1
TRUTH_NAME = "truth.json"


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """A sound heard over `span` in a scene.

    `snr_db` is its mean power over its span, relative to the background's mean power; None for an event that is itself
    the background (`is_bed`). `source` names the clips it was cut from.
    """

    label: str
    span: Span
    snr_db: float | None
    source: tuple[str, ...]
    is_bed: bool = False

    def __post_init__(self) -> None:
        if not self.label.strip():
            raise BadInputError("An event needs a label.")
        if self.snr_db is not None and not math.isfinite(self.snr_db):
            raise BadInputError(f"An event's level is finite, not {self.snr_db} dB.")


@dataclass(frozen=True, slots=True)
class SceneTruth:
    """One scene: its file, its length, what lies below (`background`, in words) and its events by onset."""

    file: str
    duration_s: float
    background: str
    room_decay_s: float | None
    events: tuple[TrueEvent, ...]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.duration_s) and self.duration_s > 0):
            raise BadInputError(f"A scene has a positive duration, not {self.duration_s} s.")
        late = [event for event in self.events if event.span.end_s > self.duration_s + 1e-6]
        if late:
            raise BadInputError(f"An event of {self.file} ends at {late[0].span.end_s:g} s, past its end.")
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda event: (event.span, event.label))))

    def of(self, label: str) -> list[TrueEvent]:
        """The events of a label in order of time."""
        return [event for event in self.events if event.label == label]

    @property
    def order(self) -> list[str]:
        """Labels by onset."""
        return [event.label for event in self.events]

    @property
    def counts(self) -> dict[str, int]:
        """How often each label is heard."""
        return dict(sorted(Counter(self.order).items()))

    @property
    def overlaps(self) -> list[tuple[int, int, float]]:
        """Pairs of places in `events` that sound together, with the seconds they share."""
        return [
            (one, other, round(shared_s, 4))
            for one in range(len(self.events))
            for other in range(one + 1, len(self.events))
            if (shared_s := self.events[one].span.overlap_s(self.events[other].span)) > 0
        ]


@dataclass(frozen=True, slots=True)
class SceneSet:
    """Scenes made in one go, with what made them (`recipe`: plain JSON values) and every label that clips offered."""

    recipe: dict[str, Any]
    labels: tuple[str, ...]
    scenes: tuple[SceneTruth, ...]

    @property
    def n_events(self) -> int:
        """Events of all scenes."""
        return sum(len(scene.events) for scene in self.scenes)


def as_json(scene_set: SceneSet) -> dict[str, Any]:
    """The set as plain JSON values; order, counts and overlaps are told for those who read it without this code."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "recipe": scene_set.recipe,
        "labels": list(scene_set.labels),
        "scenes": [
            {
                "file": scene.file,
                "duration_s": scene.duration_s,
                "background": scene.background,
                "room_decay_s": scene.room_decay_s,
                "events": [_event_fields(event) for event in scene.events],
                "order": scene.order,
                "counts": scene.counts,
                "overlaps": [list(pair) for pair in scene.overlaps],
            }
            for scene in scene_set.scenes
        ],
    }


def _event_fields(event: TrueEvent) -> dict[str, Any]:
    fields = asdict(event)
    span = fields.pop("span")
    return {
        "label": event.label, "onset_s": span["start_s"], "offset_s": span["end_s"], "snr_db": event.snr_db,
        "source": list(event.source), "is_bed": event.is_bed,
    }  # fmt: skip


def write_truth(scene_set: SceneSet, folder: Path) -> Path:
    """Writes `truth.json` into a folder."""
    path = folder / TRUTH_NAME
    path.write_text(json.dumps(as_json(scene_set), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path


def read_truth(folder: Path) -> SceneSet:
    """The set that `write_truth` wrote. Raises `NotFoundError`, and `CorruptError` for what is not of this form."""
    path = folder / TRUTH_NAME
    if not path.is_file():
        raise NotFoundError(f"There are no scenes in {folder}.", next_step="Make some: sono eval scenes --out DIR")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if (found["schema"], found["version"]) != (SCHEMA, VERSION):
            raise CorruptError(
                f"{path} is {found['schema']} {found['version']}, not {SCHEMA} {VERSION}.",
                next_step="Make the scenes anew with this version.",
            )
        scenes = tuple(_scene(fields) for fields in found["scenes"])
        return SceneSet(dict(found["recipe"]), tuple(found["labels"]), scenes)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptError(f"{path} can't be read: {error!r}.", next_step="Make the scenes anew.") from error


def _scene(fields: dict[str, Any]) -> SceneTruth:
    events: Sequence[dict[str, Any]] = fields["events"]
    room = fields["room_decay_s"]
    return SceneTruth(
        str(fields["file"]), float(fields["duration_s"]), str(fields["background"]),
        None if room is None else float(room),
        tuple(
            TrueEvent(
                str(event["label"]), Span(float(event["onset_s"]), float(event["offset_s"])),
                None if event["snr_db"] is None else float(event["snr_db"]), tuple(event["source"]),
                bool(event["is_bed"]),
            )
            for event in events
        ),
    )  # fmt: skip
