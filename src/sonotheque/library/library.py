"""`Library`: what every surface and every embedding program calls.

Owns nothing but the wiring: catalogue, vectors and embedder are opened here, and each question goes to the floor that
answers it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sonotheque.errors import BadInputError, NotFoundError, UnavailableError
from sonotheque.library.spaces import SpaceFigures, measure_spaces, read_default, write_default
from sonotheque.models.registry import load_embedder
from sonotheque.models.roles import Embedder
from sonotheque.search.engine import SearchEngine
from sonotheque.search.reading import Said, read_query
from sonotheque.settings import find_library
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.embedded import EmbeddedVectors
from sonotheque.store.rows import FailedFile, PlacedRecording, Status
from sonotheque.values.hit import Hit, SearchResult
from sonotheque.values.query import EVIDENCE_KINDS, EvidenceKind, Example, Filters, Query
from sonotheque.values.recording import absolute_path, display_path
from sonotheque.values.segment import Segment
from sonotheque.values.span import Span
from sonotheque.values.waveform import Waveform

if TYPE_CHECKING:
    from sonotheque.ingest.job import IndexSettings
    from sonotheque.ingest.report import IndexReport, Progress
    from sonotheque.library.doctor import Finding
    from sonotheque.library.teaching import Lesson, Teaching
    from sonotheque.search.tagging import Tag
    from sonotheque.store.taught import TaughtLabel

AnyPath = str | bytes | os.PathLike[str]
Clip = Example | Hit | AnyPath


def open_library(
    folder: str | os.PathLike[str] | None = None, *, create: bool = True, model: str | Embedder | None = None
) -> Library:
    """Opens the library at `folder`, or the one `sonotheque.settings.find_library` finds; made if new and `create`.

    `model` is a name that `sonotheque.models.registry` knows (`builtin:sounds`, `file:DIR`, `hf:NAME`), an `Embedder`
    of your own, or None for the one that the library remembers from its first index run.

    Raises `NotFoundError` where there is none and it may not be made, `CorruptError` for a damaged one.
    """
    return Library(find_library(folder), create=create, model=model)


class Library:
    """An open library. Use it in a `with`, or close it. Searching is safe from several threads."""

    def __init__(self, folder: Path, *, create: bool = False, model: str | Embedder | None = None) -> None:
        self.folder = folder
        self._model = model
        # A library on a medium that can't be written, or of someone else, can still be searched.
        is_frozen = folder.is_dir() and not os.access(folder, os.W_OK)
        self.catalogue = Catalogue.open(folder, create=create, read_only=is_frozen)
        self.vectors = EmbeddedVectors(self.catalogue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the database."""
        self.catalogue.close()

    @cached_property
    def embedder(self) -> Embedder:
        """The model that listens and reads: the one given, or the library's own."""
        if self._model is None:
            return load_embedder(self.default_model)
        return load_embedder(self._model) if isinstance(self._model, str) else self._model

    @property
    def default_model(self) -> str:
        """The name of the model that is used where none is named: that of the first index run, or a later choice."""
        return read_default(self.catalogue)

    def use_by_default(self, name: str) -> None:
        """Remembers another model in the library. Raises `BadInputError` and others where it can't be loaded."""
        load_embedder(name)
        write_default(self.catalogue, name)

    def spaces(self) -> tuple[SpaceFigures, ...]:
        """What the library holds of each model and revision."""
        return measure_spaces(self.catalogue, self.vectors)

    # ---- indexing -----------------------------------------------------------------------------------------------

    def index(
        self,
        paths: AnyPath | Sequence[AnyPath] = (),
        *,
        settings: IndexSettings | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IndexReport:
        """Indexes folders and files, or again everything known where no path is given.

        Only what is new or changed is read, and where the library was opened with a model's name, what that model has
        not heard yet. A file that can't be read is in the report with its reason and stops nothing. Raises
        `NotFoundError` where none of the paths exists and `UnavailableError` while another job runs.
        """
        from sonotheque.ingest.job import IndexJob, IndexSettings

        given = [paths] if isinstance(paths, str | bytes | os.PathLike) else list(paths)
        if not given and not self.catalogue.roots():
            raise BadInputError("Nothing was indexed before.", next_step="Name a folder: sono index FOLDER.")
        chosen, embedder = settings or IndexSettings(), self.embedder  # one that can't be loaded is not remembered
        if isinstance(self._model, str):
            chosen = dataclasses.replace(chosen, catch_up=True)
            if not self.catalogue.spaces():
                write_default(self.catalogue, self._model)
        report = IndexJob(self.catalogue, embedder, chosen, on_progress).run(given)
        space = self.catalogue.space(self.embedder.card.space_name)
        if space is not None and not report.interrupted:
            try:
                self.vectors.compact_if_due(space)
            except UnavailableError as error:  # everything is indexed; only the way to it is longer
                report.notes.append(str(error))
        return report

    # ---- asking -------------------------------------------------------------------------------------------------

    def search(
        self,
        text: str | Query | None = None,
        *,
        like: Example | AnyPath | Iterable[Example | AnyPath] = (),
        like_weight: float = 0.5,
        k: int = 10,
        min_score: float = 0.0,
        path: str | None = None,
        min_duration_s: float | None = None,
        max_duration_s: float | None = None,
        after: dt.datetime | None = None,
        before: dt.datetime | None = None,
        label: str | None = None,
        evidence: Iterable[EvidenceKind] = EVIDENCE_KINDS,
    ) -> SearchResult:
        """Moments that answer words, examples, or both; or a ready `Query`.

        `like` are clips: paths, or `Example(path, Span(start_s, end_s))`. Filters are described at `Filters`. Raises
        `BadInputError` for a question that can't be asked and `NotFoundError` for an example that is not there.
        """
        if isinstance(text, Query):
            return self._answer(text)
        filters = Filters(path, min_duration_s, max_duration_s, after, before, label)
        query = Query(text, _examples(like), like_weight, k, min_score, filters, frozenset(evidence))
        return self._answer(query)

    def _answer(self, query: Query) -> SearchResult:
        started = time.perf_counter()
        plan = read_query(query, self.embedder, self._load_clip, self._find_taught)
        hits, notes = SearchEngine(self.catalogue, self.vectors, self.embedder).run(plan)
        return SearchResult(query, hits, notes, time.perf_counter() - started)

    def _load_clip(self, example: Example) -> Waveform:
        from sonotheque.library.listening import load_clip  # decoding is not loaded for a question in words

        return load_clip(example, self.embedder.card.rate_hz)

    def tag(
        self, path: AnyPath, span: Span | None = None, *, labels: Sequence[str] | None = None, min_score: float = 0.5
    ) -> list[Tag]:
        """What is heard in a file, or a span of it, in order of time; the file need not be in the library.

        Taught labels are listened for beside those of the model; a taught one among `labels` by its detector.
        """
        from sonotheque.library.listening import embed_file
        from sonotheque.search.tagging import tag_windows

        wanted, taught = self._teaching.choose(labels)
        heard = embed_file(_as_path(path), self.embedder, span)
        return tag_windows(heard, self.embedder, wanted, min_score=min_score, taught=taught)

    # ---- teaching -----------------------------------------------------------------------------------------------

    @cached_property
    def _teaching(self) -> Teaching:
        from sonotheque.library.teaching import Teaching

        return Teaching(self.catalogue, self.embedder)

    def teach(
        self,
        label: str,
        like: Clip | Iterable[Clip],
        unlike: Clip | Iterable[Clip] = (),
    ) -> Lesson:
        """Learns a label from a few clips in which it is heard, and from others that are to be kept apart from it.

        Clips are paths, `Example(path, Span(start_s, end_s))` or hits; they need not be in the library. From then on a
        search for the label, and tagging, use what was learned. A label of the same text is learned anew. Works while
        an index job runs. Raises `BadInputError` for an empty label, no example, and an example that is silent or can't
        be decoded, and `NotFoundError` for one that is not there.
        """
        return self._teaching.teach(label, _clips(like), _clips(unlike))

    def taught(self) -> list[TaughtLabel]:
        """Every taught label, with the clips it was taught from."""
        return self.catalogue.taught_labels()

    def forget_taught(self, label: str) -> None:
        """Forgets a taught label; raises `NotFoundError` where there is none."""
        if self.catalogue.taught_label(label) is not None:
            with self.catalogue.write() as writer:
                if writer.delete_taught(label):
                    return
        raise NotFoundError(f"No label “{label}” was taught.", next_step="See them all: sono teach --list")

    def _find_taught(self, text: str, share: float) -> Said:
        if self.catalogue.taught_label(text) is None:
            return Said()  # decoding and fitting are not loaded for other words
        return self._teaching.read(text, share)

    # ---- annotating ---------------------------------------------------------------------------------------------

    def label(self, path: AnyPath, text: str, span: Span | None = None, *, layer: str = "user") -> int:
        """Puts a label on an indexed file, or on a span of it; returns the segment's id.

        The label belongs to the content: it stays when the file moves. Works while an index job runs.
        """
        placed = self.recording_at(path)
        whole = Span(0.0, max(placed.recording.duration_s, 1e-6))
        with self.catalogue.write() as writer:
            return writer.add_segment(placed.id, Segment(span or whole, layer, text))

    def recording_at(self, path: AnyPath) -> PlacedRecording:
        """The recording that an indexed file holds; raises `NotFoundError` for any other path."""
        raw = absolute_path(path)
        row = self.catalogue.file_at(raw)
        placed = None
        if row is not None and row.recording_id is not None:
            placed = self.catalogue.recordings_by_ids([row.recording_id]).get(row.recording_id)
        if placed is None:
            raise NotFoundError(
                f"{display_path(raw)} is not in this library.", next_step="Index it first: sono index FOLDER."
            )
        return placed

    # ---- keeping house ------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The library in figures."""
        return self.catalogue.status()

    def failures(self, limit: int = 100) -> list[FailedFile]:
        """Files that could not be indexed, with reasons, newest first."""
        return self.catalogue.failures(limit)

    def out_of_date(self) -> int:
        """How many recordings were not embedded by the present model."""
        return self.catalogue.count_lacking("embed", self.embedder.card.space_name)

    def forget(self, paths: Sequence[AnyPath]) -> int:
        """Deletes from the library what lies at or below `paths`, missing or not, and returns how many files that were.

        Media are never touched. Raises `NotFoundError` where the library knows nothing there.
        """
        wanted = [absolute_path(path) for path in paths]
        known = self.catalogue.files_under()
        rows = {
            row.file_id: path
            for path, row in known.items()
            if any(path == want or path.startswith(want.rstrip(b"/") + b"/") for want in wanted)
        }
        roots = [root for root in self.catalogue.roots() if root.path in wanted]
        if not rows and not roots:
            raise NotFoundError(f"Nothing in this library lies at {', '.join(map(display_path, wanted))}.")
        with self.catalogue.write() as writer:
            for file_id in rows:
                writer.forget_file(file_id)
            for root in roots:
                writer.forget_root(root.id)
        return len(rows)

    def examine(self, *, repair: bool = False) -> list[Finding]:
        """Checks the library against its media; see `sonotheque.library.doctor`."""
        from sonotheque.library.doctor import examine

        return examine(self, repair=repair)


def _as_path(path: AnyPath) -> Path:
    return Path(os.fsdecode(path))


def _examples(like: Example | AnyPath | Iterable[Example | AnyPath]) -> tuple[Example, ...]:
    given = [like] if isinstance(like, Example | str | bytes | os.PathLike) else like
    return tuple(item if isinstance(item, Example) else Example(_as_path(item)) for item in given)


def _clips(given: Clip | Iterable[Clip]) -> tuple[Example, ...]:
    """Examples from whatever names clips; a hit stands for its span."""
    items: Iterable[Clip] = [given] if isinstance(given, Example | Hit | str | bytes | os.PathLike) else given
    return _examples(Example(_as_path(item.path), item.span) if isinstance(item, Hit) else item for item in items)
