"""AnoPatch tells classes apart, goes on from where it stopped, and compares with the right bank."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core import Detector
from core.backbones import load_backbone
from core.detectors.heads.anopatch import AnoPatch, AnoPatchSettings
from core.detectors.heads.parts.arcface import ArcFace, AttentiveStatistics, masked
from core.detectors.heads.parts.banks import Banks
from core.detectors.presets import preset_settings
from core.detectors.settings import make_settings
from core.errors import Cancelled, FitError, SettingError
from core.evaluation.datasets.machines import FAULTS, make
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor, Features
from core.metrics import roc_auc
from core.runtime.progress import silent
from core.types import Clip, TrainingClip
from tests.support.fake_features import classified, features_of, maps_of, noise, small_beats
from tests.support.speechbrain import import_or_skip

TINY: dict[str, Any] = {
    "steps": 14,
    "batch_size": 4,
    "accumulation": 2,
    "warmup_steps": 3,
    "learning_rate": 1e-3,
    "checkpoint_every": 5,
}


def new_head(**settings: Any) -> AnoPatch:
    backbone = small_beats()
    made = make_settings(AnoPatchSettings, "anopatch", TINY | settings)
    return AnoPatch(made, AnoPatch.choose_layers(made, backbone), backbone)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Features:
    clips = [noise(i, tone=(0.3, 700.0 + 900.0 * (i % 3))) for i in range(9)]
    made = features_of(clips, tmp_path_factory.mktemp("features"), small_beats())
    return classified(
        made, [f"tone {i % 3}" for i in range(9)], [f"{'ab'[i % 2]}/x" for i in range(9)]
    )


# The formulas


def test_arcface_is_its_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    loss = ArcFace(5, 4, scale=30.0, margin=0.5)
    embeddings = torch.randn(6, 5, generator=generator)
    classes = torch.tensor([0, 1, 2, 3, 0, 1])
    terms = []
    for x, y in zip(embeddings, classes.tolist(), strict=True):
        angles = [
            math.acos(float(torch.dot(w, x) / (w.norm() * x.norm()))) for w in loss.weight.detach()
        ]
        right = angles[y] + 0.5
        assert right < math.pi, "the formula holds up to there"
        top = math.exp(30 * math.cos(right))
        rest = sum(math.exp(30 * math.cos(a)) for j, a in enumerate(angles) if j != y)
        terms.append(-math.log(top / (top + rest)))
    assert float(loss(embeddings, classes).detach()) == pytest.approx(np.mean(terms), rel=1e-4)


def test_arcface_still_pulls_where_angle_and_margin_pass_a_half_turn() -> None:
    loss = ArcFace(3, 2, scale=1.0, margin=0.5)
    loss.weight.data = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    values = [
        float(loss(torch.tensor([[math.cos(a), math.sin(a), 0.0]]), torch.tensor([0])).detach())
        for a in np.linspace(0.01, math.pi - 0.01, 50)
    ]
    assert np.all(np.diff(values) > 0)


def test_attentive_statistics_are_speechbrains() -> None:
    theirs = import_or_skip("speechbrain.lobes.models.ECAPA_TDNN").AttentiveStatisticsPooling(
        6, attention_channels=128
    )
    ours = AttentiveStatistics(6)
    generator = torch.Generator().manual_seed(0)
    for linear, theirs_conv in (
        (ours.inner, theirs.tdnn.conv.conv),
        (ours.outer, theirs.conv.conv),
    ):
        weight = torch.randn(linear.weight.shape, generator=generator)
        linear.weight.data, theirs_conv.weight.data = weight, weight[..., None].clone()
        theirs_conv.bias.data = linear.bias.data.clone()
    tokens = torch.randn(3, 11, 6, generator=generator)
    for training in (True, False):
        ours.train(training), theirs.train(training)
        expected = theirs(tokens.transpose(1, 2))[..., 0]
        torch.testing.assert_close(ours(tokens), expected, atol=1e-5, rtol=1e-5)


def test_masks_hide_one_band_and_one_stretch_and_never_warp() -> None:
    generator = torch.Generator().manual_seed(0)
    log_mel = torch.rand(40, 128, 200) + 1.0
    hidden = masked(log_mel, 40, 80, generator)
    widths = []
    for before, after in zip(log_mel, hidden, strict=True):
        rows, columns = (after == 0).all(dim=1), (after == 0).all(dim=0)
        kept = after[~rows][:, ~columns]
        assert torch.equal(kept, before[~rows][:, ~columns]), "what is not hidden stays in place"
        assert not (kept == 0).any()
        widths.append((int(rows.sum()), int(columns.sum())))
        for flags in (rows, columns):
            assert int(flags.int().diff().clamp(min=0).sum()) <= 1, "one stretch"
    freq, time = zip(*widths, strict=True)
    assert 25 < max(freq) <= 40 and 50 < max(time) <= 80 and min(freq) < 8


# Training


def test_its_loss_falls_and_embeddings_of_one_class_gather(features: Features) -> None:
    head = new_head(steps=60, accumulation=1, learning_rate=3e-3, specaug_freq=8, specaug_time=4)
    head.fit(features, seed=0, progress=silent)
    assert len(head.losses) == 60
    assert np.mean(head.losses[-8:]) < 0.6 * np.mean(head.losses[:8])
    embeddings = F.normalize(
        torch.stack([head._embedded(segments[0])[0] for segments in features]), dim=1
    )
    cosine = embeddings @ embeddings.T
    same = torch.tensor([[i % 3 == j % 3 and i != j for j in range(9)] for i in range(9)])
    other = torch.tensor([[i % 3 != j % 3 for j in range(9)] for i in range(9)])
    assert cosine[same].mean() > cosine[other].mean() + 0.1


@pytest.mark.parametrize("patience", [0, 2])
def test_interrupted_and_resumed_it_is_the_same(
    features: Features, tmp_path: Path, patience: int
) -> None:
    """Stopped within an accumulation, with dropout and masks drawn anew in every step."""
    settings = {"patience": patience, "check_every": 4}
    whole = new_head(**settings)
    whole.fit(features, seed=5, progress=silent)
    n_seen = 0

    def stop(stage: str, fraction: float) -> None:
        nonlocal n_seen
        n_seen += "step" in stage
        if n_seen == 9:
            raise Cancelled

    first, second = new_head(**settings), new_head(**settings)
    first.checkpoints = second.checkpoints = tmp_path
    with pytest.raises(Cancelled):
        first.fit(features, seed=5, progress=stop)
    (kept,) = tmp_path.iterdir()
    assert {path.name for path in kept.iterdir()} == {"manifest.json", "tensors.safetensors"}
    stages: list[str] = []
    second.fit(features, seed=5, progress=lambda stage, _: stages.append(stage))
    assert stages[0] == "Fine-tuning the network: going on from step 5"
    np.testing.assert_allclose(second.losses, whole.losses, rtol=1e-5)
    for name, values in whole.state().items():
        torch.testing.assert_close(second.state()[name], values, rtol=1e-5, atol=1e-6)


def test_another_training_or_a_damaged_state_is_not_gone_on_from(
    features: Features, tmp_path: Path
) -> None:
    head = new_head()
    head.checkpoints = tmp_path
    head.fit(features, seed=5, progress=silent)
    (kept,) = tmp_path.iterdir()
    content = bytearray((kept / "tensors.safetensors").read_bytes())
    content[-1] ^= 1
    (kept / "tensors.safetensors").write_bytes(bytes(content))
    again, other_seed = new_head(), new_head()
    again.checkpoints = other_seed.checkpoints = tmp_path
    again.fit(features, seed=5, progress=silent)
    assert again.losses == pytest.approx(head.losses, rel=1e-5)
    other_seed.fit(features, seed=6, progress=silent)
    assert other_seed.losses[0] != head.losses[0]
    assert len(list(tmp_path.iterdir())) == 2


def test_it_stops_early_where_nothing_is_gained(features: Features) -> None:
    head = new_head(steps=200, check_every=1, patience=2, learning_rate=1e-8)
    head.fit(features, seed=0, progress=silent)
    assert len(head.losses) < 200


@pytest.mark.parametrize("classes", [[""] * 9, ["pump"] * 9])
def test_one_class_cannot_be_told_apart(features: Features, classes: list[str]) -> None:
    with pytest.raises(FitError, match=r"telling classes.*fine_tune=false"):
        new_head().fit(classified(features, classes), seed=0, progress=silent)


def test_frozen_it_needs_no_classes(features: Features) -> None:
    head = new_head(fine_tune=False)
    head.fit(classified(features, [""] * 9), seed=0, progress=silent)
    scored = head.score(features[2][0])
    assert scored.whole == pytest.approx(0.0, abs=1e-6)
    assert float(scored.map.max()) == pytest.approx(0.0, abs=1e-6)
    assert head.losses == ()


def test_a_tone_that_no_normal_clip_has_stands_out_where_it_sounds(tmp_path: Path) -> None:
    backbone = small_beats()
    clips = [noise(i, 2.0) for i in range(6)]
    head = new_head(fine_tune=False)
    head.fit(features_of(clips, tmp_path, backbone), seed=0, progress=silent)
    # Heard as if at 16 kHz: what is at 1 s and 3 kHz is at 0.5 s and 6 kHz.
    scored = head.score(maps_of(noise(3, 2.0, tone=(1.0, 3000.0)), backbone))
    row, column = divmod(int(scored.map.argmax()), scored.map.shape[1])
    assert row == int(np.abs(backbone.settings.freq_hz - 6000).argmin()) // 16
    assert column == 50 // 16


# Banks


def test_the_nearest_of_a_bank_and_of_those_below_it() -> None:
    banks = Banks(
        {
            "fan/source": torch.tensor([[1.0, 0.0], [0.0, 2.0]]),
            "fan/target": torch.tensor([[1.0, 1.0]]),
            "pump": torch.tensor([[-1.0, 0.0]]),
        }
    )
    query = torch.tensor([[3.0, 3.0], [-2.0, 0.0]])
    torch.testing.assert_close(
        banks.distance(query, "fan/target"), torch.tensor([0.0, 1 + 0.5**0.5])
    )
    torch.testing.assert_close(banks.distance(query, "fan"), torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(banks.distance(query, ""), torch.tensor([0.0, 0.0]))
    # Of two neighbours the mean counts, and of two banks still the smaller one.
    torch.testing.assert_close(
        banks.distance(query[:1], "fan/source", k=2), torch.tensor([1 - 0.5**0.5])
    )
    assert banks.widened("fan/attic") == "fan" and banks.widened("valve/id_00") == ""
    with pytest.raises(SettingError, match="no clips of “fa”"):
        banks.distance(query, "fa")


# As a detector


def machine(kind: str, seed: int, fault: str | None = None) -> Clip:
    made = make(kind, seed=seed, duration_seconds=2.0, sample_rate=16_000, fault=fault).clip
    return made


def test_a_detector_keeps_its_classes_and_compares_with_the_bank_it_is_told(
    tmp_path: Path,
) -> None:
    kinds = ("fan", "valve")
    clips = [
        TrainingClip(machine(kind, seed), class_name=kind, bank=kind)
        for seed in range(4)
        for kind in kinds
    ]
    settings = preset_settings("anopatch", "small") | {"steps": 6, "batch_size": 4}
    detector = Detector("anopatch", "beats-small", device="cpu", **settings)
    cache = FeatureCache(tmp_path / "features")
    checkpoints = tmp_path / "checkpoints"
    detector.fit(clips, cache=cache, checkpoints=checkpoints)
    assert not list(checkpoints.glob("*")), "what was kept for a resume goes once all is done"
    assert [clip["label"] for clip in detector.training] == [*kinds] * 4
    new = machine("fan", 99)
    own, other, either = (detector.score(new, bank=bank) for bank in ("fan", "valve", None))
    assert own.score < other.score and either.score == pytest.approx(own.score, rel=1e-5)
    with pytest.raises(SettingError, match="no clips of “pump”"):
        detector.score(new, bank="pump")
    detector.save(tmp_path / "model")
    again = Detector.load(tmp_path / "model", device="cpu").score(new, bank="fan")
    # Not to the last bit: under load PyTorch may divide a sum among its threads in another way.
    assert again.score == pytest.approx(own.score, rel=1e-4)
    np.testing.assert_allclose(again.raw, own.raw, rtol=1e-4, atol=1e-6)


def test_it_names_the_backbones_it_needs() -> None:
    with pytest.raises(SettingError, match=r"needs backbone beats or .*beats-small, not"):
        Detector("anopatch", "aisfx")


def unit(kind: str, speed: float, seed: int, fault: str | None = None) -> Clip:
    """A machine of another speed: the same sound, faster or slower."""
    rate = round(16_000 / speed)
    samples = make(
        kind, seed=seed, duration_seconds=2.5, sample_rate=rate, fault=fault
    ).clip.samples
    return Clip.from_samples(samples[:32_000], 16_000, f"{kind} {speed} {seed} {fault}")


def test_trained_it_finds_more_faults_than_the_same_network_untrained(tmp_path: Path) -> None:
    """Two machines at three speeds, the speed being the class; a few dozen steps on the CPU."""
    speeds = (0.85, 1.0, 1.18)
    kinds = ("fan", "pump")
    normal = [(unit(k, s, 1000 + i), f"{k}/{s}") for i in range(6) for k in kinds for s in speeds]
    tests = [
        (unit(k, s, 5000 + i, fault), f"{k}/{s}", fault is not None)
        for k in kinds
        for s in speeds
        for fault in (None, None, None, *FAULTS[k])
        for i in range(2)
    ]
    backbone = load_backbone("beats-small", "cpu")
    extractor = FeatureExtractor(backbone, ("layer1", "layer3"), FeatureCache(tmp_path))
    features = extractor.extract(
        TrainingClip(clip, class_name=name, bank=name) for clip, name in normal
    )
    heard = [next(iter(extractor.segments(clip))) for clip, _, _ in tests]
    areas = []
    for changes in ({"fine_tune": False}, {"steps": 70}):
        settings = preset_settings("anopatch", "small") | changes
        made = make_settings(AnoPatchSettings, "anopatch", settings)
        head = AnoPatch(made, extractor.layers, backbone)
        head.fit(features, seed=0, progress=silent)
        of_each = []
        for name in sorted({name for _, name in normal}):
            mine = [i for i, test in enumerate(tests) if test[1] == name]
            scores = [head.score_among(heard[i], name).whole for i in mine]
            of_each.append(roc_auc(np.array([tests[i][2] for i in mine]), np.array(scores)))
        areas.append(float(np.mean(of_each)))
    losses = head.losses
    assert np.mean(losses[-10:]) < 0.75 * np.mean(losses[:10])
    assert areas[1] > areas[0] + 0.03
