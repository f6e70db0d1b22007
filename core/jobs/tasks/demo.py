"""Make the demo: sounds of a built-in machine, a model of the normal ones, scores of others."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from core.detectors.presets import RECOMMENDED_HEAD
from core.errors import SettingError
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.jobs.tasks.task import Task
from core.runtime.progress import Progress, part, silent
from core.storage import recordings

N_NORMAL = 24
N_NORMAL_SCORED = 4
N_ANOMALOUS_OF_EACH = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoTask(Task):
    """Make a machine's sounds, fit on the normal ones and score others.

    Attributes:
        machine: a built-in machine
        seed: makes the sounds and the fit repeatable
        n_normal: how many normal recordings the model is fitted on
        head: as `FitTask`
        preset: as `FitTask`
        head_settings: as `FitTask`
    """

    kind: ClassVar[str] = "demo"
    view: ClassVar[str] = "start"

    machine: str
    seed: int = 0
    n_normal: int = N_NORMAL
    head: str = RECOMMENDED_HEAD
    preset: str = "recommended"
    head_settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the task does."""
        return f"Making the demo of a {self.machine or 'machine'}"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Make, fit and score.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `model_id`; `clip_ids`, the scored recordings, the anomalous ones first; `fault_times`,
            by clip id when each one's fault sounds, [start, stop] in seconds; `left_out`.

        Raises:
            SettingError: there is no such machine.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.audio import wav_bytes
        from core.evaluation.datasets.machines import FAULTS, MACHINES, make

        if self.machine not in MACHINES:
            raise SettingError(
                f"There is no machine “{self.machine}”; there are {', '.join(MACHINES)}."
            )
        planned: list[tuple[str, str | None]] = [
            (f"{self.machine} normal {i + 1:02}.wav", None)
            for i in range(self.n_normal + N_NORMAL_SCORED)
        ]
        planned += [
            (f"{self.machine} {fault} {i + 1}.wav", fault)
            for fault in FAULTS[self.machine]
            for i in range(N_ANOMALOUS_OF_EACH)
        ]
        normal: list[str] = []
        anomalous: list[str] = []
        fault_times: dict[str, list[list[float]]] = {}
        making = part(progress, 0.0, 0.2)
        for i, (name, fault) in enumerate(planned):
            making(f"Making sounds of a {self.machine}", i / len(planned))
            made = make(self.machine, seed=1000 * self.seed + i, fault=fault)
            stored = recordings.add_recording(
                name,
                wav_bytes(made.clip.samples, made.clip.sample_rate),
                role="unlike" if fault else "normal",
            )
            fault_times[stored.id] = [[float(at) for at in span] for span in made.fault_times]
            (anomalous if fault else normal).append(stored.id)
        fitted = FitTask(
            clip_ids=normal[: self.n_normal],
            model_name=f"Demo: {self.machine}",
            seed=self.seed,
            head=self.head,
            preset=self.preset,
            head_settings=self.head_settings,
        ).run(part(progress, 0.2, 0.85))
        clip_ids = anomalous + normal[self.n_normal :]
        scored = ScoreTask(model_id=fitted["model_id"], clip_ids=clip_ids).run(
            part(progress, 0.85, 1.0)
        )
        return {
            "model_id": fitted["model_id"],
            "clip_ids": clip_ids,
            "fault_times": {clip_id: fault_times[clip_id] for clip_id in clip_ids},
            "left_out": fitted["left_out"] + scored["left_out"],
        }
