"""A detector for each machine and id, scored on its test clips: MIMII and DCASE Task 2.

A head that learns by telling classes apart, as AnoPatch does, is one detector for all machines and
ids; a test clip is compared with the normal clips of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_clip
from core.detectors import Detector
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.protocol import Candidate, clip_scores, row, unit
from core.evaluation.benchmarks.results import Measured, Row
from core.evaluation.benchmarks.units import run_units
from core.evaluation.datasets.machine_clip import MachineClip
from core.evaluation.datasets.mimii import CHANNEL
from core.features.cache import FeatureCache
from core.metrics import Interval
from core.metrics.checks import AnyArray
from core.runtime.progress import Progress, part
from core.types import Clip, TrainingClip

TOGETHER = "all machines at once"

# From a set, the truth and the scores of its tests, the threshold and a seed to its numbers.
Numbers = Callable[[MachineSet, AnyArray, AnyArray, float, int], dict[str, float | Interval]]


def run_machines(
    data_set: str,
    sets: Sequence[MachineSet],
    numbers: Numbers,
    candidates: Sequence[Candidate],
    folder: Path,
    seed: int,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """The numbers of every candidate on every set, and each test clip's score.

    `numbers` must be a function of a module, for other processes to find it.
    """
    each = {one.title: one.described() | {"seed": seed} for one in sets}
    units = []
    for candidate in (given.on(data_set) for given in candidates):
        pieces = {TOGETHER: {"sets": each}} if candidate.learns_classes else each
        units += [unit(data_set, candidate, title, about) for title, about in pieces.items()]
    by_title = {one.title: one for one in sets}
    measure = partial(_measured, data_set, by_title, numbers, seed, folder / "checkpoints")
    return run_units(units, measure, folder, progress, n_jobs)


def _measured(
    data_set: str,
    sets: dict[str, MachineSet],
    numbers: Numbers,
    seed: int,
    checkpoints: Path,
    candidate: Candidate,
    title: str,
    progress: Progress,
) -> Measured:
    detector = candidate.detector(seed)
    fitting = part(progress, 0.0, 0.6)
    if title != TOGETHER:
        one = sets[title]
        clips = _clips_of(one.train, detector.sample_rate)
        detector.fit(clips, n_clips=len(one.train), progress=fitting)
        return _tested(data_set, one, numbers, seed, candidate, detector, part(progress, 0.6, 1.0))
    train = [(clip, one) for one in sets.values() for clip in one.train]
    detector.fit(
        (
            TrainingClip(
                _read(clip, detector.sample_rate),
                class_name=clip.metadata_class,
                bank=one.bank_of(clip),
            )
            for clip, one in train
        ),
        n_clips=len(train),
        checkpoints=checkpoints,
        progress=fitting,
    )
    found = []
    for i, one in enumerate(sets.values()):
        watch = part(progress, 0.6 + 0.4 * i / len(sets), 0.6 + 0.4 * (i + 1) / len(sets))
        found.append(
            _tested(data_set, one, numbers, seed, candidate, detector, watch, bank=one.title)
        )
    return Measured(
        [row for measured in found for row in measured.rows],
        [clip for measured in found for clip in measured.clips],
    )


def _tested(
    data_set: str,
    one: MachineSet,
    numbers: Numbers,
    seed: int,
    candidate: Candidate,
    detector: Detector,
    progress: Progress,
    bank: str | None = None,
) -> Measured:
    """A piece's numbers by a fitted detector, which compares with one bank where it is named."""
    kept: list[dict[str, Any]] = []
    clips = _clips_of(one.tests, detector.sample_rate)
    among = {} if bank is None else {"bank": bank}
    # One map at a time: those of all tests together would fill the memory.
    for clip, found in zip(
        one.tests, detector.score_many(clips, cache=FeatureCache(), **among), strict=True
    ):
        source = {"kind": "recording", "normal_file": str(clip.path.absolute())}
        kept.append(
            clip_scores(candidate, data_set, one.name, one.snr_db, found, source, clip.is_anomalous)
        )
        progress("Scoring test clips", len(kept) / len(one.tests))
    truth = np.array([clip.is_anomalous for clip in one.tests])
    scores = np.array([clip["score"] for clip in kept])
    found_numbers = numbers(one, truth, scores, kept[0]["threshold"], seed)
    return Measured(_rows(candidate, data_set, one, found_numbers), kept)


def _rows(
    candidate: Candidate, data_set: str, one: MachineSet, numbers: dict[str, float | Interval]
) -> list[Row]:
    n_tests = len(one.tests)
    return [
        row(candidate, data_set, one.name, one.snr_db, "sample", metric, value, n_tests)
        for metric, value in numbers.items()
    ]


def _clips_of(clips: Sequence[MachineClip], sample_rate: int) -> Iterator[Clip]:
    return (_read(clip, sample_rate) for clip in clips)


def _read(clip: MachineClip, sample_rate: int) -> Clip:
    return read_clip(clip.path, channel=CHANNEL, sample_rate=sample_rate)
