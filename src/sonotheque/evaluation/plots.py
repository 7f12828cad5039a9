"""Draws a report's pictures as SVG: intervals, a confusion matrix, a reliability diagram.

Owns shapes and scales. Colours are the page's, by class, but for those that tell models apart; text is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonotheque.evaluation.bootstrap import Estimate
from sonotheque.evaluation.calibration_metrics import Bin
from sonotheque.evaluation.html_page import escape

MODEL_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart with any kind of colour vision, on light and on dark (Okabe and Ito 2008)."""
MOST_CLASSES = 60


def draw_intervals(rows: Sequence[str], models: Sequence[str], figures: Sequence[Sequence[Estimate | None]]) -> str:
    """A line for each row and model: the figure as a dot, its interval as a bar, from 0 to 1. `figures[row][model]`."""
    left, width, step = 210, 480, 14
    height = len(rows) * (len(models) * step + 10) + 58
    parts = [_axis(left, width, height - 44)]
    for at, name in enumerate(rows):
        top = 14 + at * (len(models) * step + 10)
        middle = top + len(models) * step / 2
        parts.append(f'<text x="{left - 12}" y="{middle + 4:.0f}" text-anchor="end">{escape(name)}</text>')
        for which, (model, one) in enumerate(zip(models, figures[at], strict=True)):
            if one is None or not np.isfinite([one.value, one.low, one.high]).all():
                continue
            y, colour = top + (which + 0.5) * step, MODEL_COLOURS[which % len(MODEL_COLOURS)]
            low, mid, high = (left + width * value for value in (one.low, one.value, one.high))
            parts.append(
                f'<g stroke="{colour}" fill="{colour}"><title>{escape(f"{model}: {one}")}</title>'
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke-width="2"/>'
                f'<circle cx="{mid:.1f}" cy="{y:.1f}" r="4"/></g>'
            )
    x = left
    for which, model in enumerate(models):
        parts.append(
            f'<circle cx="{x + 5}" cy="{height - 8}" r="4" fill="{MODEL_COLOURS[which % len(MODEL_COLOURS)]}"/>'
        )
        parts.append(f'<text x="{x + 14}" y="{height - 4}">{escape(model)}</text>')
        x += 40 + 7 * len(model)
    return _svg(max(left + width + 30, x), height, "Figures with their intervals", parts)


def _axis(left: int, width: int, bottom: int) -> str:
    lines = []
    for tenth in range(0, 11, 2):
        x = left + width * tenth / 10
        lines.append(f'<line class="grid" x1="{x:.0f}" x2="{x:.0f}" y1="8" y2="{bottom}"/>')
        lines.append(f'<text class="faint" x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{tenth / 10:g}</text>')
    return "".join(lines)


def choose_confused(confusion: npt.NDArray[np.float64], most: int = MOST_CLASSES) -> list[int]:
    """Classes to draw, in their order: all, or those with the most clips taken for another or for which others are."""
    if len(confusion) <= most:
        return list(range(len(confusion)))
    wrong = confusion - np.diag(np.diag(confusion))
    return sorted(np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[:most].tolist())


def draw_confusion(names: Sequence[str], confusion: npt.NDArray[np.float64], most: int = MOST_CLASSES) -> str:
    """Rows are what clips are, columns what they are taken for; a cell is as strong as its share of the row."""
    kept = choose_confused(confusion, most)
    cell, margin = 12, 10 + 7 * min(28, max(len(names[at]) for at in kept))
    size, parts = cell * len(kept), []
    for row, true in enumerate(kept):
        place, label = margin + row * cell, escape(_cut(names[true]))
        parts.append(f'<text x="{margin - 6}" y="{place + 10}" text-anchor="end">{label}</text>')
        turned = f'transform="rotate(-90 {place + 10} {margin - 6})"'
        parts.append(f'<text x="{place + 10}" y="{margin - 6}" {turned}>{label}</text>')
        total = float(confusion[true].sum())
        for column, chosen in enumerate(kept):
            n = float(confusion[true, chosen])
            if n <= 0 or total <= 0:
                continue
            told = escape(f"{names[true]} taken for {names[chosen]}: {n:g} of {total:g}")
            kind = "right" if true == chosen else "wrong"
            parts.append(
                f'<rect class="{kind}" x="{margin + column * cell}" y="{place}" width="{cell - 1}" '
                f'height="{cell - 1}" fill-opacity="{0.12 + 0.88 * n / total:.2f}"><title>{told}</title></rect>'
            )
    parts.insert(0, f'<rect class="grid" x="{margin}" y="{margin}" width="{size}" height="{size}"/>')
    return _svg(margin + size + 12, margin + size + 12, "What clips are taken for", parts)


def draw_reliability(bins: Sequence[Bin]) -> str:
    """Shown chance across, share that came true upwards; a dot's area tells how many; the diagonal is perfect."""
    left, top, size = 56, 12, 300
    most = max((one.n for one in bins), default=1)
    parts = [f'<rect class="grid" x="{left}" y="{top}" width="{size}" height="{size}"/>']
    parts.append(f'<line class="rule" x1="{left}" y1="{top + size}" x2="{left + size}" y2="{top}"/>')
    for tenth in range(0, 11, 2):
        across, up = left + size * tenth / 10, top + size - size * tenth / 10
        parts.append(
            f'<text class="faint" x="{across:.0f}" y="{top + size + 18}" text-anchor="middle">{tenth / 10:g}</text>'
        )
        parts.append(f'<text class="faint" x="{left - 8}" y="{up + 4:.0f}" text-anchor="end">{tenth / 10:g}</text>')
    for one in bins:
        x, y = left + size * one.mean, top + size - size * one.share
        radius = 3 + 7 * (one.n / most) ** 0.5
        told = f"{one.n} hits shown as {one.mean:.2f}, of which {one.share:.2f} came true"
        parts.append(
            f'<circle class="right" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill-opacity="0.75">'
            f"<title>{escape(told)}</title></circle>"
        )
    parts.append(
        f'<text class="faint" x="{left + size / 2:.0f}" y="{top + size + 38}" text-anchor="middle">shown chance</text>'
    )
    turned = f'transform="rotate(-90 16 {top + size / 2:.0f})"'
    parts.append(f'<text class="faint" x="16" y="{top + size / 2:.0f}" text-anchor="middle" {turned}>came true</text>')
    return _svg(left + size + 20, top + size + 48, "Reliability of the shown chances", parts)


def _cut(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}">\n'
        + "\n".join(parts)
        + "\n</svg>"
    )
