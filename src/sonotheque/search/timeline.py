"""Where in a recording a clause is heard: stretches of the half-second vectors.

Owns the reading of boundaries from cosines along the time line, and nothing of how the vectors are kept.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonotheque.values.span import Span
from sonotheque.values.waveform import FloatArray

MAX_GAP_S = 1.5
"""A shorter pause does not end a stretch: a dog's barks are one barking."""
BOUNDARY_SHARE, SURE_SHARE = 0.5, 0.6
"""A stretch reaches as far as the strength stands above half of the peak, and must somewhere reach three fifths of it
(two thresholds, so that what trembles about one of them is not taken for events).
"""


def heard_spans(
    strength: FloatArray, starts_s: npt.NDArray[np.float64], hop_s: float, *, rest: float, end_s: float
) -> list[tuple[Span, float]]:
    """Stretches over which `strength` (n,) stands out, by its own peak above `rest`, strongest first.

    `starts_s` (n,) are the starts of the vectors, `hop_s` their step, `rest` what the clause scores on ordinary sound.
    Each stretch comes with its peak. Boundaries are interpolated where the strength crosses the level; none passes
    `end_s`. Empty where nothing stands above `rest`.
    """
    if len(strength) == 0:
        return []
    peak = float(strength.max())
    if peak <= rest:
        return []
    level = rest + BOUNDARY_SHARE * (peak - rest)
    found = []
    for first, stop in _runs(strength, level, rest + SURE_SHARE * (peak - rest), round(MAX_GAP_S / hop_s)):
        start = float(starts_s[first]) + hop_s * (_crossing(strength, first - 1, first, level) - 0.5)
        end = float(starts_s[stop - 1]) + hop_s * (1.5 - _crossing(strength, stop, stop - 1, level))
        if end <= start:  # the peak hardly stands above what lies beside it: one vector, then, as long as it is
            start, end = float(starts_s[first]), float(starts_s[stop - 1]) + hop_s
        start = max(float(starts_s[0]), start)
        end = min(end_s, end)
        if end > start:
            found.append((Span(start, end), float(strength[first:stop].max())))
    return sorted(found, key=lambda pair: -pair[1])


def _runs(strength: FloatArray, level: float, sure: float, max_gap: int) -> list[tuple[int, int]]:
    """Half-open ranges above `level` that reach `sure`, joined over at most `max_gap` vectors, in order of time."""
    above = np.concatenate([[0], (strength >= level).astype(np.int8), [0]])
    runs: list[tuple[int, int]] = []
    for first, stop in np.flatnonzero(np.diff(above)).reshape(-1, 2).tolist():
        if float(strength[first:stop].max()) < sure:
            continue
        if runs and first - runs[-1][1] <= max_gap:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((first, stop))
    return runs


def _crossing(strength: FloatArray, outside: int, inside: int, level: float) -> float:
    """How far from `outside` to `inside`, in [0, 1], the strength crosses `level`; 0.5 at either end of the line."""
    if not 0 <= outside < len(strength):
        return 0.5
    low, high = float(strength[outside]), float(strength[inside])
    return (level - low) / (high - low) if high > low else 0.5
