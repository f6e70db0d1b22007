"""Models of several heads that see one clip differently, made in a moment: for tests of the app.

Each is fitted and scored by a stand-in on the real network's axes, so that its map can be masked
and played; what a head would find is planted as a box.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from core.audio import wav_bytes
from core.backbones import load_backbone
from core.detectors.regions import find_regions
from core.runtime.progress import Progress, silent
from core.runtime.resource_usage import ResourceUsage
from core.spectral.spectrogram import spectrogram
from core.storage import models, recordings, scores
from core.types import AnomalyMap, Clip
from tests.support.fake_detector import FakeDetector

RATE, SECONDS = 44_100, 4.0
# (start_s, end_s, low_hz, high_hz) of what a head finds beside noise.
PLANTED: dict[str, tuple[float, float, float, float] | None] = {
    "padim": (1.0, 2.0, 2000.0, 6000.0),
    "patchcore": (1.2, 2.2, 2000.0, 6000.0),
    "cfa": (1.1, 1.8, 2500.0, 5000.0),
    "stfpm": None,
}


class PlantedDetector(FakeDetector):
    """Finds what is planted for its head, on the axes of the network's spectrogram."""

    found: ClassVar[dict[str, Any]] = PLANTED

    def score(self, clip: Clip, progress: Progress = silent) -> AnomalyMap:
        settings = load_backbone("aisfx").settings
        seen = spectrogram(clip, settings)
        rng = np.random.default_rng(3)
        raw = 0.2 + 0.1 * rng.random(seen.level_db.shape, dtype=np.float32)
        box = self.found.get(self.head_name)
        if box is not None:
            start, end, low, high = box
            rows = (seen.freq_hz >= low) & (seen.freq_hz <= high)
            raw[np.ix_(rows, (seen.time_s >= start) & (seen.time_s <= end))] = 2.0
        calibration, rate = self.calibration, self.false_alarm_rate
        cut, score = calibration.threshold(rate), float(raw.max())
        return AnomalyMap(
            clip.name, raw, calibration.evidence_scale(cut).evidence(raw), seen.freq_hz,
            seen.time_s, score, calibration.p_value(score), cut,
            find_regions(raw, cut, seen.freq_hz, seen.time_s, calibration.p_value),
        )  # fmt: skip


def make_models(heads: list[str], clip_name: str = "pump 7.wav") -> tuple[list[str], str]:
    """Fits and scores with each head under HEARMAP_HOME: the models' ids and the clip's."""
    rng = np.random.default_rng(1)
    time_s = np.arange(round(SECONDS * RATE)) / RATE
    inside = (time_s > 1.0) & (time_s < 2.0)
    samples = 0.02 * rng.standard_normal(time_s.size)
    samples += 0.2 * inside * np.sin(2 * np.pi * 3500 * time_s)
    data = wav_bytes(samples.astype(np.float32), RATE)
    clip_id = recordings.add_recording(clip_name, data).id
    clip = Clip.from_samples(samples, RATE, clip_name)
    normal = [
        Clip.from_samples(0.5 * rng.uniform(-1, 1, 44_100), RATE, f"normal {k}") for k in range(12)
    ]
    ids = []
    for head in heads:
        detector = PlantedDetector(head).fit(normal)
        model = models.save_model(detector, f"Pump {head}", fit_seconds=2.5)  # type: ignore[arg-type]
        cost = ResourceUsage(seconds=0.3, peak_memory_bytes=700 * 2**20)
        scores.save_score(model.id, clip_id, detector.score(clip), cost)
        ids.append(model.id)
    return ids, clip_id
