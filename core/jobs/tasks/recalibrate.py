"""Recalibrate a model with recordings of the store that a user calls normal."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from core.errors import StoreError
from core.jobs.tasks.task import OPTIONAL, Task, n_recordings
from core.runtime.progress import Progress, part, silent
from core.storage import models, thresholds


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecalibrateTask(Task):
    """Let a model's threshold and p-values follow from normal recordings; nothing is fitted.

    Cancelled or failed, it changes nothing.

    Attributes:
        model_id: the model
        clip_ids: the normal recordings, none of which it was fitted on
        note: why
        by: who asks for it
        expected_id: the change of the threshold that this person saw; if another comes in between,
            it stays and this is not done
    """

    kind: ClassVar[str] = "recalibrate"
    view: ClassVar[str] = "tune"

    model_id: str
    clip_ids: Sequence[str]
    note: str = ""
    by: str = ""
    expected_id: int | None = dataclasses.field(default=None, metadata=OPTIONAL)

    @property
    def title(self) -> str:
        """What the task does."""
        try:
            model = f"“{models.get_model(self.model_id).name}”"
        except StoreError:
            model = "a model that was deleted"
        return f"Recalibrating {model} with {n_recordings(self.clip_ids)}"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Score the recordings and let the threshold follow from their scores.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `change_id`, of the model's history, and what `Recalibrated` has.

        Raises:
            FitError: the model was fitted on some of the recordings, or too few can be used.
            StoreError: the model is gone, or its threshold was changed meanwhile.
            ModelError: the model cannot be loaded.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.workflows.recalibrate import recalibrate
        from core.workflows.stored_source import StoredSource

        progress("Loading the model", 0.0)
        record = models.get_model(self.model_id)
        detector = models.load_model(self.model_id)
        made = recalibrate(
            detector,
            [StoredSource(clip_id=clip_id) for clip_id in dict.fromkeys(self.clip_ids)],
            channel=record.channel,
            note=self.note,
            progress=part(progress, 0.0, 0.99),
        )
        # Here it can still be cancelled.
        progress("Saving the threshold", 0.99)
        change = thresholds.recalibrate(
            self.model_id, detector.recalibrations[-1], by=self.by, expected_id=self.expected_id
        )
        return {"change_id": change.id, **dataclasses.asdict(made)}
