"""What is explained of a recording, and what is already known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from app.components.player import Sound
from app.text import explanation as text
from app.widgets import explanation_jobs
from app.widgets.explanation import background_choice
from core.jobs.tasks.explain import CounterfactualTask, ExplainTask, TryMaskTask
from core.jobs.tasks.report import ClipReportTask
from core.storage.explanations import SavedExplanation
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord
from core.types import Box

OWN_BOXES = "own_boxes"


@dataclass(frozen=True, eq=False)
class ExplainedRecording:
    """A scored recording, or a stretch of a long one, with its explanations.

    Attributes:
        model: The model that scored it.
        score: Its score.
        stretch: Start and end in seconds; None for the whole recording.
        arguments: What all tasks on it have in common, by name, with what replaces the anomalous
            part: "nearest", "mean", or the id of a recording.
        rate: The false-alarm rate, on which the evidence depends.
        explain_task: Measures faithfulness.
        search_task: Looks for what would make the recording normal.
        report_task: Writes a report.
        faithfulness: The result of `explain_task`, if it is saved.
        made_normal: The result of `search_task`, if it is saved.
    """

    model: ModelRecord
    score: ScoreRecord
    stretch: tuple[float, float] | None
    arguments: dict[str, Any]
    rate: float
    explain_task: ExplainTask
    search_task: CounterfactualTask
    report_task: ClipReportTask
    faithfulness: SavedExplanation | None
    made_normal: SavedExplanation | None

    @property
    def start_s(self) -> float:
        """Where the explained stretch begins, in seconds of the recording."""
        return self.stretch[0] if self.stretch else 0.0

    @property
    def seconds(self) -> float:
        """The length of what is explained."""
        if self.stretch is not None:
            return self.stretch[1] - self.stretch[0]
        return self.score.duration_seconds or 0.0

    @cached_property
    def without_mask(self) -> SavedExplanation | None:
        """The score without the user's own mask, if it is saved."""
        task = self.own_mask_task()
        return explanation_jobs.find(task) if task else None

    def own_mask_task(self) -> TryMaskTask | None:
        """Make the task on the mask that this session has last asked for.

        Returns:
            The task; None where there is no mask of this recording.
        """
        asked = st.session_state.get(OWN_BOXES)
        if not asked or asked["clip_id"] != self.score.clip_id:
            return None
        boxes = [
            {
                "start_s": begin - self.start_s,
                "end_s": end - self.start_s,
                "low_hz": low,
                "high_hz": high,
            }
            for begin, end, low, high in asked["boxes"]
        ]
        return TryMaskTask(**self.arguments, rate=self.rate, boxes=boxes)

    def remember_mask(self, boxes: Sequence[Box]) -> None:
        """Ask for the score without a mask.

        Args:
            boxes: The mask, in seconds of the recording and Hz.
        """
        sides = [[box.start_s, box.end_s, box.low_hz, box.high_hz] for box in boxes]
        st.session_state[OWN_BOXES] = {"clip_id": self.score.clip_id, "boxes": sides}

    def further_sounds(self) -> list[Sound]:
        """List the sounds of the explanations that are saved, for the player.

        Returns:
            The sounds; none for a long recording, whose player goes on from part to part, and each
            part must have the same sounds.
        """
        if self.stretch is not None:
            return []
        found = self.made_normal
        replaced = found if found and found.values["share"] else None
        offers = [
            ("filled", text.FILLED, self.faithfulness, "filled"),
            ("nearest", text.NEAREST, self.faithfulness, "nearest"),
            ("normal", text.MADE_NORMAL, replaced, "masked"),
            ("own", text.WITHOUT_MASK, self.without_mask, "masked"),
        ]
        return [
            Sound(name, caption, saved.sounds[source], saved.sample_rate)
            for name, caption, saved, source in offers
            if saved is not None and source in saved.sounds
        ]


def look_up(
    model: ModelRecord, score: ScoreRecord, stretch: tuple[float, float] | None, rate: float
) -> ExplainedRecording:
    """Look up what is known of a recording; takes milliseconds.

    Args:
        model: The model that scored it.
        score: Its score.
        stretch: Start and end in seconds; None for the whole recording.
        rate: The false-alarm rate.

    Returns:
        The recording with the explanations that are saved.
    """
    arguments: dict[str, Any] = {
        "model_id": model.id,
        "clip_id": score.clip_id,
        "stretch": list(stretch) if stretch else None,
        "background": background_choice.chosen(),
        "scored_at": score.created_at.isoformat(),
        "recalibration_id": model.recalibration_id,
    }
    explain = ExplainTask(**arguments, rate=rate)
    search = CounterfactualTask(**arguments, rate=rate)
    return ExplainedRecording(
        model,
        score,
        stretch,
        arguments,
        rate,
        explain,
        search,
        ClipReportTask(**arguments, rate=rate),
        explanation_jobs.find(explain),
        explanation_jobs.find(search),
    )
