"""A day of sound in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.audio import media
from tests.unit.ingest.plain_embedder import PlainEmbedder

from sonotheque.ingest.report import Progress
from sonotheque.library.library import Library

DAY_S = 86_400


@pytest.mark.slow
def test_a_day_at_8_khz_is_indexed_whole(tmp_path: Path) -> None:
    path = tmp_path / "day.wav"
    with path.open("wb") as file:  # sparse: silence but for a tone at noon
        file.write(media.wav_header(DAY_S * 16_000, rate_hz=8_000))
        file.seek(44 + DAY_S // 2 * 16_000)
        file.write((9_000 * np.sin(np.arange(8_000 * 20) * 0.7)).astype("<i2").tobytes())
        file.truncate(44 + DAY_S * 16_000)
    told: list[Progress] = []
    with Library(tmp_path / "library", create=True) as library:
        library.__dict__["embedder"] = PlainEmbedder(step_s=2.5)
        report = library.index(path, on_progress=told.append)
        assert (report.n_indexed, report.partial, report.failed) == (1, [], [])
        placed = library.recording_at(path)
        assert placed.recording.duration_s == pytest.approx(DAY_S, abs=0.01)
        (space,) = library.catalogue.spaces()
        windows = library.catalogue.windows_of(placed.id, space)
        assert windows.ends_s.max() == pytest.approx(DAY_S, abs=0.01)
        assert (windows.starts_s[1:] == windows.ends_s[:-1]).all()
        # The tone is the one thing that is unlike the rest.
        _, vectors = library.catalogue.vectors_of(space, windows.ids)
        stands_out = windows.starts_s[int(np.argmin(vectors @ vectors.mean(axis=0)))]
        assert DAY_S / 2 - 5.0 <= stands_out <= DAY_S / 2 + 20.0
    assert sum(0 < progress.bytes_done < progress.bytes_total for progress in told) > 5
