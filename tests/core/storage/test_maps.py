"""A long map lies in its file as it was drawn, and is read where it is looked at."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from core.detectors.regions import find_regions
from core.errors import StoreError
from core.runtime import arrays, spool
from core.runtime.spool import Spool
from core.storage import models
from core.storage.recordings import add_recording, delete_recording
from core.storage.scores import list_scores, load_map, save_score
from core.storage.thresholds import set_false_alarm_rate
from core.types import AnomalyMap
from tests.core.storage.test_models import fitted
from tests.support.fake_detector import FakeDetector
from tests.support.maps import planted_map


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 1000)
    monkeypatch.setattr(arrays, "MOST_IN_MEMORY", 1000)


def long_map() -> AnomalyMap:
    found = planted_map(n_time=700)
    raw = np.random.default_rng(0).normal(size=found.raw.shape).astype(np.float32) + found.raw
    on_disk = Spool.of(raw.T.copy()).array().T
    assert isinstance(on_disk, np.memmap)
    score = float(raw.max())
    return dataclasses.replace(found, raw=on_disk, score=score)


def scored(found: AnomalyMap) -> tuple[str, str]:
    model = models.save_model(fitted(), "fan")
    calibration = models.load_calibration(model.id)
    clip_id = add_recording("long.wav", b"not read here").id
    threshold = models.get_model(model.id).threshold
    found = dataclasses.replace(
        found,
        threshold=threshold,
        evidence=calibration.evidence_scale(threshold).evidence(found.raw),
        regions=find_regions(
            found.raw, threshold, found.freq_hz, found.time_s, calibration.p_value
        ),
    )
    save_score(model.id, clip_id, found)
    return model.id, clip_id


def test_a_long_map_comes_back_and_is_read_in_parts() -> None:
    found = long_map()
    model_id, clip_id = scored(found)
    loaded = load_map(model_id, clip_id)
    assert isinstance(loaded.raw, np.memmap) and loaded.raw.flags.aligned
    np.testing.assert_array_equal(loaded.raw, found.raw)
    np.testing.assert_array_equal(loaded.score_over_time, np.asarray(found.raw).max(axis=0))
    scale = models.load_calibration(model_id).evidence_scale(loaded.threshold)
    expected = scale.evidence(np.array(found.raw[:, 30:90]))
    np.testing.assert_array_equal(loaded.evidence[:, 30:90], expected)
    np.testing.assert_array_equal(loaded.stretch(30, 60).evidence, expected)
    assert loaded.score == found.score == list_scores(model_id)[0].score
    with np.load(next(Path(loaded.raw.filename).parent.glob("*.npz"))) as file:
        assert "probability" not in file.files


def test_regions_follow_the_rate_and_are_not_sought_again_at_the_one_they_were_found_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model_id, clip_id = scored(long_map())
    before = load_map(model_id, clip_id)
    set_false_alarm_rate(model_id, 0.4)
    looser = load_map(model_id, clip_id)
    whole = np.array(looser.raw)
    p_value = models.load_calibration(model_id).p_value
    found = find_regions(whole, looser.threshold, looser.freq_hz, looser.time_s, p_value)
    assert looser.threshold < before.threshold
    assert (looser.n_regions, looser.regions) == (len(found), found[:100])
    set_false_alarm_rate(model_id, before.false_alarm_rate)
    monkeypatch.setattr("core.detectors.findings.find_regions", None)
    again = load_map(model_id, clip_id)
    assert (again.n_regions, again.regions) == (before.n_regions, before.regions)


def test_a_long_map_of_an_earlier_version_is_mapped_too() -> None:
    """In rows, with its evidence map, and without an overview."""
    found = long_map()
    model_id, clip_id = scored(found)
    before = load_map(model_id, clip_id)
    raw = np.array(found.raw, order="C")
    named = {"freq_hz": found.freq_hz, "time_s": found.time_s}
    path = Path(before.raw.filename)
    path.unlink()
    with path.open("xb") as stream:
        np.savez(stream, raw=raw, probability=np.zeros_like(raw), **named)
    loaded = load_map(model_id, clip_id)
    assert isinstance(loaded.raw, np.memmap)
    np.testing.assert_array_equal(loaded.evidence[:], before.evidence[:])
    assert loaded.regions == before.regions
    np.testing.assert_array_equal(loaded.score_over_time, before.score_over_time)


def test_a_file_cut_short_is_a_sentence_and_a_recording_leaves_nothing_behind() -> None:
    model_id, clip_id = scored(long_map())
    path = Path(load_map(model_id, clip_id).raw.filename)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError, match=r"map of “long.wav” is damaged. Score"):
        load_map(model_id, clip_id)
    path.write_bytes(content)
    delete_recording(clip_id)
    assert not path.exists() and list(path.parent.iterdir()) == []
