"""What a model costs: its size, the time of its fit, and of scoring a second of sound."""

from __future__ import annotations

import dataclasses

import numpy as np
from sqlalchemy import select

from core.storage.database import reading
from core.storage.models import get_model
from core.storage.tables import ScoreRow


@dataclasses.dataclass(frozen=True)
class ModelCost:
    """What is known of a model's cost; None where nothing was measured yet.

    Attributes:
        size_bytes: size of its folder
        fit_seconds: time of its fit
        seconds_per_second: median over scored recordings of computing time by length of sound
        peak_memory_bytes: the most that a scoring process held, program and network included
    """

    size_bytes: int
    fit_seconds: float | None
    seconds_per_second: float | None
    peak_memory_bytes: int | None


def model_cost(model_id: str) -> ModelCost:
    """Read what a model has cost so far.

    Args:
        model_id: the model's id

    Returns:
        Its cost.

    Raises:
        StoreError: there is no such model.
    """
    record = get_model(model_id)
    query = select(ScoreRow.seconds, ScoreRow.duration_seconds, ScoreRow.peak_memory_bytes).where(
        ScoreRow.model_id == model_id, ScoreRow.seconds.is_not(None)
    )
    with reading() as session:
        rows = session.execute(query).all()
    ratios = [seconds / length for seconds, length, _ in rows if seconds is not None and length]
    peaks = [peak for _, _, peak in rows if peak is not None]
    return ModelCost(
        record.size_bytes,
        record.fit_seconds,
        float(np.median(ratios)) if ratios else None,
        max(peaks, default=None),
    )
