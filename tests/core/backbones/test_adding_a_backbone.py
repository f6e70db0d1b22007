"""The backbone of docs/adding_a_backbone.md, run as the page has it: one file, one line."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from core.backbones import front_end, load_backbone, registry, usable_backbones
from core.detectors import Detector
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.types import Clip

PAGE = Path(__file__).resolve().parents[3] / "docs" / "adding_a_backbone.md"
RATE = 16_000


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    module = ModuleType("backbone_of_the_page")
    exec(compile(source, str(PAGE), "exec"), module.__dict__)
    monkeypatch.setitem(registry.BACKBONES, "random-filters", module.random_filters)
    registry._load.cache_clear()
    yield
    registry._load.cache_clear()


def noise(seed: int, seconds: float = 1.0, tone_hz: float | None = None) -> Clip:
    samples = np.random.default_rng(seed).normal(0, 0.02, round(seconds * RATE))
    if tone_hz:
        middle = slice(samples.size // 2, samples.size // 2 + RATE // 5)
        samples[middle] += 0.3 * np.sin(2 * np.pi * tone_hz * np.arange(RATE // 5) / RATE)
    return Clip.from_samples(samples.clip(-1, 1), RATE, f"noise {seed}")


def test_it_is_known_and_usable_without_weights() -> None:
    assert "random-filters" in usable_backbones()
    assert front_end("random-filters").n_mels == 64


def test_a_burst_lands_in_its_row_and_column_and_segments_join(tmp_path: Path) -> None:
    backbone = load_backbone("random-filters", "cpu")
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    (quiet,), (burst,) = (list(extractor.segments(noise(0, 2.0, hz))) for hz in (None, 3000.0))
    change = (burst.layers["fine"] - quiet.layers["fine"]).abs().sum(dim=0)
    row, column = divmod(int(change.argmax()), change.shape[1])
    settings = backbone.settings
    assert abs(row - int(np.abs(settings.freq_hz - 3000).argmin()) // 4) <= 1
    assert 1.0 <= 4 * column * settings.hop_seconds + settings.hop_seconds <= 1.25
    extractor.segment_frames = 32
    parts = list(extractor.segments(noise(0, 2.0)))
    assert len(parts) > 2
    joined = np.concatenate([maps.layers["coarse"].numpy() for maps in parts], axis=-1)
    np.testing.assert_allclose(joined, quiet.layers["coarse"].numpy(), atol=2e-3)


def test_a_detector_on_it_fits_scores_saves_and_loads(tmp_path: Path) -> None:
    detector = Detector("padim", "random-filters", device="cpu", n_channels=0)
    detector.fit([noise(seed) for seed in range(6)])
    odd = detector.score(noise(50, tone_hz=2000.0))
    assert odd.score > max(detector.calibration.clip_scores)
    detector.save(tmp_path / "model")
    again = Detector.load(tmp_path / "model", device="cpu").score(noise(50, tone_hz=2000.0))
    np.testing.assert_array_equal(again.raw, odd.raw)
