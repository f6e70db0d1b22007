"""Run a benchmark that is saved and shown in the app."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from core.jobs.tasks.task import OPTIONAL, Task
from core.runtime.progress import Progress, silent


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchTask(Task):
    """Measure heads on mixes of normal recordings and events, as EnvMix does.

    The benchmark's folder follows from these arguments, so one that was stopped goes on where it
    was.

    Attributes:
        source: the recordings, one of `core.evaluation.benchmarks.run_saved.SOURCES`
        normals: the classes of the normal clips
        anomalies: the classes of the events
        heads: the heads that are measured
        presets: the forms of each
        snr_db: the events' levels in dB; None leaves a machine's fault as loud as it is made
        seed: makes the mixes and the fits repeatable
        backbone: the network
        most_training: training clips a class at most
        most_tests: normal test clips a class at most
        n_faithful: mixes a class and level on which faithfulness is measured
        n_exchanged: of these, those with insertion and deletion
        balanced: whether there is one mix a test clip
        folder: of ESC-50 or of normal recordings, below the data root
        second_folder: of UrbanSound8K or of events, below the data root
    """

    kind: ClassVar[str] = "bench"
    view: ClassVar[str] = "benchmark"

    source: str
    normals: Sequence[str]
    heads: Sequence[str]
    presets: Sequence[str]
    snr_db: Sequence[float | None]
    anomalies: Sequence[str] | None = dataclasses.field(default=None, metadata=OPTIONAL)
    seed: int | None = dataclasses.field(default=None, metadata=OPTIONAL)
    backbone: str | None = dataclasses.field(default=None, metadata=OPTIONAL)
    most_training: int | None = dataclasses.field(default=None, metadata=OPTIONAL)
    most_tests: int | None = dataclasses.field(default=None, metadata=OPTIONAL)
    n_faithful: int | None = dataclasses.field(default=None, metadata=OPTIONAL)
    n_exchanged: int | None = dataclasses.field(default=None, metadata=OPTIONAL)
    balanced: bool | None = dataclasses.field(default=None, metadata=OPTIONAL)
    folder: str | None = dataclasses.field(default=None, metadata=OPTIONAL)
    second_folder: str | None = dataclasses.field(default=None, metadata=OPTIONAL)

    @property
    def title(self) -> str:
        """What the task does."""
        return f"Measuring {self.subject}"

    @property
    def subject(self) -> str:
        """Which heads are measured on which classes."""
        return f"{', '.join(self.heads)} on {', '.join(self.normals) or 'all classes'}"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Run the benchmark, or what an earlier run of it left.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `benchmark_id`.

        Raises:
            HearMapError: as `core.evaluation.benchmarks.run_saved` says.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.evaluation.benchmarks.run_saved import run_saved

        return {"benchmark_id": run_saved(self.as_record(), progress)}
