"""A recording that passes in blocks, its map on disk, is scored as the whole clip in memory is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio.stream import SoundStream
from core.detectors import Detector, connected_parts
from core.detectors.presets import preset_settings
from core.errors import SettingError
from core.explain.explanation import explain
from core.features import extractor
from core.features.cache import FeatureCache
from core.report.pictures import map_png
from core.report.recording import map_npz
from core.runtime import columns, spool
from core.types import AnomalyMap, Clip
from tests.core.detectors.heads.test_heads import QUICK
from tests.support.fake_features import SAMPLE_RATE, noise, small_backbone
from tests.support.one_truth import check_one_truth

SECONDS = 0.5
FORMS = [
    ("padim", "recommended"),  # both views
    ("patchcore", "published"),  # a score of its own beside its map
    ("autoencoder", "published"),  # a grid as fine as the spectrogram
    ("autoencoder", "recommended"),
]


@pytest.fixture(scope="module", params=FORMS, ids="-".join)
def fitted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    head, preset = request.param
    settings: dict[str, Any] = QUICK.get(head, {}) | preset_settings(head, preset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.detectors.detector.load_backbone", lambda *_: small_backbone())
        detector = Detector(head, "aisfx", device="cpu", **settings)
    clips = [noise(k, SECONDS) for k in range(6)]
    return detector.fit(clips, cache=FeatureCache(tmp_path_factory.mktemp("features")))


def streamed(clip: Clip, n_block: int = 3000) -> SoundStream:
    blocks = (clip.samples[i : i + n_block] for i in range(0, clip.samples.size, n_block))
    return SoundStream(blocks, clip.sample_rate, clip.name, clip.duration_seconds)


def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 1000)
    monkeypatch.setattr(columns, "COLUMNS_AT_ONCE", 50)
    monkeypatch.setattr(connected_parts, "COLUMNS_AT_ONCE", 37)


def test_the_map_on_disk_is_that_in_memory(
    fitted: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Score, map, evidence, views and regions: of noise with a burst, and with a hum throughout."""
    monkeypatch.setattr(extractor, "SEGMENT_SECONDS", 0.5)
    n = round(4.3 * SAMPLE_RATE)
    hum = 0.1 * np.sin(2 * np.pi * 900 * np.arange(n) / SAMPLE_RATE)
    burst = noise(105, 4.3, (1.8, 3000.0))
    for clip in (burst, Clip.from_samples(burst.samples + hum, SAMPLE_RATE, "hum")):
        whole = fitted.score(clip)
        with monkeypatch.context() as patch:
            on_disk(patch)
            found = fitted.score(streamed(clip))
            assert isinstance(found.raw, np.memmap) and not isinstance(whole.raw, np.memmap)
            check_same(found, whole)
            check_one_truth(found, fitted.calibration, fitted.false_alarm_rate)


def check_same(found: AnomalyMap, whole: AnomalyMap) -> None:
    np.testing.assert_allclose(found.raw, whole.raw, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(found.evidence, whole.evidence, atol=1e-5)
    np.testing.assert_allclose(found.evidence[3:9, 40:90], whole.evidence[3:9, 40:90], atol=1e-5)
    np.testing.assert_array_equal(found.score_over_time, np.asarray(found.raw).max(axis=0))
    np.testing.assert_array_equal(found.time_s, whole.time_s)
    assert found.evidence.shape == whole.evidence.shape
    assert found.score == pytest.approx(whole.score, rel=1e-6)
    assert [one.view for one in found.views] == [one.view for one in whole.views]
    assert [one.words for one in found.views] == [one.words for one in whole.views]
    assert len(found.regions) == len(whole.regions) > 0
    for one, other in zip(found.regions, whole.regions, strict=True):
        assert one.view == other.view
        assert list(vars(one).values())[:-1] == pytest.approx(list(vars(other).values())[:-1])
    part, of_whole = found.stretch(100, 60), whole.stretch(100, 60)
    np.testing.assert_allclose(part.evidence, of_whole.evidence, atol=1e-5)
    assert isinstance(part.evidence, np.ndarray) and not isinstance(part.raw, np.memmap)


def test_a_long_clip_is_explained_as_a_short_one_is(
    fitted: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = noise(105, 2.3, (1.8, 3000.0))
    whole = explain(fitted, clip, background=noise(3, 1.0))
    on_disk(monkeypatch)
    assert isinstance(fitted.score(clip).raw, np.memmap)
    found = explain(fitted, clip, background=noise(3, 1.0))
    assert found.faithfulness == pytest.approx(whole.faithfulness, abs=1e-5)
    np.testing.assert_allclose(found.removed.samples, whole.removed.samples, atol=1e-5)
    assert map_npz(found.found) and map_png(found.found)


def test_what_a_map_on_disk_took_is_gone_with_it(
    fitted: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    on_disk(monkeypatch)
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path))
    found = fitted.score(streamed(noise(7, 2.0)))
    assert float(found.raw[0, 0]) == found.raw[0, 0]
    assert list((tmp_path / "cache" / "scratch").iterdir()) == []


def test_a_stream_at_another_rate_is_refused(fitted: Detector) -> None:
    stream = SoundStream(iter([np.zeros(9, np.float32)]), 44_100, "other", 1.0)
    with pytest.raises(SettingError, match="at the detector's 8000 Hz, not 44100"):
        fitted.score(stream)
