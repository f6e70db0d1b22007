"""Novelty: each class's held-out clips against those of the other normal classes, whole clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import DataSetError
from core.evaluation.benchmarks.results import Measured
from core.evaluation.benchmarks.trial import Trial, fit, score
from core.evaluation.benchmarks.units import Unit, run_units
from core.evaluation.candidate import Candidate
from core.evaluation.datasets.recording import Recording, of_classes
from core.metrics import roc_auc_interval
from core.runtime.progress import Progress, part

DATA_SET = "novelty"


@dataclass(frozen=True)
class NoveltyOptions:
    """What is measured.

    Attributes:
        normals: The classes; each has a detector of its own.
        train_folds: The folds that detectors are fitted on.
        test_folds: The folds that are scored.
        seed: What fits and intervals draw from.
    """

    normals: tuple[str, ...]
    train_folds: tuple[int, ...] = (1, 2, 3)
    test_folds: tuple[int, ...] = (4, 5)
    seed: int = 0


def run_novelty(
    recordings: Sequence[Recording],
    options: NoveltyOptions,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """Measure how well a detector of one class tells it from the other normal classes.

    Args:
        recordings: The data set.
        options: Classes and folds.
        candidates: The detectors.
        folder: Where what is finished is saved.
        progress: Called with how far the work is.
        n_jobs: As `run_units` takes it.

    Returns:
        A sample AUROC for each candidate and class.

    Raises:
        DataSetError: there is but one class, or a class has no clips in a fold.
    """
    of_classes(recordings, options.normals, options.test_folds)
    if len(options.normals) < 2:
        raise DataSetError("Novelty needs at least two normal classes: one against the others.")
    details = dataclasses.asdict(options) | {
        "normals": sorted(options.normals),
        "files": sorted(r.name for r in recordings if r.category in options.normals),
    }
    units = [
        Unit.of("novelty", candidate, normal, details)
        for candidate in candidates
        for normal in options.normals
    ]
    return run_units(units, partial(_measure, recordings, options), folder, progress, n_jobs)


def _measure(
    recordings: Sequence[Recording],
    options: NoveltyOptions,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> Measured:
    train = of_classes(recordings, [normal], options.train_folds)
    tests = of_classes(recordings, [normal], options.test_folds)
    others = [name for name in options.normals if name != normal]
    scored = tests + of_classes(recordings, others, options.test_folds)
    detector = fit(candidate, train, options.seed, part(progress, 0.0, 0.3))
    trial = Trial(candidate, DATA_SET, normal)
    truth = np.arange(len(scored)) >= len(tests)
    clips = []
    for i, found in enumerate(score(detector, scored)):
        clips.append(trial.clip(found, scored[i].described(), anomalous=bool(truth[i])))
        part(progress, 0.3, 1.0)("Scoring clips", (i + 1) / len(scored))
    area = roc_auc_interval(truth, np.array([clip["score"] for clip in clips]), seed=options.seed)
    return Measured(trial.rows("sample", {"ROC": area}, truth.size), clips)
