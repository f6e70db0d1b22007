"""A recording seen and heard in passing: a small picture, and the sound of the same stretch."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.cache import on_one_thread
from app.components.shared.frame import columns_by_max, evidence_steps, steps_of
from app.components.triage.frame import Glance
from core.errors import HearMapError

if TYPE_CHECKING:
    from core.types import AnomalyMap

LONGEST_SECONDS = 12.0
BEFORE_SECONDS = 3.0
MOST_COLUMNS = 480
RANGE_DB = 60.0


@st.cache_data(max_entries=64, show_spinner=False)
def glance(
    model_id: str,
    clip_id: str,
    false_alarm_rate: float,
    recalibration_id: int | None,
    scored_at: datetime.datetime,
) -> Glance:
    """Take a glance at a recording, at most 12 s of it around its strongest region.

    It takes about 1 MB at 44.1 kHz. The last three arguments say which version of it is cached.

    Args:
        model_id: The model that scored it.
        clip_id: The recording.
        false_alarm_rate: The model's.
        recalibration_id: The model's.
        scored_at: When it was scored.

    Returns:
        The glance; where recording or map is gone, one that says so.
    """
    try:
        return _made(model_id, clip_id)
    except HearMapError as error:
        empty, silence = np.zeros((0, 0), np.uint8), np.zeros(0, np.int16)
        said = str(error)
        return Glance(clip_id, empty, empty, silence, 1.0, 1, 0.0, 0.0, 0.0, 0.0, None, said)


def _made(model_id: str, clip_id: str) -> Glance:
    # A page that shows no glance does without PyTorch, which comes with these.
    from core.audio import read_clip
    from core.audio.writing import scaled_pcm16
    from core.backbones import front_end
    from core.spectral.spectrogram import spectrogram
    from core.storage.models import get_model
    from core.storage.recordings import get_recording, recording_path
    from core.storage.scores import heard, load_map

    on_one_thread()
    model = get_model(model_id)
    settings = front_end(model.backbone)
    found = load_map(model_id, clip_id)
    hop, n_columns = settings.hop_seconds, found.time_s.size
    first = _first_column(found, round(LONGEST_SECONDS / hop), round(BEFORE_SECONDS / hop))
    clip = read_clip(
        recording_path(clip_id),
        name=get_recording(clip_id).name,
        channel=heard(model_id, clip_id).channel,
        sample_rate=settings.sample_rate,
        start_seconds=first * hop,
        stop_seconds=first * hop + LONGEST_SECONDS,
    )
    level_db = spectrogram(clip, settings).level_db
    stop = min(first + level_db.shape[1], n_columns)
    evidence = found.evidence[:, first:stop]
    level_db = level_db[: evidence.shape[0], : evidence.shape[1]]
    ink = (level_db - float(level_db.max(initial=-100.0))) / RANGE_DB + 1.0
    factor = max(1, math.ceil(evidence.shape[1] / MOST_COLUMNS))
    return Glance(
        clip_id,
        steps_of(columns_by_max(ink, factor)),
        evidence_steps(columns_by_max(evidence, factor)),
        *scaled_pcm16(clip.samples),
        clip.sample_rate,
        first * hop,
        first * hop + clip.duration_seconds,
        float(found.freq_hz[0]),
        float(found.freq_hz[-1]),
        _strongest(found),
    )


def _first_column(found: AnomalyMap, n_shown: int, n_before: int) -> int:
    # A long recording is shown from a little before its strongest region.
    if found.time_s.size <= n_shown or not found.regions:
        return 0
    start = int(np.searchsorted(found.time_s, found.regions[0].start_s)) - n_before
    return int(np.clip(start, 0, found.time_s.size - n_shown))


def _strongest(found: AnomalyMap) -> tuple[float, float, float, float] | None:
    if not found.regions:
        return None
    region = found.regions[0]
    low, high = np.interp(
        [region.low_hz, region.high_hz], found.freq_hz, np.linspace(0.0, 1.0, found.freq_hz.size)
    )
    return region.start_s, region.end_s, float(low), float(high)
