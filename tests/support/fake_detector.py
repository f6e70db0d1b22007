"""A detector in a few lines: a clip's map is how loud its stretches are, for tests of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import torch

from core.audio import ChannelChoice
from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.recalibration import Recalibration, not_fitted_on
from core.detectors.calibration.shift import BatchShift
from core.detectors.calibration.view_scores import CLIP, ViewScores
from core.detectors.model_folder import read_model, write_model
from core.detectors.regions import find_regions
from core.detectors.training_check import TrainingCheck
from core.errors import FitError
from core.features.extractor import SourceClip
from core.runtime.progress import Progress, part, silent
from core.spectral.spectrogram import SpectrogramSettings
from core.types import AnomalyMap, Clip, TrainingClip

ROWS, COLUMNS = 8, 300


class FakeDetector:
    """Unlike the normal recordings is what is louder than they are."""

    sample_rate = 8000
    spectrogram_settings = SpectrogramSettings(sample_rate=8000, f_max_hz=4000.0)
    # What the latest fit was asked for.
    last: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, head: str = "patchcore", backbone: str | None = None, *, seed: int = 0,
        device: str = "auto", precision: str = "float32", false_alarm_rate: float = 0.05,
        level_counts: bool = False, **settings: Any,
    ) -> None:  # fmt: skip
        self.head_name, self.backbone = head, SimpleNamespace(name=backbone or "aisfx")
        self.seed, self.false_alarm_rate, self.settings = seed, false_alarm_rate, settings
        self.level_counts = level_counts
        self.channel: ChannelChoice = 0
        self.training: list[dict[str, Any]] = []
        self.recalibrations: list[Recalibration] = []
        self.peaks = np.zeros(0)
        self.normal_spectra = self.usual_sounds = None

    @property
    def n_clips(self) -> int:
        return len(self.training)

    @property
    def view_scores(self) -> ViewScores:
        if self.recalibrations:
            return self.recalibrations[-1].scores
        return ViewScores({CLIP: self.peaks}, np.arange(len(self.peaks)), 1.0, self.n_clips, True)

    @property
    def calibration(self) -> Calibration:
        return self.view_scores.calibration(self.level_counts)

    def recalibrate(
        self, clips: Iterable[TrainingClip], *, note: str = "", n_clips: int | None = None,
        progress: Progress = silent,
    ) -> FakeDetector:  # fmt: skip
        found = [one.clip for one in not_fitted_on(clips, self.training)]
        sources = [
            SourceClip(c.name, c.sha256, c.duration_seconds, COLUMNS, c.sha256) for c in found
        ]
        scores = [{CLIP: self.score(clip).score} for clip in found]
        progress("Done", 1.0)
        self.recalibrations.append(Recalibration.of(sources, scores, 1.0, note))
        return self

    def fit(
        self, clips: Iterable[Clip | TrainingClip], *, n_clips: int | None = None,
        progress: Progress = silent, checkpoints: Path | None = None,
    ) -> FakeDetector:  # fmt: skip
        peaks, groups, classes = [], [], []
        for i, one in enumerate(map(TrainingClip.of, clips)):
            clip = one.clip
            groups.append(one.group)
            classes.append(one.class_name)
            part(progress, 0.0, 0.9)("Reading", i / (n_clips or 1))
            peaks.append(float(np.abs(clip.samples).max()))
            self.training.append(
                {"name": clip.name, "sha256": clip.sha256, "seconds": clip.duration_seconds}
            )
        if len(peaks) < 2:
            raise FitError(f"At least 2 normal clips are needed; there are {len(peaks)}.")
        self.peaks = np.sort(np.array(peaks, dtype=np.float64))
        type(self).last = {"head": self.head_name, "settings": self.settings, "groups": groups}
        type(self).last |= {"classes": classes, "checkpoints": checkpoints}
        progress("Done", 1.0)
        return self

    def training_check(self) -> TrainingCheck:
        return TrainingCheck()

    def batch_shift(
        self, scores: Sequence[float], levels_db: Sequence[Sequence[float]]
    ) -> BatchShift | None:
        return None

    def score(self, clip: Clip, progress: Progress = silent) -> AnomalyMap:
        columns = np.array_split(np.abs(clip.samples), COLUMNS)
        over_time = np.array([column.max() for column in columns], np.float32)
        raw = np.outer(np.linspace(0.5, 1, ROWS), over_time).astype(np.float32)
        calibration, rate = self.calibration, self.false_alarm_rate
        freq_hz = np.linspace(100, 3900, ROWS)
        time_s = (np.arange(COLUMNS) + 0.5) * clip.duration_seconds / COLUMNS
        score, cut = float(raw.max()), calibration.threshold(rate)
        return AnomalyMap(
            clip.name, raw, calibration.evidence_scale(cut).evidence(raw), freq_hz, time_s,
            score, calibration.p_value(score), cut,
            find_regions(raw, cut, freq_hz, time_s, calibration.p_value),
        )  # fmt: skip

    def score_many(self, clips: Iterable[Clip]) -> Iterator[AnomalyMap]:
        for clip in clips:
            yield self.score(clip, silent)

    def save(self, folder: Path) -> None:
        manifest = {
            "head": self.head_name,
            "settings": self.settings,
            "backbone": self.backbone.name,
            "backbone_weights_sha256": "0" * 64,
            "backbone_weights_licence": "CC0",
            "layers": ["loudness"],
            "seed": self.seed,
            "training": self.training,
            "false_alarm_rate": self.false_alarm_rate,
            "level_counts": self.level_counts,
            "calibration": {"window_seconds": 1.0, "n_groups": self.n_clips, "cross_fitted": True},
        }
        write_model(folder, manifest, {"peaks": torch.from_numpy(self.peaks)})

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> FakeDetector:
        manifest, tensors = read_model(folder)
        detector = cls(false_alarm_rate=manifest["false_alarm_rate"])
        detector.training, detector.peaks = manifest["training"], tensors["peaks"].numpy()
        return detector


def tone(peak: float, seconds: float = 1.0, sample_rate: int = 8000, hz: float = 440.0) -> Clip:
    """A sine of that peak with one louder moment in its middle, twice as loud."""
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    samples = 0.5 * peak * np.sin(2 * np.pi * hz * time_s)
    middle = samples.size // 2
    samples[middle : middle + samples.size // 20] *= 2
    return Clip.from_samples(samples, sample_rate, f"tone {peak}")
