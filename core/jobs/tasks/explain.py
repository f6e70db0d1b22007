"""What Listen shows of a scored recording: why it scored so, what would make it normal."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from core.jobs.tasks.task import OPTIONAL, KeyedTask
from core.runtime.progress import Progress, part, silent
from core.storage import explanations
from core.storage.explanations import SavedExplanation

if TYPE_CHECKING:
    from core.workflows.explain import ScoredClip


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordingTask(KeyedTask):
    """A task on one recording that a model has scored.

    Attributes:
        model_id: the model
        clip_id: the recording
        stretch: its start and end in seconds, of a recording too long to be explained whole
        background: what fills the place of the anomalous part: “nearest”, “mean”, “none”, or the
            id of a recording
        scored_at: the moment of scoring (ISO 8601); a recording scored again is explained again
        recalibration_id: the model's recalibration in use, on which p-values and the evidence map
            depend; None where it is calibrated as fitted
    """

    view: ClassVar[str] = "listen"

    model_id: str
    clip_id: str
    stretch: Sequence[float] | None = None
    background: str = "nearest"
    scored_at: str = ""
    recalibration_id: int | None = dataclasses.field(default=None, metadata=OPTIONAL)

    def _scored_clip(self, progress: Progress) -> ScoredClip:
        # A task is imported by the app, which does not wait for PyTorch.
        from core.workflows.explain import read_scored_clip

        return read_scored_clip(
            self.model_id, self.clip_id, self.stretch, self.background, progress
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExplanationTask(RecordingTask):
    """A task that saves an explanation for `core.storage.explanations` to find."""

    @abstractmethod
    def _explain(self, scored: ScoredClip, progress: Progress) -> SavedExplanation:
        """Explain the recording."""

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Explain the recording and save what was found.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `key`, under which the explanation is saved.

        Raises:
            HearMapError: the model, the recording or its map is gone, or cannot be read.
        """
        scored = self._scored_clip(part(progress, 0.0, 0.4))
        found = self._explain(scored, part(progress, 0.4, 0.98))
        explanations.save(self.clip_id, self.key, found)
        return {"key": self.key}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExplainTask(ExplanationTask):
    """Measure faithfulness v1 and v2 of a recording, and save the sounds they are measured on.

    Attributes:
        rate: the model's false-alarm rate of now, on which the evidence map depends
    """

    kind: ClassVar[str] = "explain"
    doing: ClassVar[str] = "Explaining a recording"

    rate: float | None = dataclasses.field(default=None, metadata=OPTIONAL)

    def _explain(self, scored: ScoredClip, progress: Progress) -> SavedExplanation:
        from core.workflows.explain import measure_faithfulness

        return measure_faithfulness(scored, progress)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CounterfactualTask(ExplanationTask):
    """Find what would make a recording normal.

    Attributes:
        rate: the model's false-alarm rate of now
    """

    kind: ClassVar[str] = "counterfactual"
    doing: ClassVar[str] = "Looking for what would make a recording normal"

    rate: float

    def _explain(self, scored: ScoredClip, progress: Progress) -> SavedExplanation:
        from core.workflows.explain import find_counterfactual

        return find_counterfactual(scored, progress)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TryMaskTask(ExplanationTask):
    """Score a recording again without what lies in boxes of the user's own.

    Attributes:
        boxes: each {start_s, end_s, low_hz, high_hz}, in seconds of the stretch
        rate: the model's false-alarm rate of now, on which the verdicts depend
    """

    kind: ClassVar[str] = "try_mask"
    doing: ClassVar[str] = "Scoring a recording with a mask"

    boxes: Sequence[dict[str, float]]
    rate: float | None = dataclasses.field(default=None, metadata=OPTIONAL)

    def _explain(self, scored: ScoredClip, progress: Progress) -> SavedExplanation:
        from core.workflows.explain import try_mask

        return try_mask(scored, self.boxes, progress)
