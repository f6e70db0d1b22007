"""Fit other heads on the recordings that one model was fitted on, for the Compare view."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from core.detectors.registry import HEADS, usable_backbone
from core.errors import HearMapError, SettingError
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.jobs.tasks.task import Task
from core.runtime.progress import Progress, part, silent, titled
from core.storage.training import fit_arguments


@dataclasses.dataclass(frozen=True, kw_only=True)
class FitHeadsTask(Task):
    """Fit each head as a model was fitted, and score a recording with it.

    The settings of the model's own head mean nothing to another, which has those of the preset.
    Cancelled, the task leaves the models that are done.

    Attributes:
        model_id: the model
        clip_id: the recording
        heads: the other heads
    """

    kind: ClassVar[str] = "fit_heads"
    doing: ClassVar[str] = "Fitting other methods on the same recordings"
    view: ClassVar[str] = "compare"

    model_id: str
    clip_id: str
    heads: Sequence[str]

    def check(self) -> None:
        """Check the arguments before the task is put in the queue.

        Raises:
            SettingError: one is missing or of another type, or there is no such head.
        """
        super().check()
        for head in self.heads:
            usable_backbone(head, None)

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Fit and score one head after the other; one that fails does not stop the rest.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `model_ids`, and `failed`, a sentence for each head that failed.

        Raises:
            SettingError: the model's recordings are not known here.
        """
        titles = {head: HEADS[head].title for head in self.heads}
        wanted = FitTask.from_record(fit_arguments(self.model_id))
        if not wanted.clip_ids:
            raise SettingError(
                "The recordings this model was fitted on are not in the store, so no other head "
                "can be fitted on them: fit it on the Fit page."
            )
        model_ids, failed = [], []
        for i, (head, title) in enumerate(titles.items()):
            step = part(progress, i / len(titles), (i + 1) / len(titles))
            fit = dataclasses.replace(
                wanted, head=head, head_settings={}, model_name=f"{wanted.model_name}: {title}"
            )
            try:
                fitted = fit.run(titled(part(step, 0.0, 0.9), title))
                model_ids.append(fitted["model_id"])
                score = ScoreTask(model_id=fitted["model_id"], clip_ids=[self.clip_id])
                score.run(part(step, 0.9, 1.0))
            except HearMapError as error:
                failed.append(f"{title}: {error}")
        return {"model_ids": model_ids, "failed": failed}
