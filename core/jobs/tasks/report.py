"""Write a report: of one recording, or of all that a model has scored."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from core.jobs.tasks.explain import RecordingTask
from core.jobs.tasks.task import OPTIONAL, KeyedTask
from core.runtime.progress import Progress, part, silent
from core.storage import reports


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClipReportTask(RecordingTask):
    """Write the report of one recording, as a page and as a ZIP of all its files.

    Attributes:
        rate: the model's false-alarm rate of now
    """

    kind: ClassVar[str] = "clip_report"
    doing: ClassVar[str] = "Writing a report of a recording"

    rate: float

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Write the report and save it.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `key`, under which the report is saved.

        Raises:
            HearMapError: the model, the recording or its map is gone, or cannot be read.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.workflows.report import report_recording

        scored = self._scored_clip(part(progress, 0.0, 0.3))
        return _saved(self.key, report_recording(scored, part(progress, 0.3, 1.0)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchReportTask(KeyedTask):
    """Write the report of all that a model has scored; nothing is scored again.

    Attributes:
        model_id: the model
        rate: the model's false-alarm rate of now
        name: the model's name of now
        scored: a digest of what has been scored
        recalibration_id: as in `RecordingTask`
    """

    kind: ClassVar[str] = "batch_report"
    doing: ClassVar[str] = "Writing a report of everything scored"
    view: ClassVar[str] = "score"

    model_id: str
    rate: float
    name: str
    scored: str
    recalibration_id: int | None = dataclasses.field(default=None, metadata=OPTIONAL)

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Write the report and save it.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `key`, under which the report is saved.

        Raises:
            HearMapError: the model is gone, or cannot be read.
        """
        from core.workflows.report import report_all_scored

        return _saved(self.key, report_all_scored(self.model_id, progress))


def _saved(key: str, report: tuple[bytes, bytes]) -> dict[str, Any]:
    for suffix, content in zip((".html", ".zip"), report, strict=True):
        reports.save(key, suffix, content)
    return {"key": key}
