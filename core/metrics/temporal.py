"""When an anomaly sounds, and how well maps find it (Vision to Sound, 3.2.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.metrics.by_clip import ByClip, by_clip
from core.metrics.checks import AnyArray, BoolArray, checked_map
from core.metrics.sample import f1_max, roc_auc
from core.metrics.spectrogram import f1_above_percentile, injected
from core.types import Float64Array

N_HIGHEST = 5
TRUTH_PERCENTILE = 50.0
# 100 dB below the loudest cell: digital silence must not outweigh all else in a sum of logs.
LOWEST_RELATIVE_POWER = 1e-10


def truth_columns(
    stem_power: AnyArray, columns: slice, percentile: float = TRUTH_PERCENTILE
) -> BoolArray:
    """Mark the injected columns whose summed log energy exceeds their percentile.

    Args:
        stem_power: [freq, time], at least 0
        columns: those the anomaly lasts
        percentile: of the energies of those columns

    Returns:
        [time]

    Raises:
        MetricError: the columns are none, or the stem is silent there.
    """
    power = injected(stem_power, columns)
    lowest = LOWEST_RELATIVE_POWER * float(power.max())
    energy = np.log10(np.maximum(power, lowest)).sum(axis=0)
    truth = np.zeros(np.shape(stem_power)[1], dtype=np.bool_)
    truth[columns] = energy > np.percentile(energy, percentile)
    return truth


def temporal_scores(map: AnyArray, n_highest: int = N_HIGHEST) -> Float64Array:
    """Compute the mean of the highest values of each column.

    Args:
        map: [freq, time]
        n_highest: how many values

    Returns:
        [time]

    Raises:
        MetricError: the map has no cells, or NaN.
    """
    values = checked_map(map)
    n_rows = values.shape[0]
    n_kept = min(n_highest, n_rows)
    highest = np.partition(values, n_rows - n_kept, axis=0)[n_rows - n_kept :]
    scores: Float64Array = highest.mean(axis=0)
    return scores


def temporal_metrics(truths: Sequence[AnyArray], maps: Sequence[AnyArray]) -> dict[str, ByClip]:
    """Compute AUROC, F1-max and F1 above the 40th percentile of each column's score.

    Args:
        truths: [time] each, of `truth_columns`
        maps: [freq, time] each

    Returns:
        The values by the metric's name.

    Raises:
        MetricError: shapes differ, a map holds NaN, or all columns of all clips are of one class.
    """
    scores = [temporal_scores(values) for values in maps]
    return {
        "roc_auc": by_clip(roc_auc, truths, scores),
        "f1_max": by_clip(f1_max, truths, scores),
        "f1_above_40th_percentile": f1_above_percentile(truths, scores),
    }
