"""Embeds labelled clips once and scores queries against all of them.

Owns the step from files to window vectors, through a library kept in a cache folder, and the score of a recording: the
cosine of its best window. Knows nothing of relevance and metrics.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError, UnavailableError
from sonotheque.evaluation.manifest import Clip
from sonotheque.library.library import Library
from sonotheque.models.roles import Embedder
from sonotheque.values.recording import absolute_path, display_path
from sonotheque.values.waveform import FloatArray

_QUERIES_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A clip that could not be used, and why."""

    path: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Embedded clips. `windows` is float32 (n_windows, dim), unit vectors; those of clip i are rows
    firsts[i]:firsts[i + 1], at least one. Clips with an equal number in `contents` (n,) are copies of each other.
    """

    clips: tuple[Clip, ...]
    contents: npt.NDArray[np.int64]
    windows: FloatArray
    firsts: npt.NDArray[np.int64]
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        if len(self.contents) != len(self.clips) or len(self.firsts) != len(self.clips) + 1 or self.firsts[0] != 0:
            raise BadInputError(f"{len(self.clips)} clips need as many contents and one more first row.")
        if self.firsts[-1] != len(self.windows) or (np.diff(self.firsts) < 1).any():
            raise BadInputError("Every clip of a gallery needs at least one window.")

    def __len__(self) -> int:
        return len(self.clips)

    def clip_vectors(self) -> FloatArray:
        """One unit vector a clip, the mean of its windows, as a query by example takes it; (n, dim)."""
        sums = np.add.reduceat(self.windows, self.firsts[:-1], axis=0)
        out: FloatArray = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.float32(1e-9))
        return out


def score_matrix(queries: FloatArray, gallery: Gallery) -> FloatArray:
    """Cosine of each query (n_queries, dim) with the best window of each clip, float32 (n_queries, n_clips)."""
    scores = np.empty((len(queries), len(gallery)), np.float32)
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        rows = slice(start, start + _QUERIES_AT_ONCE)
        scores[rows] = np.maximum.reduceat(queries[rows] @ gallery.windows.T, gallery.firsts[:-1], axis=1)
    return scores


def embed_clips(
    clips: Sequence[Clip], embedder: Embedder, cache: Path, on_progress: Callable[[Any], None] | None = None
) -> Gallery:
    """The gallery of `clips`; what an earlier call embedded with the same model revision in `cache` is not heard again.

    Clips that can't be read are in `left_out`. Raises `BadInputError` where not one can be read.
    """
    with Library(_library_folder(cache, embedder), create=True, model=embedder) as library:
        present = [clip for clip in clips if os.path.lexists(clip.path)]
        if present:
            library.index([clip.path for clip in present], on_progress=on_progress)
        gallery = _read_gallery(library, clips)
    if not len(gallery):
        first = gallery.left_out[0]
        raise BadInputError(
            f"Not one of the {len(clips)} clips can be read; line {first.line}: {first.path} {first.reason}.",
            next_step="Paths in a manifest count from the folder that the manifest is in.",
        )
    return gallery


def _read_gallery(library: Library, clips: Sequence[Clip]) -> Gallery:
    catalogue = library.catalogue
    files = catalogue.files_under()
    space = catalogue.space(library.embedder.card.space_name)
    used, contents, parts, left_out = [], [], [], []
    rows_of: dict[int, FloatArray] = {}
    for clip in clips:
        raw = absolute_path(clip.path)
        row = files.get(raw)
        reason = "is not there"
        if row is not None and not row.is_missing:
            reason = row.failure or "holds no sound"
        recording = None if row is None or row.is_missing else row.recording_id
        if recording is not None and space is not None and recording not in rows_of:
            _, rows_of[recording] = catalogue.vectors_of(space, np.sort(catalogue.windows_of(recording, space).ids))
        if recording is None or not len(rows_of.get(recording, ())):
            left_out.append(LeftOut(display_path(raw), clip.line, reason))
            continue
        used.append(clip)
        contents.append(recording)
        parts.append(rows_of[recording])
    windows = np.concatenate(parts) if parts else np.zeros((0, library.embedder.card.dim), np.float32)
    firsts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)
    return Gallery(tuple(used), np.array(contents, np.int64), windows, firsts, tuple(left_out))


def keep_common(galleries: Sequence[Gallery]) -> list[Gallery]:
    """The galleries with the clips that all of them hold, so that models are compared on the same sound."""
    common = set.intersection(*({clip.path for clip in gallery.clips} for gallery in galleries))
    return [
        _take(gallery, [at for at, clip in enumerate(gallery.clips) if clip.path in common]) for gallery in galleries
    ]


def _take(gallery: Gallery, places: Sequence[int]) -> Gallery:
    if len(places) == len(gallery):
        return gallery
    gone = [LeftOut(display_path(os.fsencode(clip.path)), clip.line, "was not read by every model")
            for at, clip in enumerate(gallery.clips) if at not in set(places)]  # fmt: skip
    parts = [gallery.windows[gallery.firsts[at] : gallery.firsts[at + 1]] for at in places]
    firsts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)
    clips = tuple(gallery.clips[at] for at in places)
    return Gallery(clips, gallery.contents[list(places)], np.concatenate(parts), firsts, (*gallery.left_out, *gone))


def default_cache() -> Path:
    """This user's own folder among the temporary files; raises `UnavailableError` where another may write to it."""
    folder = Path(tempfile.gettempdir()) / f"sonotheque-eval-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise UnavailableError(f"{folder} is open to others.", next_step="Name another folder with --cache.")
    return folder


def _library_folder(cache: Path, embedder: Embedder) -> Path:
    """One library a model revision: a name that is safe in a path, and a digest that keeps two of them apart."""
    name = embedder.card.space_name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return cache / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', name)[:60]}-{digest}"
