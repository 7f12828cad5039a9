"""What is written is read back, and deleting takes everything with it."""

from __future__ import annotations

import datetime as dt
import os

import numpy as np
import pytest

from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.filters import Filter
from sonotheque.store.writer import recorded_at
from sonotheque.values.recording import FileStamp, Recording
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span

from .conftest import AddFile

BAD_NAME = b"/sounds/\xff\xfe new\nline \xf0\x9f\x90\x95.wav"


def test_files_and_recordings(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        first, a = add_file(writer, "/sounds/a.wav", content="same", tags={"title": "Rain"})
        again, b = add_file(writer, BAD_NAME, content="same", tags={"title": "Rain"})
        other, _ = add_file(writer, "/sounds/c.wav")
        root = writer.add_root(b"/sounds")
        failed = writer.put_file(b"/sounds/bad.wav", root, FileStamp(0, 1, 2), failure="it is empty")
    assert first == again != other
    rows = catalogue.files_under(root)
    assert set(rows) == {b"/sounds/a.wav", BAD_NAME, b"/sounds/c.wav", b"/sounds/bad.wav"}
    assert rows[b"/sounds/bad.wav"] == (failed, 0, 1, 2, None, "it is empty", False)
    assert rows[BAD_NAME] == catalogue.file_at(BAD_NAME)
    assert rows[b"/sounds/a.wav"].stamp == FileStamp(1000, 0, 5)
    assert catalogue.files_under(root + 1) == {}
    placed = catalogue.recordings_by_ids([other, first, 999])
    assert placed[first].file_ids == (a, b)
    assert placed[first].paths == (b"/sounds/a.wav", BAD_NAME)
    assert "\n" not in placed[first].displays[1]
    assert placed[first].recording.tags == {"title": "Rain"}
    assert placed[first].recording == catalogue.recording_by_hash(placed[first].recording.content_hash)
    assert catalogue.recording_by_hash("0" * 64) is None
    assert [failure.reason for failure in catalogue.failures()] == ["it is empty"]


def test_a_file_holds_a_recording_or_a_reason(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        root = writer.add_root(b"/sounds")
        with pytest.raises(BadInputError, match="give one of the two"):
            writer.put_file(b"/sounds/a.wav", root, FileStamp(0, 0, 0))
        with pytest.raises(BadInputError, match="give one of the two"):
            writer.put_file(b"/sounds/a.wav", root, FileStamp(0, 0, 0), 1, "broken")


def test_text_without_a_utf8_form_is_escaped(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        root = writer.add_root(b"/sounds")
        writer.put_file(b"/sounds/\xff.wav", root, FileStamp(0, 0, 0), failure="can't read '\udcff.wav'")
        recording, _ = add_file(writer, "/sounds/a.wav", tags={"title": "rain \udcff"})
        writer.add_segment(recording, Segment(Span(0, 1), "user", "dog \ud800"))
    assert [failure.reason for failure in catalogue.failures()] == [r"can't read '\udcff.wav'"]
    assert [segment.text for segment in catalogue.segments_of(recording)] == [r"dog \ud800"]
    assert catalogue.segments_labelled("dog \ud800")
    assert catalogue.search_names("rain \udcff")[0].recording_id == recording
    assert _none(catalogue, "\udcff*")


def _none(catalogue: Catalogue, pattern: str) -> bool:
    allowed = catalogue.allowed_recordings(Filter(path_glob=pattern))
    return allowed is not None and len(allowed) == 0


def test_a_stamp_tells_a_changed_file(catalogue: Catalogue, tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "a.wav")  # noqa: PTH118
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"x")
    with catalogue.write() as writer:
        writer.put_file(os.fsencode(path), writer.add_root(b"/"), FileStamp.of(os.stat(path)), failure="x")  # noqa: PTH116
    row = catalogue.file_at(os.fsencode(path))
    assert row is not None
    assert row.is_unchanged(os.stat(path))  # noqa: PTH116
    os.utime(path, ns=(0, 12345))
    assert not row.is_unchanged(os.stat(path))  # noqa: PTH116


def test_missing_files_are_hidden_and_come_back(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        rain, a = add_file(writer, "/sounds/rain.wav", content="rain")
        _, b = add_file(writer, "/sounds/copy of rain.wav", content="rain")
        dog, _ = add_file(writer, "/sounds/dog.wav")
        writer.add_segment(rain, Segment(Span(0, 1), "user", "storm"))
    assert catalogue.allowed_recordings() is None
    with catalogue.write() as writer:
        writer.mark_missing([a])
    assert catalogue.allowed_recordings() is None
    assert catalogue.recordings_by_ids([rain])[rain].file_ids == (b,)
    with catalogue.write() as writer:
        writer.mark_missing([a, b])
    allowed = catalogue.allowed_recordings()
    assert allowed is not None
    assert allowed.tolist() == [dog]
    assert catalogue.recordings_by_ids([rain, dog]).keys() == {dog}
    assert catalogue.search_names("rain") == []
    assert catalogue.recordings_lacking("embed", "m@1") == [dog]
    status = catalogue.status()
    assert (status.n_recordings, status.n_files, status.n_missing, status.n_hidden) == (1, 3, 2, 1)
    assert [segment.text for segment in catalogue.segments_of(rain)] == ["storm"]
    with catalogue.write() as writer:
        writer.mark_seen([a])
    assert catalogue.allowed_recordings() is None
    assert [match.file_id for match in catalogue.search_names("rain")] == [a]


def test_a_changed_file_leaves_its_old_recording_hidden(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        old, file_id = add_file(writer, "/sounds/a.wav", content="old")
        new, same_file = add_file(writer, "/sounds/a.wav", content="new")
    assert file_id == same_file
    allowed = catalogue.allowed_recordings()
    assert allowed is not None
    assert allowed.tolist() == [new]
    assert catalogue.recordings_by_ids([old, new]).keys() == {new}


def test_a_moved_file_answers_to_its_new_name(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        recording, moved = add_file(writer, "/sounds/rain.wav")
        _, replaced = add_file(writer, "/sounds/dog.wav")
        writer.mark_missing([moved])
        writer.move_file(moved, b"/sounds/dog.wav", writer.add_root(b"/sounds"), FileStamp(1, 2, 3))
    assert [match.file_id for match in catalogue.search_names("dog")] == [moved]
    assert catalogue.search_names("rain") == []
    assert catalogue.recordings_by_ids([recording])[recording].paths == (b"/sounds/dog.wav",)
    assert replaced not in [row.file_id for row in catalogue.files_under().values()]


def test_stages(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        a, _ = add_file(writer, "/sounds/a.wav")
        b, _ = add_file(writer, "/sounds/b.wav")
        c, _ = add_file(writer, "/sounds/c.wav")
        writer.set_stage(a, "embed", "m@1")
        writer.set_stage(b, "embed", "m@1", "partial", "it breaks off at 3 s")
        writer.set_stage(c, "embed", "m@1", "failed", "no memory")
        writer.set_stage(a, "embed", "m@2")
        with pytest.raises(BadInputError, match="done, partial, failed"):
            writer.set_stage(a, "embed", "m@1", "half")  # type: ignore[arg-type]
    assert catalogue.recordings_lacking("embed", "m@1") == []
    assert catalogue.recordings_lacking("embed", "m@1", retry_failed=True) == [c]
    assert catalogue.recordings_lacking("embed", "m@2") == [b, c]
    assert catalogue.count_lacking("embed", "m@2") == 2
    assert catalogue.count_lacking("speech", "v@1") == 3
    assert {(row[0], row[2], row[3]) for row in catalogue.partial_stages()} == {
        (b, "partial", "it breaks off at 3 s"),
        (c, "failed", "no memory"),
    }


def test_windows_are_replaced_or_appended(catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator) -> None:
    spans = np.array([[0.0, 5.0], [2.5, 7.5], [5.0, 10.0]])
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 8)
        recording, _ = add_file(writer, "/sounds/a.wav")
        first = writer.add_windows(recording, space, spans, rng.normal(size=(3, 8)).astype(np.float32))
        second = writer.add_windows(recording, space, spans[:2], rng.normal(size=(2, 8)).astype(np.float32))
        third = writer.add_windows(recording, space, spans[2:], rng.normal(size=(1, 8)).astype(np.float32), append=True)
    assert second[0] > first[-1]
    ids = np.concatenate([second, third])
    assert catalogue.windows_by_ids(first).ids.tolist() == []
    rows = catalogue.windows_by_ids(ids[::-1])
    assert rows.ids.tolist() == ids[::-1].tolist()
    assert rows.starts_s.tolist() == [5.0, 2.5, 0.0]
    assert rows.ends_s.tolist() == [10.0, 7.5, 5.0]
    assert set(rows.recording_ids.tolist()) == {recording}
    assert catalogue.windows_of(recording, space).ids.tolist() == ids.tolist()
    assert catalogue.window_ids(space, np.array([recording])).tolist() == ids.tolist()
    found, vectors = catalogue.vectors_of(space, np.array([1, *ids]))
    assert found.tolist() == ids.tolist()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert catalogue.check() == []


def test_window_ids_of_many_recordings(
    catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner: dict[int, int] = {}
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 4)
        recordings = [add_file(writer, f"/sounds/{number}.wav")[0] for number in range(9)]
        for turn in range(2):
            for recording in recordings[turn * 5 :]:  # the last four have their windows in two places
                spans = np.array([[0.0, 5.0], [2.5, 7.5]]) + 10 * turn
                ids = writer.add_windows(recording, space, spans, rng.normal(size=(2, 4)), append=True)
                owner.update(dict.fromkeys(ids.tolist(), recording))
    wanted = np.array(recordings[2:8])
    expected = sorted(row for row, recording in owner.items() if recording in wanted)
    assert catalogue.window_ids(space, wanted).tolist() == expected
    monkeypatch.setattr("sonotheque.store.catalogue._FEW_RECORDINGS", 0)
    assert catalogue.window_ids(space, wanted).tolist() == expected


@pytest.mark.parametrize("spans", [[[1.0, 1.0]], [[-1.0, 1.0]], [[0.0, np.inf]], [[np.nan, 1.0]]])
def test_windows_need_real_spans(catalogue: Catalogue, add_file: AddFile, spans: list[list[float]]) -> None:
    with catalogue.write() as writer:
        recording, _ = add_file(writer, "/sounds/a.wav")
        space = writer.ensure_space("m@1", 2)
        ids = writer.add_windows(recording, space, np.array([[0.0, 1.0]]), np.ones((1, 2), np.float32))
        with pytest.raises(BadInputError, match="finite times"):
            writer.add_windows(recording, space, np.array(spans), np.ones((1, 2), np.float32))
        with pytest.raises(BadInputError, match="as many vectors"):
            writer.add_windows(recording, space, np.array([[0.0, 1.0]]), np.ones((2, 2), np.float32))
    assert catalogue.windows_of(recording, space).ids.tolist() == ids.tolist()


def test_a_space_keeps_its_shape(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 8)
        assert writer.ensure_space("m@1", 8) == space
        with pytest.raises(BadInputError, match="8 dimensions by cosine, not 9"):
            writer.ensure_space("m@1", 9)
        with pytest.raises(BadInputError, match="not 'euclid'"):
            writer.ensure_space("m@2", 8, "euclid")
    assert catalogue.space("m@1") == space
    assert catalogue.space("m@3") is None


def test_frames_are_read_by_the_piece(catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator) -> None:
    codes = rng.integers(-127, 128, (1200, 8)).astype(np.int8)
    scales = rng.random(1200).astype(np.float32)
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 8)
        long, _ = add_file(writer, "/sounds/long.wav")
        short, _ = add_file(writer, "/sounds/short.wav")
        bare, _ = add_file(writer, "/sounds/bare.wav")
        writer.put_frames(long, space, codes[:7], start_s=0.0, hop_s=0.5)
        writer.put_frames(long, space, codes[:700], start_s=0.0, hop_s=0.5, scales=scales[:700])
        writer.put_frames(long, space, codes[700:], start_s=350.0, hop_s=0.5, scales=scales[700:], append=True)
        writer.put_frames(short, space, codes[:3], start_s=0.25, hop_s=0.5)
        with pytest.raises(BadInputError, match="int8 of shape"):
            writer.put_frames(short, space, codes[:, :4], start_s=0.0, hop_s=0.5)
        with pytest.raises(BadInputError, match="as many scales"):
            writer.put_frames(short, space, codes, start_s=0.0, hop_s=0.5, scales=scales[:4])
    whole = catalogue.frames(space, [long])[long]
    assert (whole.codes == codes).all()
    assert (whole.scales == scales).all()
    np.testing.assert_allclose(whole.starts_s, np.arange(1200) * 0.5)
    np.testing.assert_allclose(whole.vectors(), codes * scales[:, None].astype(np.float32))
    part = catalogue.frames(space, [short, long, bare], 254.9, 261.0)
    assert part.keys() == {long}
    assert part[long].starts_s[[0, -1]].tolist() == [255.0, 260.5]
    assert (part[long].codes == codes[510:522]).all()
    assert catalogue.frames(space, [short], 0.0, 0.5)[short].starts_s.tolist() == [0.25]
    np.testing.assert_allclose(catalogue.frames(space, [short])[short].vectors(), codes[:3] / 127, rtol=1e-6)


def test_segments(catalogue: Catalogue, add_file: AddFile) -> None:
    with catalogue.write() as writer:
        recording, _ = add_file(writer, "/sounds/a.wav")
        dog = writer.add_segment(recording, Segment(Span(2, 3), "user", "Dog  barks", score=0.0))
        writer.add_segments(recording, [Segment(Span(0, 1), "event", "rain", "m@1", 0.5)])
    segments = catalogue.segments_of(recording)
    assert segments == [
        Segment(Span(0, 1), "event", "rain", "m@1", 0.5, id=segments[0].id),
        Segment(Span(2, 3), "user", "Dog  barks", "user", 0.0, id=dog),
    ]
    assert catalogue.segments_of(recording, "user") == segments[1:]
    assert catalogue.segments_labelled("dòg BARKS") == [(recording, segments[1])]
    assert catalogue.labels() == {"Dog  barks": 1, "rain": 1}
    with catalogue.write() as writer:
        writer.delete_layer(recording, "event", "m@1")
        writer.delete_segment(dog)
        with pytest.raises(NotFoundError, match=f"no segment {dog}"):
            writer.delete_segment(dog)
    assert catalogue.segments_of(recording) == []


def test_forgetting_takes_everything(catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator) -> None:
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 4)
        ids = {}
        for name in ("a", "b", "c"):
            recording, _ = add_file(writer, f"/sounds/{name}.wav")
            ids[name] = recording
            writer.add_windows(recording, space, np.array([[0.0, 5.0]]), rng.normal(size=(1, 4)))
            writer.put_frames(recording, space, np.ones((3, 4), np.int8), start_s=0.0, hop_s=0.5)
            writer.set_stage(recording, "embed", "m@1")
            writer.add_segment(recording, Segment(Span(0, 1), "user", "dog"))
        _, copy = add_file(writer, "/sounds/copy of a.wav", content="copy")
        _, twin = add_file(writer, "/sounds/twin.wav", content="copy")
        writer.forget_file(copy)
        writer.forget_recording(ids["b"])
    assert set(catalogue.files_under()) == {b"/sounds/a.wav", b"/sounds/c.wav", b"/sounds/twin.wav"}
    assert catalogue.status().n_windows == 2
    with catalogue.write() as writer:
        writer.forget_file(twin)
        with pytest.raises(NotFoundError, match=f"no file {twin}"):
            writer.forget_file(twin)
        with pytest.raises(NotFoundError, match="no recording"):
            writer.forget_recording(ids["b"])
        writer.forget_root(writer.add_root(b"/sounds"))
    status = catalogue.status()
    assert (status.n_recordings, status.n_files, status.n_windows, status.n_segments) == (0, 0, 0, 0)
    assert catalogue.roots() == []
    assert catalogue.search_names("wav a b c twin") == []
    assert catalogue.frames(space, list(ids.values())) == {}
    assert catalogue.recordings_lacking("embed", "m@1") == []
    assert catalogue.check() == []


def test_ids_are_not_used_again(catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator) -> None:
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 4)
        recording, file_id = add_file(writer, "/sounds/a.wav")
        windows = writer.add_windows(recording, space, np.array([[0.0, 5.0]]), rng.normal(size=(1, 4)))
        writer.forget_recording(recording)
        again, other_file = add_file(writer, "/sounds/a.wav")
        more = writer.add_windows(again, space, np.array([[0.0, 5.0]]), rng.normal(size=(1, 4)))
    assert again > recording
    assert other_file > file_id
    assert more[0] > windows[0]


def test_a_deleted_space_leaves_nothing(catalogue: Catalogue, add_file: AddFile, rng: np.random.Generator) -> None:
    with catalogue.write() as writer:
        space = writer.ensure_space("m@1", 4)
        recording, _ = add_file(writer, "/sounds/a.wav")
        writer.add_windows(recording, space, np.array([[0.0, 5.0]]), rng.normal(size=(1, 4)))
        writer.set_stage(recording, "embed", "m@1")
        writer.delete_space(space)
    assert catalogue.spaces() == ()
    assert catalogue.recordings_lacking("embed", "m@1") == [recording]
    assert catalogue.windows_of(recording, space).ids.tolist() == []
    assert catalogue.check() == []


def test_runs_and_notes(catalogue: Catalogue) -> None:
    assert catalogue.last_run() is None
    with catalogue.write() as writer:
        run = writer.record_run(100.0, None, {"indexed": 0})
    last = catalogue.last_run()
    assert last is not None
    assert last.ended_at is None
    with catalogue.write() as writer:
        assert writer.record_run(100.0, 160.0, {"indexed": 12}, run) == run
        writer.write_note("hits", {"ids": [1, 2]})
        writer.write_note("hits", {"ids": [3]})
    last = catalogue.last_run()
    assert last is not None
    assert (last.started_at, last.ended_at, last.counters) == (100.0, 160.0, {"indexed": 12})
    assert catalogue.status().last_run == last
    assert catalogue.read_note("hits") == {"ids": [3]}
    with catalogue.write() as writer:
        writer.delete_note("hits")
    assert catalogue.read_note("hits") is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"creation_time": "2021-03-04T05:06:07.000000Z"}, dt.datetime(2021, 3, 4, 5, 6, 7, tzinfo=dt.UTC)),
        ({"DATE": "2021-03-04"}, dt.datetime(2021, 3, 4, tzinfo=dt.UTC)),
        ({"date": "1998"}, dt.datetime(1998, 1, 1, tzinfo=dt.UTC)),
        ({"date": "1998-05"}, dt.datetime(1998, 5, 1, tzinfo=dt.UTC)),
        ({"date": "yesterday", "year": "2001"}, dt.datetime(2001, 1, 1, tzinfo=dt.UTC)),
        ({"date": "0000-00-00"}, None),
        ({"date": ""}, None),
        ({}, None),
    ],
)
def test_dates_in_tags(tags: dict[str, str], expected: dt.datetime | None) -> None:
    assert recorded_at(tags) == (None if expected is None else expected.timestamp())


def test_changes_are_counted(catalogue: Catalogue, add_file: AddFile) -> None:
    before = catalogue.change()
    assert catalogue.allowed_recordings(Filter(path_glob="*.wav")) is not None
    assert catalogue.change() == before
    with catalogue.write() as writer:
        add_file(writer, "/sounds/a.wav")
    assert catalogue.change() == before + 1
    allowed = catalogue.allowed_recordings(Filter(path_glob="*.wav"))
    assert allowed is not None
    assert len(allowed) == 1


def test_a_recording_is_described_anew(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        first = writer.upsert_recording(Recording("a" * 64, 1.0, 8000, 1, "wav", "pcm"), 10)
        again = writer.upsert_recording(Recording("a" * 64, 2.0, 8000, 2, "wav", "pcm", {"artist": "Me"}), 10)
    assert first == again
    found = catalogue.recording_by_hash("a" * 64)
    assert found is not None
    assert (found.id, found.duration_s, found.n_channels, dict(found.tags)) == (first, 2.0, 2, {"artist": "Me"})
