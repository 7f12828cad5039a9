"""Vector search at size: ours beside faiss, hnswlib and LanceDB, in one run on the same vectors.

    python benchmarks/vectors.py --rows 1000000 --dir /var/tmp/vectors --json vectors.json --check

A library of synthetic recordings (50 windows each, unit vectors around up to 2,000 centres, 256 dimensions) is filled
through the catalogue as ingest does it, then searched with vectors it does not hold. Ours is measured three times:
the vector search alone, with what the store adds to it (times, recordings and paths of the windows, and file names
that match two words), and through `Library.search`. Exact neighbours are computed in float32. Recall is of the ten
nearest. `--dir` keeps the library and uses it again. `--check` fails when the figures promised in the documentation
don't hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from vector_peers import DIM, FETCHED, N_TRUE, WINDOWS_EACH, Array, Result, run_apart, timed

import sonotheque
from sonotheque.models.cards import ModelCard
from sonotheque.models.roles import EmbeddingStream
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.embedded import EmbeddedVectors
from sonotheque.store.filters import Filter
from sonotheque.store.rows import Space
from sonotheque.values.embedding import Embedding
from sonotheque.values.hit import Hit
from sonotheque.values.query import EVIDENCE_KINDS, EvidenceKind
from sonotheque.values.recording import FileStamp, Recording
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span
from sonotheque.values.waveform import Waveform

N_CENTRES, N_QUERIES = 2000, 200
NOISE = 0.6
"""Length of what sets a vector apart from its centre, against the centre's 1."""
KINDS = ("rain", "door", "engine", "bird", "voice", "siren", "glass", "water", "bell", "wind")
PEERS = ("faiss-hnsw", "faiss-ivf", "hnswlib", "lancedb")


def main() -> int:
    """Run the benchmark; 1 where `--check` finds a figure that does not hold."""
    options = parse_arguments()
    folder = options.dir or Path(tempfile.mkdtemp(prefix="sonotheque-vectors-"))
    try:
        return run(options, folder)
    finally:
        if options.dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="windows in the library (default: %(default)s)")
    parser.add_argument("--peers", default=",".join(PEERS), help="which of them run beside; '' for none (default: all)")
    parser.add_argument("--dir", type=Path, help="keep the library here and use it again")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--check", action="store_true", help="exit 1 unless recall and latency are as promised")
    return parser.parse_args()


def run(options: argparse.Namespace, folder: Path) -> int:
    vectors = synthesise(options.rows)
    queries = synthesise_queries(options.rows)
    allowed_recordings = np.arange(7, options.rows // WINDOWS_EACH, 1000, dtype=np.int64) + 1
    allowed_rows = (np.repeat((allowed_recordings - 1) * WINDOWS_EACH, WINDOWS_EACH)).reshape(-1, WINDOWS_EACH)
    allowed_rows = (allowed_rows + np.arange(WINDOWS_EACH)).reshape(-1)
    print(f"{options.rows:,} vectors of {DIM} dimensions; the filter leaves {len(allowed_rows):,}", flush=True)
    truth = nearest(vectors, queries)
    filtered_truth = allowed_rows[nearest(vectors[allowed_rows], queries)]
    results = [
        *measure_ours(
            folder, vectors, queries, truth, allowed_recordings=allowed_recordings, filtered_truth=filtered_truth
        )
    ]
    show(results, header=True)
    for name in filter(None, options.peers.split(",")):
        result = run_apart(name, vectors, queries, truth, allowed_rows, filtered_truth)
        results.append(result)
        show([result])
    if options.json:
        options.json.write_text(json.dumps({"rows": options.rows, "dim": DIM, "results": results}, indent=1))
    return check(results) if options.check else 0


# ---- data -----------------------------------------------------------------------------------------------------------


def synthesise(n_rows: int) -> Array:
    """Unit vectors; a recording's windows lie about three centres, as its sounds would."""
    rng = np.random.default_rng(1)
    centres = make_centres(n_rows)
    of_recording = rng.integers(0, len(centres), (n_rows // WINDOWS_EACH + 1, 3))
    chosen = of_recording[np.arange(n_rows) // WINDOWS_EACH, rng.integers(0, 3, n_rows)]
    return np.concatenate([around(centres[chosen[low : low + 50_000]], rng) for low in range(0, n_rows, 50_000)])


def synthesise_queries(n_rows: int) -> Array:
    rng = np.random.default_rng(2)
    centres = make_centres(n_rows)
    return around(centres[rng.integers(0, len(centres), N_QUERIES)], rng)


def around(points: Array, rng: np.random.Generator) -> Array:
    moved = points + NOISE / DIM**0.5 * rng.standard_normal(points.shape, dtype=np.float32)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def make_centres(n_rows: int) -> Array:
    """So many that each is met in several recordings."""
    n_centres = max(1, min(N_CENTRES, n_rows // 500))
    centres = np.random.default_rng(0).standard_normal((n_centres, DIM), dtype=np.float32)
    return np.asarray(centres / np.linalg.norm(centres, axis=1, keepdims=True), dtype=np.float32)


def nearest(vectors: Array, queries: Array) -> npt.NDArray[np.int64]:
    """Rows of the `N_TRUE` highest inner products, exactly."""
    rows = np.empty((len(queries), 0), np.int64)
    scores = np.empty((len(queries), 0), np.float32)
    for low in range(0, len(vectors), 50_000):
        block = queries @ vectors[low : low + 50_000].T
        best = np.argpartition(-block, min(N_TRUE, block.shape[1] - 1), axis=1)[:, :N_TRUE]
        rows = np.concatenate([rows, best + low], 1)
        scores = np.concatenate([scores, np.take_along_axis(block, best, 1)], 1)
        order = np.argsort(-scores, axis=1)[:, :N_TRUE]
        rows, scores = np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1)
    return rows


# ---- ours -----------------------------------------------------------------------------------------------------------


def measure_ours(
    folder: Path,
    vectors: Array,
    queries: Array,
    truth: npt.NDArray[np.int64],
    *,
    allowed_recordings: npt.NDArray[np.int64],
    filtered_truth: npt.NDArray[np.int64],
) -> Iterator[Result]:
    filled_s, built_s = fill(folder, vectors)
    started = time.perf_counter()
    with Catalogue.open(folder) as catalogue:
        space = catalogue.spaces()[0]
        store = EmbeddedVectors(catalogue)
        store.search(space, queries[:1], FETCHED)
        opened_s = time.perf_counter() - started
        stats = store.stats(space)
        sizes = {
            "build_s": built_s,
            "fill_s": filled_s,
            "open_ms": opened_s * 1e3,
            "index_bytes": stats.derived_bytes / len(vectors),
            "total_bytes": catalogue.status().size_bytes / len(vectors),
        }

        def ask(query: Array) -> npt.NDArray[np.int64]:
            return store.search(space, query[None], FETCHED).ids[0, :N_TRUE] - 1

        wanted = Filter(recording_ids=tuple(allowed_recordings.tolist()))

        def ask_filtered(query: Array) -> npt.NDArray[np.int64]:
            recordings = catalogue.allowed_recordings(wanted)
            assert recordings is not None
            return (
                store.search(space, query[None], FETCHED, catalogue.window_ids(space, recordings)).ids[0, :N_TRUE] - 1
            )

        yield {
            "name": "sonotheque: vectors",
            **timed(ask, queries, truth),
            **timed(ask_filtered, queries, filtered_truth, "filtered_"),
            **sizes,
        }

        def ask_library(query: Array) -> npt.NDArray[np.int64]:
            catalogue.allowed_recordings(Filter())
            return gather(catalogue, store, space, query)

        def ask_library_filtered(query: Array) -> npt.NDArray[np.int64]:
            return gather(catalogue, store, space, query, wanted)

        yield {
            "name": "sonotheque: + names, times, paths",
            **timed(ask_library, queries, truth),
            **timed(ask_library_filtered, queries, filtered_truth, "filtered_"),
        }
    yield from measure_facade(folder, queries, truth, allowed_recordings, filtered_truth)


def gather(
    catalogue: Catalogue, store: EmbeddedVectors, space: Space, query: Array, wanted: Filter | None = None
) -> npt.NDArray[np.int64]:
    """What one search of the library asks of the store."""
    recordings = catalogue.allowed_recordings(wanted)
    allowed = None if recordings is None else catalogue.window_ids(space, recordings)
    ids, _ = store.search(space, query[None], FETCHED, allowed).first()
    windows = catalogue.windows_by_ids(ids)
    catalogue.search_names(f"{KINDS[int(abs(query[0]) * 1e4) % 10]} bell", 50, recordings)
    placed = catalogue.recordings_by_ids(dict.fromkeys(windows.recording_ids[:30].tolist()))
    assert placed
    return np.asarray(ids[:N_TRUE] - 1)


class QueryTable:
    """An embedder whose texts name rows of a table of vectors: "bell 17" is row 17, looked up by name as well."""

    card = ModelCard("synthetic", "1", "none", 16000, DIM, 0, "none")
    labels = ()

    def __init__(self, queries: Array) -> None:
        self._queries = queries

    def embed_text(self, text: str) -> Embedding:
        """The row that the text's last word numbers."""
        return Embedding(self._queries[int(text.rsplit(maxsplit=1)[-1])], self.card.space_name)

    def unknown_words(self, text: str) -> list[str]:
        """None: numbers and kinds are all that is asked."""
        del text
        return []

    def background(self, query: Embedding) -> Array:
        """What vectors in general score."""
        del query
        return np.linspace(-0.2, 0.2, 64, dtype=np.float32)

    def probability(self, kind: str, query: Embedding, cosines: Array) -> Array:
        """Rises with the cosine."""
        del kind, query
        return 1.0 / (1.0 + np.exp(-10.0 * (cosines - 0.5)))

    def embed_audio(self, waveform: Waveform) -> Embedding:
        """No audio here."""
        raise NotImplementedError

    def open_stream(self) -> EmbeddingStream:
        """No audio here."""
        raise NotImplementedError


def measure_facade(
    folder: Path, queries: Array, truth: npt.NDArray[np.int64], allowed: npt.NDArray[np.int64], filtered_truth: Any
) -> Iterator[Result]:
    """`Library.search` as everybody calls it, sound and names; a window counts as found where a hit covers it."""
    with sonotheque.open(folder, create=False, model=QueryTable(queries)) as library:
        if "chosen" not in library.catalogue.labels():
            with library.catalogue.write() as writer:
                for recording_id in allowed.tolist():
                    writer.add_segment(recording_id, Segment(Span(0.0, 1.0), "user", "chosen"))

        def ask(number: int, label: str | None, evidence: tuple[EvidenceKind, ...]) -> npt.NDArray[np.int64]:
            text = f"{KINDS[number % len(KINDS)]} {number}"
            hits = library.search(text, k=N_TRUE, label=label, evidence=evidence).hits
            return np.array([row for hit in hits for row in _windows_in(hit)], np.int64)

        numbers = range(len(queries))
        for name, evidence in (("Library.search", EVIDENCE_KINDS), ("Library.search, sound alone", ("sound",))):
            # Names move hits, as they should; only by sound alone is there one exact answer to be held against.
            exact, exact_filtered = (truth, filtered_truth) if len(evidence) == 1 else (None, None)
            yield {
                "name": f"sonotheque: {name}",
                **timed(partial(ask, label=None, evidence=evidence), numbers, exact),
                **timed(partial(ask, label="chosen", evidence=evidence), numbers, exact_filtered, "filtered_"),
            }


def _windows_in(hit: Hit) -> range:
    """Rows of the windows that a hit covers, as `write_recordings` laid them out."""
    first = round(hit.span.start_s / 2.5)
    last = round((hit.span.end_s - 5.0) / 2.5)
    base = (hit.recording_id - 1) * WINDOWS_EACH
    return range(base + first, base + max(first, last) + 1)


def fill(folder: Path, vectors: Array) -> tuple[float, float]:
    """Write the library unless it is there; seconds for writing and for building the index, as first measured."""
    note = f"rows {len(vectors)} seed 1 noise {NOISE}"
    with Catalogue.open(folder, create=True) as catalogue:
        known = catalogue.read_note("benchmark")
        if known is not None and known["data"] == note:
            return known["fill_s"], known["build_s"]
        if catalogue.spaces():
            raise SystemExit(f"{folder} holds another library; give an empty --dir")
        started = time.perf_counter()
        write_recordings(catalogue, vectors)
        filled_s = time.perf_counter() - started
        print(f"written in {filled_s:.0f} s", flush=True)
        started = time.perf_counter()
        EmbeddedVectors(catalogue).compact(catalogue.spaces()[0])
        built_s = time.perf_counter() - started
        print(f"index built in {built_s:.0f} s", flush=True)
        with catalogue.write() as writer:
            writer.write_note("benchmark", {"data": note, "fill_s": filled_s, "build_s": built_s})
        return filled_s, built_s


def write_recordings(catalogue: Catalogue, vectors: Array, batch: int = 500) -> None:
    starts = np.arange(WINDOWS_EACH) * 2.5
    spans = np.stack([starts, starts + 5.0], 1)
    n_recordings = -(-len(vectors) // WINDOWS_EACH)
    for low in range(0, n_recordings, batch):
        with catalogue.write() as writer:
            root = writer.add_root(b"/synthetic")
            space = writer.ensure_space("synthetic@1", DIM)
            for number in range(low, min(low + batch, n_recordings)):
                part = vectors[number * WINDOWS_EACH : (number + 1) * WINDOWS_EACH]
                digest = hashlib.sha256(number.to_bytes(8)).hexdigest()
                recording = Recording(digest, 130.0, 16000, 1, "ogg", "opus")
                row = writer.upsert_recording(recording, 100_000)
                kind = KINDS[number % len(KINDS)]
                path = f"/synthetic/{kind}s/part {number // 1000}/{kind}_{number:06d}.ogg"
                writer.put_file(path.encode(), root, FileStamp(100_000, number, number), row)
                writer.add_windows(row, space, spans[: len(part)], part)
                writer.set_stage(row, "embed", "synthetic@1")


_COLUMNS = (
    ("p50_ms", "p50 ms", 2), ("p95_ms", "p95 ms", 2), ("recall", "recall@10", 3), ("filtered_p50_ms", "0.1% p50", 2),
    ("filtered_p95_ms", "0.1% p95", 2), ("filtered_recall", "0.1% recall", 3), ("build_s", "build s", 0),
    ("index_bytes", "bytes/window", 0), ("total_bytes", "with catalogue", 0), ("open_ms", "open ms", 0),
)  # fmt: skip


def show(results: list[Result], *, header: bool = False) -> None:
    if header:
        print(f"{'':34}" + "".join(f"{title:>15}" for _, title, _ in _COLUMNS))
    for result in results:
        cells = (f"{result[key]:.{digits}f}" if key in result else "" for key, _, digits in _COLUMNS)
        print(f"{result['name']:34}" + "".join(f"{cell:>15}" for cell in cells), flush=True)


LIMITS = {"p50_ms": 5.0, "filtered_p50_ms": 20.0, "recall": 0.95, "filtered_recall": 0.99}


def check(results: list[Result]) -> int:
    """0 where `Library.search` keeps its times (at most) and its recalls (at least); 1 otherwise."""
    failed = [
        f"{result['name']}: {key} is {result[key]:.3f}, the limit is {limit:g}"
        for result in results
        for key, limit in LIMITS.items()
        if "Library.search" in result["name"] and key in result
        if (result[key] > limit if key.endswith("ms") else result[key] < limit)
    ]
    print("\n".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
