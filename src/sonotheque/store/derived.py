"""Files made from the vectors of a space so that searches need not read the catalogue.

Owns their form, building, opening, and the recognition of damage. Knows nothing of what was added or deleted since:
a generation of files never changes once it is published.

A generation has up to four files in `vectors/`, named `<space>-<generation>`:
`.ids.npy` int64 (n,), rising; `.f16.npy` float16 (n, dim), the vectors in the same order; `.usearch`, in large spaces,
an HNSW graph over int8 codes whose keys are row numbers; `.json`, what the others must look like. Candidates come from
the graph and are scored again from the float16 rows, so that the coarse codes cost recall only where they miss a
candidate altogether, and half the bytes of a float16 graph are touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from sonotheque.store.half import widen
from sonotheque.store.rows import Ids, Space

FOLDER_NAME = "vectors"
GRAPH_MIN_ROWS = 32_768
"""Below this many rows a scan of all of them takes some 5 ms and a graph is not worth its building."""

# Malkov & Yashunin, Efficient and robust approximate nearest neighbor search using HNSW graphs (2018): M and ef.
CONNECTIVITY = 16
EXPANSION_ADD = 96
_SUFFIXES = (".ids.npy", ".f16.npy", ".usearch")
_BLOCK_ROWS = 32_768
_N_PROBES, _PROBE_BYTES = 64, 4096

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """One generation, opened and memory-mapped. `graph` is None in a small space; `code_scale` made its codes."""

    stem: Path
    ids: Ids
    matrix: npt.NDArray[np.float16]
    graph: Any
    code_scale: float

    def __len__(self) -> int:
        return len(self.ids)


def stem_of(folder: Path, space_id: int, generation: int) -> Path:
    """The path of a generation's files without their suffixes."""
    return folder / FOLDER_NAME / f"{space_id}-{generation}"


def write_rows(stem: Path, space: Space, n_rows: int, blocks: Iterable[tuple[Ids, npt.NDArray[np.float16]]]) -> None:
    """Write ids and vectors of a generation from `blocks` of them in order of id, `n_rows` in all."""
    stem.parent.mkdir(exist_ok=True)
    # Written, not mapped: where the disk is full a write raises, and a touched page would end the process.
    with _with(stem, ".ids.npy").open("wb") as ids_file, _with(stem, ".f16.npy").open("wb") as rows_file:
        _write_header(ids_file, np.dtype("<i8"), (n_rows,))
        _write_header(rows_file, np.dtype("<f2"), (n_rows, space.dim))
        written = 0
        for ids, rows in blocks:
            ids_file.write(ids.astype("<i8").tobytes())
            rows_file.write(rows.astype("<f2").tobytes())
            written += len(ids)
    assert written == n_rows, "the rows were counted in the same snapshot"


def _write_header(file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    description = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, description)


def finish(stem: Path, old: Derived | None, *, threads: int, progress: Progress | None = None) -> None:
    """Make the graph of a generation whose rows are written, if it needs one, and its description.

    With `old`, whose rows come first in this one, its graph is extended.
    """
    matrix = np.load(_with(stem, ".f16.npy"), mmap_mode="r").view(np.ndarray)
    scale = 0.0
    if len(matrix) >= GRAPH_MIN_ROWS:
        graph, start = _new_graph(matrix.shape[1]), 0
        if old is not None and old.graph is not None:
            graph.load(os.fspath(_with(old.stem, ".usearch")))
            start = len(old)
        scale = old.code_scale if old is not None and start else _choose_scale(matrix)
        for low in range(start, len(matrix), _BLOCK_ROWS):
            codes = encode(widen(matrix[low : low + _BLOCK_ROWS]), scale)
            graph.add(np.arange(low, low + len(codes)), codes, threads=threads)
            if progress is not None:
                progress(low + len(codes), len(matrix))
        graph.save(os.fspath(_with(stem, ".usearch")))
    marks = {suffix: _probe(path) for suffix in _SUFFIXES if (path := _with(stem, suffix)).exists()}
    manifest = {"rows": len(matrix), "dim": matrix.shape[1], "code_scale": scale, "files": marks}
    temporary = _with(stem, ".json.part")
    temporary.write_text(json.dumps(manifest), encoding="ascii")
    temporary.replace(_with(stem, ".json"))


def open_derived(stem: Path, space: Space, n_rows: int, covered_id: int) -> Derived | None:
    """The generation at `stem`; None where a file of it is absent or damaged: the rows are in the catalogue."""
    try:
        manifest = json.loads(_with(stem, ".json").read_text(encoding="ascii"))
        if (manifest["rows"], manifest["dim"]) != (n_rows, space.dim):
            return None
        if any(_probe(_with(stem, suffix)) != mark for suffix, mark in manifest["files"].items()):
            return None
        ids = np.load(_with(stem, ".ids.npy"), mmap_mode="r")
        matrix = np.load(_with(stem, ".f16.npy"), mmap_mode="r")
        if ids.shape != (n_rows,) or matrix.shape != (n_rows, space.dim) or int(ids[-1]) > covered_id:
            return None
        scale = float(manifest["code_scale"])
        # Without the subclass numpy's indexing is several times faster.
        plain_ids, plain_matrix = ids.view(np.ndarray), matrix.view(np.ndarray)
        graph = _open_graph(_with(stem, ".usearch"), space.dim) if ".usearch" in manifest["files"] else None
        return Derived(stem, plain_ids, plain_matrix, graph, scale)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError):
        return None


def derived_bytes(folder: Path, space_id: int) -> int:
    """Bytes that the files of a space take on disk."""
    return sum(path.stat().st_size for path in _files_of(folder, space_id))


def remove_generations(folder: Path, space_id: int, *, keep: int | None) -> None:
    """Remove the files of a space but those of generation `keep`; who has others mapped goes on reading them."""
    for path in _files_of(folder, space_id):
        if keep is None or not path.name.startswith(f"{space_id}-{keep}."):
            path.unlink(missing_ok=True)


def remove_strangers(folder: Path, space_ids: Collection[int]) -> None:
    """Remove the files of spaces that are no more."""
    for path in (folder / FOLDER_NAME).glob("*-*.*"):
        if path.name.partition("-")[0] not in {str(space_id) for space_id in space_ids}:
            path.unlink(missing_ok=True)


def encode(vectors: npt.NDArray[np.float32], scale: float) -> npt.NDArray[np.int8]:
    """Vectors as the graph's codes."""
    codes: npt.NDArray[np.int8] = np.clip(np.rint(vectors * np.float32(scale)), -127, 127).astype(np.int8)
    return codes


def _choose_scale(matrix: npt.NDArray[np.float16]) -> float:
    """What brings all but one number in ten thousand into the codes' range; the rest is cut off."""
    sample = matrix[:: max(1, len(matrix) // 4096)].astype(np.float32)
    return 127.0 / max(float(np.quantile(np.abs(sample), 0.9999)), 1e-6)


def _open_graph(path: Path, dim: int) -> Any:
    graph = _new_graph(dim)
    graph.view(os.fspath(path))
    return graph


def _new_graph(dim: int) -> Any:
    _load_system_runtime()
    from usearch.index import Index  # only large spaces pay for its import

    return Index(
        ndim=dim,
        metric="ip",
        dtype="i8",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        enable_key_lookups=False,
    )


def _load_system_runtime() -> None:
    """Loads the system's C++ runtime for everyone, before usearch is imported.

    The wheels of usearch bring a runtime of their own and export it. A library that is loaded later and shares the
    system's would be bound to parts of both: importing onnxruntime then ends the process with a segmentation fault.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):  # a system without it has nothing that could be mixed up
            ctypes.CDLL("libstdc++.so.6", mode=ctypes.RTLD_GLOBAL)


def _probe(path: Path) -> list[int]:
    """Size and checksum of samples spread over a file: they tell a file that was cut, replaced or overwritten, in a
    millisecond. (A mapped graph with wild links would end the process, so it must be known before it is used.)
    """
    size = path.stat().st_size
    check = 0
    with path.open("rb") as file:
        for index in range(_N_PROBES):
            file.seek(index * max(0, size - _PROBE_BYTES) // (_N_PROBES - 1))
            check = zlib.crc32(file.read(_PROBE_BYTES), check)
    return [size, check]


def _files_of(folder: Path, space_id: int) -> list[Path]:
    return sorted((folder / FOLDER_NAME).glob(f"{space_id}-*.*"))


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)
