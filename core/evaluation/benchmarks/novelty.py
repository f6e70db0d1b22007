"""Novelty: each class's held-out clips against those of the other normal classes, whole clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import DataSetError
from core.evaluation.benchmarks.protocol import (
    Candidate,
    Protocol,
    clip_scores,
    clips_of,
    fitted,
    row,
    unit,
)
from core.evaluation.benchmarks.results import Measured
from core.evaluation.benchmarks.units import run_units
from core.evaluation.datasets.esc50 import Recording, of_classes
from core.features.cache import FeatureCache
from core.metrics import roc_auc_interval
from core.runtime.progress import Progress, part


def run_novelty(
    recordings: list[Recording],
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """Sample AUROC of each class's held-out clips against those of the other normal classes."""
    of_classes(recordings, protocol.normals, protocol.test_folds)
    if len(protocol.normals) < 2:
        raise DataSetError("Novelty needs at least two normal classes: one against the others.")
    details = dataclasses.asdict(protocol) | {
        "normals": sorted(protocol.normals),
        "files": sorted(r.path.name for r in recordings if r.category in protocol.normals),
    }
    units = [
        unit("novelty", candidate, normal, details)
        for candidate in candidates
        for normal in protocol.normals
    ]
    measure = partial(_novelty_class, recordings, protocol)
    return run_units(units, measure, folder, progress, n_jobs)


def _novelty_class(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> Measured:
    detector, tests, normal_maps = fitted(recordings, protocol, candidate, normal, progress)
    others = of_classes(
        recordings, [c for c in protocol.normals if c != normal], protocol.test_folds
    )
    watch = part(progress, 0.4, 1.0)
    maps = []
    for scored in detector.score_many(clips_of(others, detector.sample_rate), cache=FeatureCache()):
        maps.append(scored)
        watch("Scoring other classes", len(maps) / len(others))
    truth = np.repeat([False, True], [len(normal_maps), len(maps)])
    all_scores = np.array([found.score for found in (*normal_maps, *maps)])
    value = roc_auc_interval(truth, all_scores, seed=protocol.seed)
    rows = [row(candidate, "novelty", normal, None, "sample", "ROC", value, truth.size)]
    made_from = [
        {"kind": "recording", "normal_file": str(r.path.absolute())} for r in (*tests, *others)
    ]
    clips = [
        clip_scores(candidate, "novelty", normal, None, found, source, bool(anomalous))
        for found, source, anomalous in zip(
            (*normal_maps, *maps), made_from, truth.tolist(), strict=True
        )
    ]
    return Measured(rows, clips)
