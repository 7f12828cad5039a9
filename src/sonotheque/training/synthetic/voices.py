"""Synthetic speech in many voices and languages, by the espeak-ng program.

Owns what is said, by which voice, and what that is called. The sentences are in `sayings.txt`.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources

import numpy as np
import numpy.typing as npt
import soundfile

from sonotheque.audio.resample import resample
from sonotheque.errors import UnavailableError
from sonotheque.training.synthetic.clip import RATE_HZ, MadeSound, set_in_place

SET_NAME = "voices"
LABEL = "speech"
PACKAGES = "apt-get install -y --no-install-recommends espeak-ng"
GENERAL = ("speech", "synthetic speech", "a computer voice speaking", "text to speech voice")
WOMEN = ("f1", "f2", "f3", "f4", "f5", "Annie", "belinda", "linda", "steph", "anika")
MEN = ("m1", "m2", "m3", "m4", "m6", "m7", "Andy", "Lee", "john", "paul")
CHARACTERS = {
    "whisper": ("whispering", "someone whispering", "a whispering voice"),
    "whisperf": ("whispering", "a woman whispering", "a soft whisper"),
    "croak": ("a croaking voice", "an old croaky voice speaking", "a hoarse voice"),
    "robosoft": ("a robot voice", "a robotic voice talking", "robot speaking"),
    "robosoft3": ("a robot voice", "mechanical robot speech", "an android talking"),
    "UniRobot": ("a robot voice", "a metallic robot voice", "a machine talking"),
    "Demonic": ("a demonic voice", "a deep monster voice speaking", "an evil voice"),
    "klatt3": ("a robot voice", "an old speech synthesiser talking", "retro computer voice"),
    "grandma": ("an old woman speaking", "a grandmother talking", "an elderly woman's voice"),
    "grandpa": ("an old man speaking", "a grandfather talking", "an elderly man's voice"),
    "announcer": ("an announcement", "an announcer speaking", "a station announcement"),
}


def find_speaker() -> str:
    """The program's path. Raises `UnavailableError` where it is absent."""
    found = shutil.which("espeak-ng")
    if found is None:
        raise UnavailableError("The program espeak-ng is not installed.", next_step=f"Run: {PACKAGES}")
    return found


def load_sayings() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Voice code to the language's English name and sentences in it."""
    text = resources.files("sonotheque.training.synthetic").joinpath("sayings.txt").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {
        code.strip(): (name.strip(), tuple(one.strip() for one in said.split(";") if one.strip()))
        for code, name, said in rows
    }


def speak(text: str, voice: str, words_per_minute: int, pitch: int) -> npt.NDArray[np.float64]:
    """`text` as samples at 16 kHz; `pitch` is 0 to 99, 50 the voice's own."""
    command = [find_speaker(), "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout", "--", text]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout:
        message = done.stderr.decode(errors="replace").strip()[-200:]
        raise UnavailableError(f"espeak-ng failed for voice {voice!r}: {message}", next_step=f"Run: {PACKAGES}")
    samples, rate_hz = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
    return np.asarray(resample(samples, rate_hz, RATE_HZ), dtype=np.float64)


def _describe(language: str, speaker: str, pitch: int, speed: int, counting: bool) -> list[str]:
    """Captions for a plain voice, from what was set."""
    word = "high" if pitch >= 72 else "low" if pitch <= 28 else ""
    pace = "fast" if speed >= 230 else "slow" if speed <= 120 else ""
    manner = " ".join(one for one in (pace, word) if one)
    captions = [f"a person speaking {language}", f"{speaker} speaking {language}", f"{language} speech"]
    if manner:
        captions += [f"a {manner} voice", f"{speaker} speaking with a {manner} voice"]
    if counting:
        captions += [f"{speaker}'s voice counting", f"counting in {language}", "someone counting numbers"]
    return captions


def render_voices(rng: np.random.Generator, n_per_kind: int) -> Iterator[MadeSound]:
    """`n_per_kind` clips in each language and for each character voice (in English).

    Raises `UnavailableError` where espeak-ng is absent.
    """
    sayings = load_sayings()
    for code, (language, sentences) in sayings.items():
        for _ in range(n_per_kind):
            woman = rng.random() < 0.5
            speaker = "a woman" if woman else "a man"
            variant = str(rng.choice(WOMEN if woman else MEN))
            pitch, speed = int(rng.integers(10, 95)), int(rng.integers(90, 280))
            kth = int(rng.integers(0, len(sentences)))
            samples = speak(sentences[kth], f"{code}+{variant}", speed, pitch)
            captions = (*GENERAL[:1], *_describe(language, speaker, pitch, speed, kth == 0), *GENERAL[1:])
            yield MadeSound(SET_NAME, LABEL, captions, set_in_place(rng, samples), noun="a person speaking")
    english = sayings["en-us"][1]
    for variant, names in CHARACTERS.items():
        for _ in range(n_per_kind):
            samples = speak(str(rng.choice(english)), f"en-us+{variant}", int(rng.integers(110, 220)), 50)
            captions = tuple(dict.fromkeys((*names, *GENERAL)))
            yield MadeSound(SET_NAME, LABEL, captions, set_in_place(rng, samples), noun=names[-1])
