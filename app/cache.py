"""What the views look at again and again, kept by ids: calibrations, maps, sounds.

Keys are ids of the store, which are hashes or never used twice, and the moment of scoring, so
nothing here goes stale; every cache is bounded, and nothing of a session is in it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration
    from core.storage.scores import ScoreRecord
    from core.types import AnomalyMap, Float32Array


@dataclass(frozen=True, eq=False)
class Sounds:
    """A stretch of a clip and its two parts.

    Shape:
        clip, kept, removed: [n] float32 at `sample_rate`
        level_db: [freq, time] mel power in dB
    `first` and `stop` are the map's columns that the stretch covers.
    """

    clip: Float32Array
    kept: Float32Array
    removed: Float32Array
    level_db: Float32Array
    sample_rate: int
    first: int
    stop: int


def on_one_thread() -> None:
    """PyTorch computes on one core in this process, whose work is short.

    On two, each step waits for the slower one, which a fit beside it keeps busy.
    """
    import torch

    torch.set_num_threads(1)


@st.cache_data(max_entries=64, show_spinner=False)
def calibration(model_id: str) -> Calibration:
    """A model's held-out scores and what follows from them."""
    from core.storage.models import load_calibration

    return load_calibration(model_id)


def scored(model_id: str, *, strips: bool = False) -> tuple[ScoreRecord, ...]:
    """What a model scored, the strongest evidence first, read again only when there is news.

    Raises:
        StoreError: there is no such model.
    """
    from core.storage.scores import scores_stamp

    return _scored(model_id, scores_stamp(model_id), strips)


# Shared as they are, for copying 1,000 records takes as long as reading them; they are frozen.
@st.cache_resource(max_entries=12, show_spinner=False)
def _scored(model_id: str, stamp: str, strips: bool) -> tuple[ScoreRecord, ...]:
    from core.storage.scores import list_scores

    return tuple(list_scores(model_id, strips=strips))


@st.cache_data(max_entries=12, show_spinner=False)
def anomaly_map(
    model_id: str, clip_id: str, false_alarm_rate: float, scored_at: datetime.datetime
) -> AnomalyMap:
    """The map of a scored clip, with threshold and regions at the model's false-alarm rate.

    Raises:
        StoreError: it is not there, or cannot be read.
    """
    from core.storage.scores import load_map

    return load_map(model_id, clip_id)


@st.cache_data(max_entries=8, show_spinner=False)
def sounds(
    model_id: str,
    clip_id: str,
    start_seconds: float,
    stop_seconds: float,
    scored_at: datetime.datetime,
) -> Sounds:
    """The sound between two times of a scored clip, what the map keeps of it and the rest.

    Raises:
        AudioError: the recording cannot be read.
        StoreError: the recording or its map is no longer there.
    """
    from core.audio import read_clip
    from core.backbones import front_end
    from core.spectral.masking import kept_and_removed
    from core.spectral.spectrogram import spectrogram
    from core.storage.models import get_model
    from core.storage.recordings import get_recording, recording_path
    from core.storage.scores import load_map

    on_one_thread()
    model = get_model(model_id)
    settings = front_end(model.backbone)
    found = load_map(model_id, clip_id)
    n_columns = found.time_s.size
    first = min(round(start_seconds / settings.hop_seconds), n_columns - 1)
    clip = read_clip(
        recording_path(clip_id),
        name=get_recording(clip_id).name,
        channel=model.channel,
        sample_rate=settings.sample_rate,
        start_seconds=first * settings.hop_seconds,
        stop_seconds=stop_seconds,
    )
    n_frames = settings.n_frames(clip.samples.size)
    shown = found.stretch(first, n_frames)
    alone, rest = kept_and_removed(clip, shown.evidence, settings)
    return Sounds(
        clip.samples,
        alone.samples,
        rest.samples,
        spectrogram(clip, settings).level_db,
        clip.sample_rate,
        first,
        min(first + n_frames, n_columns),
    )
