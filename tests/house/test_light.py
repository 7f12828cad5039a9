"""`import sonotheque` and a search by words stay light: what they do without is not even loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.house.imports import ROOT

from sonotheque.models.sounds import Sounds
from sonotheque.store.catalogue import Catalogue
from sonotheque.values.recording import FileStamp, Recording

HEAVY = ("torch", "fastapi", "sqlalchemy", "onnxruntime", "av", "soundfile", "soxr", "usearch", "rich", "click", "PIL")
LISTENING = ("torch", "onnxruntime", "av", "soundfile", "PIL", "fastapi")


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport sys\nprint('loaded', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    finished = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    last = finished.stdout.splitlines()[-1].split()
    assert last[0] == "loaded"
    return set(last[1:])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with one recording that sounds exactly like a dog."""
    embedder = Sounds()
    folder = tmp_path_factory.mktemp("light") / "library"
    with Catalogue.open(folder, create=True) as catalogue, catalogue.write() as writer:
        space = writer.ensure_space(embedder.card.space_name, embedder.card.dim)
        recording = writer.upsert_recording(Recording("ab" * 32, 5.0, 16000, 1, "wav", "pcm_s16"), 1000)
        writer.put_file(b"/sounds/dog.wav", writer.add_root(b"/sounds"), FileStamp(1000, 0, 1), recording)
        vector = embedder.embed_text("a dog barking").vector[None]
        writer.add_windows(recording, space, np.array([[0.0, 5.0]]), vector)
        writer.put_frames(recording, space, np.rint(vector * 127).astype(np.int8), start_s=0.0, hop_s=0.5)
    return folder


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_after("import sonotheque")
    assert "sonotheque" in loaded
    assert loaded & {*HEAVY, "numpy"} == set()


def test_asking_for_a_value_loads_no_more_than_numpy() -> None:
    loaded = loaded_after("import sonotheque; sonotheque.Span(0.0, 1.0); sonotheque.Query('rain')")
    assert loaded & set(HEAVY) == set()


def test_a_search_by_words_does_not_load_what_listens(folder: Path) -> None:
    code = """
import sys, sonotheque
with sonotheque.open(sys.argv[1], create=False) as library:
    hit, = library.search("dog barking").hits
    assert {item.kind for item in hit.evidence} == {"sound", "name"}, hit
"""
    loaded = loaded_after(code, str(folder))
    assert "sqlalchemy" in loaded
    assert loaded & {*LISTENING, "click", "rich"} == set()


def test_a_search_from_the_shell_does_not_load_what_listens(folder: Path) -> None:
    code = """
import sys
from sonotheque.surfaces.cli import main
sys.argv = ["sono", "--library", sys.argv[1], "search", "dog barking", "--json"]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
"""
    assert loaded_after(code, str(folder)) & set(LISTENING) == set()


def test_help_from_the_shell_does_not_open_a_database() -> None:
    code = """
import sys
from sonotheque.surfaces.cli import main
sys.argv = ["sono", "--help"]
try:
    main()
except SystemExit:
    pass
"""
    assert loaded_after(code) & set(HEAVY) <= {"click", "rich"}
