"""Every metric of maps, per clip and pooled, against loops over cells, on random and hard cases."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import MetricError
from core.metrics import (
    energy_in_mask,
    f1_at,
    partial_roc_auc,
    pointing_game,
    spectrogram_metrics,
    temporal_metrics,
)
from tests.core.metrics.test_metrics_sample import (
    f1_max_of_thresholds,
    partial_area_by_hand,
    roc_auc_of_pairs,
)
from tests.core.metrics.test_metrics_spectrogram import au_pro_of_thresholds, moviad_of_thresholds

SHAPE = (6, 9)


def truths() -> dict[str, np.ndarray]:
    corner = np.zeros(SHAPE, bool)
    corner[0:2, 0:2] = corner[2:4, 2:4] = True  # one region, touching by a corner
    lines = np.zeros(SHAPE, bool)
    lines[:, ::3] = True
    return {
        "corner": corner,
        "lines": lines,
        "single": np.eye(*SHAPE, dtype=bool) & (np.arange(SHAPE[1]) == 3),
        "all but one": ~(np.eye(*SHAPE, dtype=bool) & (np.arange(SHAPE[1]) == 3)),
        "empty": np.zeros(SHAPE, bool),
        "full": np.ones(SHAPE, bool),
    }


def maps_of(kind: str) -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    masks = list(truths().values())
    if kind == "random":
        return [generator.normal(size=SHAPE) for _ in masks]
    if kind == "ties":
        return [generator.integers(0, 3, SHAPE).astype(float) for _ in masks]
    if kind == "wrong":
        return [1.0 - mask + 1e-3 * generator.random(SHAPE) for mask in masks]
    return [mask + 0.5 * generator.random(SHAPE) for mask in masks]


def f1_of(truth: np.ndarray, called: np.ndarray) -> float:
    hits = sum(1 for t, c in zip(truth.ravel(), called.ravel(), strict=True) if t and c)
    return 2 * hits / (int(truth.sum()) + int(called.sum()))


def above_percentile_by_hand(values: np.ndarray, percentile: float = 40.0) -> np.ndarray:
    """Above the linear interpolation between the two order statistics."""
    ordered = sorted(values.ravel().tolist())
    place = percentile / 100 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    cut = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    return np.array([value > cut + 1e-15 for value in values.ravel()]).reshape(values.shape)


def column_scores_by_hand(values: np.ndarray) -> np.ndarray:
    return np.array([sum(sorted(column.tolist())[-5:]) / 5 for column in values.T])


def naive_or_nan(metric, truth, values) -> float:
    return float("nan") if truth.all() or not truth.any() else metric(truth, values)


@pytest.mark.parametrize("kind", ["random", "ties", "wrong", "good"])
def test_maps_per_clip_and_pooled(kind: str) -> None:
    masks, maps = list(truths().values()), maps_of(kind)
    found = spectrogram_metrics(masks, maps)
    flat = np.concatenate([mask.ravel() for mask in masks])
    values = np.concatenate([one.ravel() for one in maps])
    for name, naive in (("roc_auc", roc_auc_of_pairs), ("f1_max", f1_max_of_thresholds)):
        pairs = [(t.ravel(), v.ravel()) for t, v in zip(masks, maps, strict=True)]
        expected = [naive_or_nan(naive, *pair) for pair in pairs]
        np.testing.assert_allclose(found[name].per_clip, expected, atol=1e-9)
        assert found[name].mean == pytest.approx(np.nanmean(expected), abs=1e-9)
        assert found[name].pooled == pytest.approx(naive(flat, values), abs=1e-9)
    called = [above_percentile_by_hand(one) for one in maps]
    expected = [naive_or_nan(f1_of, *pair) for pair in zip(masks, called, strict=True)]
    cut = found["f1_above_40th_percentile"]
    np.testing.assert_allclose(cut.per_clip, expected, atol=1e-9)
    assert cut.pooled == pytest.approx(f1_of(flat, np.concatenate([c.ravel() for c in called])))
    expected = [
        naive_or_nan(lambda t, m: au_pro_of_thresholds([t], [m]), *pair)
        for pair in zip(masks, maps, strict=True)
    ]
    np.testing.assert_allclose(found["au_pro"].per_clip, expected, atol=1e-9)
    assert found["au_pro"].pooled == pytest.approx(au_pro_of_thresholds(masks, maps), abs=1e-9)
    moviad = found["au_pro_moviad"]
    if not np.isnan(moviad.pooled):
        assert moviad.pooled == pytest.approx(moviad_of_thresholds(masks, maps), abs=1e-9)


@pytest.mark.parametrize("kind", ["random", "ties", "wrong", "good"])
def test_columns_per_clip_and_pooled(kind: str) -> None:
    maps = maps_of(kind)
    columns = [mask.any(axis=0) for mask in truths().values()]
    scores = [column_scores_by_hand(one) for one in maps]
    found = temporal_metrics(columns, maps)
    flat, values = np.concatenate(columns), np.concatenate(scores)
    # Sums in another order differ by an ulp, which would break ties: both are rounded.
    rounded = [np.round(one, 9) for one in scores]
    for name, naive in (("roc_auc", roc_auc_of_pairs), ("f1_max", f1_max_of_thresholds)):
        expected = [naive_or_nan(naive, *pair) for pair in zip(columns, rounded, strict=True)]
        np.testing.assert_allclose(found[name].per_clip, expected, atol=1e-9)
        assert found[name].pooled == pytest.approx(naive(flat, np.round(values, 9)), abs=1e-9)
    called = [above_percentile_by_hand(one) for one in scores]
    expected = [naive_or_nan(f1_of, *pair) for pair in zip(columns, called, strict=True)]
    np.testing.assert_allclose(found["f1_above_40th_percentile"].per_clip, expected, atol=1e-9)


@pytest.mark.parametrize("kind", ["random", "ties", "wrong", "good"])
def test_thresholds_pointing_and_energy(kind: str) -> None:
    for (name, truth), values in zip(truths().items(), maps_of(kind), strict=True):
        positive = values - values.min()
        if name == "empty":
            for measure in (pointing_game, energy_in_mask):
                with pytest.raises(MetricError):
                    measure(truth, positive)
            continue
        cells = [(bool(t), float(v)) for t, v in zip(truth.ravel(), positive.ravel(), strict=True)]
        peak = max(value for _, value in cells)
        at_peak = [is_true for is_true, value in cells if value == peak]
        assert pointing_game(truth, positive) == pytest.approx(sum(at_peak) / len(at_peak))
        inside = sum(value for is_true, value in cells if is_true)
        assert energy_in_mask(truth, positive) == pytest.approx(
            inside / sum(value for _, value in cells), abs=1e-9
        )
        for threshold in (-9.0, 1.0, float(np.median(values)), 9.0):
            assert f1_at(truth, values, threshold) == pytest.approx(
                f1_of(truth, values > threshold), abs=1e-9
            )
        if name != "full":
            assert partial_roc_auc(truth, values) == pytest.approx(
                partial_area_by_hand(truth.ravel(), values.ravel(), 0.1), abs=1e-9
            )


def test_au_pro_agrees_with_mvtecs_code_where_it_is_installed() -> None:
    adeval = pytest.importorskip("adeval", reason="ADEval is not installed; goldens stand for it")
    from core.metrics import au_pro
    from tests.core.metrics.test_metrics_spectrogram import smooth_clips

    for seed in range(5):
        masks, maps = smooth_clips(seed)
        other = adeval.au_pro.calculate_au_pro(
            [mask.astype(np.uint8) for mask in masks], maps, integration_limit=0.3
        )[0]
        assert au_pro(masks, maps) == pytest.approx(other, abs=0.01)
