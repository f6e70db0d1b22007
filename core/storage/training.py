"""What a model was trained on, and how to fit another like it; read without PyTorch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.detectors.model_folder import read_manifest
from core.detectors.settings import with_current_names
from core.storage.annotations import list_annotations
from core.storage.database import reading
from core.storage.models import get_model
from core.storage.recordings import StoredRecording, list_recordings
from core.storage.thresholds import model_row


@dataclasses.dataclass(frozen=True)
class TrainedRecording:
    """A normal recording that a model was fitted on; `sha256` is that of its sound."""

    name: str
    sha256: str
    seconds: float


@dataclasses.dataclass(frozen=True)
class Training:
    """What a model is made of and from, as its manifest says.

    Attributes:
        settings: the head's settings under their current names
        layers: the backbone's layers, in order
        weights_sha256: hash of the backbone's weights
        weights_licence: their licence
        precision: of the network's arithmetic
        seed: of the fit
        clips: the recordings it was fitted on
        level_counts: whether the level counts towards the verdict; None where the model has no
            level view
        program_version: the HearMap that fitted it
    """

    settings: dict[str, Any]
    layers: tuple[str, ...]
    weights_sha256: str
    weights_licence: str
    precision: str
    seed: int
    clips: tuple[TrainedRecording, ...]
    level_counts: bool | None
    program_version: str


def trained_on(model_id: str) -> Training:
    """Read what a model was trained on.

    Args:
        model_id: the model's id

    Returns:
        What its manifest says.

    Raises:
        StoreError: there is none of this id, or it was deleted.
        ModelError: its manifest is missing or damaged.
    """
    record = get_model(model_id)
    manifest = read_manifest(record.folder, record.name)
    settings = with_current_names(manifest.get("settings") or {})
    return Training(
        settings=settings,
        layers=tuple(manifest.get("layers") or ()),
        weights_sha256=str(manifest.get("backbone_weights_sha256") or ""),
        weights_licence=str(manifest.get("backbone_weights_licence") or ""),
        precision=str(manifest.get("precision") or "float32"),
        seed=int(manifest.get("seed") or 0),
        clips=training_clips(manifest.get("training") or ()),
        level_counts=manifest.get("level_counts") if settings.get("views") == "both" else None,
        program_version=str(manifest.get("program_version") or "unknown"),
    )


def training_clips(clips: Iterable[Mapping[str, Any]]) -> tuple[TrainedRecording, ...]:
    """Read the training clips of a manifest or a detector.

    Args:
        clips: name, sha256 and seconds of each

    Returns:
        The recordings.
    """
    return tuple(
        TrainedRecording(str(clip["name"]), str(clip["sha256"]), float(clip["seconds"]))
        for clip in clips
    )


def found_in_store(clips: Sequence[TrainedRecording]) -> list[StoredRecording]:
    """Find training clips in the store.

    They are recognised by the hash of their sound, or, where they came at another rate than the
    network's, by name and length.

    Args:
        clips: the recordings that a model was fitted on

    Returns:
        Those that are still there.

    Raises:
        StoreError: the database cannot be read.
    """
    hashes = {clip.sha256 for clip in clips}
    named = {(clip.name, round(clip.seconds, 2)) for clip in clips}
    return [
        record
        for record in list_recordings()
        if record.info.sha256 in hashes
        or (record.name, round(record.info.duration_seconds, 2)) in named
    ]


def new_normal_recordings(model_id: str) -> list[str]:
    """List the recordings that people call normal and that a model was not fitted on.

    Args:
        model_id: the model's id

    Returns:
        Ids of usable recordings, the newest first.

    Raises:
        StoreError: there is none of this id, or it was deleted.
        ModelError: the app did not fit it, and its manifest is missing or damaged.
    """
    with reading() as session:
        # What the app fitted says itself on which recordings; names and lengths may repeat.
        fitted_on = set(model_row(session, model_id).arguments.get("clip_ids") or ())
    fitted_on = fitted_on or {one.id for one in found_in_store(trained_on(model_id).clips)}
    normal = {one.clip_id for one in list_annotations().values() if one.verdict == "normal"}
    return [
        one.id
        for one in list_recordings()
        if one.id in normal - fitted_on and one.info.problem is None
    ]


def fit_arguments(model_id: str) -> dict[str, Any]:
    """Find the arguments of `core.jobs.tasks.fit` that would fit a model again.

    Of a model that the app did not fit itself they name no clip_ids, and its settings in full.

    Args:
        model_id: the model's id

    Returns:
        The arguments, to be changed at will.

    Raises:
        StoreError: there is none of this id, or it was deleted.
        ModelError: they are not recorded, and its manifest is missing or damaged.
    """
    with reading() as session:
        arguments = dict(model_row(session, model_id).arguments)
    if arguments:
        return arguments
    record, training = get_model(model_id), trained_on(model_id)
    return {
        "clip_ids": [],
        "model_name": record.name,
        "head": record.head,
        "backbone": record.backbone,
        "seed": training.seed,
        "precision": training.precision,
        "false_alarm_rate": record.false_alarm_rate,
        "channel": record.channel,
        "head_settings": training.settings,
        "level_counts": bool(training.level_counts),
    }
