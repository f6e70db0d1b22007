"""Same clips, same detector: neither their order nor who is scored beside them changes a bit."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from core.audio import read_clip
from core.backbones import Backbone
from core.detectors import HEADS, Detector
from core.detectors.cross_fitting import Fitted, fit_and_calibrate
from core.detectors.registry import head_type
from core.detectors.scorer import Scorer
from core.detectors.settings import make_settings
from core.evaluation.candidate import Candidate
from core.evaluation.layer_choice import choose_layers
from core.evaluation.ranking import RankedRecordings, UnreadClip, rank
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor, Features
from core.runtime.progress import silent
from core.types import Clip, TrainingClip
from tests.core.detectors.heads.test_heads import QUICK, backbone_for, two_classes
from tests.support.fake_features import features_of, noise

ORDERS = ([4, 2, 6, 0, 5, 1, 3], [6, 5, 4, 3, 2, 1, 0])


@pytest.fixture(scope="module")
def features_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Backbone], Features]:
    @lru_cache
    def made(backbone: Backbone) -> Features:
        clips = [
            noise(seed, 1.0 + 0.1 * (seed % 3), (0.2, 400.0 * (seed + 1))) for seed in range(7)
        ]
        return two_classes(features_of(clips, tmp_path_factory.mktemp("features"), backbone))

    return made


def fitted(name: str, features: Features, preset: str, seed: int = 0) -> Fitted:
    backbone, kind = backbone_for(name), head_type(name)
    wanted = QUICK.get(name, {}) | (kind.recommended if preset == "recommended" else {})
    settings = make_settings(kind.settings_type, name, wanted)
    layers = kind.choose_layers(settings, backbone)
    return fit_and_calibrate(
        lambda: Scorer(kind(settings, layers, backbone), backbone),
        features,
        seed=seed,
        progress=silent,
    )


def learned(detector: Fitted) -> dict[str, torch.Tensor]:
    """Everything that a score follows from, without which clip is which."""
    found = detector.scorer.state()
    found |= {name: torch.from_numpy(of) for name, of in detector.scores.scores.items()}
    if detector.rows and detector.fusion:
        found |= detector.fusion.state()
        found |= {"centre": detector.rows.centre, "spread": detector.rows.spread}
    return found


@pytest.mark.parametrize("preset", ["recommended", "published"])
@pytest.mark.parametrize("name", list(HEADS))
def test_the_order_of_the_clips_changes_no_bit(
    name: str, preset: str, features_for: Callable[[Backbone], Features]
) -> None:
    features = features_for(backbone_for(name))
    first = fitted(name, features, preset)
    for order in ORDERS:
        other = fitted(name, features.subset(order), preset)
        of_first, of_other = learned(first), learned(other)
        assert of_first.keys() == of_other.keys()
        assert all(torch.equal(of_first[key], of_other[key]) for key in of_first)
        # Each score, and each vector of the stationary view, is still known by its clip.
        assert [order[i] for i in other.scores.clips] == [*first.scores.clips]
        assert [order[i] for i in other.segment_clips] == [*first.segment_clips]


def test_another_seed_is_another_draw(features_for: Callable[[Backbone], Features]) -> None:
    features = features_for(backbone_for("patchcore"))
    first, other = (learned(fitted("patchcore", features, "published", seed)) for seed in (0, 1))
    assert not torch.equal(first["head.bank"], other["head.bank"])


def recordings(esc10: Path) -> list[Clip]:
    """Nine recordings of half a second to two, so that a batch would hold many."""
    files = sorted((esc10 / "audio").iterdir())[:9]
    return [
        read_clip(file, sample_rate=44_100, start_seconds=0.5, stop_seconds=1.0 + 0.5 * (i % 3))
        for i, file in enumerate(files)
    ]


def test_a_detector_of_real_recordings_is_one_in_any_order(
    esc10: Path, aisfx_weights: Path, tmp_path: Path
) -> None:
    clips = recordings(esc10)
    training, others = clips[:7], clips[7:]
    found = []
    for i, order in enumerate(([*range(7)], *ORDERS)):
        detector = Detector("patchcore", views="both", bank_size=40)
        detector.fit((training[k] for k in order), cache=FeatureCache(tmp_path / str(i)))
        assert [one["name"] for one in detector.training] == [training[k].name for k in order]
        maps = list(detector.score_many(others))
        found.append((detector.calibration.threshold(0.05), maps[0].score, maps[1].score))
    assert found[1:] == [found[0]] * len(ORDERS)


def test_a_clip_scores_the_same_bits_whatever_is_scored_beside_it(
    esc10: Path, aisfx_weights: Path, tmp_path: Path
) -> None:
    whole = recordings(esc10)[:6]
    clips = [Clip.from_samples(one.samples[:22_050], 44_100, one.name) for one in whole]
    detector = Detector("padim", views="both", position="frequency", ridge=0.1, n_channels=0)
    detector.fit(clips[:4], cache=FeatureCache(tmp_path / "fit"))
    alone = [detector.score(clip) for clip in clips]
    for batch in (clips, clips[:0:-1]):
        for found in detector.score_many(batch):
            of_it = next(one for one in alone if one.clip_name == found.clip_name)
            assert (found.score, found.p_value) == (of_it.score, of_it.p_value)
            np.testing.assert_array_equal(found.raw, of_it.raw)
    # Nor does what was computed first, beside others, and is read from the cache.
    cache = FeatureCache(tmp_path / "cache")
    FeatureExtractor(detector.backbone, detector.layers, cache).extract(clips)
    cached = list(detector.score_many(clips, cache=cache))
    for one, of_it in zip(cached, alone, strict=True):
        np.testing.assert_array_equal(one.raw, of_it.raw)


def test_the_number_of_threads_moves_a_score_by_rounding_only(
    esc10: Path, aisfx_weights: Path, tmp_path: Path
) -> None:
    clips, before = recordings(esc10), torch.get_num_threads()
    found = []
    try:
        for n_threads in (1, 2, 4):
            torch.set_num_threads(n_threads)
            detector = Detector("padim", views="both", position="frequency", relative_ridge=3.0)
            detector.fit(clips[:6], cache=FeatureCache(tmp_path / str(n_threads)))
            scores = [detector.score(clip).score for clip in clips[6:]]
            found.append([detector.calibration.threshold(0.05), *scores])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-4)


def test_the_choice_of_layers_is_one_in_any_order(
    aisfx_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = [("conv_block2",)]
    monkeypatch.setattr("core.evaluation.layer_choice.sets_of_layers", lambda *_: only)
    rng = np.random.default_rng(0)
    clips = [
        TrainingClip(Clip.from_samples(rng.normal(0, 0.1, 11_025).clip(-1, 1), 44_100, str(i)))
        for i in range(4)
    ]
    first, other = (choose_layers(order) for order in (clips, clips[::-1]))
    assert first == other


def test_a_ranking_is_one_in_any_order(aisfx_weights: Path) -> None:
    def recorded(seed: int, hz: float = 0.0) -> Clip:
        samples = np.random.default_rng(seed).normal(0, 0.1, 22_050)
        samples += 0.1 * np.sin(np.arange(22_050) * hz * 2 * np.pi / 44_100)
        return Clip.from_samples(samples.clip(-1, 1), 44_100, f"{seed} {hz}")

    normal = [UnreadClip(partial(recorded, seed), str(seed)) for seed in range(5)]
    odd = [partial(recorded, seed, 300.0 * seed) for seed in (9, 3, 7)]
    candidate = Candidate("padim", "published", "aisfx", {"n_channels": 10})
    first, other = (
        rank(RankedRecordings(*given), [candidate])[0]
        for given in ((normal, odd), (normal[::-1], odd[::-1]))
    )
    assert first.roc_auc is not None
    for name in ("roc_auc", "spread", "n_alarms", "n_checked"):
        assert getattr(first, name) == getattr(other, name)
