"""Decoding in processes: order, back-pressure, and decoders that hang or die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from tests.unit.audio import media

from sonotheque.audio.decode import read
from sonotheque.audio.pool import Block, DecoderPool, Event, Failed, FileStamp, Finished, Started
from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.values.span import Span

FAULTY = "tests.unit.audio.faulty_worker"
WAV = media.Encoding(".wav", "soundfile", "WAV", "PCM_16", rate_hz=16_000)


def write_wav(path: Path, duration_s: float = 0.5) -> bytes:
    path.write_bytes(media.encode(WAV, media.melody(duration_s, 16_000)))
    return os.fsencode(path)


def drain(pool: DecoderPool) -> dict[int, list[Event]]:
    """All events by file; samples are copied, since a block's view holds only until the next event."""
    by_key: dict[int, list[Event]] = defaultdict(list)
    for event in pool.events():
        by_key[event.key].append(Block(event.key, event.samples.copy()) if isinstance(event, Block) else event)
    return by_key


def submit(pool: DecoderPool, key: int, path: bytes) -> None:
    pool.submit(key, path, FileStamp.of(Path(os.fsdecode(path)).stat()))


def run_one(path: bytes, **options: object) -> list[Event]:
    with DecoderPool(1, **options) as pool:  # type: ignore[arg-type]
        submit(pool, 0, path)
        return drain(pool)[0]


def test_every_file_arrives_in_order_and_equal_to_a_decode_in_process(tmp_path: Path) -> None:
    paths = [write_wav(tmp_path / f"{number}.wav", 0.3 + 0.4 * number) for number in range(12)]
    with DecoderPool(2, block_s=1.0, n_slots=2) as pool:
        for key, path in enumerate(paths):
            submit(pool, key, path)
        assert pool.n_outstanding == 12
        by_key = drain(pool)
        assert pool.n_outstanding == 0
    for key, path in enumerate(paths):
        first, *blocks, last = by_key[key]
        assert isinstance(first, Started)
        assert first.probe.rate_hz == 16_000
        samples = np.concatenate([block.samples for block in blocks if isinstance(block, Block)])
        assert last == Finished(key, True, None, len(samples), 0)
        assert len(blocks) == -(-len(samples) // 16_000)
        np.testing.assert_array_equal(samples, read(path).samples)


def test_more_can_be_submitted_while_events_are_read(tmp_path: Path) -> None:
    path, seen = write_wav(tmp_path / "a.wav"), []
    with DecoderPool(1) as pool:
        submit(pool, 0, path)
        for event in pool.events():
            if isinstance(event, Finished):
                seen.append(event.key)
                if event.key < 5:
                    submit(pool, event.key + 1, path)
    assert seen == [0, 1, 2, 3, 4, 5]


def test_files_that_cannot_be_read_fail_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("words\n" * 40)
    os.mkfifo(tmp_path / "pipe.wav")
    good = write_wav(tmp_path / "good.wav")
    with DecoderPool(1) as pool:
        for key, name in enumerate(("empty.wav", "text.wav", "pipe.wav", "none.wav")):
            pool.submit(key, os.fsencode(tmp_path / name))
        pool.submit(4, good)
        by_key = drain(pool)
    assert by_key[0] == [Failed(0, "is empty (0 bytes)")]
    assert by_key[1] == [Failed(1, "is not sound: it looks like text")]
    assert by_key[2] == [Failed(2, "is not a regular file")]
    assert by_key[3] == [Failed(3, "does not exist")]
    assert isinstance(by_key[4][-1], Finished)


def test_names_of_any_bytes(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9\n\xff \xf0\x9f\x90\x95.wav"
    write_wav(Path(os.fsdecode(path)))
    assert isinstance(run_one(path)[-1], Finished)


def test_a_span_of_a_file(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", 3.0)
    with DecoderPool(1) as pool:
        pool.submit(0, path, span=Span(1.0, 1.5))
        pool.submit(1, path, span=Span(9.0, 10.0))
        by_key = drain(pool)
    block = by_key[0][1]
    assert isinstance(block, Block)
    np.testing.assert_array_equal(block.samples, read(path).samples[16_000:24_000])
    assert by_key[1][-1] == Failed(1, "ends before 9 s")


def test_a_truncated_file_finishes_as_partial(tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "a.wav", 2.0)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(Path(os.fsdecode(whole)).read_bytes()[:30_000])
    last = run_one(os.fsencode(cut))[-1]
    assert isinstance(last, Finished)
    assert not last.complete
    assert last.reason == "the file ends early: 30.0 kB of 64.0 kB"


def test_output_is_capped(tmp_path: Path) -> None:
    last = run_one(write_wav(tmp_path / "a.wav", 3.0), max_output_s=1.0)[-1]
    assert last == Finished(0, False, "it is longer than 1.0 s; the rest was left out", 16_000, 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("append.wav", "changed while it was read"),
        ("swap.wav", "changed while it was read"),
        ("vanish.wav", "vanished while it was read"),
        ("odd.wav", "can't be decoded (ZeroDivisionError: of all things)"),
        ("grow.wav", "needs more memory to decode than the 1.1 GB allowed"),
        ("die.wav", "the decoder died (SIGSEGV)"),
        ("leave.wav", "the decoder died (exit status 7)"),
    ],
)
def test_a_file_that_makes_trouble_fails_alone(tmp_path: Path, name: str, reason: str) -> None:
    names = ["a.wav", name, "b.wav", "c.wav"]
    paths = [write_wav(tmp_path / each) for each in names]
    with DecoderPool(1, worker_module=FAULTY) as pool:
        for key, path in enumerate(paths):
            submit(pool, key, path)
        by_key = drain(pool)
    assert by_key[1][-1] == Failed(1, reason)
    assert all(isinstance(by_key[key][-1], Finished) for key in (0, 2, 3))


def test_a_decoder_that_hangs_is_killed_and_its_other_files_are_decoded(tmp_path: Path) -> None:
    paths = [write_wav(tmp_path / name) for name in ("a.wav", "hang.wav", "b.wav", "c.wav")]
    with DecoderPool(1, worker_module=FAULTY, stall_s=1.5) as pool:
        for key, path in enumerate(paths):
            submit(pool, key, path)
        by_key = drain(pool)
    assert by_key[1] == [Failed(1, "the decoder made no progress for 1.5 s")]
    assert all(isinstance(by_key[key][-1], Finished) for key in (0, 2, 3))


def test_a_worker_that_waits_for_its_program_is_not_taken_for_hanging(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "long.wav", 3.0)
    with DecoderPool(1, block_s=0.5, n_slots=1, stall_s=0.4) as pool:
        submit(pool, 0, path)
        events = []
        for event in pool.events():
            events.append(type(event))
            if isinstance(event, Block) and len(events) < 4:
                for _ in range(4):
                    time.sleep(0.2)
                    pool._watch()  # the watch looks on while the worker waits
    assert events == [Started, *[Block] * 6, Finished]


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_not_what_was_listed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.wav"
    write_wav(path)
    stamp = FileStamp.of(path.stat())
    if change == "changed":
        write_wav(path, 0.7)
    else:
        path.unlink()
    with DecoderPool(1) as pool:
        pool.submit(3, os.fsencode(path), stamp)
        events = drain(pool)[3]
    reasons = {"changed": "changed while it was read", "gone": "vanished before it was read"}
    assert events == [Failed(3, reasons[change])]


def test_unreadable_file_says_so(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav")
    (tmp_path / "a.wav").chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file; run as an unprivileged one")
    assert run_one(path) == [Failed(0, "can't be opened (permission denied)")]


def test_quiet_time_ends_the_wait(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "hang.wav")
    with DecoderPool(1, worker_module=FAULTY) as pool:
        submit(pool, 0, path)
        assert list(pool.events(timeout_s=0.3)) == []
        assert pool.n_outstanding == 1


def test_a_block_left_unread_is_given_back(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", 3.0)
    with DecoderPool(1, block_s=0.5, n_slots=1) as pool:
        submit(pool, 0, path)
        for event in pool.events():
            if isinstance(event, Block):
                break
        assert isinstance(drain(pool)[0][-1], Finished)


def test_workers_that_cannot_start_are_reported() -> None:
    with DecoderPool(1, worker_module="sonotheque.no_such_module") as pool:
        pool.submit(0, b"/a.wav")
        with pytest.raises(
            UnavailableError, match=r"did not start: .*No module named 'sonotheque\.no_such_module'|no_such"
        ):
            list(pool.events())


def test_a_pool_needs_workers() -> None:
    with pytest.raises(BadInputError, match="at least 1 worker and 1 slot, not 0 and 8"):
        DecoderPool(0)


def test_closing_ends_the_workers_and_their_memory(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", 3.0)
    with DecoderPool(2, block_s=0.5, n_slots=1) as pool:
        submit(pool, 0, path)
        held = next(event for event in pool.events() if isinstance(event, Block)).samples
        processes = [worker._process for worker in pool._workers]
    assert all(process.poll() is not None for process in processes)
    assert np.isfinite(held).all()


PROGRAM = """
import sys
from sonotheque.audio.pool import Block, DecoderPool

pool = DecoderPool(1, worker_module=sys.argv[1])
pool.submit(0, sys.argv[2].encode())
print(pool._workers[0]._process.pid, flush=True)
for event in pool.events():
    pass
"""


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look at another process")
def test_workers_end_with_a_program_that_is_killed_even_while_they_hang(tmp_path: Path) -> None:
    """The program is a script without a `__main__` guard, and it is killed while its worker hangs."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    path = write_wav(tmp_path / "hang.wav")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    arguments = [sys.executable, str(script), FAULTY, os.fsdecode(path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment, text=True) as program:
        assert program.stdout is not None
        worker = int(program.stdout.readline())
        time.sleep(0.7)
        assert is_alive(worker)
        program.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)
