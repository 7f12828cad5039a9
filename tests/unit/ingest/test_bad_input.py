"""Bad files of every kind: each has its reason, none stops a run; odd but sound files are indexed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.unit.audio import media
from tests.unit.ingest.collection import Collection, assert_adds_up
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.audio.pool import DecoderPool
from sonotheque.errors import UnavailableError
from sonotheque.ingest import hashing
from sonotheque.ingest.hashing import HashedFile
from sonotheque.ingest.report import Progress
from sonotheque.ingest.walk import FoundFile, Selection

FAULTY = "tests.unit.audio.faulty_worker"


def encoded(container: str, codec: str, duration_s: float = 4.0) -> bytes:
    encoding = next(e for e in media.ENCODINGS if (e.container, e.codec) == (container, codec))
    return media.encode(encoding, media.melody(duration_s, encoding.rate_hz))


def write_picture(path: Path) -> None:
    Image.new("RGB", (40, 30), "red").save(path, format="PNG")


def write_floats(path: Path, values: object) -> None:
    soundfile.write(path, np.asarray(values, np.float32), 16_000, format="WAV", subtype="FLOAT")


NOT_SOUND: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.wav": (lambda path: path.touch(), "is empty"),
    "text.wav": (lambda path: path.write_text("These are words.\n" * 99), "not sound: it looks like text"),
    "picture.mp3": (write_picture, "not sound: it looks like a PNG picture"),
    "nan.wav": (lambda path: write_floats(path, np.full(16_000, np.nan)), "no finite sample"),
    "infinite.wav": (lambda path: write_floats(path, np.full(16_000, np.inf)), "no finite sample"),
    "header.wav": (lambda path: path.write_bytes(media.wav_header(1_000_000)), "holds no sound"),
    "pipe.wav": (os.mkfifo, "is not a regular file"),
    "loop.wav": (lambda path: path.symlink_to(path), "can't be looked at"),
    "dangling.wav": (lambda path: path.symlink_to(path.parent / "nothing"), "can't be looked at"),
}


def test_what_is_no_sound_has_its_reason_and_the_rest_is_indexed(collection: Collection) -> None:
    for name, (write, _) in NOT_SOUND.items():
        write(collection.media / name)
    collection.write("good.wav", 1)
    report = collection.index()
    told = {problem.path.rpartition("/")[2]: problem.reason for problem in report.failed}
    assert set(told) == set(NOT_SOUND)
    for name, (_, reason) in NOT_SOUND.items():
        assert reason in told[name], name
    assert collection.reasons() == told
    assert collection.paths() == {"good.wav"}
    assert_adds_up(report)
    again = collection.index()
    assert len(again.failed) == len(NOT_SOUND)
    assert_adds_up(again)


def test_of_damaged_files_the_readable_part_is_indexed_and_marked_partial(collection: Collection) -> None:
    cuts = {"a.flac": ("FLAC", "PCM_16"), "b.mp3": ("MP3", "MPEG_LAYER_III"), "c.mp4": ("webm", "libopus")}
    for name, (container, codec) in cuts.items():
        whole = encoded(container, codec)
        (collection.media / name).write_bytes(whole[: len(whole) * 6 // 10])
    promising = media.wav_header(10 * 3600 * 32_000) + np.full(512, 900, "<i2").tobytes()
    (collection.media / "ten_hours.wav").write_bytes(promising)
    spiked = 0.2 * media.melody(3.0, 16_000)[:, 0]
    spiked[[100, 9_000]] = np.nan, -np.inf
    write_floats(collection.media / "spiked.wav", spiked)
    report = collection.index()
    told = {problem.path.rpartition("/")[2]: problem.reason for problem in report.partial}
    assert set(told) == {*cuts, "ten_hours.wav", "spiked.wav"}
    assert (report.failed, report.n_indexed) == ([], 5)
    assert "2 samples were not finite" in told["spiked.wav"]
    assert "ends early" in told["ten_hours.wav"]
    recording = collection.library.recording_at(collection.media / "a.flac").recording
    assert 1.0 < recording.duration_s < 3.5
    assert collection.library.recording_at(collection.media / "ten_hours.wav").recording.duration_s < 1.0
    assert_adds_up(report)
    assert collection.index().n_unchanged == 5


def write_m4a_index_first(path: Path, samples: media.FloatArray) -> None:
    """An m4a whose index stands before its sound, as for streaming: cut, it can still be read."""
    encoding = next(e for e in media.ENCODINGS if (e.suffix, e.codec) == (".m4a", "aac"))
    media.encode_av(str(path), encoding, samples, options={"movflags": "faststart"})


def test_a_cut_m4a_is_partial_where_its_index_is_whole_and_failed_where_it_is_lost(collection: Collection) -> None:
    first, last = collection.media / "first.m4a", collection.media / "last.m4a"
    write_m4a_index_first(first, media.melody(4.0))
    last.write_bytes(encoded("mp4", "aac"))
    for path in (first, last):
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    report = collection.index()
    assert [problem.path.rpartition("/")[2] for problem in report.partial] == ["first.m4a"]
    assert list(collection.reasons()) == ["last.m4a"]
    assert 1.0 < collection.library.recording_at(first).recording.duration_s < 3.5


def test_decoders_that_hang_die_or_hoard_fail_their_file_alone(collection: Collection) -> None:
    reasons = {
        "hang.wav": "the decoder made no progress",
        "die.wav": "the decoder died (SIGSEGV)",
        "leave.wav": "the decoder died (exit status 7)",
        "grow.wav": "needs more memory",
        "odd.wav": "can't be decoded (ZeroDivisionError: of all things)",
        "append.wav": "changed while it was read",
        "vanish.wav": "vanished while it was read",
        "swap.wav": "changed while it was read",
    }
    for number, name in enumerate(reasons):
        collection.write(name, number)
    for number in range(20, 24):
        collection.write(f"good{number}.wav", number)
    report = collection.index(worker_module=FAULTY, stall_s=0.5)
    told = {problem.path.rpartition("/")[2]: problem.reason for problem in report.failed}
    assert set(told) == set(reasons)
    for name, reason in reasons.items():
        assert reason in told[name], name
    assert report.n_indexed == 4
    assert collection.reasons() == told
    assert_adds_up(report)
    # Those whose moment was bad are tried again by themselves; the file that is gone is forgotten.
    again = collection.index()
    assert {"append.wav", "swap.wav"} <= collection.paths()
    assert set(collection.reasons()) == {"hang.wav", "die.wav", "leave.wav", "grow.wav", "odd.wav"}
    assert again.n_missing == 0
    assert collection.index(retry=True).failed == []


def count_submissions(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Paths that were given to a decoding process, filled in as the run goes."""
    paths: list[bytes] = []
    real = DecoderPool.submit

    def submit(pool: DecoderPool, key: int, path: bytes, *rest: Any) -> None:
        paths.append(path)
        real(pool, key, path, *rest)

    monkeypatch.setattr(DecoderPool, "submit", submit)
    return paths


def hold_back_until_one_is_done(part: bytes, monkeypatch: pytest.MonkeyPatch) -> Callable[[Progress], None]:
    """Lets paths with `part` in them be hashed only after the outcome of another was committed; to be told progress."""
    real, done = hashing.hash_file, threading.Event()

    def hash_later(found: FoundFile, stop: threading.Event | None = None) -> HashedFile:
        assert part not in found.path or done.wait(timeout=60.0)
        return real(found, stop)

    def on_progress(progress: Progress) -> None:
        if progress.n_done:
            done.set()

    monkeypatch.setattr(hashing, "hash_file", hash_later)
    return on_progress


def test_the_copies_of_a_file_that_hangs_hang_once(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in range(6):
        collection.write(f"{folder}/hang.wav", 1)
    submitted = count_submissions(monkeypatch)
    report = collection.index(worker_module=FAULTY, stall_s=0.4)
    assert len(report.failed) == 6
    assert len(submitted) == 1
    assert_adds_up(report)


def test_a_copy_that_is_found_after_the_failure_is_not_decoded_either(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in range(2):
        collection.write(f"{folder}/die.wav", 1)
    submitted = count_submissions(monkeypatch)
    on_progress = hold_back_until_one_is_done(b"/1/", monkeypatch)
    report = collection.index(worker_module=FAULTY, on_progress=on_progress, commit_every_s=0.0)
    assert [problem.reason for problem in report.failed] == ["the decoder died (SIGSEGV)"] * 2
    assert len(submitted) == 1


def test_a_copy_that_is_found_after_the_commit_is_placed(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in range(2):
        collection.write(f"{folder}/a.wav", 1)
    on_progress = hold_back_until_one_is_done(b"/1/", monkeypatch)
    report = collection.index(on_progress=on_progress, commit_every_s=0.0)
    assert (report.n_indexed, report.n_copies, collection.embedder.n_streams) == (1, 1, 1)
    assert collection.paths() == {"0/a.wav", "1/a.wav"}


def test_a_copy_stands_in_for_a_file_that_vanishes_under_the_decoder(collection: Collection) -> None:
    collection.write("a/vanish.wav", 1)
    collection.write("b/still.wav", 1)
    report = collection.index(worker_module=FAULTY)
    assert [problem.reason for problem in report.failed] == ["vanished while it was read"]
    assert collection.paths() == {"b/still.wav"}
    assert_adds_up(report)


def test_a_known_file_that_vanishes_during_a_run_is_hidden_and_comes_back_with_its_index(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = collection.write("a.wav", 1)
    collection.write("b.wav", 2)
    collection.index()
    os.utime(path, (1, 1))
    content = path.read_bytes()
    unlinked = threading.Event()

    def on_walked(*arguments: object) -> None:
        path.unlink(missing_ok=True)
        unlinked.set()

    monkeypatch.setattr("sonotheque.ingest.job.Ledger", _after(on_walked))
    report = collection.index()
    assert unlinked.is_set()
    assert [problem.reason for problem in report.failed] == ["vanished before it was read"]
    assert collection.paths() == {"b.wav"}
    monkeypatch.undo()
    path.write_bytes(content)
    report = collection.index()
    assert (report.n_indexed, report.n_unchanged) == (0, 2)


def _after(action: Callable[[], None]) -> Callable[..., object]:
    from sonotheque.ingest.ledger import Ledger

    def make(*arguments: object) -> object:
        action()
        return Ledger(*arguments)  # type: ignore[arg-type]

    return make


def test_a_model_that_fails_over_a_sound_fails_that_file_alone(collection: Collection) -> None:
    collection.use(PlainEmbedder(refuse_above=0.8))
    collection.write("loud.wav", 1, peak=0.9)
    collection.write("soft.wav", 2)
    report = collection.index()
    assert collection.reasons() == {"loud.wav": "can't be embedded (ValueError: too loud for this model)"}
    assert collection.paths() == {"soft.wav"}
    assert_adds_up(report)


def test_a_vector_that_is_none_fails_its_file_and_its_copies_alone(collection: Collection) -> None:
    collection.use(PlainEmbedder(nan_above=0.8))
    for name in ("loud.wav", "copy.wav"):
        collection.write(name, 1, peak=0.9)
    for number in range(2, 6):
        collection.write(f"{number}.wav", number)
    report = collection.index()
    assert set(collection.reasons()) == {"loud.wav", "copy.wav"}
    assert "must be finite" in collection.reasons()["copy.wav"]
    assert report.n_indexed == 4
    assert_adds_up(report)


def test_a_model_that_is_not_there_stops_the_run(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> None:
        raise UnavailableError("The weights are missing.")

    monkeypatch.setattr(collection.embedder, "open_stream", unavailable)
    collection.write("a.wav", 1)
    with pytest.raises(UnavailableError, match="weights are missing"):
        collection.index()
    monkeypatch.undo()
    assert collection.index().n_indexed == 1


def test_a_worker_that_does_not_start_stops_the_run_with_its_words(collection: Collection) -> None:
    collection.write("a.wav", 1)
    with pytest.raises(UnavailableError, match=r"did not start.*No module named"):
        collection.index(worker_module="sonotheque.no_such_worker")
    assert collection.index().n_indexed == 1


ODD_NAMES = (b"two\nlines.wav", "🐕 barks.wav".encode(), b"caf\xe9 \xff.wav", b"-rf.wav", b"a\tb\x1b[31m.wav")


def test_names_of_any_bytes_are_indexed(collection: Collection) -> None:
    for number, name in enumerate(ODD_NAMES):
        collection.write(os.fsdecode(name), number)
    report = collection.index()
    assert (report.n_indexed, report.failed) == (len(ODD_NAMES), [])
    assert {os.fsencode(path) for path in collection.paths()} == set(ODD_NAMES)
    assert [hit.path.rpartition(b"/")[2] for hit in collection.library.search("barks", evidence=["name"]).hits] == [
        ODD_NAMES[1]
    ]
    assert collection.index().n_unchanged == len(ODD_NAMES)


def test_silence_one_sample_and_many_channels_are_indexed(collection: Collection) -> None:
    soundfile.write(collection.media / "silence.wav", np.zeros(48_000), 16_000)
    soundfile.write(collection.media / "sample.wav", np.full(1, 0.5), 44_100)
    soundfile.write(collection.media / "sample192.wav", np.full(1, 0.5), 192_000)
    eight = np.random.default_rng(8).normal(0, 0.1, (192_000 * 2, 8))
    soundfile.write(collection.media / "eight.wav", eight, 192_000, subtype="PCM_24")
    report = collection.index()
    assert [(problem.path, problem.reason) for problem in report.failed] == []
    assert report.n_indexed == 4
    eight_recording = collection.library.recording_at(collection.media / "eight.wav").recording
    assert (eight_recording.rate_hz, eight_recording.n_channels) == (192_000, 8)
    assert eight_recording.duration_s == pytest.approx(2.0, abs=0.001)


def test_links_in_a_circle_end_and_links_out_are_followed_only_when_asked(collection: Collection) -> None:
    collection.write("deep/a.wav", 1)
    (collection.media / "deep" / "up").symlink_to(collection.media)
    outside = collection.base / "outside"
    outside.mkdir()
    (outside / "b.wav").write_bytes(collection.write("b.wav", 2).read_bytes() + b"\0\0")
    (collection.media / "out").symlink_to(outside)
    assert collection.index().n_found == 2
    report = collection.index(selection=Selection(follow_links=True))
    assert report.n_found == 3
    assert "out/b.wav" in collection.paths()


def test_an_interrupt_ends_the_run_and_keeps_what_is_done(collection: Collection) -> None:
    for number in range(30):
        collection.write(f"{number:02}.wav", number)
    done: list[int] = []

    def interrupt(progress: Progress) -> None:
        done.append(progress.n_done)
        if progress.n_done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        # A person who interrupts again while the last commit is told of means it.
        collection.index(on_progress=interrupt, commit_every_s=0.0)
    assert len(collection.paths()) >= 3
    fired: list[int] = []

    def interrupt_once(progress: Progress) -> None:
        if progress.n_done >= 3 and not fired:
            fired.append(progress.n_done)
            raise KeyboardInterrupt

    before = len(collection.paths())
    report = collection.index(on_progress=interrupt_once, commit_every_s=0.0)
    assert report.interrupted
    assert 3 <= report.n_indexed < 30
    assert len(collection.paths()) == before + report.n_indexed
    run = collection.library.catalogue.last_run()
    assert run is not None
    assert run.counters["interrupted"] == 1
    rest = collection.index()
    assert rest.n_indexed + rest.n_unchanged == 30
    assert len(collection.paths()) == 30


def test_webm_named_mp4_is_read_by_its_content(collection: Collection) -> None:
    (collection.media / "clip.mp4").write_bytes(encoded("webm", "libopus", 1.0))
    with av.open(collection.media / "clip.mp4") as container:
        assert "webm" in container.format.name
    assert collection.index().n_indexed == 1
