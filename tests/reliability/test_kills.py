"""SIGKILL at random moments of an index run: nothing reported is lost, and a resumed run ends as an undisturbed one.

`SONOTHEQUE_KILLS` sets how many kills there are (12 unless given).
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.reliability import index_child
from tests.unit.audio import media
from tests.unit.ingest.collection import write_sound

from sonotheque.audio.synthesis.catalogue import SOUND_KINDS, render_kind
from sonotheque.library.library import Library
from sonotheque.models.sounds import Sounds
from sonotheque.store import embedded

N_KILLS = int(os.environ.get("SONOTHEQUE_KILLS", "12"))
ROOT = Path(__file__).parents[2]


@dataclass
class Child:
    """What an index run told before it ended."""

    reported: list[Path]
    ended: bool
    ran_s: float


@pytest.fixture(autouse=True)
def _derived_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "TAIL_MIN_ROWS", 0)
    monkeypatch.setattr(embedded, "TAIL_SHARE", 0.0)


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    return Sounds()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short sounds of every kind, one long one, copies, one that is cut and one that is no sound."""
    folder = tmp_path_factory.mktemp("media")
    for number, name in enumerate(sorted(SOUND_KINDS)[:24]):
        sound = render_kind(name, number, 2.0 + number % 5)
        soundfile.write(folder / f"{name}.wav", sound.samples, sound.rate_hz)
    first = sorted(folder.iterdir())[0]
    for copy in ("copies/one.wav", "copies/two.wav"):
        (folder / copy).parent.mkdir(exist_ok=True)
        shutil.copy(first, folder / copy)
    write_sound(folder / "long.wav", 5, 150.0)
    flac = media.encode(media.Encoding(".flac", "soundfile", "FLAC", "PCM_16"), media.melody(6.0))
    (folder / "cut.flac").write_bytes(flac[: len(flac) // 2])
    (folder / "words.wav").write_text("no sound\n" * 50)
    return folder


def start_child(library: Path, media_folder: Path) -> subprocess.Popen[str]:
    """A run in a process group of its own, loaded and about to begin."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.index_child", str(library), str(media_folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def run_child(
    library: Path, media_folder: Path, *, kill_after_s: float | None = None, kill_after_lines: int | None = None
) -> Child:
    """Starts a run and kills it some time after it was ready, or as soon as it said so many lines, or lets it end.

    Everything that it started ends too.
    """
    process = start_child(library, media_folder)
    assert process.stdout is not None
    started, lines = time.monotonic(), []
    if kill_after_lines is not None:
        lines = [process.stdout.readline().strip() for _ in range(kill_after_lines)]
        process.send_signal(signal.SIGKILL)
    elif kill_after_s is not None:
        try:
            process.wait(timeout=kill_after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    lines += process.stdout.read().splitlines()
    process.wait()
    ran_s = time.monotonic() - started
    assert_nothing_runs_on(process.pid)
    paths = [Path(os.fsdecode(bytes.fromhex(line.split()[1]))) for line in lines if line.startswith("indexed ")]
    return Child(paths, "end" in lines, ran_s)


def assert_nothing_runs_on(group: int) -> None:
    """The decoding processes of a killed run end by themselves."""
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError("a decoding process outlived the run that started it")


def contents(library: Library) -> dict[str, tuple[object, ...]]:
    """Everything a run leaves, by content hash, in a form that doesn't depend on the order of things."""
    catalogue = library.catalogue
    (space,) = catalogue.spaces()
    rows = {row.recording_id: None for row in catalogue.files_under().values() if row.recording_id is not None}
    found: dict[str, tuple[object, ...]] = {}
    for placed in catalogue.recordings_by_ids(rows).values():
        windows = catalogue.windows_of(placed.id, space)
        ids, vectors = catalogue.vectors_of(space, np.sort(windows.ids))
        frames = catalogue.frames(space, [placed.id])[placed.id]
        recording = placed.recording
        assert len(ids) == len(windows) > 0
        found[recording.content_hash] = (
            (recording.duration_s, recording.rate_hz, recording.n_channels, recording.container, recording.codec),
            sorted(placed.paths),
            np.stack([windows.starts_s, windows.ends_s]).tolist(),
            vectors.tolist(),
            frames.codes.tolist(),
            frames.starts_s.tolist(),
        )
    return found


def assert_there_and_searchable(library: Library, reported: list[Path]) -> None:
    """Each reported file is in the catalogue, found by its name, and its windows are found by their vectors."""
    if not reported:
        return
    (space,) = library.catalogue.spaces()
    for path in reported:
        placed = library.recording_at(path)
        windows = library.catalogue.windows_of(placed.id, space)
        ids, vectors = library.catalogue.vectors_of(space, windows.ids[:1])
        neighbours = library.vectors.search(space, vectors, 5)
        assert ids[0] in neighbours.ids[0], path
    for path in reported[-2:]:
        hits = library.search(path.stem, evidence=["name"], k=50).hits
        assert any(os.fsencode(path) in (hit.path, *hit.other_paths) for hit in hits), path


def shape(library: Path) -> list[str]:
    """The names of the library's files, generation numbers aside."""
    return sorted(re.sub(r"\d+", "N", str(path.relative_to(library))) for path in library.rglob("*"))


def assert_same_as_undisturbed(path: Path, media_folder: Path, sounds: Sounds, undisturbed: Path) -> None:
    with Library(path, create=True) as library, Library(undisturbed) as reference:
        library.__dict__["embedder"] = sounds
        library.index(media_folder, settings=index_child.SETTINGS)
        assert contents(library) == contents(reference)
        assert {f.display: f.reason for f in library.failures()} == {f.display: f.reason for f in reference.failures()}
        assert library.catalogue.check() == []
        assert library.status().n_windows == reference.status().n_windows
        assert shape(path) == shape(undisturbed)


def test_kills_lose_nothing_and_a_resumed_run_ends_the_same(folder: Path, tmp_path: Path, sounds: Sounds) -> None:
    undisturbed = tmp_path / "undisturbed"
    whole = run_child(undisturbed, folder)
    assert whole.ended
    assert len(set(whole.reported)) == 28
    rng = random.Random(20261120)
    n_killed = n_libraries = n_reported = 0
    library = tmp_path / "0"
    while n_killed < N_KILLS:
        if rng.random() < 0.5:
            child = run_child(library, folder, kill_after_s=rng.uniform(0.0, whole.ran_s))
        else:  # the moment at which a report that came too early would show
            child = run_child(library, folder, kill_after_lines=rng.randint(1, 15))
        n_killed += not child.ended
        n_reported += len(child.reported)
        if (library / "catalogue.sqlite3").exists():
            with Library(library, create=True) as opened:
                opened.__dict__["embedder"] = sounds
                assert_there_and_searchable(opened, child.reported)
        if child.ended or rng.random() < 0.5 or n_killed == N_KILLS:
            assert_same_as_undisturbed(library, folder, sounds, undisturbed)
            shutil.rmtree(library)
            n_libraries += 1
            library = tmp_path / str(n_libraries)
    assert n_reported > N_KILLS  # the kills fell into the work, not before it


def test_a_label_written_during_a_run_outlives_the_kill(folder: Path, tmp_path: Path, sounds: Sounds) -> None:
    process = start_child(tmp_path / "library", folder)
    assert process.stdout is not None
    kind, path_bytes = process.stdout.readline().split()
    while kind != "indexed":
        kind, path_bytes = process.stdout.readline().split()
    path = Path(os.fsdecode(bytes.fromhex(path_bytes)))
    with Library(tmp_path / "library") as library:
        library.__dict__["embedder"] = sounds
        library.label(path, "written meanwhile")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        library.index(folder, settings=index_child.SETTINGS)
        segments = library.catalogue.segments_of(library.recording_at(path).id)
        assert [segment.text for segment in segments] == ["written meanwhile"]
        assert library.status().n_files == 29
