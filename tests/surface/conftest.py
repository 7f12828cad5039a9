"""A small library that is indexed once, through the command line itself, and the means to call that."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from sonotheque.audio.synthesis import render_kind
from sonotheque.surfaces.cli.app import cli

STEREO_HZ = 44_100
ODD_NAME = b"odd \xff\nname.wav"
BAD_REASON = "is not sound: it looks like text"

Run = Callable[..., Result]


def run_sono(*args: str | os.PathLike[str], input: str | None = None) -> Result:
    """The command line in this process; nothing but an exit may leave it."""
    result = CliRunner().invoke(cli, [os.fspath(arg) for arg in args], input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def write_stereo(path: Path, seconds: float = 3.0) -> None:
    """A 16-bit file whose every frame is different, so that a cut can be compared sample by sample."""
    ramp = np.arange(round(seconds * STEREO_HZ)) % 65536 - 32768
    soundfile.write(path, np.stack([ramp, -1 - ramp], axis=1).astype(np.int16), STEREO_HZ, subtype="PCM_16")


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: four kinds of sound, a stereo file, one with an impossible name, and one that is no sound."""
    folder = tmp_path_factory.mktemp("sounds")
    for name, kind in (("rain/roof.wav", "heavy rain"), ("rain/shower.wav", "heavy rain"), ("siren.wav", "siren wail")):
        waveform = render_kind(kind, len(name), 6.0)
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / name, waveform.samples, waveform.rate_hz, subtype="PCM_16")
    write_stereo(folder / "stereo.wav")
    chord = render_kind("organ chord", 5, 4.0)
    soundfile.write(folder / "chord.wav", chord.samples, chord.rate_hz, subtype="PCM_16")
    os.rename(os.fsencode(folder / "chord.wav"), os.path.join(os.fsencode(folder), ODD_NAME))  # noqa: PTH104, PTH118
    (folder / "letter.wav").write_text("Dear Sir or Madam,\n" * 20)
    return folder


@pytest.fixture(scope="session")
def indexed(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of that folder; tests that change it take a copy."""
    library = tmp_path_factory.mktemp("library")
    result = run_sono("--library", library, "index", sounds)
    assert result.exit_code == 3, result.output
    return library


@pytest.fixture
def library(indexed: Path, tmp_path: Path) -> Path:
    """A copy of the library for one test."""
    return Path(shutil.copytree(indexed, tmp_path / "library"))


@pytest.fixture
def sono(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command line on the copy, in an empty folder."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("SONOTHEQUE_LIBRARY", raising=False)
    return lambda *args, input=None: run_sono("--library", library, *args, input=input)
