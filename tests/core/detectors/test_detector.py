"""Facts about a whole detector on sound: where it points, what it keeps, what it promises."""

import numpy as np
import pytest
import torch

from core.detectors import HEADS, Detector, model_folder
from core.detectors.heads.head import Head
from core.detectors.registry import head_type
from core.errors import Cancelled, FitError, ModelError, SettingError
from core.features.cache import FeatureCache
from core.runtime.progress import silent
from core.spectral.masking import kept, removed
from core.types import Clip, TrainingClip

pytestmark = pytest.mark.usefixtures("aisfx_weights")

RATE = 44_100


def steady_noise(seconds: float, seed: int, level: float = 0.05) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, round(RATE * seconds)).clip(-1, 1)


def normal_clips(n: int = 8, seconds: float = 3.0) -> list[Clip]:
    return [Clip.from_samples(steady_noise(seconds, i), RATE, f"normal {i}") for i in range(n)]


def click(seconds: float, at_s: float, hz: float, level: float = 0.6) -> np.ndarray:
    """A 30 ms tone burst with smooth edges."""
    samples = np.zeros(round(RATE * seconds))
    n = round(0.03 * RATE)
    burst = level * np.hanning(n) * np.sin(2 * np.pi * hz * np.arange(n) / RATE)
    start = round(at_s * RATE) - n // 2
    samples[start : start + n] = burst
    return samples


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    cache = FeatureCache(tmp_path_factory.mktemp("features"))
    return Detector("patchcore", seed=1).fit(normal_clips(), cache=cache)


def test_a_click_is_found_where_it_is_and_can_be_taken_out(fitted: Detector) -> None:
    event = click(3.0, at_s=1.7, hz=4000.0)
    clip = Clip.from_samples(steady_noise(3.0, 99) + event, RATE, "clicked")
    scored = fitted.score(clip)
    assert scored.anomalous and scored.p_value == fitted.calibration.smallest_rate

    row, column = np.unravel_index(scored.raw.argmax(), scored.raw.shape)
    nearest_band = int(np.abs(scored.freq_hz - 4000.0).argmin())
    assert abs(scored.time_s[column] - 1.7) <= 0.1
    assert abs(int(row) - nearest_band) <= 1

    strongest = scored.regions[0]
    assert strongest.start_s <= 1.7 <= strongest.end_s
    assert strongest.low_hz <= 4000.0 <= strongest.high_hz

    # Energy of the click itself: masking is linear, so the mask is applied to the click alone.
    alone = Clip.from_samples(event, RATE, "click")
    energy = float(np.square(event).sum())
    settings = fitted.spectrogram_settings
    kept_energy = float(np.square(kept(alone, scored.evidence, settings).samples).sum())
    removed_energy = float(np.square(removed(alone, scored.evidence, settings).samples).sum())
    assert kept_energy >= 0.8 * energy
    assert removed_energy <= 0.2 * energy


def test_normal_clips_stay_calm(fitted: Detector) -> None:
    scored = list(
        fitted.score_many(Clip.from_samples(steady_noise(3.0, 50 + i), RATE, "n") for i in range(8))
    )
    assert sum(one.anomalous for one in scored) <= 2
    assert np.mean([one.evidence.mean() for one in scored]) < 0.05


def test_together_or_alone_a_clip_scores_the_same(fitted: Detector) -> None:
    clips = [Clip.from_samples(steady_noise(3.0, 70 + i), RATE, "n") for i in range(3)]
    for clip, together in zip(clips, fitted.score_many(clips), strict=True):
        alone = fitted.score(clip)
        np.testing.assert_allclose(alone.raw, together.raw, atol=1e-2)
        assert alone.score == pytest.approx(together.score, rel=1e-3)


def test_a_long_clip_is_mapped_all_along(fitted: Detector) -> None:
    """75 s is three segments; a click near the second border is found."""
    samples = steady_noise(75.0, 5) + click(75.0, at_s=60.1, hz=2000.0)
    scored = fitted.score(Clip.from_samples(samples, RATE, "long"))
    assert scored.raw.shape[1] == fitted.spectrogram_settings.n_frames(samples.size)
    assert abs(scored.time_s[scored.score_over_time.argmax()] - 60.1) <= 0.1
    assert np.isfinite(scored.raw).all()


def test_a_clip_at_another_rate_is_resampled(fitted: Detector) -> None:
    samples = np.random.default_rng(0).normal(0, 0.05, 3 * 16_000).clip(-1, 1)
    scored = fitted.score(Clip.from_samples(samples, 16_000, "16 kHz"))
    assert scored.time_s[-1] == pytest.approx(3.0, abs=0.05)


def test_the_false_alarm_rate_moves_the_threshold_and_not_the_score(fitted: Detector) -> None:
    clip = Clip.from_samples(steady_noise(3.0, 123), RATE, "n")
    before = fitted.score(clip)
    try:
        fitted.false_alarm_rate = 0.5
        after = fitted.score(clip)
    finally:
        fitted.false_alarm_rate = 0.05
    assert (after.score, after.p_value) == (before.score, before.p_value)
    assert after.threshold < before.threshold
    np.testing.assert_array_equal(after.raw, before.raw)


def test_saved_and_loaded_it_scores_the_same(fitted: Detector, tmp_path) -> None:
    fitted.save(tmp_path / "model")
    loaded = Detector.load(tmp_path / "model")
    clip = Clip.from_samples(steady_noise(3.0, 7) + click(3.0, 1.0, 1000.0), RATE, "c")
    np.testing.assert_array_equal(loaded.score(clip).raw, fitted.score(clip).raw)
    assert loaded.score(clip).p_value == fitted.score(clip).p_value
    assert loaded.training == fitted.training and loaded.n_clips == 8


def test_in_16_bits_the_click_is_where_it_was_and_a_model_stays_as_fitted(
    fitted: Detector, tmp_path
) -> None:
    cache = FeatureCache(tmp_path / "features")
    mixed = Detector("patchcore", seed=1, precision="bfloat16").fit(normal_clips(), cache=cache)
    noise = steady_noise(3.0, 99)
    clip = Clip.from_samples(noise + click(3.0, at_s=1.7, hz=4000.0), RATE, "clicked")
    exact, found = fitted.score(clip), mixed.score(clip)
    assert found.anomalous
    # Neighbouring cells of the click are all but equal.
    places = [np.array(np.unravel_index(one.raw.argmax(), one.raw.shape)) for one in (exact, found)]
    assert np.abs(places[0] - places[1]).max() <= 1
    assert found.score == pytest.approx(exact.score, rel=0.02)
    # It is another arithmetic, not another name for the same one.
    assert not np.array_equal(found.raw, exact.raw)
    mixed.save(tmp_path / "model")
    again = Detector.load(tmp_path / "model")
    assert again.backbone.precision == "bfloat16"
    np.testing.assert_array_equal(again.score(clip).raw, found.raw)


def test_a_model_of_other_weights_is_refused(fitted: Detector, tmp_path, monkeypatch) -> None:
    fitted.save(tmp_path / "model")
    manifest, tensors = model_folder.read_model(tmp_path / "model")
    model_folder.write_model(
        tmp_path / "model", manifest | {"backbone_weights_sha256": "0" * 64}, tensors
    )
    with pytest.raises(ModelError, match="other weights of aisfx"):
        Detector.load(tmp_path / "model")
    model_folder.write_model(tmp_path / "model", manifest | {"head": "oracle"}, tensors)
    with pytest.raises(ModelError, match="oracle"):
        Detector.load(tmp_path / "model")
    tensors.pop("head.bank")
    model_folder.write_model(tmp_path / "model", manifest, tensors)
    with pytest.raises(ModelError, match="fit it again"):
        Detector.load(tmp_path / "model")


def test_one_seed_gives_one_detector(tmp_path) -> None:
    cache, clips = FeatureCache(tmp_path), normal_clips(4, 1.0)
    first, again = (
        Detector("patchcore", seed=3, bank_size=50).fit(clips, cache=cache) for _ in range(2)
    )
    np.testing.assert_array_equal(first.calibration.clip_scores, again.calibration.clip_scores)
    first.save(tmp_path / "first")
    again.save(tmp_path / "again")
    banks = [
        model_folder.read_model(tmp_path / name)[1]["head.bank"] for name in ("first", "again")
    ]
    assert torch.equal(*banks)


def test_a_training_clip_is_at_distance_zero_from_a_bank_of_all_patches(tmp_path) -> None:
    clips = normal_clips(3, 1.0)
    detector = Detector("patchcore", bank_size=20_000, smoothing_sigma=0.0)
    detector.fit(clips, cache=FeatureCache(tmp_path))
    assert detector.score(clips[0]).raw.max() < 0.05
    assert detector.score(clips[0]).raw.max() < 0.02 * detector.calibration.clip_scores.min()


def test_too_few_or_equal_clips_are_refused_in_a_sentence(tmp_path) -> None:
    cache, clips = FeatureCache(tmp_path), normal_clips(2, 1.0)
    with pytest.raises(FitError, match=r"at least 2 normal clips.*there is 1"):
        Detector().fit(clips[:1], cache=cache)
    with pytest.raises(FitError, match="same recording"):
        Detector().fit([clips[0]] * 5, cache=cache)
    with pytest.raises(FitError, match="one recording, “pump”"):
        Detector().fit((TrainingClip(clip, group="pump") for clip in clips), cache=cache)
    with pytest.raises(FitError, match="not been fitted"):
        Detector().score(clips[0])


@pytest.mark.parametrize("stop_at", [0.0, 0.3, 0.5, 0.8, 0.95])
def test_stopped_anywhere_it_stays_unfitted(tmp_path, stop_at: float) -> None:
    def stop(stage: str, fraction: float) -> None:
        if fraction >= stop_at:
            raise Cancelled

    detector = Detector("patchcore", bank_size=50)
    with pytest.raises(Cancelled):
        detector.fit(normal_clips(4, 0.5), cache=FeatureCache(tmp_path), progress=stop)
    with pytest.raises(FitError):
        detector.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    detector.fit(normal_clips(4, 0.5), cache=FeatureCache(tmp_path), progress=silent)
    assert detector.n_clips == 4


def test_progress_never_falls_and_ends_at_one(tmp_path) -> None:
    seen: list[float] = []
    Detector(bank_size=50).fit(
        normal_clips(4, 0.5),
        cache=FeatureCache(tmp_path),
        progress=lambda stage, fraction: seen.append(fraction),
    )
    assert seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"head": "oracle"}, "no head “oracle”; there are patchcore"),
        ({"bank": 3}, "no setting “bank”; it has"),
        ({"bank_size": "many"}, "bank_size is a whole number, not “many”"),
        ({"bank_size": 0}, "bank_size goes from 1"),
        ({"smoothing_sigma": float("nan")}, "smoothing_sigma goes from 0"),
        ({"layers": "conv_block9"}, "conv_block9"),
        ({"false_alarm_rate": 1.0}, "between 0 and 1"),
        ({"device": "tpu9"}, "auto, cpu or cuda"),
        ({"precision": "float8"}, "there are float32 and bfloat16"),
    ],
)
def test_wrong_settings_name_the_allowed_ones(arguments: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Detector(**{"head": "patchcore", **arguments})


def test_every_head_says_what_it_is() -> None:
    for name, entry in HEADS.items():
        assert entry.title and entry.summary.endswith(".") and issubclass(head_type(name), Head)
