"""Scores for found sound events: segment-based and event-based F1, and how far boundaries lie from the truth.

Owns the counting, label by label and file by file, so that any of it can be summed and resampled. Knows nothing of
models or files; an event is a label with a span.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError
from sonotheque.values.span import Span

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SEGMENT_S = 1.0
ONSET_COLLAR_S, OFFSET_COLLAR_SHARE = 0.2, 0.5


class Event(NamedTuple):
    """A label heard over a span."""

    label: str
    span: Span


class Found(NamedTuple):
    """How a true event was met: by a found one, whose ends lie that far after the true ones (in seconds)."""

    label: str
    onset_error_s: float
    offset_error_s: float


Events = Sequence[Event]
HIT, FALSE, MISSED = 0, 1, 2
"""Columns of counts: true positives, false positives, false negatives."""


@dataclass(frozen=True, slots=True)
class Collars:
    """How far a found event's ends may lie from the truth: the onset `onset_s`; the offset as far, or `offset_share` of
    the true event's length where that is more. None for an offset that does not matter.
    """

    onset_s: float = ONSET_COLLAR_S
    offset_share: float | None = OFFSET_COLLAR_SHARE

    def __post_init__(self) -> None:
        share = 0.0 if self.offset_share is None else self.offset_share
        if not (self.onset_s > 0 and 0.0 <= share <= 1.0):
            raise BadInputError(f"A collar is positive and its share of a length between 0 and 1: not {self}.")

    def allow(self, truth: Span, found: Span) -> bool:
        """Whether the found span counts as the true one."""
        if abs(truth.start_s - found.start_s) > self.onset_s:
            return False
        if self.offset_share is None:
            return True
        return abs(truth.end_s - found.end_s) <= max(self.onset_s, self.offset_share * truth.duration_s)


def count_segments(
    truth: Events, found: Events, labels: Sequence[str], duration_s: float, segment_s: float = SEGMENT_S
) -> Counts:
    """Hits, false ones and misses of one file by label, (n_labels, 3), over segments of `segment_s`.

    A label is active in a segment where any part of an event lies in it (Mesaros, Heittola and Virtanen 2016).
    """
    true, heard = (_activity(events, labels, duration_s, segment_s) for events in (truth, found))
    return np.stack([(true & heard).sum(axis=1), (~true & heard).sum(axis=1), (true & ~heard).sum(axis=1)], axis=1)


def _activity(events: Events, labels: Sequence[str], duration_s: float, segment_s: float) -> npt.NDArray[np.bool_]:
    place = {label: at for at, label in enumerate(labels)}
    roll = np.zeros((len(labels), math.ceil(round(duration_s / segment_s, 9))), bool)
    for event in events:
        # Rounded first, so that an event that ends on a border does not count for the segment behind it.
        first = math.floor(round(event.span.start_s / segment_s, 9))
        stop = math.ceil(round(event.span.end_s / segment_s, 9))
        roll[place[event.label], first:stop] = True
    return roll


def count_events(truth: Events, found: Events, labels: Sequence[str], collars: Collars | None = None) -> Counts:
    """Hits, false ones and misses of one file by label, (n_labels, 3), over whole events.

    As many pairs of a true and a found event as can be within the collars, each event once (Mesaros et al. 2016, with
    the matching that sed_eval calls optimal).
    """
    collars = collars or Collars()
    counts = np.zeros((len(labels), 3), np.int64)
    for row, label in enumerate(labels):
        true = [event.span for event in truth if event.label == label]
        heard = [event.span for event in found if event.label == label]
        allowed = [[at for at, span in enumerate(heard) if collars.allow(one, span)] for one in true]
        n_hits = _match_most(allowed)
        counts[row] = n_hits, len(heard) - n_hits, len(true) - n_hits
    return counts


def _match_most(allowed: Sequence[Sequence[int]]) -> int:
    """The size of the greatest matching of rows with the columns each allows, by augmenting paths (Kuhn 1955)."""
    row_of: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column in allowed[row]:
            if column not in seen:
                seen.add(column)
                if column not in row_of or place(row_of[column], seen):
                    row_of[column] = row
                    return True
        return False

    return sum(place(row, set()) for row in range(len(allowed)))


def f1_of(counts: npt.NDArray[np.number]) -> Floats:
    """F1 from counts (..., 3): twice the hits by all that was found and all that was there; NaN where there is none."""
    hits, false, missed = (np.asarray(counts[..., at], np.float64) for at in (HIT, FALSE, MISSED))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * hits / (2 * hits + false + missed), np.float64)


def micro_f1(counts: npt.NDArray[np.number]) -> float:
    """F1 over the counts of all labels together, (n_labels, 3); NaN where there is nothing."""
    return float(f1_of(counts.sum(axis=-2)))


def macro_f1(counts: npt.NDArray[np.number]) -> float:
    """Mean F1 of the labels that are in the truth, (n_labels, 3); NaN where none is."""
    present = counts[..., HIT] + counts[..., MISSED] > 0
    return float(f1_of(counts)[present].mean()) if present.any() else math.nan


def match_boundaries(truth: Events, found: Events) -> list[Found]:
    """True events of one file that a found one of the same label overlaps, each with the errors of its boundaries.

    Pairs are taken by the share of their union that both cover, best first, each event at most once.
    """
    pairs = [
        (shared_s / one.span.union(other.span).duration_s, at, number)
        for at, one in enumerate(truth)
        for number, other in enumerate(found)
        if one.label == other.label and (shared_s := one.span.overlap_s(other.span)) > 0
    ]
    met: dict[int, int] = {}
    for _, at, number in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if at not in met and number not in met.values():
            met[at] = number
    return [
        Found(
            truth[at].label,
            found[number].span.start_s - truth[at].span.start_s,
            found[number].span.end_s - truth[at].span.end_s,
        )
        for at, number in sorted(met.items())
    ]


def by_label(counts: Counts, labels: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
    """Counts (n_labels, 3) by label, as plain numbers."""
    return {
        label: (int(row[HIT]), int(row[FALSE]), int(row[MISSED])) for label, row in zip(labels, counts, strict=True)
    }
