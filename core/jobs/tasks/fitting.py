"""Fit a model on recordings of the store."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import FitError, SettingError, StoreError
from core.jobs.tasks.recordings import channel_of, readable, with_left_out
from core.runtime.paths import checkpoints_dir
from core.runtime.progress import Progress, part, silent


def fit(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Fits a detector on recordings of the store and keeps it: {model_id, left_out}.

    Arguments: clip_ids, model_name; if not the defaults head, preset, backbone, seed,
    false_alarm_rate, channel, device, precision; head_settings, over those of the preset; groups,
    one for each clip id, alike for clips of one recording; labels, each clip's class, for heads
    that learn from classes. Cancelled or failed, it leaves no model; a long training's state stays,
    and the same fit goes on from it.

    Raises:
        FitError: too few recordings can be used; the sentence says which were left out and why.
        HearMapError: as `Detector` says.
    """
    from core.detectors.detector import Detector
    from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
    from core.storage import models, recordings
    from core.types import TrainingClip

    head = str(arguments.get("head") or RECOMMENDED_HEAD)
    settings = preset_settings(head, str(arguments.get("preset") or "recommended"))
    settings |= arguments.get("head_settings") or {}
    options = {
        key: arguments[key]
        for key in ("backbone", "seed", "false_alarm_rate", "device", "precision")
        if arguments.get(key) is not None
    }
    channel = channel_of(arguments.get("channel", 0))
    clip_ids = list(dict.fromkeys(arguments["clip_ids"]))
    groups = arguments.get("groups")
    if groups is not None and len(groups) != len(arguments["clip_ids"]):
        raise SettingError(f"There are {len(groups)} groups for {len(clip_ids)} recordings.")
    group_of = dict(zip(arguments["clip_ids"], groups or (), strict=False))
    labels = arguments.get("labels")
    if labels is not None and len(labels) != len(arguments["clip_ids"]):
        raise SettingError(f"There are {len(labels)} labels for {len(clip_ids)} recordings.")
    label_of = dict(zip(arguments["clip_ids"], labels or (), strict=False))
    left_out: list[str] = []
    used: list[str] = []
    progress("Preparing", 0.0)
    detector = Detector(head, **options, **settings)

    def usable() -> Iterator[TrainingClip]:
        for clip in readable(clip_ids, channel, detector.sample_rate, left_out, used):
            group = str(group_of[used[-1]]) if group_of else None
            yield TrainingClip(clip, group, str(label_of.get(used[-1], "")))

    started = time.monotonic()
    try:
        detector.fit(
            usable(),
            checkpoints=None if labels is None else _kept_state(arguments),
            n_clips=len(clip_ids),
            progress=part(progress, 0.0, 0.98),
        )
    except FitError as error:
        raise FitError(with_left_out(str(error), left_out)) from error
    progress("Keeping the model", 0.98)
    record = models.save_model(
        detector,
        str(arguments.get("model_name") or "Model"),
        channel=channel,
        arguments={key: arguments[key] for key in arguments if key != "resumed_since"},
        fit_seconds=time.monotonic() - started,
    )
    for clip_id in used:
        # A recording removed meanwhile takes no role; the model has heard it all the same.
        try:
            if recordings.get_recording(clip_id).role == "unknown":
                recordings.set_role(clip_id, "normal")
        except StoreError:
            continue
    return {"model_id": record.id, "left_out": left_out}


def _kept_state(arguments: dict[str, Any]) -> Path:
    """Where this fit's training keeps its state: the same fit started again finds it there."""
    same = {key: arguments[key] for key in arguments if key not in ("resumed_since", "model_name")}
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
    return checkpoints_dir() / digest[:16]
