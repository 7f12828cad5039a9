"""Names the authors of the recordings a model was trained on.

Owns the file that attribution licences ask for, generated from the manifests. `python -m sonotheque.training.credits
--data DIR --out FILE`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

from sonotheque.training.captions import SHIPPABLE_SETS

TITLES = {
    "esc50": "ESC-50 (Karol J. Piczak), only its CC0 and CC-BY clips, from freesound.org",
    "berklee": "Sound library of the Berklee College of Music for One Laptop Per Child, CC-BY 3.0",
    "effects": "OpenSoundEffects (OpenRCT2), CC-BY 4.0",
    "music": "Samples of Sonic Pi, CC0",
    "described": "Interface sounds and OpenSFX, CC0 and CC-BY",
    "speakers": "LibriSpeech train-clean-100 (Panayotov, Chen, Povey, Khudanpur), CC-BY 4.0",
    "commands": "Speech Commands v0.01 (Pete Warden), CC-BY 4.0",
}


def write_credits(data: Path, out: Path) -> None:
    """One section a set; below it each licence with its authors and how many clips each gave."""
    lines = ["# Credits", "", "`builtin:sounds` was trained on these recordings. Thank you.", ""]
    for set_name in SHIPPABLE_SETS:
        with (data / set_name / "manifest.csv").open(encoding="utf-8", newline="") as rows:
            given: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
            for row in csv.DictReader(rows):
                if set_name == "effects" and row["group"] != "opensoundeffects":
                    continue
                author = row["author"].strip() or row["source"].split("/")[0].strip() or "not recorded"
                given[row["licence"].strip()][author] += 1
        lines += [f"## {TITLES[set_name]}", ""]
        for licence in sorted(given):
            names = ", ".join(
                f"{name} ({n})" for name, n in sorted(given[licence].items(), key=lambda item: item[0].lower())
            )
            lines += [f"**{licence}**: {names}", ""]
    out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Writes the file."""
    parser = argparse.ArgumentParser(prog="python -m sonotheque.training.credits", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    write_credits(options.data, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
