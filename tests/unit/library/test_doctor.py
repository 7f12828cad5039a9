"""What the doctor finds and repairs; a library is made sick on purpose."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ingest.collection import Collection
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.errors import UnavailableError
from sonotheque.library.doctor import Finding
from sonotheque.store.lock import writer_lock


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    """Three indexed sounds."""
    made = Collection(tmp_path)
    with made.library:
        for number in range(3):
            made.write(f"{number}.wav", number)
        made.index()
        yield made


def found(collection: Collection, *, repair: bool = False) -> list[str]:
    return [finding.what for finding in collection.library.examine(repair=repair)]


def test_a_sound_library_has_no_findings(collection: Collection) -> None:
    assert found(collection) == []
    assert found(collection, repair=True) == []


def test_a_file_that_is_gone_is_hidden_by_repair_and_shown_when_it_is_back(collection: Collection) -> None:
    path = collection.media / "1.wav"
    parked = path.rename(collection.base / "parked")
    (finding,) = collection.library.examine()
    assert finding == Finding("1 file is no longer at the known place.", False, "sono doctor --repair hides them.")
    assert collection.library.status().n_missing == 0
    (finding,) = collection.library.examine(repair=True)
    assert finding.repaired
    assert collection.library.status().n_missing == 1
    assert found(collection) == []
    parked.rename(path)
    assert found(collection) == ["1 file was missing and back again."]
    collection.library.examine(repair=True)
    assert collection.paths() == {"0.wav", "1.wav", "2.wav"}


@pytest.mark.parametrize("how", ["absent", "empty"])
def test_from_a_root_that_is_not_there_nothing_is_concluded(collection: Collection, how: str) -> None:
    collection.media.rename(collection.base / "unplugged")
    if how == "empty":
        collection.media.mkdir()
    (finding,) = collection.library.examine(repair=True)
    assert finding.what.startswith("Nothing known of ")
    assert "Mount the drive" in finding.next_step
    assert not finding.repaired
    assert collection.library.status().n_missing == 0


def test_a_file_that_was_missing_and_is_back_with_another_content_has_changed(collection: Collection) -> None:
    path = collection.media / "1.wav"
    path.unlink()
    collection.library.examine(repair=True)
    collection.write("1.wav", 77)
    assert found(collection, repair=True) == ["1 file has changed since the last reading."]
    assert collection.library.status().n_missing == 1


def test_changed_files_are_left_to_the_next_run(collection: Collection) -> None:
    for number in (0, 1):
        os.utime(collection.media / f"{number}.wav", (7, 7))
    (finding,) = collection.library.examine(repair=True)
    assert finding == Finding("2 files have changed since the last reading.", False, "sono index")
    collection.index()
    assert found(collection) == []


def test_failures_and_outdated_recordings_are_told(collection: Collection) -> None:
    (collection.media / "bad.wav").touch()
    collection.index()
    collection.use(PlainEmbedder("2"))
    whats = found(collection)
    assert whats[0] == "3 recordings were embedded by another model."
    assert "bad.wav could not be indexed: is empty" in whats[1]


def test_a_damaged_database_is_the_only_finding(collection: Collection) -> None:
    database = collection.library.folder / "catalogue.sqlite3"
    collection.library.close()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with database.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(60 * 4096))
    findings = collection.library.examine(repair=True)
    assert findings
    assert all("backup" in finding.next_step for finding in findings)


def test_repair_waits_for_no_index_job(collection: Collection) -> None:
    (collection.media / "1.wav").unlink()
    with writer_lock(collection.library.folder), pytest.raises(UnavailableError, match="is indexing"):
        collection.library.examine(repair=True)
    assert collection.library.status().n_missing == 0


def test_the_advice_heals(collection: Collection) -> None:
    """Repair, then do what each finding says, and nothing is left."""
    (collection.media / "0.wav").unlink()
    os.utime(collection.media / "1.wav", (7, 7))
    collection.use(PlainEmbedder("2"))
    collection.library.examine(repair=True)
    collection.index(refresh=True)
    assert found(collection) == []
