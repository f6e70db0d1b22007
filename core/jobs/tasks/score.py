"""Score recordings of the store with a model."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from core.errors import AudioError, StoreError
from core.jobs.tasks.task import OPTIONAL, Task, n_recordings
from core.runtime.progress import Progress, part, silent
from core.storage import models, recordings, scores


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreTask(Task):
    """Score recordings with a model and save scores and maps, each as soon as it is there.

    Attributes:
        model_id: the model
        clip_ids: the recordings
        channel: “each” scores every channel and takes the one with the highest score; None takes
            the channel that the model was fitted on
        resumed_since: what was scored from this moment on (ISO 8601) is left alone
    """

    kind: ClassVar[str] = "score"
    view: ClassVar[str] = "score"

    model_id: str
    clip_ids: Sequence[str]
    channel: Literal["each"] | None = dataclasses.field(default=None, metadata=OPTIONAL)
    resumed_since: str | None = dataclasses.field(default=None, metadata=OPTIONAL)

    @property
    def title(self) -> str:
        """What the task does."""
        try:
            model = f"“{models.get_model(self.model_id).name}”"
        except StoreError:
            model = "a model that was deleted"
        return f"Scoring {n_recordings(self.clip_ids)} with {model}"

    def resumed(self, since: datetime.datetime) -> Task:
        """Make the task that goes on with the recordings that were not scored.

        Args:
            since: when it was first asked for

        Returns:
            The task to run.
        """
        if self.resumed_since is not None:
            return self
        return dataclasses.replace(self, resumed_since=since.isoformat())

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Score the recordings; one that cannot be used has its sentence in place of a score.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `n_scored`, `n_failed`; `left_out`, a sentence for each that failed; `shift_note`, how
            the recordings that this run scored differ as a set from those that the model knows,
            empty where they do not. It is made here, where their levels are at hand: a page would
            have to open the map of each.

        Raises:
            StoreError: the model is gone, or nothing can be written.
            ModelError: the model cannot be loaded.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.workflows.batch_shift import ScoredBatch
        from core.workflows.score import highest_of_channels, score
        from core.workflows.stored_source import StoredSource

        progress("Loading the model", 0.0)
        record = models.get_model(self.model_id)
        clip_ids = list(dict.fromkeys(self.clip_ids))
        before = self._scored_before(clip_ids)
        failed = [score.error for score in before.values() if score.error]
        detector = models.load_model(self.model_id)
        outcomes = score(
            detector,
            [StoredSource(clip_id=clip_id) for clip_id in clip_ids if clip_id not in before],
            channel=self.channel or record.channel,
            measured=True,
            progress=part(progress, len(before) / max(1, len(clip_ids)), 1.0),
        )
        batch = ScoredBatch()
        if self.channel == "each":
            outcomes = highest_of_channels(outcomes)
        for outcome in outcomes:
            clip_id = outcome.source.clip_id
            try:
                recordings.get_recording(clip_id)
            except StoreError as error:
                # Deleted before its turn, or while it was scored.
                failed.append(str(error))
                continue
            if outcome.found is None:
                failed.append(outcome.error)
            else:
                batch.add(outcome.found)
            scores.save_score(
                self.model_id,
                clip_id,
                outcome.found or AudioError(outcome.error),
                outcome.usage,
                warnings=outcome.warnings,
                channel=outcome.channel,
            )
        n_failed = len(failed)
        return {
            "n_scored": len(clip_ids) - n_failed,
            "n_failed": n_failed,
            "left_out": failed,
            "shift_note": batch.note(detector),
        }

    def _scored_before(self, clip_ids: Sequence[str]) -> dict[str, scores.ScoreRecord]:
        if self.resumed_since is None:
            return {}
        moment = datetime.datetime.fromisoformat(self.resumed_since)
        wanted = set(clip_ids)
        return {
            score.clip_id: score
            for score in scores.list_scores(self.model_id, strips=False)
            if score.clip_id in wanted and score.created_at >= moment
        }
