"""What the browser needs to follow the line without asking: a number for every stop of it.

All statistics are made here; the script looks them up by the stop's place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.components.threshold.histogram import bin_edges
from app.text.markdown import shortened
from core.detectors.calibration import operating_points
from core.detectors.calibration.calibration import Calibration
from core.storage.scores import ScoreRecord
from core.types import Float64Array

MOST_BINS = 90
ANOMALOUS, NORMAL = "anomalous", "normal"


@dataclass(frozen=True)
class Situation:
    """What a threshold is judged by: clips a day, how many are anomalous, what a miss costs.

    `miss_cost` is in false alarms; `share_anomalous` lies in 0..1.
    """

    clips_per_day: float = 100.0
    share_anomalous: float = 0.01
    miss_cost: float = 20.0


def tables(
    calibrated: Calibration,
    scored: Sequence[ScoreRecord],
    verdicts: Mapping[str, str],
    *,
    kept_rate: float,
    draft_rate: float,
    situation: Situation,
) -> dict[str, Any]:
    """The component's data: stops, two histograms, scored clips, curves of the labelled ones.

    `verdicts` are people's, by clip id; other than normal and anomalous they count for nothing.
    1,000 scored clips take a few milliseconds and 60 kB.
    """
    stops = operating_points.OperatingPoints.of(calibrated, kept_rate, draft_rate)
    clips = sorted(
        (score for score in scored if score.score is not None and np.isfinite(score.score)),
        key=lambda score: float(score.score or 0.0),
    )
    scores = np.array([float(clip.score or 0.0) for clip in clips])
    data: dict[str, Any] = {
        "stops": {
            "threshold": stops.threshold.tolist(),
            "rate": stops.rate.tolist(),
            "low": stops.low.tolist(),
            "high": stops.high.tolist(),
            "n_above": stops.n_above.tolist(),
            "smallest_rate": stops.smallest_rate,
        },
        "n_normal": calibrated.n_clips,
        "n_groups": calibrated.n_groups,
        "kept": stops.nearest(calibrated.threshold(kept_rate)),
        "draft": stops.nearest(calibrated.threshold(draft_rate)),
        "histogram": _histogram(calibrated.clip_scores, stops.threshold, scores),
        "clips": {
            "score": scores.tolist(),
            "id": [clip.clip_id for clip in clips],
            "name": [shortened(clip.clip_name, 60) for clip in clips],
            "verdict": [verdicts.get(clip.clip_id, "") for clip in clips],
        },
        "labels": _labels(stops, clips, scores, verdicts),
        "situation": asdict(situation),
    }
    # A new digest draws everything anew; the line's place and the situation alone do not.
    kept = {name: value for name, value in data.items() if name not in ("draft", "situation")}
    data["digest"] = hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]
    return data


def _histogram(normal: Float64Array, thresholds: Float64Array, scores: Float64Array) -> Any:
    """Counts of normal and scored clips in the same bins; far outliers are counted apart."""
    low = min(float(normal[0]), float(thresholds[0]))
    last = max(float(thresholds[-1]), float(normal[-1]))
    high = last + 0.04 * (last - low or 1.0)
    if scores.size:
        high = max(high, min(float(scores[-1]), low + 2.2 * (high - low)))
        low = max(min(low, float(scores[0])), low - 0.3 * (high - low))
    edges = bin_edges(normal)
    width = max(float(edges[1] - edges[0]), (high - low) / MOST_BINS)
    n_bins = max(int(np.ceil((high - low) / width)), 1)
    edges = low + width * np.arange(n_bins + 1)
    inside = scores[scores <= edges[-1]]
    return {
        "edges": edges.tolist(),
        "normal": np.histogram(normal, edges)[0].tolist(),
        "scored": np.histogram(np.maximum(inside, low), edges)[0].tolist(),
        "n_beyond": int(scores.size - inside.size),
    }


def _labels(
    stops: operating_points.OperatingPoints,
    clips: Sequence[ScoreRecord],
    scores: Float64Array,
    verdicts: Mapping[str, str],
) -> dict[str, Any] | None:
    """Counts at every stop and the two curves, where clips are labelled."""
    judged = np.array([verdicts.get(clip.clip_id) in (ANOMALOUS, NORMAL) for clip in clips], bool)
    if not judged.any():
        return None
    truth = np.array([verdicts.get(clip.clip_id) == ANOMALOUS for clip in clips], bool)[judged]
    counts = operating_points.confusion(truth, scores[judged], stops.threshold)
    n_anomalous = int(truth.sum())
    low, high = (
        operating_points.clopper_pearson(counts.n_missed, n_anomalous)
        if n_anomalous
        else (np.zeros(0), np.zeros(0))
    )
    found = operating_points.curves(truth, scores[judged])
    return {
        "n_anomalous": n_anomalous,
        "n_normal": int(truth.size - n_anomalous),
        "found": counts.n_found.tolist(),
        "missed": counts.n_missed.tolist(),
        "false_alarms": counts.n_false_alarms.tolist(),
        "passed": counts.n_passed.tolist(),
        "miss_low": low.tolist(),
        "miss_high": high.tolist(),
        "curves": found
        and {
            "false_alarm_share": found.false_alarm_share.tolist(),
            "found_share": found.found_share.tolist(),
            "precision": found.precision.tolist(),
            "roc_auc": found.roc_auc,
            "average_precision": found.average_precision,
        },
    }
