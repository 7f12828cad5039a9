"""Reads safetensors files through a memory map, with numpy alone.

Owns the format (8-byte little-endian header length, JSON header, raw tensors); reads only, and never runs code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.errors import CorruptError

_DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "|i1", "I32": "<i4", "I64": "<i8", "U8": "|u1"}
_MAX_HEADER_BYTES = 1 << 24


def read_tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Name to read-only array; raises `CorruptError` for a file that contradicts its own header."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    header_bytes = int.from_bytes(bytes(data[:8]), "little")
    if len(data) < 8 or header_bytes > min(_MAX_HEADER_BYTES, len(data) - 8):
        raise CorruptError(f"{path.name} is not a safetensors file.", next_step="Install the package again.")
    header = json.loads(bytes(data[8 : 8 + header_bytes]))
    body = data[8 + header_bytes :]
    out: dict[str, npt.NDArray[Any]] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        if end > len(body) or end - start != int(np.prod(entry["shape"])) * dtype.itemsize:
            raise CorruptError(f"{path.name} breaks off inside {name}.", next_step="Install the package again.")
        out[name] = np.frombuffer(body[start:end], dtype=dtype).reshape(entry["shape"])
    return out
