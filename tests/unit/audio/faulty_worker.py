"""A decoding process whose decoder misbehaves for files of certain names; everything else is the real one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any, BinaryIO

from sonotheque.audio.decode import BlockStream
from sonotheque.audio.pool_worker import serve


def open_faulty(file: BinaryIO, name: bytes, **options: Any) -> BlockStream:
    """Hang, die, grow or disturb the file while it is read, as its name says."""
    path = Path(os.fsdecode(name))
    fault = path.stem
    if fault == "hang":
        time.sleep(3600)
    if fault == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == "leave":
        os._exit(7)
    if fault == "grow":
        hoard = bytearray(16 << 30)
        hoard[-1] = 1
    if fault == "odd":
        raise ZeroDivisionError("of all things")
    stream = BlockStream(file, name, **options)
    if fault == "append":
        with path.open("ab") as other:
            other.write(b"more")
    if fault == "vanish":
        path.unlink()
    if fault == "swap":
        twin = path.with_name("twin")
        twin.write_bytes(path.read_bytes())
        twin.replace(path)
    return stream


if __name__ == "__main__":
    serve(open_faulty)
