"""Opening a library, and what it says when that can't be done."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from sonotheque.errors import BadInputError, CorruptError, NotFoundError, UnavailableError
from sonotheque.store import schema
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.connection import FILE_NAME, SCHEMA_VERSION
from sonotheque.store.writer import Writer
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span

from .conftest import AddFile


def test_a_missing_library_is_not_found(folder: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no library at .*library.*sono index PATH"):
        Catalogue.open(folder)
    assert not folder.exists()


def test_a_library_is_made_and_opened_again(folder: Path) -> None:
    Catalogue.open(folder, create=True).close()
    with Catalogue.open(folder) as catalogue:
        assert catalogue.status().n_files == 0


def test_any_folder_name_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100% #1 — été"
    Catalogue.open(folder, create=True).close()
    assert (folder / FILE_NAME).is_file()


def test_server_databases_are_refused() -> None:
    with pytest.raises(UnavailableError, match="postgresql databases are not supported yet"):
        Catalogue.open("postgresql://host/name")


@pytest.mark.parametrize(
    "content", [b"this is not a database" * 100, b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_what_is_no_database_is_corrupt(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(content)
    with pytest.raises(CorruptError, match="sono doctor"):
        Catalogue.open(folder)


def test_an_empty_file_holds_no_catalogue(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).touch()
    with pytest.raises(CorruptError, match="holds no catalogue"):
        Catalogue.open(folder)


def test_damage_inside_is_corrupt(folder: Path, add_file: AddFile) -> None:
    with Catalogue.open(folder, create=True) as catalogue, catalogue.write() as writer:
        for number in range(600):
            add_file(writer, f"/sounds/{number}.wav")
    path = folder / FILE_NAME
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half:] = b"\xa5" * (len(content) - half)
    path.write_bytes(content)
    with Catalogue.open(folder) as catalogue:
        with pytest.raises(CorruptError, match="damaged"):
            catalogue.files_under()
        with pytest.raises(CorruptError, match="damaged"), catalogue.write() as writer:
            writer.add_segments(1, [Segment(Span(0, 1), "user", f"dog {number}") for number in range(500)])


def test_another_programs_database_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    with sqlite3.connect(folder / FILE_NAME) as raw:
        raw.execute("CREATE TABLE theirs (x)")
    with pytest.raises(CorruptError, match="another program"):
        Catalogue.open(folder, create=True)


def test_a_newer_library_is_refused(folder: Path) -> None:
    Catalogue.open(folder, create=True).close()
    with sqlite3.connect(folder / FILE_NAME) as raw:
        raw.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(UnavailableError, match=r"newer Sonotheque \(schema 99.*Upgrade"):
        Catalogue.open(folder)


def test_an_older_library_is_brought_up_to_date(folder: Path) -> None:
    Catalogue.open(folder, create=True).close()
    with sqlite3.connect(folder / FILE_NAME) as raw:
        raw.execute("DROP TABLE notes")
        raw.execute("UPDATE meta SET value = '0' WHERE key = 'schema_version'")
    with Catalogue.open(folder) as catalogue:
        with catalogue.write() as writer:
            writer.write_note("last", [1])
        assert catalogue.read_note("last") == [1]
    with sqlite3.connect(folder / FILE_NAME) as raw:
        assert raw.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone() == (str(SCHEMA_VERSION),)


def test_a_migration_that_fails_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Catalogue.open(folder, create=True).close()
    with sqlite3.connect(folder / FILE_NAME) as raw:
        raw.execute("UPDATE meta SET value = '0' WHERE key = 'schema_version'")

    def broken(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half_done (x)")
        raise RuntimeError("power cut")

    monkeypatch.setattr(schema, "MIGRATIONS", (broken,))
    with pytest.raises(RuntimeError, match="power cut"):
        Catalogue.open(folder)
    with sqlite3.connect(folder / FILE_NAME) as raw:
        assert raw.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half_done'").fetchone() == (0,)


def test_reading_only_writes_nothing(folder: Path) -> None:
    Catalogue.open(folder, create=True).close()
    with Catalogue.open(folder, read_only=True) as catalogue:
        assert catalogue.status().n_files == 0
        with pytest.raises(UnavailableError, match="reading only"), catalogue.write():
            pass


def test_a_block_that_raises_leaves_nothing(catalogue: Catalogue, add_file: AddFile) -> None:
    def fail() -> None:
        with catalogue.write() as writer:
            add_file(writer, "/sounds/a.wav")
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        fail()
    assert catalogue.files_under() == {}


def test_rows_must_refer_to_what_is_there(catalogue: Catalogue) -> None:
    with pytest.raises(BadInputError, match="refused a row"), catalogue.write() as writer:
        writer.add_segment(77, Segment(Span(0, 1), "user", "dog"))


def test_a_full_disk_is_said_and_nothing_is_half_written(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")

    def fill() -> None:
        with catalogue.write() as writer:
            for number in range(3000):
                add_file(writer, f"/sounds/{number}.wav")

    with pytest.raises(UnavailableError, match=r"is full.*Free some space"):
        fill()
    assert catalogue.files_under() == {}


def test_readers_do_not_wait_for_a_writer(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        add_file(writer, "/sounds/a.wav")
        assert catalogue.files_under() == {}
    assert list(catalogue.files_under()) == [b"/sounds/a.wav"]


def test_a_label_gets_its_turn_beside_a_busy_job(folder: Path, catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        recording_id, _ = add_file(writer, "/sounds/a.wav")
    stop, started = threading.Event(), threading.Event()

    def job() -> None:
        number = 0
        while not stop.is_set():
            with catalogue.write() as writer:
                add_file(writer, f"/sounds/{number}.wav")
                started.set()
                time.sleep(0.05)
            number += 1

    thread = threading.Thread(target=job)
    thread.start()
    try:
        assert started.wait(10)
        with Catalogue.open(folder) as other:
            for _ in range(5):
                with other.write() as label_writer:
                    label_writer.add_segment(recording_id, Segment(Span(0, 1), "user", "dog"))
    finally:
        stop.set()
        thread.join()
    assert len(catalogue.segments_of(recording_id)) == 5


def test_many_threads_read_and_write(catalogue: Catalogue, add_file: AddFile) -> None:
    failed: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for number in range(10):
                with catalogue.write() as writer:
                    assert isinstance(writer, Writer)
                    add_file(writer, f"/sounds/{name}-{number}.wav")
                assert any(path.startswith(f"/sounds/{name}-".encode()) for path in catalogue.files_under())
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(catalogue.files_under()) == 40
