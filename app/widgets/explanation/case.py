"""What is explained of a recording, and what is already known of it."""

from __future__ import annotations

from dataclasses import dataclass

from app import cache
from app.components.player import Sound
from app.widgets import explanation_jobs
from app.widgets.explanation import background_choice, own_mask
from core.jobs.tasks.explain import CounterfactualTask, ExplainTask
from core.jobs.tasks.report import ClipReportTask
from core.storage.explanations import SavedExplanation
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord


@dataclass(frozen=True, eq=False)
class Case:
    """What is explained, and what is already known of it; `threshold` is on the map's scale."""

    model: ModelRecord
    score: ScoreRecord
    stretch: tuple[float, float] | None
    background: str
    threshold: float
    explain: ExplainTask
    flip: CounterfactualTask
    report: ClipReportTask
    explained: SavedExplanation | None
    flipped: SavedExplanation | None
    tried: SavedExplanation | None


def case_of(
    model: ModelRecord, score: ScoreRecord, stretch: tuple[float, float] | None, rate: float
) -> Case:
    """Looks up what is kept; takes milliseconds."""
    calibrated = cache.calibration(model.id)
    background = background_choice.chosen()
    asked = explanation_jobs.arguments_of(model, score, stretch, background)
    explain, flip = ExplainTask(**asked), CounterfactualTask(**asked, rate=rate)
    own = own_mask.task_of(model, score, stretch, background)
    return Case(
        model,
        score,
        stretch,
        background,
        calibrated.clip_evidence(calibrated.threshold(rate)),
        explain,
        flip,
        ClipReportTask(**asked, rate=rate),
        explanation_jobs.find(explain),
        explanation_jobs.find(flip),
        explanation_jobs.find(own) if own else None,
    )


def sounds(case: Case) -> list[Sound]:
    """The further sounds for the player that are ready; a long recording's parts have none.

    Its player goes on from part to part, and each part must have the same sounds.
    """
    ready: list[Sound] = []
    if case.stretch is not None:
        return ready

    def add(name: str, label: str, kept: SavedExplanation | None, source: str) -> None:
        if kept is not None and source in kept.sounds:
            ready.append(Sound(name, label, kept.sounds[source], kept.sample_rate))

    add("filled", "Gap filled", case.explained, "filled")
    add("nearest", "Nearest normal", case.explained, "nearest")
    if case.flipped is not None and case.flipped.values["share"]:
        add("normal", "Made normal", case.flipped, "masked")
    add("own", "Without your mask", case.tried, "masked")
    return ready
