"""Where an anomaly lies in time and frequency, and how well maps find it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import MetricError
from core.metrics.au_pro import au_pro, au_pro_moviad
from core.metrics.by_clip import ByClip, by_clip
from core.metrics.checks import AnyArray, BoolArray, checked_map, checked_numbers
from core.metrics.sample import f1_at, f1_max, roc_auc
from core.types import Float64Array

# Vision to Sound, 3.2.2: the top 40 % of the energy where the anomaly is injected.
TRUTH_SHARE = 0.4
# Ibid.: a cell is called anomalous above the 40th percentile of its map.
CUT_PERCENTILE = 40.0


def truth_mask(stem_power: AnyArray, columns: slice, share: float = TRUTH_SHARE) -> BoolArray:
    """Mark the cells of highest energy of an anomaly's own sound (Vision to Sound, 3.2.2).

    Args:
        stem_power: [freq, time], at least 0
        columns: those it lasts
        share: the share of their cells to mark

    Returns:
        [freq, time]. Cells as loud as the last one that counts count too; cells without any
        energy never do, so a stem with much silence has fewer.

    Raises:
        MetricError: the columns are none, the stem is silent there, or share is not in (0, 1].
    """
    power = injected(stem_power, columns)
    if not 0.0 < share <= 1.0:
        raise MetricError(f"The share of cells is {share}; it must be above 0 and at most 1.")
    n_cells = max(1, round(share * power.size))
    cut = np.partition(power.ravel(), power.size - n_cells)[power.size - n_cells]
    mask = np.zeros(np.shape(stem_power), dtype=np.bool_)
    mask[:, columns] = (power >= cut) & (power > 0.0)
    return mask


def injected(stem_power: AnyArray, columns: slice) -> Float64Array:
    """Cut out the part of a stem's power that holds the injected sound.

    Args:
        stem_power: [freq, time], at least 0
        columns: those it lasts

    Returns:
        [freq, columns]

    Raises:
        MetricError: there is no such part, it is silent, or power is negative somewhere.
    """
    power = checked_map(stem_power, "stem's power")
    part = power[:, columns]
    if not part.size:
        raise MetricError(
            f"Columns {columns.start} to {columns.stop} hold nothing of the stem's "
            f"{power.shape[1]} columns."
        )
    if part.min() < 0.0:
        raise MetricError("The stem's power is negative somewhere; power is needed, not decibels.")
    if not part.any():
        raise MetricError(
            f"The anomaly is silent in columns {columns.start} to {columns.stop}, so nothing "
            "there is true."
        )
    return part


def f1_above_percentile(
    truths: Sequence[AnyArray], scores: Sequence[AnyArray], percentile: float = CUT_PERCENTILE
) -> ByClip:
    """Compute F1 of calling anomalous what lies above each clip's own percentile.

    With the paper's 40 that is 60 % of every map, of a normal clip's too.

    Args:
        truths: a truth a clip
        scores: a score of the same shape a clip
        percentile: from 0 to 100

    Returns:
        F1 of each clip, and of all cells.

    Raises:
        MetricError: shapes differ, a score is NaN, or nothing at all is anomalous.
    """
    numbers = [checked_numbers(score) for score in scores]
    called = [one > np.percentile(one, percentile) for one in numbers]
    return by_clip(lambda truth, call: f1_at(truth, call, 0.5), truths, called)


def spectrogram_metrics(truths: Sequence[AnyArray], maps: Sequence[AnyArray]) -> dict[str, ByClip]:
    """Compute AUROC, F1-max, F1 above the map's 40th percentile, AU-PRO and moviad's AU-PRO.

    Args:
        truths: [freq, time] each
        maps: [freq, time] each

    Returns:
        The values by the metric's name. Moviad's is NaN where it is undefined, per clip or
        pooled; see `au_pro_moviad`.

    Raises:
        MetricError: shapes differ, a map holds NaN, or all cells of all clips are of one class.
    """
    return {
        "roc_auc": by_clip(roc_auc, truths, maps),
        "f1_max": by_clip(f1_max, truths, maps),
        "f1_above_40th_percentile": f1_above_percentile(truths, maps),
        "au_pro": by_clip(au_pro, truths, maps, pooled=au_pro),
        "au_pro_moviad": by_clip(_moviad_or_nan, truths, maps, pooled=_moviad_or_nan),
    }


def _moviad_or_nan(
    truth: AnyArray | Sequence[AnyArray], maps: AnyArray | Sequence[AnyArray]
) -> float:
    try:
        return au_pro_moviad(truth, maps)
    except MetricError:
        return float("nan")
