"""Agreement is the share of models above their thresholds, as a count cell by cell gives it."""

import dataclasses

import numpy as np
import pytest

from core.evaluation.agreement import agreement, agreement_sentence, on_axes
from core.types import AnomalyMap


def make_map(seed: int, n_freq: int = 6, n_time: int = 20, planted: bool = False) -> AnomalyMap:
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0, 2, (n_freq, n_time)).astype(np.float32)
    if planted:
        raw[:] = 0.1
        raw[2:4, n_time // 4 : n_time // 2] = 5.0
    return AnomalyMap(
        "clip", raw, raw / 6, np.geomspace(100, 8000, n_freq),
        (np.arange(n_time) + 0.5) * 4 / n_time, float(raw.max()), 0.05, 1.5, (),
    )  # fmt: skip


def test_the_share_is_a_count_over_each_cell() -> None:
    maps = [make_map(seed) for seed in range(5)]
    found = agreement(maps)
    for row in range(6):
        for column in range(20):
            n_above = sum(one.raw[row, column] > one.threshold for one in maps)
            assert found.share[row, column] == pytest.approx(n_above / 5)


def test_another_models_axes_are_met_by_the_nearest_cell() -> None:
    coarse, fine = make_map(1, 6, 20), make_map(2, 11, 33)
    taken = on_axes(fine.raw, fine, coarse.freq_hz, coarse.time_s)
    mel = lambda hz: np.log1p(np.asarray(hz) / 700)  # noqa: E731
    for row, hz in enumerate(coarse.freq_hz):
        for column, seconds in enumerate(coarse.time_s):
            r = np.abs(mel(fine.freq_hz) - mel(hz)).argmin()
            c = np.abs(fine.time_s - seconds).argmin()
            assert taken[row, column] == fine.raw[r, c]


def test_where_more_than_half_agree_is_said_with_its_place() -> None:
    anomalous = [make_map(0, planted=True) for _ in range(3)]
    calm = dataclasses.replace(make_map(0, planted=True), raw=np.zeros((6, 20), np.float32))
    calm = dataclasses.replace(calm, score=0.0)
    found = agreement([*anomalous, calm])
    assert found.regions[0].score == pytest.approx(0.75)
    said = agreement_sentence([*anomalous, calm], found)
    assert said.startswith("3 of 4 models find this recording anomalous")
    assert "3 of them agree on 1.0–2.0 s" in said
    # Half is no majority.
    assert not agreement([anomalous[0], calm]).regions
    assert "no place" in agreement_sentence([anomalous[0], calm], agreement([anomalous[0], calm]))
    assert agreement_sentence(anomalous[:1], agreement(anomalous[:1])).startswith(
        "The one model finds"
    )


def test_no_map_is_refused() -> None:
    with pytest.raises(ValueError, match="no map"):
        agreement([])


def test_long_maps_agree_as_short_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Block by block, on disk."""
    maps = [make_map(seed, 24, 400) for seed in range(3)]
    whole = agreement(maps)
    monkeypatch.setattr("core.evaluation.agreement.COLUMNS_AT_ONCE", 33)
    monkeypatch.setattr("core.runtime.spool.MOST_IN_MEMORY", 100)
    found = agreement(maps)
    assert isinstance(found.share, np.memmap)
    np.testing.assert_array_equal(found.share, whole.share)
    assert found.regions == whole.regions
