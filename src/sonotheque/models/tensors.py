"""Reads safetensors files through a memory map, with numpy alone.

Owns the format (8-byte little-endian header length, JSON header, raw tensors); reads only, and never runs code.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.errors import CorruptError, NotFoundError

_DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "|i1", "I32": "<i4", "I64": "<i8", "U8": "|u1"}
_MAX_HEADER_BYTES = 1 << 24
_LENGTH_BYTES = 8
_REMEDY = "Install the package, or copy the model's folder, again."

Bytes = npt.NDArray[np.uint8]


def read_tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Name to read-only array.

    Raises `NotFoundError` where there is no such file and `CorruptError` for one that contradicts its own header.
    """
    try:
        data: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}.", next_step=_REMEDY) from error
    except ValueError as error:  # an empty file can't be mapped
        raise _corrupt(path, "is empty") from error
    if len(data) < _LENGTH_BYTES:
        raise _corrupt(path, "is too short for a safetensors file")
    header_bytes = int.from_bytes(data[:_LENGTH_BYTES].tobytes(), "little")
    if header_bytes > min(_MAX_HEADER_BYTES, len(data) - _LENGTH_BYTES):
        raise _corrupt(path, f"claims a header of {header_bytes} bytes")
    header = _read_header(path, data[_LENGTH_BYTES : _LENGTH_BYTES + header_bytes].tobytes())
    body = data[_LENGTH_BYTES + header_bytes :]
    return {name: _tensor(path, name, entry, body) for name, entry in header.items() if name != "__metadata__"}


def _read_header(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, "has a header that is not JSON") from error
    if not isinstance(header, dict):
        raise _corrupt(path, "has a header that is not an object")
    return header


def _tensor(path: Path, name: str, entry: object, body: Bytes) -> npt.NDArray[Any]:
    shape, offsets = _field(entry, "shape"), _field(entry, "data_offsets")
    kind = entry.get("dtype") if isinstance(entry, dict) else None
    if shape is None or offsets is None or len(offsets) != 2:
        raise _corrupt(path, f"does not say where {name!r} lies")
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise _corrupt(path, f"holds {name!r} as {kind!r}, not as one of {', '.join(_DTYPES)}")
    dtype = np.dtype(_DTYPES[kind])
    start, end = offsets
    if not start <= end <= len(body) or end - start != math.prod(shape) * dtype.itemsize:
        raise _corrupt(path, f"breaks off inside {name!r}, or gives it another size than its shape")
    try:
        return np.frombuffer(body[start:end].data, dtype=dtype).reshape(shape)
    except (ValueError, OverflowError) as error:  # more dimensions, or longer ones, than an array can have
        raise _corrupt(path, f"gives {name!r} an impossible shape") from error


def _field(entry: object, key: str) -> list[int] | None:
    """A list of whole numbers from 0 on, or None where the entry has none under that key."""
    value = entry.get(key) if isinstance(entry, dict) else None
    if isinstance(value, list) and all(type(item) is int and item >= 0 for item in value):
        return value
    return None


def _corrupt(path: Path, what: str) -> CorruptError:
    return CorruptError(f"{path.name} {what}.", next_step=_REMEDY)
