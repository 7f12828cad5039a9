"""The stores that the vector benchmark is held against, each on the same vectors and questions.

Owns how faiss, hnswlib and LanceDB are built and asked, and how queries are timed. Knows nothing of our own store.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.store.derived import CONNECTIVITY, EXPANSION_ADD

DIM, N_TRUE, FETCHED, WINDOWS_EACH = 256, 10, 150, 50

Array = npt.NDArray[np.float32]
Result = dict[str, Any]


def timed(
    ask: Callable[[Any], Any], queries: Sequence[Any] | Array, truth: npt.NDArray[np.int64] | None, prefix: str = ""
) -> Result:
    """Median and 95th percentile of single queries in milliseconds, one after another, and recall; warmed up first."""
    for query in queries[:10]:
        ask(query)
    seconds, held = [], []
    for index, query in enumerate(queries):
        started = time.perf_counter()
        found = ask(query)
        seconds.append(time.perf_counter() - started)
        if truth is not None:
            held.append(len(np.intersect1d(found, truth[index])) / truth.shape[1])
    result: Result = {
        f"{prefix}p50_ms": float(np.median(seconds)) * 1e3,
        f"{prefix}p95_ms": float(np.quantile(seconds, 0.95)) * 1e3,
    }
    return result if truth is None else {**result, f"{prefix}recall": float(np.mean(held))}


def run_faiss_hnsw(vectors: Array, queries: Array, truth: Any, allowed: Any, filtered_truth: Any) -> Result:
    import faiss

    started = time.perf_counter()
    index = faiss.IndexHNSWFlat(DIM, CONNECTIVITY, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EXPANSION_ADD
    index.add(vectors)
    built_s = time.perf_counter() - started
    selector = faiss.IDSelectorBatch(allowed)
    plain = faiss.SearchParametersHNSW(efSearch=FETCHED)
    filtered = faiss.SearchParametersHNSW(efSearch=FETCHED, sel=selector)
    return {
        "name": "faiss HNSW float32",
        **timed(lambda query: index.search(query[None], N_TRUE, params=plain)[1][0], queries, truth),
        **timed(
            lambda query: index.search(query[None], N_TRUE, params=filtered)[1][0], queries, filtered_truth, "filtered_"
        ),
        "build_s": built_s,
        "index_bytes": len(faiss.serialize_index(index)) / len(vectors),
    }


def run_faiss_ivf(vectors: Array, queries: Array, truth: Any, allowed: Any, filtered_truth: Any) -> Result:
    import faiss

    n_lists = int(4 * len(vectors) ** 0.5)
    started = time.perf_counter()
    index = faiss.index_factory(DIM, f"IVF{n_lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:: max(1, len(vectors) // (n_lists * 40))])
    index.add(vectors)
    built_s = time.perf_counter() - started
    selector = faiss.IDSelectorBatch(allowed)
    plain = faiss.SearchParametersIVF(nprobe=16)
    filtered = faiss.SearchParametersIVF(nprobe=n_lists, sel=selector)
    return {
        "name": "faiss IVF float16",
        **timed(lambda query: index.search(query[None], N_TRUE, params=plain)[1][0], queries, truth),
        **timed(
            lambda query: index.search(query[None], N_TRUE, params=filtered)[1][0], queries, filtered_truth, "filtered_"
        ),
        "build_s": built_s,
        "index_bytes": len(faiss.serialize_index(index)) / len(vectors),
    }


def run_hnswlib(vectors: Array, queries: Array, truth: Any, allowed: Any, filtered_truth: Any) -> Result:
    import hnswlib

    started = time.perf_counter()
    index = hnswlib.Index(space="ip", dim=DIM)
    index.init_index(max_elements=len(vectors), ef_construction=EXPANSION_ADD, M=CONNECTIVITY)
    index.add_items(vectors)
    built_s = time.perf_counter() - started
    index.set_ef(FETCHED)
    index.set_num_threads(1)
    passing = set(allowed.tolist())

    def ask_filtered(query: Array) -> npt.NDArray[np.int64]:
        try:
            return np.asarray(index.knn_query(query[None], N_TRUE, filter=passing.__contains__)[0][0])
        except RuntimeError:  # it gives up where fewer than k of its candidates pass
            return np.empty(0, np.int64)

    with tempfile.TemporaryDirectory() as folder:
        index.save_index(f"{folder}/index")
        size = Path(folder, "index").stat().st_size
    return {
        "name": "hnswlib float32",
        **timed(lambda query: index.knn_query(query[None], N_TRUE)[0][0], queries, truth),
        **timed(ask_filtered, queries, filtered_truth, "filtered_"),
        "build_s": built_s,
        "index_bytes": size / len(vectors),
    }


def run_lancedb(vectors: Array, queries: Array, truth: Any, allowed: Any, filtered_truth: Any) -> Result:
    import lancedb
    import pyarrow as pa

    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        database = lancedb.connect(folder)
        schema = pa.schema([("id", pa.int64()), ("recording", pa.int64()), ("vector", pa.list_(pa.float32(), DIM))])

        def batches() -> Iterator[Any]:
            for low in range(0, len(vectors), 50_000):
                part = vectors[low : low + 50_000]
                ids = np.arange(low, low + len(part))
                lists = pa.FixedSizeListArray.from_arrays(pa.array(part.reshape(-1)), DIM)
                yield pa.record_batch([pa.array(ids), pa.array(ids // WINDOWS_EACH), lists], schema=schema)

        table = database.create_table("windows", batches(), schema=schema)
        kind: dict[str, Any] = {
            "metric": "dot",
            "index_type": "IVF_HNSW_SQ",
            "m": CONNECTIVITY,
            "ef_construction": EXPANSION_ADD,
        }
        table.create_index(vector_column_name="vector", **kind)
        table.create_scalar_index("recording")
        built_s = time.perf_counter() - started
        recordings = ", ".join(str(row) for row in np.unique(allowed // WINDOWS_EACH))

        def ask(query: Array) -> npt.NDArray[np.int64]:
            found = table.search(query).distance_type("dot").nprobes(16).ef(FETCHED).refine_factor(3).limit(N_TRUE)
            return np.asarray(found.select(["id", "_distance"]).to_arrow()["id"])

        def ask_filtered(query: Array) -> npt.NDArray[np.int64]:
            found = table.search(query).distance_type("dot").where(f"recording IN ({recordings})", prefilter=True)
            found = found.nprobes(64).ef(FETCHED).refine_factor(3).limit(N_TRUE)
            return np.asarray(found.select(["id", "_distance"]).to_arrow()["id"])

        return {
            "name": "LanceDB IVF_HNSW_SQ",
            **timed(ask, queries, truth),
            **timed(ask_filtered, queries, filtered_truth, "filtered_"),
            "build_s": built_s,
            "index_bytes": sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            / len(vectors),
        }


def run_apart(name: str, vectors: Array, *arguments: npt.NDArray[Any]) -> Result:
    """Run a peer in a process of its own: the OpenMP libraries that these packages bring don't bear each other."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/vectors.npy", vectors)
        try:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                return pool.submit(_run_peer, name, f"{folder}/vectors.npy", *arguments).result()
        except (BrokenProcessPool, ImportError, RuntimeError) as error:
            return {"name": f"{name}: {type(error).__name__}", "error": str(error)}


def _run_peer(name: str, path: str, *arguments: npt.NDArray[Any]) -> Result:
    return PEER_RUNS[name](np.load(path), *arguments)


PEER_RUNS: dict[str, Callable[..., Result]] = {
    "faiss-hnsw": run_faiss_hnsw,
    "faiss-ivf": run_faiss_ivf,
    "hnswlib": run_hnswlib,
    "lancedb": run_lancedb,
}
