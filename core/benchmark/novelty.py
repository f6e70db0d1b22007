"""Novelty: each class's held-out clips against those of the other normal classes, whole clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.benchmark.protocol import Candidate, Protocol, clips_of, fitted, row, run_units
from core.benchmark.results import Row
from core.datasets.esc50 import Recording, of_classes
from core.errors import DataSetError
from core.feature_cache import FeatureCache
from core.metrics import roc_auc_interval
from core.progress import Progress, part


def run_novelty(
    recordings: list[Recording],
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
) -> list[Row]:
    """Sample AUROC of each class's held-out clips against those of the other normal classes."""
    of_classes(recordings, protocol.normals, protocol.test_folds)
    if len(protocol.normals) < 2:
        raise DataSetError("Novelty needs at least two normal classes: one against the others.")

    def one(candidate: Candidate, normal: str, watch: Progress) -> list[Row]:
        return _novelty_class(recordings, protocol, candidate, normal, watch)

    return run_units("novelty", protocol, candidates, folder, one, progress)


def _novelty_class(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> list[Row]:
    detector, _, normal_maps = fitted(recordings, protocol, candidate, normal, progress)
    others = of_classes(
        recordings, [c for c in protocol.normals if c != normal], protocol.test_folds
    )
    watch = part(progress, 0.4, 1.0)
    scores = []
    for scored in detector.score_many(clips_of(others, detector.sample_rate), cache=FeatureCache()):
        scores.append(scored.score)
        watch("Scoring other classes", len(scores) / len(others))
    truth = np.repeat([False, True], [len(normal_maps), len(scores)])
    all_scores = np.array([*(scored.score for scored in normal_maps), *scores])
    value = roc_auc_interval(truth, all_scores, seed=protocol.seed)
    return [row(candidate, "novelty", normal, None, "sample", "ROC", value, truth.size)]
