"""Writes `scores.json` anew: drawn events, and what sed_eval and psds_eval say of them.

    pip install sed_eval psds_eval "numpy<2.4" "pandas<3" "setuptools<81"
    python tests/golden/events/regenerate.py

Neither library is needed by the tests. Made with sed_eval 0.2.1 and psds_eval 0.5.3.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-any-return"

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sed_eval
from psds_eval import PSDSEval

LABELS = ["dog", "rain", "siren", "speech"]
N_FILES, DURATION_S = 6, 20.0
THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9)
SETTINGS = [
    {"dtc": 0.7, "gtc": 0.7, "cttc": 0.3, "alpha_ct": 0.0, "alpha_st": 1.0, "e_max": 100.0},
    {"dtc": 0.1, "gtc": 0.1, "cttc": 0.3, "alpha_ct": 0.5, "alpha_st": 1.0, "e_max": 100.0},
    {"dtc": 0.5, "gtc": 0.5, "cttc": 0.3, "alpha_ct": 1.0, "alpha_st": 0.0, "e_max": 400.0},
    {"dtc": 0.3, "gtc": 0.5, "cttc": 0.2, "alpha_ct": 0.5, "alpha_st": 0.5, "e_max": 1000.0},
]
COLLARS = [(0.2, 0.2), (0.2, 0.5), (0.5, 0.5), (1.0, None)]

Row = tuple[str, float, float]


def draw(rng: np.random.Generator) -> tuple[list[list[Row]], list[list[tuple[str, float, float, float]]]]:
    """True events of each file, and found ones with a score: some near a true one, some anywhere."""
    truth, found = [], []
    for _ in range(N_FILES):
        true: list[Row] = []
        heard = []
        for label in LABELS:
            at_s = float(rng.uniform(0, 3))
            while at_s < DURATION_S - 3 and rng.random() < 0.75:
                length_s = float(rng.uniform(0.4, 3.0))
                true.append((label, round(at_s, 3), round(at_s + length_s, 3)))
                at_s += length_s + float(rng.uniform(0.3, 6.0))
        for label, start_s, end_s in true:
            if rng.random() < 0.8:
                start_s, end_s = start_s + float(rng.normal(0, 0.2)), end_s + float(rng.normal(0, 0.4))
                named = label if rng.random() < 0.85 else LABELS[int(rng.integers(len(LABELS)))]
                if rng.random() < 0.25 and end_s - start_s > 1.0:
                    heard.append((named, start_s, start_s + 0.45 * (end_s - start_s), float(rng.uniform(0.3, 1))))
                    start_s += 0.6 * (end_s - start_s)
                heard.append((named, start_s, end_s, float(rng.uniform(0.2, 1))))
        for _ in range(3):
            start_s = float(rng.uniform(0, DURATION_S - 3))
            label = LABELS[int(rng.integers(len(LABELS)))]
            heard.append((label, start_s, start_s + float(rng.uniform(0.3, 3)), float(rng.uniform(0, 0.8))))
        found.append(keep_apart(heard))
        truth.append(true)
    return truth, found


def keep_apart(heard: list[tuple[str, float, float, float]]) -> list[tuple[str, float, float, float]]:
    """Rounded rows within the file; of a label's own that overlap only the first, for psds_eval takes no others."""
    kept: list[tuple[str, float, float, float]] = []
    for label, start_s, end_s, score in heard:
        row = (label, round(max(0.0, start_s), 3), round(min(DURATION_S, end_s), 3), round(score, 3))
        if row[2] - row[1] > 0.05 and all(row[1] >= one[2] or row[2] <= one[1] for one in kept if one[0] == label):
            kept.append(row)
    return kept


def as_dicts(rows: list[Any], name: str) -> list[dict[str, Any]]:
    return [{"file": name, "event_label": row[0], "event_onset": row[1], "event_offset": row[2]} for row in rows]


def f1_scores(truth: list[list[Row]], found: list[list[Any]]) -> dict[str, Any]:
    """Micro and macro F1 over segments and, for several collars, over events, of what scores at least a half."""

    def score(metric: Any) -> list[float]:
        for number, (true, heard) in enumerate(zip(truth, found, strict=True)):
            kept = [row for row in heard if row[3] >= 0.5]
            metric.evaluate(as_dicts(true, f"{number}"), as_dicts(kept, f"{number}"))
        micro = metric.results_overall_metrics()["f_measure"]["f_measure"]
        macro = metric.results_class_wise_average_metrics()["f_measure"]["f_measure"]
        return [float(micro), float(macro)]

    def of_events(onset_s: float, share: float | None) -> Any:
        return sed_eval.sound_event.EventBasedMetrics(
            LABELS, t_collar=onset_s, percentage_of_length=share or 0.0, evaluate_offset=share is not None
        )

    return {
        "segments": {str(s): score(sed_eval.sound_event.SegmentBasedMetrics(LABELS, s)) for s in (1.0, 0.5)},
        "events": [[onset_s, share, score(of_events(onset_s, share))] for onset_s, share in COLLARS],
    }


def table(by_file: list[list[Any]]) -> pd.DataFrame:
    rows = [(f"{number}", row[1], row[2], row[0]) for number, rows in enumerate(by_file) for row in rows]
    return pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])


def psds_scores(truth: list[list[Row]], found: list[list[Any]]) -> list[Any]:
    metadata = pd.DataFrame({"filename": [f"{n}" for n in range(N_FILES)], "duration": DURATION_S})
    scores = []
    for settings in SETTINGS:
        given = {f"{name}_threshold": settings[name] for name in ("dtc", "gtc", "cttc")}
        judge = PSDSEval(ground_truth=table(truth), metadata=metadata, class_names=LABELS, **given)
        for threshold in THRESHOLDS:
            judge.add_operating_point(table([[row for row in rows if row[3] >= threshold] for rows in found]))
        costs = {name: settings[name] for name in ("alpha_ct", "alpha_st")}
        scores.append({"settings": settings, "psds": float(judge.psds(**costs, max_efpr=settings["e_max"]).value)})
    return scores


def main() -> None:
    """Draws, scores and writes."""
    truth, found = draw(np.random.default_rng(7))
    told = {
        "labels": LABELS, "duration_s": DURATION_S, "thresholds": THRESHOLDS, "truth": truth, "found": found,
        "f1": f1_scores(truth, found), "psds": psds_scores(truth, found),
    }  # fmt: skip
    Path(__file__).with_name("scores.json").write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
