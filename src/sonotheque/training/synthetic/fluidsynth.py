"""Plays phrases with the FluidSynth program and a General MIDI sound font.

Owns the command line, the slots of one long MIDI file that many phrases share, and the cutting of what comes back.
Knows nothing of captions.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from sonotheque.errors import UnavailableError
from sonotheque.training.synthetic.midi import (
    DRUM_CHANNEL,
    Note,
    encode_midi,
    note_messages,
    program_change,
    silence_channel,
)

Array = npt.NDArray[np.float64]
SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
PACKAGES = "apt-get install -y --no-install-recommends fluidsynth fluid-soundfont-gm"
RATE_HZ = 16_000
SLOT_S = 6.0
# Kept silent between two phrases, so that nothing of one is heard in the next.
GAP_S = 0.25
PHRASES_PER_RUN = 200


@dataclass(frozen=True, slots=True)
class Phrase:
    """Notes for one program (0-127), or for the drum kit where `program` is None, within `SLOT_S`."""

    program: int | None
    notes: tuple[Note, ...]
    length_s: float

    @property
    def channel(self) -> int:
        """The drum kit has a channel of its own."""
        return DRUM_CHANNEL if self.program is None else 0


def find_player() -> str:
    """The program's path. Raises `UnavailableError` where the program or the sound font is absent."""
    found = shutil.which("fluidsynth")
    if found is None:
        raise UnavailableError("The program fluidsynth is not installed.", next_step=f"Run: {PACKAGES}")
    if not SOUND_FONT.is_file():
        raise UnavailableError(f"The sound font {SOUND_FONT} is not there.", next_step=f"Run: {PACKAGES}")
    return found


def play_phrases(phrases: Sequence[Phrase]) -> list[Array]:
    """Samples of each phrase at 16 kHz, mono, dry (no reverb, no chorus), cut at its `length_s`."""
    player = find_player()
    out: list[Array] = []
    for start in range(0, len(phrases), PHRASES_PER_RUN):
        out += _play(player, phrases[start : start + PHRASES_PER_RUN])
    return out


def _play(player: str, phrases: Sequence[Phrase]) -> list[Array]:
    messages = []
    for k, phrase in enumerate(phrases):
        start_s = k * SLOT_S
        if phrase.program is not None:
            messages.append(program_change(start_s, phrase.channel, phrase.program))
        for note in phrase.notes:
            messages += note_messages(note.moved(start_s), phrase.channel)
        messages.append(silence_channel(start_s + min(phrase.length_s, SLOT_S - GAP_S), phrase.channel))
    with tempfile.TemporaryDirectory() as folder:
        score, result = Path(folder) / "score.mid", Path(folder) / "result.wav"
        score.write_bytes(encode_midi(messages, len(phrases) * SLOT_S))
        _run(player, score, result)
        samples, _ = soundfile.read(result, dtype="float64", always_2d=True)
    mono = samples.mean(axis=1)
    starts = [round(k * SLOT_S * RATE_HZ) for k in range(len(phrases))]
    lengths = [round(min(phrase.length_s, SLOT_S - GAP_S) * RATE_HZ) for phrase in phrases]
    return [mono[start : start + length] for start, length in zip(starts, lengths, strict=True)]


def _run(player: str, score: Path, result: Path) -> None:
    """Renders as float samples, which cannot clip, with every setting that colours the sound given."""
    settings = {
        "synth.reverb.active": 0,
        "synth.chorus.active": 0,
        "synth.gain": 0.4,
        "synth.cpu-cores": 1,
        "synth.dynamic-sample-loading": 1,
        "synth.lock-memory": 0,
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    command = [player, "-q", "-n", "-i", *options, "-r", str(RATE_HZ), "-T", "wav", "-O", "float"]
    command += ["-F", str(result), str(SOUND_FONT), str(score)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not result.is_file():
        raise UnavailableError(f"fluidsynth failed: {done.stderr.strip()[-300:]}", next_step=f"Run: {PACKAGES}")
