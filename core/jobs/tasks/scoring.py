"""Score recordings of the store with a model."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import HearMapError, StoreError
from core.jobs.tasks.recordings import naming
from core.runtime.progress import Progress, part, silent

if TYPE_CHECKING:
    from core.storage.scores import ScoreRecord


def score(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Scores recordings with a model and keeps scores and maps: {n_scored, n_failed, left_out}.

    Arguments: model_id, clip_ids; device if not the default. Cancelled, it keeps what it has, and
    with `resumed_since`, a moment, it leaves alone what was scored after it.

    Raises:
        StoreError: the model is gone, or nothing can be written.
        ModelError: the model cannot be loaded.
    """
    from core.audio import read_clip
    from core.runtime.resource_usage import measure_usage
    from core.storage import models, recordings, scores

    model_id, clip_ids = arguments["model_id"], list(dict.fromkeys(arguments["clip_ids"]))
    progress("Loading the model", 0.0)
    record = models.get_model(model_id)
    before = _scored_since(model_id, clip_ids, arguments.get("resumed_since"))
    left_out = [score.error for score in before.values() if score.error]
    n_scored = len(before) - len(left_out)
    detector = models.load_model(model_id, device=arguments.get("device") or "auto")
    for i, clip_id in enumerate(clip_ids):
        if clip_id in before:
            continue
        step = part(progress, i / len(clip_ids), (i + 1) / len(clip_ids))
        step(f"Scoring {i + 1} of {len(clip_ids)}", 0.0)
        try:
            name = recordings.get_recording(clip_id).name
        except StoreError as error:
            left_out.append(str(error))
            continue
        try:
            clip = read_clip(
                recordings.recording_path(clip_id),
                name=name,
                channel=record.channel,
                sample_rate=detector.sample_rate,
            )
            with measure_usage() as cost:
                result = detector.score(clip, progress=step)
        except HearMapError as error:
            left_out.append(naming(name, error))
            scores.save_score(model_id, clip_id, error)
            continue
        scores.save_score(model_id, clip_id, result, cost)
        n_scored += 1
    return {"n_scored": n_scored, "n_failed": len(clip_ids) - n_scored, "left_out": left_out}


def _scored_since(
    model_id: str, clip_ids: Sequence[str], since: str | None
) -> dict[str, ScoreRecord]:
    """Those of the clips that were scored from this moment on; none without one."""
    from core.storage.scores import list_scores

    if since is None:
        return {}
    moment, wanted = datetime.datetime.fromisoformat(since), set(clip_ids)
    return {
        score.clip_id: score
        for score in list_scores(model_id)
        if score.clip_id in wanted and score.created_at >= moment
    }
