"""The embedded store: generations of derived files, what damages them, and what is done about it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sonotheque.errors import NotFoundError, UnavailableError
from sonotheque.store import base, derived, embedded, sql
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.embedded import EmbeddedVectors
from sonotheque.store.rows import Ids, Space

from .conftest import AddFile

Array = npt.NDArray[np.float32]
DIM = 24
N = 600


@pytest.fixture(autouse=True)
def small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "GRAPH_MIN_ROWS", 256)
    monkeypatch.setattr(embedded, "TAIL_MIN_ROWS", 100)
    monkeypatch.setattr(base, "_EXACT_COST", 100.0)
    monkeypatch.setattr(base, "_MIN_EXPANSION", 2 * N)  # the graph looks at every row: no test depends on luck


@pytest.fixture
def space(catalogue: Catalogue) -> Space:
    with catalogue.write() as writer:
        return writer.ensure_space("m@1", DIM)


@pytest.fixture
def store(catalogue: Catalogue, space: Space, rng: np.random.Generator) -> EmbeddedVectors:
    store = EmbeddedVectors(catalogue, threads=1)
    store.add(space, np.arange(1, N + 1), vectors(rng, N))
    store.compact(space)
    return store


def vectors(rng: np.random.Generator, n: int) -> Array:
    return rng.standard_normal((n, DIM)).astype(np.float32)


def answer(store: EmbeddedVectors, space: Space, allowed: Ids | None = None) -> list[int]:
    query = np.random.default_rng(5).standard_normal((1, DIM)).astype(np.float32)
    return [int(row) for row in store.search(space, query, 10, allowed).ids[0]]


def files(catalogue: Catalogue) -> dict[str, Path]:
    return {"".join(path.suffixes): path for path in (catalogue.folder / "vectors").iterdir()}


def test_a_large_space_gets_a_graph(catalogue: Catalogue, store: EmbeddedVectors, space: Space) -> None:
    assert set(files(catalogue)) == {".ids.npy", ".f16.npy", ".usearch", ".json"}
    stats = store.stats(space)
    assert (stats.n_rows, stats.n_indexed) == (N, N)
    assert stats.derived_bytes == sum(path.stat().st_size for path in files(catalogue).values())


def test_an_old_generation_goes(catalogue: Catalogue, store: EmbeddedVectors, space: Space) -> None:
    before, old = answer(store, space), set(files(catalogue).values())
    store.compact(space)
    assert not any(path.exists() for path in old)
    assert answer(store, space) == before


def test_a_reader_keeps_what_it_has_mapped(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, rng: np.random.Generator
) -> None:
    with Catalogue.open(catalogue.folder) as other:
        reader = EmbeddedVectors(other, threads=1)
        before = answer(reader, space)
        store.delete(space, np.array(before[:3]))
        store.compact(space)
        after = answer(reader, space)
        assert after[:7] == before[3:]
        assert answer(store, space) == after


@pytest.mark.parametrize("suffix", [".ids.npy", ".f16.npy", ".usearch", ".json"])
@pytest.mark.parametrize("harm", ["removed", "emptied", "cut", "overwritten", "scrambled"])
def test_damaged_files_are_not_used(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, suffix: str, harm: str
) -> None:
    rng = np.random.default_rng(3)
    before = answer(store, space)
    path = files(catalogue)[suffix]
    content = path.read_bytes()
    path.unlink()
    if harm != "removed":
        half = len(content) // 2
        path.write_bytes(
            {
                "emptied": b"",
                "cut": content[:half],
                "overwritten": rng.bytes(len(content)),
                "scrambled": content[:half] + rng.bytes(len(content) - half),
            }[harm]
        )
    fresh = EmbeddedVectors(catalogue, threads=1)
    assert fresh.stats(space).n_indexed == 0
    assert answer(fresh, space) == before
    assert answer(fresh, space, np.array(before[2:4])) == [*before[2:4], *[-1] * 8]
    assert fresh.compact_if_due(space)
    assert fresh.stats(space).n_indexed == N
    assert answer(EmbeddedVectors(catalogue, threads=1), space) == before


def test_a_description_of_other_files_is_not_believed(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space
) -> None:
    path = files(catalogue)[".json"]
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "rows": N - 1}))
    assert EmbeddedVectors(catalogue, threads=1).stats(space).n_indexed == 0
    path.write_text("[]")
    assert EmbeddedVectors(catalogue, threads=1).stats(space).n_indexed == 0


def test_compaction_waits_until_it_is_due(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, rng: np.random.Generator
) -> None:
    store.add(space, np.arange(N + 1, N + 101), vectors(rng, 100))
    assert not store.compact_if_due(space)
    store.delete(space, np.arange(1, 3))
    assert store.compact_if_due(space)
    assert not store.compact_if_due(space)
    stats = store.stats(space)
    assert (stats.n_rows, stats.n_indexed) == (N + 98, N + 98)


def test_files_are_extended_where_few_rows_are_dead(
    catalogue: Catalogue,
    store: EmbeddedVectors,
    space: Space,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded: list[int] = []
    encode = derived.encode

    def count(rows: Array, scale: float) -> npt.NDArray[np.int8]:
        encoded.append(len(rows))
        return encode(rows, scale)

    monkeypatch.setattr(derived, "encode", count)
    gone = answer(store, space)[:4]
    store.delete(space, np.array(gone))
    store.add(space, np.arange(N + 1, N + 201), vectors(rng, 200))
    store.delete(space, np.array([N + 1, N + 200]))
    before = answer(store, space)
    assert store.compact_if_due(space)
    assert encoded == [198]
    assert answer(store, space) == answer(EmbeddedVectors(catalogue, threads=1), space) == before
    stats = store.stats(space)
    assert (stats.n_rows, stats.n_indexed) == (N + 194, N + 194)
    store.delete(space, np.array(before[:1]))
    assert answer(store, space)[:9] == before[1:]
    store.delete(space, np.arange(1, 200))
    assert store.compact_if_due(space)
    assert encoded[1:] == [store.stats(space).n_rows]  # made anew
    with catalogue.reading() as connection:
        assert sql.value(connection, "SELECT count(*) FROM tombstones") == 0


def test_rows_that_come_and_go_during_a_build(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, rng: np.random.Generator
) -> None:
    before = answer(store, space)
    done: list[tuple[int, int]] = []

    def interfere(n_done: int, n_rows: int) -> None:
        if not done:
            other = EmbeddedVectors(catalogue, threads=1)
            assert other.delete(space, np.array(before[:1])) == 1
            other.add(space, np.array([N + 1]), np.random.default_rng(5).standard_normal((1, DIM)).astype(np.float32))
            done.append((n_done, n_rows))

    store.compact(space, progress=interfere)
    assert done == [(N, N)]
    assert answer(store, space) == [N + 1, *before[1:]]
    assert answer(EmbeddedVectors(catalogue, threads=1), space) == [N + 1, *before[1:]]
    store.compact(space)
    assert answer(store, space) == [N + 1, *before[1:]]


def test_a_build_that_fails_leaves_the_old_files(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, old = answer(store, space), set(files(catalogue).values())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(derived, "encode", full)
    with pytest.raises(UnavailableError, match=r"could not be written.*No space left.*Free some space"):
        store.compact(space)
    assert set(files(catalogue).values()) == old
    assert answer(EmbeddedVectors(catalogue, threads=1), space) == before


def test_files_of_a_crashed_build_are_swept_up(catalogue: Catalogue, store: EmbeddedVectors, space: Space) -> None:
    strays = [catalogue.folder / "vectors" / name for name in (f"{space.id}-2.f16.npy", f"{space.id}-2.json.part")]
    for stray in strays:
        stray.write_bytes(b"half")
    foreign = catalogue.folder / "vectors" / "77-1.ids.npy"
    foreign.write_bytes(b"of a space that was deleted")
    store.compact(space)
    store.compact(space)
    assert not any(stray.exists() for stray in strays)
    store.compact_if_due(space)
    assert not foreign.exists()


def test_without_a_graph_the_rows_are_scanned(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answer(store, space)
    monkeypatch.setattr(derived, "GRAPH_MIN_ROWS", N + 1)
    store.compact(space)
    assert ".usearch" not in files(catalogue)
    assert answer(store, space) == before
    store.delete(space, np.array(before[:2]))
    assert answer(store, space)[:8] == before[2:]
    odd = np.arange(1, N + 1, 2)
    assert answer(store, space, odd)[0] == next(row for row in before[2:] if row % 2)


def test_a_filter_that_fits_badly_falls_back_to_scanning(
    store: EmbeddedVectors, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = store.search(space, np.random.default_rng(5).standard_normal((1, DIM)).astype(np.float32), N).ids[0]
    worst = np.sort(everything[-40:])
    assert answer(store, space, worst) == everything[-40:-30].tolist()
    monkeypatch.setattr(base, "_MAX_FETCH", 200)
    assert answer(store, space, worst) == everything[-40:-30].tolist()


def test_windows_of_ingest_are_searched(
    catalogue: Catalogue, space: Space, add_file: AddFile, rng: np.random.Generator
) -> None:
    made = vectors(rng, 3)
    spans = np.array([[0.0, 5.0], [2.5, 7.5], [5.0, 10.0]])
    store = EmbeddedVectors(catalogue, threads=1)
    with catalogue.write() as writer:
        recording, _ = add_file(writer, "/s/a.wav")
        ids = writer.add_windows(recording, space, spans, made)
        assert store.stats(space).n_rows == 0  # nothing is seen before the commit
    assert store.search(space, made[1:2], 1).ids[0, 0] == ids[1]
    with catalogue.write() as writer:
        writer.forget_recording(recording)
    assert len(store.search(space, made[1:2], 1).first()[0]) == 0


def test_an_unknown_space_is_not_found(store: EmbeddedVectors) -> None:
    with pytest.raises(NotFoundError, match="no vectors of other@1"):
        store.search(Space(99, "other@1", DIM), np.ones((1, DIM), np.float32), 1)


def test_threads_search_while_rows_come_and_files_are_made(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, rng: np.random.Generator
) -> None:
    stop = threading.Event()
    wrong: list[object] = []

    def look() -> None:
        while not stop.is_set():
            try:
                found = answer(store, space)
                if len(set(found)) != 10 or -1 in found:
                    wrong.append(found)
            except BaseException as error:  # noqa: BLE001 - told by the assertion below
                wrong.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(5):
        store.add(space, np.arange(20) + N + 1 + 20 * turn, vectors(rng, 20))
        store.delete(space, np.arange(turn * 10 + 1, turn * 10 + 6))
        store.compact(space)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("later", ["onnxruntime", "av", "soundfile"])
def test_what_is_loaded_after_a_graph_still_loads(later: str) -> None:
    """Two wheels with a C++ runtime each, in the order in which a long-lived program comes upon them."""
    script = f"from sonotheque.store.derived import _new_graph; _new_graph(8); import {later}; print('alive')"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.stdout.strip() == "alive", f"ended with {finished.returncode}: {finished.stderr[-500:]}"
