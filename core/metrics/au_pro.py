"""How much of each true region a map covers before it raises false alarms elsewhere (AU-PRO).

Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 2021: per-region overlap against the
false-positive rate, both over all maps given, so that a small region counts as much as a large
one. Regions are 8-connected: cells that touch by a corner are one region.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from core.errors import MetricError
from core.metrics.checks import AnyArray, BoolArray, checked
from core.metrics.curves import area_under
from core.types import Float64Array

MAX_FPR = 0.3
MOVIAD_N_THRESHOLDS = 200


def au_pro(
    truth: AnyArray | Sequence[AnyArray],
    maps: AnyArray | Sequence[AnyArray],
    max_fpr: float = MAX_FPR,
) -> float:
    """Compute the area under the per-region overlap up to a false-positive rate.

    Exact: every distinct value of the maps is a threshold; between two, the curve is a line, as
    in AUROC. Cost: one sort of all cells.

    Args:
        truth: [freq, time], or several of them
        maps: as many of the same shapes; those without a true region count towards the
            false-positive rate only
        max_fpr: the false-positive rate

    Returns:
        The area divided by that rate; chance is max_fpr / 2, not 0.5.

    Raises:
        MetricError: nothing or everything is true, shapes differ, or a map holds NaN.

    >>> truth = np.eye(4, dtype=bool)
    >>> au_pro(truth, truth.astype(float))
    1.0
    """
    if not 0.0 < max_fpr <= 1.0:
        raise MetricError(f"max_fpr is {max_fpr}; it must be above 0 and at most 1.")
    overlap, normal, values = _cells(truth, maps)
    order = np.argsort(values)[::-1]
    ordered = values[order]
    last_of_value = np.append(ordered[1:] != ordered[:-1], True)
    pro = np.append(0.0, np.cumsum(overlap[order])[last_of_value])
    fpr = np.append(0.0, np.cumsum(normal[order])[last_of_value] / normal.sum())
    return area_under(fpr, pro, max_fpr) / max_fpr


def au_pro_moviad(
    truth: AnyArray | Sequence[AnyArray], maps: AnyArray | Sequence[AnyArray]
) -> float:
    """Compute AU-PRO as the moviad library does, which Vision to Sound most probably printed.

    200 thresholds evenly spread from the highest value down, the lowest never reached, those with
    a false-positive rate of 0.3 or less kept, and both axes stretched to 0..1 by their own range.
    Not comparable with `au_pro`: stretching the overlap hides how much of the regions is missed.

    Args:
        truth: [freq, time], or several of them
        maps: as many of the same shapes

    Returns:
        The area.

    Raises:
        MetricError: as `au_pro`; or the kept points have one false-positive rate or one overlap
            only, such as those of a perfect map, and cannot be stretched.
    """
    overlap, normal, values = _cells(truth, maps)
    lowest, highest = float(values.min()), float(values.max())
    if not np.isfinite([lowest, highest]).all():
        raise MetricError("moviad's AU-PRO needs finite maps; one holds an infinite value.")
    step = (highest - lowest) / MOVIAD_N_THRESHOLDS
    thresholds = highest - step * np.arange(MOVIAD_N_THRESHOLDS)
    order = np.argsort(values)
    n_above = values.size - np.searchsorted(values[order], thresholds, side="right")
    pro = np.append(0.0, np.cumsum(overlap[order][::-1]))[n_above]
    fpr = np.append(0, np.cumsum(normal[order][::-1]))[n_above] / normal.sum()
    kept = fpr <= MAX_FPR
    return area_under(_stretched(fpr[kept]), _stretched(pro[kept]))


def _cells(
    truth: AnyArray | Sequence[AnyArray], maps: AnyArray | Sequence[AnyArray]
) -> tuple[Float64Array, BoolArray, Float64Array]:
    # What each cell adds to the mean overlap, whether it is normal, and its value.
    masks, scores = _as_list(truth), _as_list(maps)
    if len(masks) != len(scores):
        raise MetricError(f"There are {len(masks)} truth masks for {len(scores)} maps.")
    if not masks:
        raise MetricError("AU-PRO is undefined: there are no maps.")
    overlaps, normals, values = [], [], []
    n_regions = 0
    for one_mask, one_map in zip(masks, scores, strict=True):
        if one_mask.ndim != 2:
            raise MetricError(f"The truth has shape {one_mask.shape}; [freq, time] is needed.")
        mask, numbers = checked(one_mask, one_map)
        labels, n_labels = ndimage.label(mask, structure=np.ones((3, 3)))
        sizes = np.bincount(labels.ravel(), minlength=n_labels + 1)
        share = 1.0 / np.maximum(sizes, 1)
        share[0] = 0.0
        overlaps.append(share[labels.ravel()])
        normals.append(~mask.ravel())
        values.append(numbers.ravel())
        n_regions += n_labels
    normal = np.concatenate(normals)
    if not n_regions or not normal.any():
        kind = "anomalous" if n_regions else "normal"
        raise MetricError(
            f"AU-PRO is undefined: all {normal.size} cells of the truth are {kind}, "
            "and it compares regions with what surrounds them."
        )
    return np.concatenate(overlaps) / n_regions, normal, np.concatenate(values)


def _as_list(arrays: AnyArray | Sequence[AnyArray]) -> list[AnyArray]:
    if isinstance(arrays, np.ndarray) and arrays.ndim == 2:
        return [arrays]
    return [np.asarray(array) for array in arrays]


def _stretched(values: Float64Array) -> Float64Array:
    lowest, highest = values.min(), values.max()
    if lowest == highest:
        raise MetricError(
            "moviad's AU-PRO is undefined: up to a false-positive rate of 0.3 its curve has one "
            "value only, which cannot be stretched to 0..1."
        )
    stretched: Float64Array = (values - lowest) / (highest - lowest)
    return stretched
