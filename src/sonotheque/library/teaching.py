"""Teaching: a label is learned from clips, kept in the library, and found again by its text.

Owns the way from clips to the vectors a label is taught from, the ordinary sound it is set against, and the refitting
of a label for a model that it was not taught with. How a detector is fitted is `models.fewshot`'s; how it is kept,
`store.taught`'s.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sonotheque.errors import BadInputError, NotFoundError, SonothequeError
from sonotheque.library.listening import load_clip
from sonotheque.models.detectors import Detector
from sonotheque.models.fewshot import fit_detector, ordinary_vectors
from sonotheque.models.roles import Embedder
from sonotheque.search.reading import Said
from sonotheque.store.catalogue import Catalogue
from sonotheque.store.filters import label_key
from sonotheque.store.taught import TaughtClip, TaughtLabel
from sonotheque.values.plan import SoundClause
from sonotheque.values.query import Example
from sonotheque.values.recording import absolute_path, display_path
from sonotheque.values.waveform import FloatArray, Waveform

FEW = 3
SILENT_BELOW = 10 ** (-70 / 20)
"""A clip whose loudest half second has a lower RMS than -70 dB of full scale is silent."""
AUDIBLE_SHARE = 10 ** (-30 / 20)
_STEP_S = 0.5
_MOST_ORDINARY = 1000
_SEED = 20261120


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of teaching: the label as it is kept, its detector, and what the reader should know."""

    taught: TaughtLabel
    detector: Detector
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Teaching:
    """The taught labels of one library, for one embedder."""

    catalogue: Catalogue
    embedder: Embedder
    _found: dict[str, tuple[float, Detector]] = field(default_factory=dict)

    def teach(self, label: str, like: Sequence[Example], unlike: Sequence[Example] = ()) -> Lesson:
        """Fits and keeps a detector, in place of one with the same label.

        Raises `BadInputError` for an empty label, no example, and an example that is silent or can't be decoded, and
        `NotFoundError` for one that is not there.
        """
        text = " ".join(label.split())
        if not label_key(text):
            raise BadInputError("A label to teach needs a text.", next_step="Say what the examples are.")
        if not like:
            raise BadInputError(
                f"“{text}” needs at least one example.", next_step="Give some with --like; five do well."
            )
        heard = [(example, hear_example(example, self.embedder)) for example in like]
        apart = [(example, hear_example(example, self.embedder)) for example in unlike]
        clips = [self._clip(example, is_like=True) for example, _ in heard]
        clips += [self._clip(example, is_like=False) for example, _ in apart]
        taught = TaughtLabel(text, tuple(clips), time.time())
        detector = self._fit(taught, [rows for _, rows in heard], [rows for _, rows in apart])
        with self.catalogue.write() as writer:
            writer.put_taught(taught)
            writer.put_detector(taught, self._space_name, detector.to_bytes())
        return Lesson(taught, detector, tuple(_doubts(heard, detector)))

    def read(self, text: str, share: float = 1.0) -> Said:
        """What a query with this text becomes where it is a taught label: the clause of its detector."""
        taught = self.catalogue.taught_label(text)
        if taught is None:
            return Said()
        try:
            detector = self.detector(taught)
        except SonothequeError as error:
            return Said((), (f"“{taught.label}” was taught, and can't be used: {error} Its words answer instead.",))
        n = len(taught.like)
        note = f"“{taught.label}” was taught from {n} example{'s' * (n > 1)}: its detector answers, not the words."
        return Said((SoundClause(detector.vector, "taught", taught.label, share, detector.curve),), (note,))

    def choose(self, labels: Sequence[str] | None) -> tuple[list[str], list[SoundClause]]:
        """Of labels to listen for, or of all there are, those that words tell, and the clauses of those taught.

        A taught label takes the place of the model's own of the same text; one that can't be used leaves it there.
        """
        wanted = list(self.embedder.labels if labels is None else labels)
        texts = [taught.label for taught in self.catalogue.taught_labels()] if labels is None else wanted
        clauses = [clause for text in texts for clause in self.read(text).clauses]
        taken = {label_key(clause.said) for clause in clauses}
        return [label for label in wanted if label_key(label) not in taken], clauses

    def detector(self, taught: TaughtLabel) -> Detector:
        """The detector of a label in the embedder's space, fitted anew from its clips where another model learned it.

        Raises `NotFoundError` where none of the clips can be heard any more.
        """
        key = label_key(taught.label)
        known = self._found.get(key)
        if known is not None and known[0] == taught.taught_at:
            return known[1]
        data = self.catalogue.detector(taught.label, self._space_name)
        detector = self._refit(taught) if data is None else Detector.from_bytes(data)
        if detector.space_name != self._space_name:
            raise BadInputError(f"The detector of “{taught.label}” belongs to {detector.space_name}.")
        self._found[key] = (taught.taught_at, detector)
        return detector

    @property
    def _space_name(self) -> str:
        return self.embedder.card.space_name

    def _refit(self, taught: TaughtLabel) -> Detector:
        like = [rows for clip in taught.like if (rows := self._hear_again(clip)) is not None]
        if not like:
            raise NotFoundError(
                f"“{taught.label}” was taught with another model, and none of its examples is there any more.",
                next_step=f'Teach it again: sono teach "{taught.label}" --like FILE ...',
            )
        unlike = [rows for clip in taught.unlike if (rows := self._hear_again(clip)) is not None]
        detector = self._fit(taught, like, unlike)
        try:
            with self.catalogue.write() as writer:
                writer.put_detector(taught, self._space_name, detector.to_bytes())
        except SonothequeError:
            pass  # a library that can't be written is taught again each time it is opened
        return detector

    def _fit(self, taught: TaughtLabel, like: Sequence[FloatArray], unlike: Sequence[FloatArray]) -> Detector:
        try:
            words = self.embedder.embed_text(taught.label)
        except BadInputError:
            words = None  # a name of one's own says nothing to the model
        ordinary = np.concatenate([ordinary_vectors(self.embedder), self._sample_library(taught)])
        return fit_detector(like, ordinary, self._space_name, unlike=unlike, words=words)

    def _sample_library(self, taught: TaughtLabel) -> FloatArray:
        """Vectors (n, dim) of windows anywhere in the library, but for the recordings that the label is taught from."""
        space = self.catalogue.space(self._space_name)
        if space is None:
            return np.zeros((0, self.embedder.card.dim), np.float32)
        recordings = [self.catalogue.recording_by_hash(clip.content_hash) for clip in taught.clips]
        own = [recording.id for recording in recordings if recording is not None and recording.id is not None]
        wanted = self.catalogue.sample_windows(space, _MOST_ORDINARY, np.random.default_rng(_SEED))
        keep = ~np.isin(wanted.recording_ids, np.array(own, np.int64))
        return self.catalogue.vectors_of(space, np.sort(wanted.ids[keep]))[1]

    def _clip(self, example: Example, *, is_like: bool) -> TaughtClip:
        path = absolute_path(example.path)
        row = self.catalogue.file_at(path)
        recording_id = None if row is None else row.recording_id
        placed = {} if recording_id is None else self.catalogue.recordings_by_ids([recording_id])
        if recording_id in placed:
            return TaughtClip(placed[recording_id].recording.content_hash, path, example.span, is_like)
        with Path(os.fsdecode(path)).open("rb") as file:
            return TaughtClip(hashlib.file_digest(file, "sha256").hexdigest(), path, example.span, is_like)

    def _hear_again(self, clip: TaughtClip) -> FloatArray | None:
        """Vectors of a clip in the embedder's space: from its file, else from the library; None where neither is."""
        recording = self.catalogue.recording_by_hash(clip.content_hash)
        placed = None
        if recording is not None and recording.id is not None:
            placed = self.catalogue.recordings_by_ids([recording.id]).get(recording.id)
        for path in dict.fromkeys([*(() if placed is None else placed.paths), clip.path]):
            try:
                return hear_example(Example(Path(os.fsdecode(path)), clip.span), self.embedder)
            except SonothequeError:
                continue
        space = self.catalogue.space(self._space_name)
        if recording is None or recording.id is None or space is None:
            return None
        windows = self.catalogue.windows_of(recording.id, space)
        span = clip.span
        inside = (
            np.ones(len(windows), np.bool_)
            if span is None
            else (np.minimum(windows.ends_s, span.end_s) - np.maximum(windows.starts_s, span.start_s))
            > 0.5 * min(span.duration_s, _STEP_S)
        )
        vectors = self.catalogue.vectors_of(space, np.sort(windows.ids[inside]))[1]
        return vectors if len(vectors) else None


def hear_example(example: Example, embedder: Embedder) -> FloatArray:
    """The vectors (k, dim) that an example is learned by. Raises as `load_clip` does, and where it is silent."""
    clip = load_clip(example, embedder.card.rate_hz)
    levels = _levels(clip)
    if float(levels.max()) < SILENT_BELOW:
        raise BadInputError(
            f"{_shown(example)} is silent.", next_step="Give an example in which the sound is heard, or a span of it."
        )
    stream = embedder.open_stream()
    parts = [part for part in (stream.push(clip.samples), stream.finish()) if len(part.vectors)]
    spans = np.concatenate([part.spans for part in parts])
    vectors: FloatArray = np.concatenate([part.vectors for part in parts])
    times_s = _STEP_S * np.arange(len(levels))
    audible = times_s[levels >= AUDIBLE_SHARE * float(levels.max())]
    heard = ((audible >= spans[:, :1] - _STEP_S / 2) & (audible < spans[:, 1:])).any(axis=1)
    return vectors[heard] if heard.any() else vectors


def _levels(clip: Waveform) -> FloatArray:
    """RMS (n,) of every half second, the last one shorter."""
    starts = np.arange(0, len(clip.samples), max(1, round(_STEP_S * clip.rate_hz)))
    power = np.add.reduceat(clip.samples.astype(np.float64) ** 2, starts)
    out: FloatArray = np.sqrt(power / np.diff(np.append(starts, len(clip.samples)))).astype(np.float32)
    return out


def _doubts(heard: Sequence[tuple[Example, FloatArray]], detector: Detector) -> Iterator[str]:
    """What the reader should know of the examples."""
    if len(heard) < FEW:
        yield f"Fewer than {FEW} examples teach little; five of different recordings do well."
    if len(detector.left_out) == len(heard):
        odd = [_shown(example) for (example, _), chance in zip(heard, detector.left_out, strict=True) if chance < 0.5]
        if odd and len(heard) >= FEW:
            yield f"Not recognised by the other examples: {', '.join(odd)}."


def _shown(example: Example) -> str:
    path = display_path(os.fsencode(example.path))
    return path if example.span is None else f"{path}@{example.span}"
