"""What the browser needs to follow the line without asking: a number for every operating point.

All statistics are made here; the script looks them up by the point's place. What a day costs
follows from them and from what the user enters; only the script computes it
(`frontend/threshold/costs.js`), so that it follows every key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.components.shared.frame import digest
from app.components.threshold.histogram import bin_edges
from app.text.markdown import shortened
from core.detectors.calibration import operating_points
from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.operating_points import OperatingPoints
from core.storage.scores import ScoreRecord
from core.types import Float64Array

MOST_BINS = 90
ANOMALOUS, NORMAL = "anomalous", "normal"
# Of a day's recordings, and of what a miss costs.
HIGHEST = 1e7


@dataclass(frozen=True)
class Situation:
    """What a threshold is judged by.

    Attributes:
        clips_per_day: Recordings a day.
        share_anomalous: How many of them are anomalous, in 0..1.
        miss_cost: What a missed one costs, in false alarms.
    """

    clips_per_day: float = 100.0
    share_anomalous: float = 0.01
    miss_cost: float = 20.0


def tables(
    calibrated: Calibration,
    scored: Sequence[ScoreRecord],
    verdicts: Mapping[str, str],
    *,
    saved_rate: float,
    draft_rate: float,
    situation: Situation,
) -> dict[str, Any]:
    """Make the component's data; 1,000 recordings take a few milliseconds and 60 kB.

    Args:
        calibrated: Of the model.
        scored: The recordings that it has scored.
        verdicts: What people said of them, by recording; only "normal" and "anomalous" count.
        saved_rate: The false-alarm rate that is saved with the model.
        draft_rate: The one where the line stands.
        situation: What the user entered.

    Returns:
        Operating points, two histograms, scored recordings, counts and curves of annotated ones.
    """
    points = OperatingPoints.of(calibrated, saved_rate, draft_rate)
    recordings = sorted(
        (score for score in scored if score.score is not None and np.isfinite(score.score)),
        key=lambda score: float(score.score or 0.0),
    )
    scores = np.array([float(one.score or 0.0) for one in recordings])
    data: dict[str, Any] = {
        "points": _lists(points, "threshold", "rate", "low", "high")
        | {"smallest_rate": points.smallest_rate},
        "n_normal": calibrated.n_clips,
        "n_groups": calibrated.n_groups,
        "saved": points.nearest(calibrated.threshold(saved_rate)),
        "histogram": _histogram(calibrated.clip_scores, points.threshold, scores),
        "recordings": {
            "score": scores.tolist(),
            "id": [one.clip_id for one in recordings],
            "name": [shortened(one.clip_name, 60) for one in recordings],
            "verdict": [verdicts.get(one.clip_id, "") for one in recordings],
        },
        "annotated": _annotated(points, recordings, scores, verdicts),
        "highest": HIGHEST,
    }
    # A new digest draws everything anew; the line's place and the situation alone do not.
    return data | {
        "digest": digest(data),
        "draft": points.nearest(calibrated.threshold(draft_rate)),
        "situation": asdict(situation),
    }


def _lists(columns: object, *names: str) -> dict[str, Any]:
    return {name: getattr(columns, name).tolist() for name in names}


def _histogram(normal: Float64Array, thresholds: Float64Array, scores: Float64Array) -> Any:
    # Far outliers are counted apart, so that they do not squeeze the others.
    low = min(float(normal[0]), float(thresholds[0]))
    last = max(float(thresholds[-1]), float(normal[-1]))
    high = last + 0.04 * (last - low or 1.0)
    if scores.size:
        high = max(high, min(float(scores[-1]), low + 2.2 * (high - low)))
        low = max(min(low, float(scores[0])), low - 0.3 * (high - low))
    bins = bin_edges(normal)
    width = max(float(bins[1] - bins[0]), (high - low) / MOST_BINS)
    n_bins = max(int(np.ceil((high - low) / width)), 1)
    edges = np.asarray(low + width * np.arange(n_bins + 1), np.float64)
    inside = scores[scores <= edges[-1]]
    return {
        "edges": edges.tolist(),
        "normal": np.histogram(normal, edges)[0].tolist(),
        "scored": np.histogram(np.maximum(inside, low), edges)[0].tolist(),
        "n_beyond": int(scores.size - inside.size),
    }


def _annotated(
    points: OperatingPoints,
    recordings: Sequence[ScoreRecord],
    scores: Float64Array,
    verdicts: Mapping[str, str],
) -> dict[str, Any] | None:
    said = [verdicts.get(one.clip_id) for one in recordings]
    judged = np.array([verdict in (ANOMALOUS, NORMAL) for verdict in said], bool)
    if not judged.any():
        return None
    truth = np.array([verdict == ANOMALOUS for verdict in said], bool)[judged]
    counts = operating_points.confusion(truth, scores[judged], points.threshold)
    n_anomalous = int(truth.sum())
    low, high = (
        operating_points.clopper_pearson(counts.n_missed, n_anomalous)
        if n_anomalous
        else (np.zeros(0), np.zeros(0))
    )
    curves = operating_points.curves(truth, scores[judged])
    return {
        **_lists(counts, "n_found", "n_missed", "n_false_alarms", "n_passed"),
        "n_anomalous": n_anomalous,
        "n_normal": int(truth.size - n_anomalous),
        "miss_low": low.tolist(),
        "miss_high": high.tolist(),
        "curves": curves
        and _lists(curves, "false_alarm_share", "found_share", "precision")
        | {"roc_auc": curves.roc_auc, "average_precision": curves.average_precision},
    }
