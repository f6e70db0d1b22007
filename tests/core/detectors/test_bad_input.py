"""Few clips, equal ones, clips of all lengths and levels: a detector is fitted, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.detectors import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.registry import HEADS
from core.errors import FitError
from core.features.cache import FeatureCache
from core.types import Clip
from tests.core.detectors.heads.test_heads import QUICK
from tests.core.detectors.test_one_truth import SECONDS, clips, small_networks
from tests.support.fake_features import SAMPLE_RATE, noise
from tests.support.one_truth import check_one_truth

__all__ = ["small_networks"]  # the fixture

# Cheap to fit, and one that learns by steps.
QUICK_HEADS = (RECOMMENDED_HEAD, "padim", "cfa")
FewClips = Callable[[], list[Clip]]


def louder(seed: int, gain: float) -> Clip:
    return Clip.from_samples(np.clip(gain * noise(seed, SECONDS).samples, -1, 1), SAMPLE_RATE, "x")


def constant(value: float) -> Clip:
    return Clip.from_samples(np.full(4000, value), SAMPLE_RATE, f"constant {value}")


TRAINING: dict[str, FewClips] = {
    "two": lambda: [noise(seed, SECONDS) for seed in range(2)],
    "three": lambda: [noise(seed, SECONDS) for seed in range(3)],
    "0.1 to 40 s": lambda: [noise(k, s) for k, s in enumerate((SECONDS, 40.0, 3.0, 0.1, 12.0))],
    "60 dB apart": lambda: [louder(k, g) for k, g in enumerate((1.0, 0.01, 10.0, 0.1, 0.3))],
    "equal but one": lambda: [*[noise(0, SECONDS)] * 4, noise(1, SECONDS)],
    "one silent": lambda: [*[noise(k, SECONDS) for k in range(5)], constant(0.0)],
    "constant": lambda: [constant(k / 10) for k in range(5)],
}


def fitted(head: str, preset: str, training: list[Clip], folder: Path) -> Detector:
    settings = QUICK.get(head, {}) | preset_settings(head, preset)
    backbone = "beats-small" if HEADS[head].backbones else "small"
    detector = Detector(head, backbone, device="cpu", **settings)
    return detector.fit(training, cache=FeatureCache(folder))


@pytest.mark.parametrize("training", TRAINING)
@pytest.mark.parametrize("preset", ["published", "recommended"])
@pytest.mark.parametrize("head", QUICK_HEADS)
def test_whatever_it_was_fitted_on_every_clip_gets_one_verdict(
    head: str, preset: str, training: str, tmp_path: Path
) -> None:
    detector = fitted(head, preset, TRAINING[training](), tmp_path)
    assert np.isfinite(detector.calibration.clip_scores).all()
    warning = detector.calibration.warning(0.05)
    n_clips = detector.n_clips
    assert warning is not None and f"{n_clips} normal recordings measure" in warning
    for level_counts in (False, True):
        detector.level_counts = level_counts
        for k, clip in enumerate(clips().values()):
            rate = detector.false_alarm_rate = (0.05, 0.3)[(k + level_counts) % 2]
            check_one_truth(detector.score(clip), detector.calibration, rate)


@pytest.mark.parametrize("n_clips", [2, 3])
def test_two_and_three_clips_are_fitted_on_and_their_scores_stay_sober(
    n_clips: int, tmp_path: Path
) -> None:
    """Two clips are each other's nearest: with a spread of zero, scores were a thousand million."""
    detector = fitted(
        RECOMMENDED_HEAD, "recommended", [noise(k, SECONDS) for k in range(n_clips)], tmp_path
    )
    detector.false_alarm_rate = 0.34
    assert detector.calibration.warning(0.34) is None
    new = [detector.score(noise(50 + k, SECONDS)) for k in range(10)]
    assert max(abs(found.score) for found in new) < 20.0
    click = detector.score(noise(60, SECONDS, (0.2, 2500.0)))
    assert click.anomalous and click.score > max(found.score for found in new)


@pytest.mark.parametrize("preset", ["published", "recommended"])
@pytest.mark.parametrize("head", HEADS)
def test_one_clip_and_one_sound_repeated_are_refused(
    head: str, preset: str, tmp_path: Path
) -> None:
    with pytest.raises(FitError, match=r"at least 2 normal clips.*there is 1\."):
        fitted(head, preset, [noise(0, SECONDS)], tmp_path)
    with pytest.raises(FitError, match="All 3 clips are the same recording"):
        fitted(head, preset, [noise(0, SECONDS)] * 3, tmp_path)
