"""What views say of a clip agrees with its regions and with the sound."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.audio import read_clip
from core.detectors import Detector
from core.detectors.findings import Axes, placed
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.region_words import region_words
from core.evaluation.datasets.machines import make
from core.features.cache import FeatureCache
from core.report.summary_sentence import summary_sentence
from core.types import EVENT, LEVEL, STATIONARY, AnomalyMap, Clip, Region, ViewFinding
from tests.core.detectors.test_detector import RATE, steady_noise

AXES = Axes(np.linspace(50.0, 20_000.0, 96), np.arange(200) * 0.025)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, aisfx_weights: object) -> Detector:
    detector = Detector(
        RECOMMENDED_HEAD,
        false_alarm_rate=0.1,
        **preset_settings(RECOMMENDED_HEAD, "recommended"),
    )
    cache = FeatureCache(tmp_path_factory.mktemp("features"))
    return detector.fit([normal(seed) for seed in range(12)], cache=cache)


def normal(seed: int, extra: np.ndarray | float = 0.0, gain: float = 1.0) -> Clip:
    level = 0.05 * gain * np.random.default_rng(seed).uniform(0.8, 1.25)
    return Clip.from_samples(steady_noise(3.0, seed, level) + extra, RATE, f"clip {seed}")


def by_view(found: AnomalyMap) -> dict[str, ViewFinding]:
    return {view.view: view for view in found.views}


def test_a_knock_is_an_event_with_the_time_and_band_of_its_region(
    tmp_path: Path, aisfx_weights: object
) -> None:
    detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, "recommended"))
    detector.fit([make("fan", seed=k).clip for k in range(10)], cache=FeatureCache(tmp_path))
    knock = make("fan", seed=200, fault="bearing knock")
    found = detector.score(knock.clip)
    event, region = by_view(found)[EVENT], found.regions[0]
    assert region.view == EVENT
    assert event.words == region_words(region, knock.clip.duration_seconds)
    assert any(start < region.end_s and region.start_s < end for start, end in knock.fault_times)
    assert event.p_value == 1 / 11
    assert f": {event.words}" in summary_sentence(found)


def test_a_tone_sounds_different_throughout_in_its_band(fitted: Detector) -> None:
    tone = 0.05 * np.sin(2 * np.pi * 2500.0 * np.arange(3 * RATE) / RATE)
    found = fitted.score(normal(98, tone))
    words, region = by_view(found)[STATIONARY].words, found.regions[0]
    assert region.view == STATIONARY
    assert words.startswith("sounds different throughout, mostly at ")
    assert words == region_words(region, 3.0)
    assert region.low_hz < 2500 < region.high_hz
    assert f": {words}" in summary_sentence(found)


def test_a_louder_recording_is_a_remark_until_the_level_counts(fitted: Detector) -> None:
    clip = normal(97, gain=10 ** (12 / 20))
    found = fitted.score(clip)
    level = by_view(found)[LEVEL]
    assert level.words.endswith("dB louder than any normal recording")
    assert 8 <= int(level.words.split()[0]) <= 14
    assert f"{level.words}, which does not count here." in summary_sentence(found)
    assert all(region.view != LEVEL for region in found.regions)
    fitted.level_counts = True
    try:
        counted = fitted.score(clip)
    finally:
        fitted.level_counts = False
    assert counted.anomalous
    assert "does not count" not in summary_sentence(counted)
    assert level.words in summary_sentence(counted)


def test_sentence_and_regions_of_real_recordings_never_contradict(
    esc10: Path, tmp_path: Path, aisfx_weights: object
) -> None:
    with (esc10 / "meta" / "esc50.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["fold"] in "123"]

    def clips(category: str, first: int, stop: int) -> list[Clip]:
        names = [row["filename"] for row in rows if row["category"] == category][first:stop]
        return [read_clip(esc10 / "audio" / name) for name in names]

    detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, "recommended"))
    detector.fit(clips("rain", 0, 10), cache=FeatureCache(tmp_path))
    begins = {EVENT: "an event ", STATIONARY: "sounds different ", LEVEL: ""}
    leading = set()
    for clip in [*clips("rain", 10, 14), *clips("dog", 0, 5), *clips("helicopter", 0, 5)]:
        for detector.false_alarm_rate, detector.level_counts in ((0.05, False), (0.4, True)):
            found = detector.score(clip)
            verdict, _, what = summary_sentence(found).partition(": ")
            assert found.anomalous == bool(found.regions) == verdict.startswith("Anomalous")
            if found.regions:
                leads = found.regions[0].view
                leading.add(leads)
                assert what.startswith(by_view(found)[leads].words)
                assert what.startswith(begins[leads])
    assert leading >= {EVENT, STATIONARY}


def test_words_follow_the_strongest_region_of_their_view() -> None:
    def region(view: str, start_s: float, score: float) -> Region:
        return Region(start_s, start_s + 0.4, 300, 900, start_s + 0.1, 400, score, 0.04, view)

    views = [
        ViewFinding(EVENT, 9.0, 0.04, True, "an event at 1.1 s, 0.3–1 kHz"),
        ViewFinding(LEVEL, 8.0, 0.04, True, "9 dB louder than any normal recording"),
        ViewFinding(STATIONARY, 1.0, 0.8, True, "sounds different throughout, mostly at 1–2 kHz"),
    ]
    regions = [region(LEVEL, 0.0, 9.5), region(EVENT, 3.0, 9.0), region(EVENT, 1.0, 7.0)]
    event, level, stationary = placed(views, regions, AXES)
    assert event == replace(views[0], words="an event at 3.0–3.4 s, 300–900 Hz")
    assert (level, stationary) == (views[1], views[2])
    assert placed(views, (), AXES) == tuple(views)
