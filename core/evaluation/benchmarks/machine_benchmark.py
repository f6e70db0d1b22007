"""A detector for each machine and id, scored on its test clips: MIMII and DCASE Task 2.

A head that learns by telling classes apart, as AnoPatch does, is one detector for all machines and
ids; a test clip is compared with the normal clips of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from core.detectors.detector import Detector
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.results import Measured, ResultRow
from core.evaluation.benchmarks.trial import Trial, score
from core.evaluation.benchmarks.units import Unit, run_units
from core.evaluation.candidate import Candidate
from core.evaluation.datasets.recording import described_file
from core.metrics import Interval, RankedClips, bootstrap_interval
from core.metrics.bootstrap import IndexArray
from core.metrics.checks import AnyArray
from core.runtime.progress import Progress, part, steps
from core.types import TrainingClip

ALL_MACHINES = "all machines"
TOGETHER = "all machines at once"

Statistic = Callable[[IndexArray], float]


@dataclass(frozen=True)
class MachineBenchmark:
    """How one of the machine data sets is measured, averaged and shown.

    Its functions must be functions of a module, for other processes to find them.

    Attributes:
        data_set: The data set's name in results.
        metrics: What is compared with a paper, and shown of each machine and id.
        about: What the means are of, for people.
        statistics: From a machine and id and the ranked scores of its test clips to each metric,
            a function of the indices of the clips drawn.
        means: From the rows of each machine and id to the rows of the means that papers have.
        covers: From the published part and the rows of a machine's ids to a few words on how much
            of what was published its mean is of, such as “2 of 4 ids”.
        strata: From a machine and id and the truth [n] to the kind [n] of each test clip; each
            kind keeps its number when clips are drawn anew. By default the truth.
        plain_values: From truth [n], scores [n] and threshold to what has no interval.
        part_of: From a machine to its published part, where the rows do not say it.
        has_ids: Whether a machine has several ids, each with a detector of its own.
    """

    data_set: str
    metrics: tuple[str, ...]
    about: str
    statistics: Callable[[MachineSet, RankedClips], dict[str, Statistic]]
    means: Callable[[Sequence[ResultRow]], list[ResultRow]]
    covers: Callable[[str, Sequence[ResultRow]], str]
    strata: Callable[[MachineSet, AnyArray], AnyArray] | None = None
    plain_values: Callable[[AnyArray, AnyArray, float], dict[str, float]] | None = None
    part_of: Mapping[str, str] = field(default_factory=dict)
    has_ids: bool = True

    def machine_and_part(self, row: ResultRow) -> tuple[str, str]:
        """Find what a mean is of, as the papers' numbers have it.

        Args:
            row: A mean's row.

        Returns:
            The machine ("" for all) and the published part of the data ("" for none).
        """
        machine, _, published = row.normal.partition(", ")
        if machine == ALL_MACHINES:
            return "", published
        return machine, published or self.part_of.get(machine, "")

    def run(
        self,
        sets: Sequence[MachineSet],
        candidates: Sequence[Candidate],
        folder: Path,
        seed: int,
        progress: Progress,
        n_jobs: int | None = 1,
    ) -> Measured:
        """Measure every candidate on every machine and id.

        Args:
            sets: The machines and ids.
            candidates: The detectors.
            folder: Where what is finished is saved.
            seed: What fits and intervals draw from.
            progress: Called with how far the work is.
            n_jobs: As `run_units` takes it.

        Returns:
            The rows of each machine and id and their means, and each test clip's score.
        """
        each = {one.title: one.described() | {"seed": seed} for one in sets}
        units = []
        for candidate in (given.on(self.data_set) for given in candidates):
            pieces = {TOGETHER: {"sets": each}} if candidate.learns_classes else each
            units += [
                Unit.of(self.data_set, candidate, title, details)
                for title, details in pieces.items()
            ]
        by_title = {one.title: one for one in sets}
        measure = partial(_measure, self, by_title, seed, folder / "checkpoints")
        measured = run_units(units, measure, folder, progress, n_jobs)
        return Measured([*measured.rows, *self.means(measured.rows)], measured.clips)


def machine_of(row: ResultRow) -> str:
    """Find the machine of a row of one id.

    Args:
        row: The row of an id, such as “fan id_00”.

    Returns:
        The machine, such as “fan”.
    """
    return row.normal.rsplit(" id_", 1)[0]


def _measure(
    benchmark: MachineBenchmark,
    sets: dict[str, MachineSet],
    seed: int,
    checkpoints: Path,
    candidate: Candidate,
    title: str,
    progress: Progress,
) -> Measured:
    detector = candidate.detector(seed=seed)
    fitting, testing = part(progress, 0.0, 0.6), part(progress, 0.6, 1.0)
    if title != TOGETHER:
        one = sets[title]
        clips = (clip.read(detector.sample_rate) for clip in one.train)
        detector.fit(clips, n_clips=len(one.train), progress=fitting)
        return _test(benchmark, one, seed, candidate, detector, testing)
    together, rate = list(sets.values()), detector.sample_rate
    detector.fit(
        (
            TrainingClip(clip.read(rate), class_name=clip.metadata_class, bank=one.bank_of(clip))
            for one in together
            for clip in one.train
        ),
        n_clips=sum(len(one.train) for one in together),
        checkpoints=checkpoints,
        progress=fitting,
    )
    return Measured.joined(
        _test(benchmark, one, seed, candidate, detector, step, bank=one.title)
        for one, step in steps(testing, together)
    )


def _test(
    benchmark: MachineBenchmark,
    one: MachineSet,
    seed: int,
    candidate: Candidate,
    detector: Detector,
    progress: Progress,
    **bank: str,
) -> Measured:
    trial = Trial(candidate, benchmark.data_set, one.name, one.snr_db)
    clips = []
    # One map at a time: those of all tests together would fill the memory.
    for clip, found in zip(one.tests, score(detector, one.tests, **bank), strict=True):
        source = described_file(clip.path)
        clips.append(trial.clip(found, source, anomalous=clip.is_anomalous))
        progress("Scoring test clips", len(clips) / len(one.tests))
    truth = np.array([clip.is_anomalous for clip in one.tests])
    scores = np.array([clip["score"] for clip in clips])
    statistics = benchmark.statistics(one, RankedClips(truth, scores))
    strata = benchmark.strata(one, truth) if benchmark.strata else truth
    values: dict[str, float | Interval] = {
        metric: bootstrap_interval(statistic, truth.size, seed=seed, strata=strata)
        for metric, statistic in statistics.items()
    }
    if benchmark.plain_values:
        values |= benchmark.plain_values(truth, scores, clips[0]["threshold"])
    return Measured(trial.rows("sample", values, truth.size), clips)
