"""How exactly a hit's span meets the truth, on scenes composed of sounds at known times.

Writes scenes of 30 s with three different events over quiet noise, indexes them, and asks for each event by its caption
within its own scene, on sound alone. A hit that overlaps the event counts as found; its two boundaries are compared
with the truth.

    python benchmarks/boundaries.py [--scenes 60] [--seed 1] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

import sonotheque
from sonotheque.audio.synthesis import SOUND_KINDS
from sonotheque.audio.synthesis.scene import Happening, Scene, SceneEvent, compose

KINDS = ("siren wail", "church bell", "dog bark", "rooster", "crow", "crickets", "cow", "sheep", "glass breaking",
         "helicopter", "typing", "heavy rain", "songbird", "car horn", "alarm clock", "baby cry", "fire crackling",
         "applause", "footsteps", "frogs")  # fmt: skip
SCENE_S, BACKGROUND_DB, MAX_MEDIAN_ERROR_S = 30.0, -60.0, 0.5


def make_scene(rng: np.random.Generator) -> Scene:
    """Three different events of 2 to 6 s, a few seconds apart."""
    chosen = rng.choice(len(KINDS), 3, replace=False)
    onsets_s = np.array([1.0, 11.0, 21.0]) + rng.uniform(0.0, 2.5, 3)
    events = [
        SceneEvent(KINDS[int(kind)], float(onset_s), float(rng.uniform(2.0, 6.0)))
        for kind, onset_s in zip(chosen, onsets_s, strict=True)
    ]
    return compose(events, SCENE_S, BACKGROUND_DB, rng)


def ask(library: sonotheque.Library, path: Path, happening: Happening) -> tuple[float, float] | None:
    """Distance of the hit's start and end from the event's in seconds; None where the best hit lies elsewhere."""
    caption = SOUND_KINDS[happening.kind].captions[0]
    hits = library.search(caption, k=1, path=str(path), evidence=("sound",)).hits
    if not hits or hits[0].span.overlap_s(happening.span) == 0.0:
        return None
    span, truth = hits[0].span, happening.span
    return span.start_s - truth.start_s, span.end_s - truth.end_s


def measure(n_scenes: int, seed: int) -> dict[str, float]:
    """Share of events found, and errors of their boundaries."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        folder, scenes = Path(name) / "sound", {}
        folder.mkdir()
        for number in range(n_scenes):
            path = folder / f"{number:03d}.wav"
            scenes[path] = make_scene(rng)
            soundfile.write(path, scenes[path].waveform.samples, scenes[path].waveform.rate_hz, subtype="PCM_16")
        with sonotheque.open(Path(name) / "library") as library:
            library.index(folder)
            asked = [(path, event) for path, scene in scenes.items() for event in scene.truth]
            found = [error for path, event in asked if (error := ask(library, path, event)) is not None]
    errors = np.array(found)
    return {
        "events": len(asked),
        "found": round(len(found) / len(asked), 3),
        "median_error_s": round(float(np.median(np.abs(errors))), 3),
        "median_onset_error_s": round(float(np.median(np.abs(errors[:, 0]))), 3),
        "median_offset_error_s": round(float(np.median(np.abs(errors[:, 1]))), 3),
        "median_onset_bias_s": round(float(np.median(errors[:, 0])), 3),
        "median_offset_bias_s": round(float(np.median(errors[:, 1])), 3),
        "share_within_half_second": round(float((np.abs(errors) <= 0.5).mean()), 3),
    }


def main() -> int:
    """Prints the figures; with --check, exit 1 where the median error is too large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    figures = measure(options.scenes, options.seed)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"  {k:26} {v}" for k, v in figures.items()))
    return 1 if options.check and figures["median_error_s"] > MAX_MEDIAN_ERROR_S else 0


if __name__ == "__main__":
    sys.exit(main())
