"""What models said of recordings: a record each, and the map in maps/<model>/<clip>.npz.

A record holds the score and no verdict. Threshold, verdict, regions and p-values follow from the
model's false-alarm rate and calibration at the time of reading, so that none contradicts another
after a recalibration.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer

from core.audio import Channel, ChannelChoice
from core.audio.channels import channel_choice
from core.detectors.calibration.view_scores import ViewScores
from core.errors import HearMapError, StoreError
from core.runtime.columns import Overview
from core.runtime.paths import maps_dir
from core.runtime.resource_usage import ResourceUsage
from core.storage.calibrations import calibration_of, recalibration_in_use, view_scores_of
from core.storage.database import reading, writing
from core.storage.maps import read_map, save_map
from core.storage.models import get_model
from core.storage.recordings import as_moment, find_times, get_recording
from core.storage.tables import ClipRow, ScoreRow, as_json, as_text, from_row, now
from core.storage.thresholds import model_row
from core.types import AnomalyMap, Region, ViewFinding

STRIP_POINTS = 200


@dataclasses.dataclass(frozen=True)
class ScoreRecord:
    """What one model says of one recording: a score, or in `error` why there is none.

    Attributes:
        model_id: the model's id
        clip_id: the recording's id
        clip_name: the recording's name
        other_names: names under which the same file was added later
        recorded_at: when the recording began, None where nobody knows
        score: the score
        p_value: how often normal recordings score as high, by the model's calibration now
        threshold: the model's, now
        duration_seconds: length of the recording
        strip: score over time in at most 200 points over the whole length
        regions: those found when the recording was scored, with their p-values now; `load_map` has
            them at the model's current threshold
        error: a sentence
        warnings: sentences on what to know of the recording before its score is trusted
        channel: the channel that was scored, a number from 0 or “mean”; None where it was scored by
            an earlier version, or could not be read
        seconds: computing time of the score
        peak_memory_bytes: the most that the process held while it scored
        created_at: when it was scored, in UTC; later than any score of the model before it
    """

    model_id: str
    clip_id: str
    clip_name: str
    other_names: tuple[str, ...]
    recorded_at: datetime.datetime | None
    score: float | None
    p_value: float | None
    threshold: float
    duration_seconds: float | None
    strip: tuple[float, ...]
    regions: tuple[Region, ...]
    error: str | None
    warnings: tuple[str, ...]
    channel: ChannelChoice | None
    seconds: float | None
    peak_memory_bytes: int | None
    created_at: datetime.datetime

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the recording, the first one first."""
        return (self.clip_name, *self.other_names)

    @property
    def anomalous(self) -> bool:
        """Whether the score exceeds the model's current threshold."""
        return self.score is not None and self.score > self.threshold


def save_score(
    model_id: str,
    clip_id: str,
    result: AnomalyMap | HearMapError,
    cost: ResourceUsage | None = None,
    *,
    warnings: Sequence[str] = (),
    channel: Channel | None = None,
) -> None:
    """Save a result, or the sentence on why there is none, in place of an earlier one.

    Args:
        model_id: the model's id
        clip_id: the recording's id
        result: the map, or what went wrong
        cost: what scoring took, where it was measured
        warnings: sentences on what to know of the recording before its score is trusted
        channel: the channel that was scored

    Raises:
        StoreError: the disk or the database refused, or the model or recording is gone.
    """
    # Also keeps ids that are none of ours from becoming paths.
    get_model(model_id)
    get_recording(clip_id)
    values: dict[str, Any] = {"model_id": model_id, "clip_id": clip_id}
    values["warnings"] = as_json(list(warnings))
    values["channel"] = None if channel is None else str(channel)
    if cost is not None:
        values |= {"seconds": cost.seconds, "peak_memory_bytes": cost.peak_memory_bytes}
    if isinstance(result, HearMapError):
        values |= {"error": as_text(str(result)), "strip": [], "regions": []}
    else:
        save_map(_map_path(model_id, clip_id), result)
        values |= {
            "score": float(result.score),
            "p_value": float(result.p_value),
            "duration_seconds": float(result.time_s[-1] + result.time_s[0]),
            "strip": _strip(result),
            "regions": as_json([dataclasses.asdict(region) for region in result.regions]),
            "map_file": f"{model_id}/{clip_id}.npz",
        }
    try:
        with writing() as session:
            # Pages know by this moment that there is a new score, also where the clock went back.
            query = select(func.max(ScoreRow.created_at)).where(ScoreRow.model_id == model_id)
            newest = session.scalar(query)
            moment = now()
            if newest is not None:
                moment = max(moment, newest + datetime.timedelta(microseconds=1))
            session.execute(
                delete(ScoreRow).where(ScoreRow.model_id == model_id, ScoreRow.clip_id == clip_id)
            )
            session.add(ScoreRow(**values, created_at=moment))
    except IntegrityError:
        raise StoreError(
            "The recording or the model was removed, or is being scored elsewhere; try again."
        ) from None


def list_scores(model_id: str, *, strips: bool = True) -> list[ScoreRecord]:
    """List the scores of a model.

    Args:
        model_id: the model's id
        strips: read the scores over time; without them 1,000 scores come in a third of the time

    Returns:
        The highest score first, those with an error last.

    Raises:
        StoreError: there is no such model.
    """
    query = (
        select(ScoreRow, ClipRow.name, ClipRow.other_names, ClipRow.recorded_at)
        .join(ClipRow, ClipRow.id == ScoreRow.clip_id)
        .where(ScoreRow.model_id == model_id)
    )
    if not strips:
        query = query.options(defer(ScoreRow.strip, raiseload=True))
    find_times()
    with reading() as session:
        model = model_row(session, model_id)
        p_value = calibration_of(model, recalibration_in_use(session, model)).p_value
        rows = session.execute(query).all()
    records = [
        from_row(
            ScoreRecord,
            row,
            clip_name=name,
            other_names=tuple(other_names or ()),
            recorded_at=as_moment(recorded_at),
            p_value=None if row.score is None else p_value(row.score),
            threshold=model.threshold,
            warnings=tuple(row.warnings or ()),
            channel=None if row.channel is None else channel_choice(row.channel),
            strip=tuple(float(point) for point in row.strip) if strips else (),
            regions=tuple(
                Region(**region | {"p_value": p_value(region["score"])}) for region in row.regions
            ),
        )
        for row, name, other_names, recorded_at in rows
    ]
    return sorted(
        records, key=lambda record: (record.score is None, -(record.score or 0), record.clip_name)
    )


@dataclasses.dataclass(frozen=True)
class Heard:
    """What was heard of a recording when it was scored.

    Attributes:
        channel: the channel; that of the model where the recording was not scored, or by an earlier
            version
        warnings: sentences on what to know of the recording before its score is trusted
    """

    channel: ChannelChoice
    warnings: tuple[str, ...]


def heard(model_id: str, clip_id: str) -> Heard:
    """Look up what a model heard of a recording.

    Args:
        model_id: the model's id
        clip_id: the recording's id, scored or not

    Returns:
        The channel, and the warnings.

    Raises:
        StoreError: there is no such model.
    """
    with reading() as session:
        model = model_row(session, model_id)
        row = session.get(ScoreRow, (model_id, clip_id))
    channel = model.channel if row is None or row.channel is None else row.channel
    return Heard(channel_choice(channel), tuple((row.warnings if row else None) or ()))


def scores_stamp(model_id: str) -> str:
    """Make a text that differs once a model's scores, its threshold or its calibration change.

    Args:
        model_id: the model's id

    Returns:
        Some text.

    Raises:
        StoreError: there is no such model.
    """
    model = get_model(model_id)
    query = (
        select(
            func.count(),
            func.max(ScoreRow.created_at),
            func.sum(func.length(cast(ClipRow.other_names, Text))),
        )
        .join(ClipRow, ClipRow.id == ScoreRow.clip_id)
        .where(ScoreRow.model_id == model_id)
    )
    with reading() as session:
        found = session.execute(query).one()
    return f"{' '.join(map(str, found))} {model.threshold!r} {model.recalibration_id}"


def load_map(model_id: str, clip_id: str) -> AnomalyMap:
    """Load the map of a scored recording, with what follows from the model's rate and calibration.

    Args:
        model_id: the model's id
        clip_id: the recording's id

    Returns:
        The map.

    Raises:
        StoreError: the recording was not scored, gave an error, or its map is missing or damaged.
    """
    # They need SciPy and PyTorch, which pages that list scores do without.
    from core.detectors.findings import Axes, placed, regions_of
    from core.detectors.fusion import set_peak

    clip = get_recording(clip_id)
    with reading() as session:
        model = model_row(session, model_id)
        row = session.get(ScoreRow, (model_id, clip_id))
        recalibration = recalibration_in_use(session, model)
    if row is None:
        raise StoreError(f"“{clip.name}” was not scored with the model “{model.name}” yet.")
    if row.score is None:
        raise StoreError(row.error or f"“{clip.name}” has no score.")
    stored = read_map(_map_path(model_id, clip_id), clip.name)
    raw, overview = stored.raw, stored.overview
    calibration = calibration_of(model, recalibration)
    peak = float(overview.peaks.max())
    if peak != row.score:
        # Scored before 0.2.0, when the map's highest cell was not the clip's score.
        raw = set_peak(raw + np.float32(row.score - peak), row.score)
        overview = Overview.of(raw)
    score = float(overview.peaks.max())
    axes = Axes(stored.freq_hz, stored.time_s)
    views = _calibrated(stored.views, view_scores_of(model, recalibration))
    if stored.threshold == model.threshold:
        # As found when it was scored: of many hours that are anomalous it takes seconds.
        p_value, n_regions = calibration.p_value, stored.n_regions
        regions = tuple(Region(**one | {"p_value": p_value(one["score"])}) for one in row.regions)
    else:
        regions = regions_of(raw, model.threshold, axes, calibration.p_value, views, overview)
        n_regions = len(regions)
    return AnomalyMap(
        clip_name=clip.name,
        raw=raw,
        evidence=calibration.evidence_scale(model.threshold).evidence(raw),
        freq_hz=axes.freq_hz,
        time_s=axes.time_s,
        score=score,
        p_value=calibration.p_value(score),
        threshold=model.threshold,
        regions=regions,
        one_in=calibration.one_in(score),
        views=placed(views, regions, axes),
        false_alarm_rate=model.false_alarm_rate,
        levels_db=stored.levels_db,
        n_regions=n_regions,
        overview=overview,
    )


def _map_path(model_id: str, clip_id: str) -> Path:
    return maps_dir() / model_id / f"{clip_id}.npz"


def _calibrated(views: Sequence[ViewFinding], scores: ViewScores) -> tuple[ViewFinding, ...]:
    # Each view with its p-value by these scores; models saved before 0.2.0 have none by view.
    return tuple(
        dataclasses.replace(view, p_value=scores.of(view.view).p_value(view.score))
        if view.view in scores.scores
        else view
        for view in views
    )


def _strip(result: AnomalyMap) -> list[float]:
    # The score over time, the highest of each of at most 200 stretches.
    peaks = result.score_over_time
    starts = np.unique(np.linspace(0, peaks.size, STRIP_POINTS, endpoint=False).astype(int))
    strip: list[float] = as_json(np.maximum.reduceat(peaks, starts).round(6).astype(float))
    return strip
