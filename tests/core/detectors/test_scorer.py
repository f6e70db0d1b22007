"""A scorer measures a clip to its last frame, wherever that lies in the network's columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.detectors.heads.padim import PaDiM
from core.detectors.scorer import Scorer
from core.detectors.settings import make_settings
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.runtime.progress import silent
from core.types import TrainingClip
from tests.support.fake_features import SETTINGS, features_of, noise, small_backbone


@pytest.mark.parametrize("more_frames", range(6))
@pytest.mark.parametrize("seconds", [1.024, 2.048])
def test_a_training_clip_is_known_to_the_stationary_view_to_its_end(
    seconds: float, more_frames: int, tmp_path: Path
) -> None:
    """Its last second is a part of one, whose middle may lie in the padding."""
    backbone = small_backbone()
    settings = make_settings(PaDiM.settings_type, "padim", {"views": "both", "n_channels": 4})
    scorer = Scorer(PaDiM(settings, backbone.default_layers, backbone), backbone)
    clips = [noise(seed, seconds + more_frames * SETTINGS.hop_seconds) for seed in range(3)]
    scorer.fit(features_of(clips, tmp_path, backbone), seed=0, progress=silent)
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    info = extractor.info(TrainingClip.of(clips[1]))
    measured = scorer.measure(info, extractor.segments(clips[1]), seconds)
    assert measured.stationary is not None
    assert float(measured.stationary.rows.max()) < 1e-5
    assert float(measured.stationary.distances.max()) < 1e-5
    assert measured.frames == [(0, measured.n_frames)]
