"""Models fitted before 0.2.0 compare average sounds, and score long and short clips as they did."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from core.detectors import Detector, model_folder
from core.detectors.views.average_sound import AverageSound, WindowAverage
from core.detectors.views.energy_weighting import energy_weight
from core.features.cache import FeatureCache
from core.types import Clip, FeatureMaps, TrainingClip
from tests.core.detectors.test_detector import RATE, click, steady_noise
from tests.support.fake_features import SETTINGS

WRITTEN = Path(__file__).parents[2] / "data" / "written_by_0.1.0"
PADIM_RECOMMENDED = WRITTEN / "home" / "models" / "bd9393b17faf"
STRIDE, N_ROWS, N_CHANNELS = 4, 6, 16
SILENT = 6  # a column of padding, which does not count
WINDOW = 16 * STRIDE * SETTINGS.hop_seconds


def cosine_distance(a: np.ndarray, b: np.ndarray) -> float:
    return 1.0 - float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))


def segment(n_columns: int, seed: int) -> FeatureMaps:
    generator = torch.Generator().manual_seed(seed)
    layer = torch.rand(N_CHANNELS, N_ROWS, n_columns, generator=generator)
    log_mel = torch.rand(24, n_columns * STRIDE, generator=generator)
    log_mel[:, SILENT * STRIDE :][:, :STRIDE] = 0.0
    return FeatureMaps(log_mel, {"last": layer})


def test_distances_are_those_of_a_loop_over_stretches_clips_and_rows() -> None:
    view = AverageSound("last", SETTINGS)
    memory = torch.rand(20, N_ROWS, N_CHANNELS, generator=torch.Generator().manual_seed(9))
    view.use(memory)
    gathered: list[WindowAverage] = []
    segments = [segment(40, 1), segment(10, 2)]
    for maps in segments:
        view.collect(maps, WINDOW, gathered)
    # 40 columns are four windows of 16 that overlap by half, of which the last is moved back; 10
    # are one.
    spans = [(0, 0, 16), (0, 8, 24), (0, 16, 32), (0, 24, 40), (1, 0, 10)]
    assert [(one.start, one.stop) for one in gathered] == [
        (STRIDE * (40 * one + start), STRIDE * (40 * one + stop)) for one, start, stop in spans
    ]
    found = view.compare(gathered, [(one.start, one.stop) for one in gathered])
    known = memory.double().numpy()
    for i, (one, start, stop) in enumerate(spans):
        layer = segments[one].layers["last"].double().numpy()
        columns = [column for column in range(start, stop) if column != SILENT]
        average = layer[..., columns].mean(axis=2).T
        whole = min(cosine_distance(average.mean(axis=0), clip.mean(axis=0)) for clip in known)
        assert float(found.distances[i, 0]) == pytest.approx(whole, abs=1e-5)
        for row in range(N_ROWS):
            nearest = min(cosine_distance(average[row], clip[row]) for clip in known)
            assert float(found.rows[i, row]) == pytest.approx(nearest, abs=1e-5)


@pytest.mark.parametrize("n_windows", [1, 2, 5, 9])
def test_the_farthest_stretch_counts_in_whichever_windows_a_clip_is_judged(n_windows: int) -> None:
    view = AverageSound("last", SETTINGS)
    view.use(torch.rand(5, N_ROWS, N_CHANNELS, generator=torch.Generator().manual_seed(9)))
    gathered: list[WindowAverage] = []
    for seed in range(3):
        view.collect(segment(40, seed), WINDOW, gathered)
    alone = view.compare(gathered, [(one.start, one.stop) for one in gathered]).distances
    edges = np.linspace(0, 120 * STRIDE, n_windows + 1)
    found = view.compare(gathered, list(pairwise(edges)))
    assert found.distances.shape == (n_windows, 1)
    assert float(found.distances.max()) == float(alone.max())


def windows_before(n_columns: int, window: int) -> list[tuple[int, int]]:
    if n_columns <= 1.5 * window:
        return [(0, n_columns)]
    starts = [*range(0, n_columns - window, max(1, window // 2)), n_columns - window]
    return [(start, start + window) for start in starts]


def score_before(detector: Detector, clip: Clip) -> float:
    """The score of 0.1.0: the larger of two log scores, each on its own scale."""
    scorer, tensors = detector._fitted.scorer, detector._fitted.scorer.state()
    fusion, settings = detector._fitted.fusion, detector.spectrogram_settings
    window_seconds = detector.calibration.window_seconds
    extractor = detector._extractor(FeatureCache())
    segments = list(extractor.segments(detector._at_rate(clip)))
    known = tensors["lasting.memory"].double().numpy().mean(axis=1)
    cells, weights, distances = [], [], []
    for maps in segments:
        cells.append(scorer.head.score(maps).map)
        weights.append(energy_weight(maps.log_mel, settings, detector.settings.energy_exponent))
        layer = maps.layers[detector.backbone.default_layers[-1]].double().numpy()
        stride = maps.log_mel.shape[1] // layer.shape[2]
        window = max(1, round(window_seconds / settings.hop_seconds / stride))
        for start, stop in windows_before(layer.shape[2], window):
            average = layer[..., start:stop].mean(axis=(1, 2))
            distances.append(min(cosine_distance(average, one) for one in known))
    if detector.settings.clip_score == "peak":
        measured = scorer.measure(
            extractor.info(TrainingClip.of(detector._at_rate(clip))), segments, window_seconds
        )
        event = float(np.exp(scorer.event_scores(measured, None).max()))
    else:
        blocks = []
        for cell, weight in zip(cells, weights, strict=True):
            rows, columns = cell.shape
            tall, wide = weight.shape[0] // rows, weight.shape[1] // columns
            coarse = weight.reshape(rows, tall, columns, wide).mean(dim=(1, 3))
            blocks.append((cell * coarse).numpy())
        whole = np.sort(np.concatenate(blocks, axis=1), axis=0)[-5:].mean(axis=0)
        share = min(1.0, window_seconds / clip.duration_seconds)
        window = max(1, round(whole.size * share))
        event = max(
            np.sort(whole[start:stop])[-5:].mean()
            for start, stop in windows_before(whole.size, window)
        )
    of_event = (np.log(event) - fusion.event.centre) / fusion.event.spread
    scale = fusion.statistics[0]
    return float(max(of_event, (np.log(max(distances)) - scale.centre) / scale.spread + 0.2))


@pytest.mark.usefixtures("aisfx_weights")
@pytest.mark.parametrize("clip_score", ["top", "peak"])
def test_a_model_of_two_views_scores_clips_of_any_length_as_before(
    clip_score: str, tmp_path: Path
) -> None:
    """Its calibration clips last 0.4 s: all of these but the first have windows, the last segments.

    A hiss that begins late is found by the stationary view, a click by the head.
    """
    manifest, tensors = model_folder.read_model(PADIM_RECOMMENDED)
    manifest["settings"] |= {"clip_score": clip_score}
    model_folder.write_model(tmp_path / "model", manifest, tensors)
    detector = Detector.load(tmp_path / "model", device="cpu")
    hiss = steady_noise(31.5, 1, 0.2)
    hiss[: round(30.4 * RATE)] = 0.0
    for seconds, event in ((0.4, 0.0), (1.3, click(1.3, 0.9, 4000.0)), (31.5, hiss)):
        clip = Clip.from_samples(steady_noise(seconds, 7, 0.01) + event, RATE, f"{seconds} s")
        found = detector.score(clip)
        assert found.score == pytest.approx(score_before(detector, clip), rel=1e-4)
        assert found.raw.max() == found.score and bool(found.regions) == found.anomalous
