"""Reading safetensors: what is whole comes back, what lies is refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonotheque.errors import CorruptError, NotFoundError
from sonotheque.models.tensors import read_tensors

KINDS = {"float32": "F32", "float16": "F16", "int8": "I8", "int32": "I32", "int64": "I64", "uint8": "U8"}


def encode(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """A safetensors file, written by hand from the format's description."""
    header: dict[str, Any] = {"__metadata__": {"format": "np"}}
    body = b""
    for name, array in tensors.items():
        raw = array.tobytes()
        offsets = [len(body), len(body) + len(raw)]
        header[name] = {"dtype": KINDS[str(array.dtype)], "shape": list(array.shape), "data_offsets": offsets}
        body += raw
    return pack(header, body)


def pack(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.safetensors"


@pytest.fixture
def tensors(rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    return {
        "rows": rng.integers(-127, 128, (5, 3)).astype(np.int8),  # 15 bytes, so that what follows is not aligned
        "scales": rng.random(5).astype(np.float32),
        "half": rng.random((2, 2, 2)).astype(np.float16),
        "many": np.arange(4, dtype=np.int64),
        "none": np.zeros((0, 7), np.int32),
        "one": np.array(7, np.uint8),
    }


def test_what_was_written_comes_back(path: Path, tensors: dict[str, npt.NDArray[Any]]) -> None:
    path.write_bytes(encode(tensors))
    read = read_tensors(path)
    assert list(read) == list(tensors)
    for name, array in tensors.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_arrays_can_not_be_written(path: Path, tensors: dict[str, npt.NDArray[Any]]) -> None:
    path.write_bytes(encode(tensors))
    with pytest.raises(ValueError, match="read-only"):
        read_tensors(path)["rows"][0, 0] = 1


def test_the_reference_writes_the_same_format(path: Path, tensors: dict[str, npt.NDArray[Any]]) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed (extra 'train')")
    safetensors.save_file(tensors, str(path))
    for name, array in read_tensors(path).items():
        np.testing.assert_array_equal(array, tensors[name])


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"table\.safetensors"):
        read_tensors(path)


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty"),
        (b"abc", "too short"),
        (struct.pack("<Q", 100), "claims a header of 100 bytes"),
        (struct.pack("<Q", 1 << 63) + b"{}", "claims a header"),
        (struct.pack("<Q", 4) + b"{bad", "not JSON"),
        (struct.pack("<Q", 2) + b"\xff\xff", "not JSON"),
        (struct.pack("<Q", 200_000) + b"[" * 200_000, "not JSON"),
        (pack([1]), "not an object"),
        (pack({"a": 3}), "where 'a' lies"),
        (pack({"a": {**ENTRY, "shape": "2"}}, bytes(8)), "where 'a' lies"),
        (pack({"a": {**ENTRY, "shape": [-2]}}, bytes(8)), "where 'a' lies"),
        (pack({"a": {**ENTRY, "shape": [2.0]}}, bytes(8)), "where 'a' lies"),
        (pack({"a": {**ENTRY, "data_offsets": [0]}}, bytes(8)), "where 'a' lies"),
        (pack({"a": {**ENTRY, "data_offsets": [-8, 0]}}, bytes(8)), "where 'a' lies"),
        (pack({"a": {**ENTRY, "dtype": "BF16"}}, bytes(8)), "BF16"),
        (pack({"a": {**ENTRY, "dtype": None}}, bytes(8)), "None"),
        (pack({"a": ENTRY}, bytes(7)), "breaks off inside 'a'"),
        (pack({"a": {**ENTRY, "data_offsets": [8, 0]}}, bytes(8)), "breaks off inside 'a'"),
        (pack({"a": {**ENTRY, "shape": [3]}}, bytes(8)), "another size"),
        (pack({"a": {**ENTRY, "shape": [1 << 70, 0], "data_offsets": [0, 0]}}), "impossible shape"),
        (pack({"a": {**ENTRY, "shape": [1] * 99 + [2]}}, bytes(8)), "impossible shape"),
    ],
    ids=range(21),
)
def test_a_file_that_lies_is_refused(path: Path, raw: bytes, message: str) -> None:
    path.write_bytes(raw)
    with pytest.raises(CorruptError, match=message):
        read_tensors(path)


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_refused(
    path: Path, tensors: dict[str, npt.NDArray[Any]], data: st.DataObject
) -> None:
    raw = bytearray(encode(tensors))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.unlink(missing_ok=True)  # a new file: what was mapped before keeps its own bytes
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        read = read_tensors(path)
    except CorruptError:
        return
    for array in read.values():
        array.sum()
