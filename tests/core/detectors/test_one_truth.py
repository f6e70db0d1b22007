"""Verdict, map and regions never contradict each other: every head, form, clip and rate.

The networks are small and random; recordings are scored with the real one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio import find_audio, read_clip, wav_bytes
from core.backbones import registry as backbones
from core.detectors import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.registry import HEADS
from core.features.cache import FeatureCache
from core.storage import database, models
from core.storage.recordings import add_recording
from core.storage.scores import list_scores, load_map, save_score
from core.storage.thresholds import set_false_alarm_rate
from core.types import AnomalyMap, Clip, TrainingClip
from tests.conftest import ROOT
from tests.core.detectors.heads.test_heads import QUICK
from tests.support.fake_features import SAMPLE_RATE, noise, small_backbone, small_beats
from tests.support.one_truth import check_one_truth

RATES = (0.01, 0.05, 0.1, 0.3)
N_NORMALS = 10  # of which 0.1 and 0.3 can be measured
SECONDS = 0.5
FORMS = list(itertools.product(HEADS, ("published", "recommended")))


@pytest.fixture(scope="module", autouse=True)
def small_networks() -> Iterator[None]:
    """Random networks of the two kinds under names of the registry, so that models load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(backbones.BACKBONES, "small", lambda device: small_backbone(str(device)))
        patch.setitem(backbones.BACKBONES, "beats-small", lambda device: small_beats(str(device)))
        backbones._load.cache_clear()
        yield
    backbones._load.cache_clear()
    database.close()


@pytest.fixture(scope="module", params=FORMS, ids="-".join)
def fitted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Each head in each form, fitted on ten clips of noise."""
    head, preset = request.param
    settings: dict[str, Any] = preset_settings(head, preset)
    settings = QUICK.get(head, {}) | settings
    if head == "anopatch":
        settings |= {"steps": 1, "accumulation": 1}
    backbone = "beats-small" if HEADS[head].backbones else "small"
    clips = [TrainingClip(noise(k, SECONDS), class_name="ab"[k % 2]) for k in range(N_NORMALS)]
    detector = Detector(head, backbone, device="cpu", **settings)
    return detector.fit(clips, cache=FeatureCache(tmp_path_factory.mktemp("features")))


def clips() -> dict[str, Clip]:
    """Sounds of every kind that a user may bring."""
    time_s = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    usual = noise(100, SECONDS).samples
    half = usual.copy()
    half[: half.size // 2] = 0.0
    one_sample = np.zeros(usual.size)
    one_sample[1234] = 1.0
    sounds = {
        "normal": usual,
        "click": noise(101, SECONDS, (0.2, 2500.0)).samples,
        "faint tone": usual + 0.01 * np.sin(2 * np.pi * 1500 * time_s),
        "tone": usual + 0.2 * np.sin(2 * np.pi * 1500 * time_s),
        "silence": np.zeros(usual.size),
        "constant": np.full(usual.size, 0.25),
        "half silent": half,
        "one sample": one_sample,
        "20 dB louder": 10.0 * usual,
        "40 dB louder": np.clip(100.0 * usual, -1, 1),
        "60 dB quieter": 0.001 * usual,
        "0.1 s": noise(102, 0.1).samples,
        "0.3 s": noise(103, 0.3).samples,
        "just one window": noise(104, 1.4 * SECONDS, (0.5, 3000.0)).samples,
        "windows": noise(105, 4.3 * SECONDS, (1.8, 3000.0)).samples,
        "silence after sound": np.concatenate([usual, np.zeros(2 * usual.size)]),
    }
    return {
        name: Clip.from_samples(np.clip(sound, -1, 1), SAMPLE_RATE, name)
        for name, sound in sounds.items()
    }


def same(first: AnomalyMap, second: AnomalyMap) -> None:
    np.testing.assert_array_equal(first.raw, second.raw)
    np.testing.assert_array_equal(first.evidence, second.evidence)
    for name in ("score", "p_value", "threshold", "anomalous", "regions", "views"):
        assert getattr(first, name) == getattr(second, name), name


def test_a_clip_is_anomalous_exactly_when_it_has_a_region(fitted: Detector, tmp_path: Path) -> None:
    """Scored, loaded and scored, and stored: at every rate, the others moved to after scoring."""
    two_views = fitted.settings.views == "both"
    for level_counts in (False, True)[: 1 + two_views]:
        fitted.level_counts = level_counts
        folder = tmp_path / f"{level_counts}"
        fitted.save(folder)
        loaded = Detector.load(folder, device="cpu")
        model_id = models.save_model(fitted, "noise").id
        clip_ids = []
        verdicts = set()
        for k, (name, clip) in enumerate(clips().items()):
            rate = RATES[k % len(RATES)]
            fitted.false_alarm_rate = loaded.false_alarm_rate = rate
            found = fitted.score(clip)
            check_one_truth(found, fitted.calibration, rate)
            same(loaded.score(clip), found)
            clip_ids.append(add_recording(f"{name}.wav", wav_bytes(clip.samples, SAMPLE_RATE)).id)
            save_score(model_id, clip_ids[-1], found)
            set_false_alarm_rate(model_id, rate)
            same(load_map(model_id, clip_ids[-1]), found)
            if name == "silence" and two_views:
                check_dead_microphone(found)
        for rate in RATES:
            set_false_alarm_rate(model_id, rate)
            listed = {record.clip_id: record for record in list_scores(model_id)}
            for clip_id in clip_ids:
                found = load_map(model_id, clip_id)
                check_one_truth(found, models.load_calibration(model_id), rate)
                record = listed[clip_id]
                assert (record.score, record.anomalous) == (found.score, found.anomalous)
                verdicts.add(found.anomalous)
        assert verdicts == {True, False}


def test_a_clip_at_the_threshold_itself_is_normal(fitted: Detector, tmp_path: Path) -> None:
    """Recalibrated on clips, the detector gives each of them its own calibration score."""
    fitted.save(tmp_path / "model")
    known = clips()
    del known["normal"], known["windows"]
    for level_counts in (False, True)[: 1 + (fitted.settings.views == "both")]:
        detector = Detector.load(tmp_path / "model", device="cpu")
        detector.level_counts, detector.false_alarm_rate = level_counts, 0.3
        detector.recalibrate(known.values())
        scores = []
        for found in detector.score_many(known.values()):
            check_one_truth(found, detector.calibration, 0.3)
            scores.append(found.score)
        assert sorted(scores) == detector.calibration.clip_scores.tolist()
        # At most; clips of one score, as silence and a constant may have, are judged alike.
        n_anomalous = sum(score > detector.calibration.threshold(0.3) for score in scores)
        assert n_anomalous <= int(0.3 * (len(scores) + 1))


def check_dead_microphone(found: AnomalyMap) -> None:
    """As published some heads find nothing in silence: a student imitates its teacher there too."""
    assert found.anomalous and found.p_value == 1 / (N_NORMALS + 1)
    assert any(view.words.startswith("silent") for view in found.views)


# ---- recordings ------------------------------------------------------------------------------


def of_class(folder: Path, name: str) -> list[Path]:
    rows = (folder / "meta" / "esc50.csv").read_text("utf-8").splitlines()[1:]
    return [folder / "audio" / row.split(",")[0] for row in rows if row.split(",")[3] == name]


@pytest.fixture(
    scope="module", params=[(RECOMMENDED_HEAD, "recommended"), ("patchcore", "published")]
)
def of_rain(
    request: pytest.FixtureRequest,
    esc10: Path,
    aisfx_weights: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Detector:
    """Two heads fitted on recordings of rain."""
    head, preset = request.param
    settings = preset_settings(head, preset) | ({"bank_size": 200} if head == "patchcore" else {})
    detector = Detector(head, device="cpu", **settings)
    rain = [read_clip(path) for path in of_class(esc10, "rain")[:N_NORMALS]]
    return detector.fit(rain, cache=FeatureCache(tmp_path_factory.mktemp("features")))


@pytest.mark.parametrize("level_counts", [False, True])
def test_recordings_are_anomalous_exactly_when_they_have_a_region(
    of_rain: Detector, level_counts: bool, esc10: Path
) -> None:
    of_rain.level_counts = level_counts
    paths = of_class(esc10, "rain")[N_NORMALS : N_NORMALS + 3]
    paths += [of_class(esc10, name)[0] for name in ("dog", "helicopter", "chainsaw")]
    recordings = [read_clip(path) for path in paths]
    for rate in RATES:
        of_rain.false_alarm_rate = rate
        for found in of_rain.score_many(recordings, cache=FeatureCache()):
            check_one_truth(found, of_rain.calibration, rate)


@pytest.fixture(scope="module")
def slider(aisfx_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, Path]:
    """The recommended form fitted on a slide rail in a factory, and where its recordings lie."""
    folder = ROOT.parent / "shared" / "data" / "mimii" / "slider" / "id_00"
    if not folder.is_dir():
        pytest.skip("the MIMII recordings are not here (../shared/data/mimii)")
    head = RECOMMENDED_HEAD
    detector = Detector(head, device="cpu", **preset_settings(head, "recommended"))
    normal = [read_clip(path) for path in find_audio([folder / "normal"])[:6]]
    cache = FeatureCache(tmp_path_factory.mktemp("features"))
    return detector.fit(normal, cache=cache), folder


@pytest.mark.parametrize("level_counts", [False, True])
def test_machines_are_anomalous_exactly_when_they_have_a_region(
    slider: tuple[Detector, Path], level_counts: bool
) -> None:
    detector, folder = slider
    detector.level_counts = level_counts
    paths = find_audio([folder / "normal"])[6:8] + find_audio([folder / "abnormal"])[:3]
    for rate in RATES:
        detector.false_alarm_rate = rate
        for found in detector.score_many(map(read_clip, paths), cache=FeatureCache()):
            check_one_truth(found, detector.calibration, rate)
