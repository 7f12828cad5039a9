"""A small library of recordings with known truth, and queries that ask for them.

Owns the plan of the recordings, writes them as 16-bit WAV files with a `truth.json`, and names the recordings each
query should find. Does not search. Most file names say nothing, so that what is found is found by its sound.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from sonotheque.audio.synthesis.catalogue import render_kind
from sonotheque.audio.synthesis.scene import Happening, SceneEvent, compose
from sonotheque.audio.synthesis.sources import DEFAULT_RATE_HZ
from sonotheque.errors import BadInputError
from sonotheque.values.waveform import Waveform

DEMO_SEED = 2026
TRUTH_NAME = "truth.json"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """One recording to make: its path within the library, its length, what is heard in it, its background in dBFS."""

    path: str
    duration_s: float
    events: tuple[SceneEvent, ...]
    background_db: float = -58.0


@dataclass(frozen=True, slots=True)
class DemoSound:
    """A recording that was written: its path within the library (POSIX), its length and what is heard when."""

    path: str
    duration_s: float
    truth: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class DemoQuery:
    """A question to the demo library: words, or an example to be rendered, and the kinds of sound that answer it."""

    kinds: frozenset[str]
    text: str | None = None
    like: tuple[str, int, float] | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.like is None):
            raise BadInputError("A demo query is either words or an example, not both and not neither.")
        if not self.expected:
            raise BadInputError(f"No recording of the demo library holds any of {sorted(self.kinds)}.")

    @property
    def expected(self) -> tuple[str, ...]:
        """The paths of the recordings in which one of the kinds is heard; any of them first is a right answer."""
        return tuple(plan.path for plan in DEMO_PLANS if any(event.kind in self.kinds for event in plan.events))

    def render_example(self) -> Waveform:
        """The example, from a seed that no recording uses. Raises `BadInputError` for a query by words."""
        if self.like is None:
            raise BadInputError("This demo query is made of words; it has no example.")
        kind, seed, duration_s = self.like
        return render_kind(kind, seed, duration_s)


def _plan_single(path: str, kind: str, duration_s: float, background_db: float = -58.0) -> DemoPlan:
    return DemoPlan(path, duration_s, (SceneEvent(kind, 0.0, duration_s),), background_db)


def _plan_scene(
    path: str, duration_s: float, *events: tuple[str, float, float], background_db: float = -50.0
) -> DemoPlan:
    return DemoPlan(path, duration_s, tuple(SceneEvent(*event) for event in events), background_db)


DEMO_PLANS: tuple[DemoPlan, ...] = (
    _plan_single("field-recorder/R0007.wav", "engine idling", 12.0),
    _plan_single("field-recorder/R0008.wav", "motorcycle", 9.0),
    _plan_single("field-recorder/R0009.wav", "church bell", 16.0),
    _plan_single("field-recorder/R0010.wav", "heavy rain", 14.0),
    _plan_single("field-recorder/R0011.wav", "wind", 15.0),
    _plan_single("field-recorder/R0012.wav", "songbird", 12.0),
    _plan_single("field-recorder/R0013.wav", "sea waves", 20.0),
    _plan_single("field-recorder/R0014.wav", "crickets", 10.0),
    _plan_single("field-recorder/R0015.wav", "helicopter", 11.0),
    _plan_single("field-recorder/R0016.wav", "footsteps", 8.0),
    _plan_single("field-recorder/R0017.wav", "siren wail", 13.0),
    _plan_single("field-recorder/R0018.wav", "fire crackling", 12.0),
    _plan_single("phone/memo-001.wav", "smoke alarm", 8.0),
    _plan_single("phone/memo-002.wav", "clock ticking", 9.0),
    _plan_scene("phone/memo-003.wav", 6.0, ("knocks on wood", 0.8, 2.0), ("knocks on wood", 3.6, 2.0)),
    _plan_single("phone/memo-004.wav", "vacuum cleaner", 8.0),
    _plan_single("tape/side-a-01.wav", "guitar chord", 14.0),
    _plan_single("tape/side-a-02.wav", "organ chord", 10.0),
    _plan_single("tape/side-b-01.wav", "drum beat", 10.0),
    _plan_single("test-signals/tone.wav", "pure tone", 4.0),
    _plan_single("effects/old-telephone.wav", "telephone bell", 7.0),
    _plan_scene(
        "field-recorder/R0019.wav", 40.0,
        ("footsteps", 2.0, 6.0), ("knocks on wood", 9.5, 2.0), ("dog bark", 14.0, 4.0), ("door slam", 21.0, 2.0),
        ("engine revving", 25.0, 7.0), ("car horn", 35.0, 2.5),
    ),
    _plan_scene(
        "field-recorder/R0020.wav", 36.0,
        ("stream", 0.0, 12.0), ("cuckoo", 14.0, 6.0), ("owl", 21.5, 5.0), ("thunder", 28.0, 7.0),
    ),
    _plan_scene(
        "phone/memo-005.wav", 30.0,
        ("alarm clock", 3.0, 4.0), ("pouring water", 9.0, 4.0), ("doorbell", 15.0, 3.0), ("glass breaking", 20.0, 2.0),
        ("applause", 23.5, 5.0),
    ),
)  # fmt: skip

DEMO_QUERIES: tuple[DemoQuery, ...] = (
    DemoQuery(frozenset({"dog bark"}), text="a dog barking"),
    DemoQuery(frozenset({"heavy rain"}), text="pouring rain"),
    DemoQuery(frozenset({"siren wail"}), text="police siren"),
    DemoQuery(frozenset({"songbird", "cuckoo"}), text="birds singing"),
    DemoQuery(frozenset({"glass breaking"}), text="glass breaking"),
    DemoQuery(frozenset({"guitar chord"}), like=("guitar chord", 777, 5.0)),
)


def render_demo_recording(plan: DemoPlan, seed: int = DEMO_SEED) -> tuple[Waveform, DemoSound]:
    """The waveform and the truth of one recording; depends on nothing but the plan and the seed."""
    rng = np.random.default_rng([seed, *plan.path.encode()])
    scene = compose(plan.events, plan.duration_s, plan.background_db, rng, rate_hz=DEFAULT_RATE_HZ)
    return scene.waveform, DemoSound(plan.path, scene.waveform.duration_s, scene.truth)


def write_demo_library(folder: Path, seed: int = DEMO_SEED) -> tuple[DemoSound, ...]:
    """Write every recording below `folder` (made where it is missing) and `truth.json` beside them; the truth in order.

    Files of the same names are overwritten. Raises `BadInputError` where `folder` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file.", next_step="Name a folder for the demo library.")
    sounds = []
    for plan in DEMO_PLANS:
        waveform, sound = render_demo_recording(plan, seed)
        path = folder / plan.path
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, waveform.samples, waveform.rate_hz, subtype="PCM_16")
        sounds.append(sound)
    (folder / TRUTH_NAME).write_text(json.dumps(describe_truth(sounds, seed), indent=1) + "\n", encoding="utf-8")
    return tuple(sounds)


def describe_truth(sounds: list[DemoSound], seed: int) -> dict[str, object]:
    """The content of `truth.json`: per recording its path, length and events with their spans in seconds."""
    return {
        "seed": seed,
        "recordings": [
            {
                "path": sound.path,
                "duration_s": sound.duration_s,
                "events": [
                    {"kind": kind, "start_s": round(span.start_s, 4), "end_s": round(span.end_s, 4)}
                    for span, kind in sound.truth
                ],
            }
            for sound in sounds
        ],
    }
