"""The scores of a model as a CSV file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.text import sentences
from core.exchange.csv_cells import write_table
from core.storage.scores import ScoreRecord

COLUMNS = ("name", "verdict", "p", "score", "threshold", "note", "recorded_at")


def to_csv(scored: Sequence[ScoreRecord], threshold: float) -> bytes:
    """Write the scores, a row for each name of each recording.

    Args:
        scored: The scores of recordings that could be scored.
        threshold: The threshold, which makes the verdicts.

    Returns:
        The file with `COLUMNS`.
    """
    rows = []
    for one in scored:
        anomalous = one.score is not None and one.score > threshold
        strongest = one.regions[0] if one.regions else None
        seconds = one.duration_seconds or math.inf
        verdict = sentences.short_verdict(anomalous, strongest, seconds)
        recorded_at = None if one.recorded_at is None else one.recorded_at.isoformat()
        said = (verdict, one.p_value, one.score, threshold, " ".join(one.warnings), recorded_at)
        rows += [(name, *said) for name in one.names]
    return write_table(COLUMNS, rows)
