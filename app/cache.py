"""What the views read again and again, cached by ids: calibrations, scores, maps, sounds.

Keys are ids of the store, which are hashes or never used twice, and the moment of scoring, so
nothing here goes stale; every cache is bounded, and nothing of a session is in it. What depends on
a model's calibration also has the id of its recalibration in use as a key.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration
    from core.detectors.views.normal_spectrum import NormalSpectra
    from core.explain.finding import Finding
    from core.explain.measured_sound import MeasuredSound
    from core.storage.scores import ScoreRecord
    from core.types import AnomalyMap, Float32Array


@dataclass(frozen=True, eq=False)
class Sounds:
    """A stretch of a recording and its two parts.

    Attributes:
        clip: Samples [n] of the stretch.
        anomalous_part: Samples [n] of what the evidence map keeps of it.
        level_db: Mel power [freq, time] in dB.
        sample_rate: Of the three sounds, in Hz.
        first: The first column of the map that the stretch covers.
        stop: The column after its last.
    """

    clip: Float32Array
    anomalous_part: Float32Array
    level_db: Float32Array
    sample_rate: int
    first: int
    stop: int

    @property
    def residual(self) -> Float32Array:
        """Samples [n] of what remains without the anomalous part."""
        rest: Float32Array = np.clip(self.clip - self.anomalous_part, -1.0, 1.0)
        return rest


def on_one_thread() -> None:
    """Let PyTorch compute on one core in this process, whose work is short.

    On two, each step waits for the slower one, which a fit beside it keeps busy.
    """
    import torch

    torch.set_num_threads(1)


def calibration(model_id: str) -> Calibration:
    """Read the normal scores of a model, and what follows from them.

    Args:
        model_id: The model.

    Returns:
        The calibration.

    Raises:
        StoreError: The model does not exist or cannot be read.
    """
    return _calibration(model_id, recalibration_id(model_id))


@st.cache_data(max_entries=64, show_spinner=False)
def _calibration(model_id: str, in_use: int | None) -> Calibration:
    from core.storage.models import load_calibration

    return load_calibration(model_id)


def recalibration_id(model_id: str) -> int | None:
    """Look up what took the place of a model's calibration.

    Args:
        model_id: The model.

    Returns:
        The id of the recalibration in use; None where the model is calibrated as fitted.

    Raises:
        StoreError: The model does not exist.
    """
    from core.storage.models import get_model

    return get_model(model_id).recalibration_id


def scored(model_id: str, *, strips: bool = False) -> tuple[ScoreRecord, ...]:
    """Read what a model scored; again only when there is news.

    Args:
        model_id: The model.
        strips: Whether the scores over time are read, too.

    Returns:
        The scores, the highest first, then recordings that could not be scored.

    Raises:
        StoreError: The model does not exist.
    """
    from core.storage.scores import scores_stamp

    return _scored(model_id, scores_stamp(model_id), strips)


# Shared as they are, for copying 1,000 records takes as long as reading them; they are frozen.
@st.cache_resource(max_entries=12, show_spinner=False)
def _scored(model_id: str, stamp: str, strips: bool) -> tuple[ScoreRecord, ...]:
    from core.storage.scores import list_scores

    return tuple(list_scores(model_id, strips=strips))


def anomaly_map(
    model_id: str, clip_id: str, false_alarm_rate: float, scored_at: datetime.datetime
) -> AnomalyMap:
    """Read the map of a scored recording, with threshold and regions.

    Args:
        model_id: The model.
        clip_id: The recording.
        false_alarm_rate: The model's; threshold and regions follow it.
        scored_at: The moment of scoring.

    Returns:
        The map.

    Raises:
        StoreError: The map does not exist or cannot be read.
    """
    key = (false_alarm_rate, scored_at, recalibration_id(model_id))
    return _anomaly_map(model_id, clip_id, key)


# Shared as they are: a copy of a long map would be all of it, of which the file is read in parts.
@st.cache_resource(max_entries=12, show_spinner=False)
def _anomaly_map(model_id: str, clip_id: str, key: tuple[object, ...]) -> AnomalyMap:
    from core.storage.scores import load_map

    return load_map(model_id, clip_id)


def sounds(
    model_id: str,
    clip_id: str,
    start_seconds: float,
    stop_seconds: float,
    scored_at: datetime.datetime,
) -> Sounds:
    """Make the sound between two times of a scored recording, its anomalous part and residual.

    Args:
        model_id: The model.
        clip_id: The recording.
        start_seconds: The beginning of the stretch.
        stop_seconds: Its end.
        scored_at: The moment of scoring.

    Returns:
        The sounds.

    Raises:
        AudioError: The recording cannot be read.
        StoreError: The recording or its map no longer exists.
    """
    from core.storage.models import get_model

    model = get_model(model_id)
    # The evidence map follows from both.
    scale = (model.false_alarm_rate, model.recalibration_id)
    return _sounds(model_id, clip_id, start_seconds, stop_seconds, scored_at, scale)


@st.cache_data(max_entries=8, show_spinner=False)
def _sounds(
    model_id: str,
    clip_id: str,
    start_seconds: float,
    stop_seconds: float,
    scored_at: datetime.datetime,
    scale: tuple[float, int | None],
) -> Sounds:
    from core.audio import read_clip
    from core.backbones import front_end
    from core.runtime import memory
    from core.spectral.masking import kept
    from core.spectral.spectrogram import spectrogram
    from core.storage.models import get_model
    from core.storage.recordings import get_recording, recording_path
    from core.storage.scores import heard

    on_one_thread()
    model = get_model(model_id)
    settings = front_end(model.backbone)
    found = anomaly_map(model_id, clip_id, model.false_alarm_rate, scored_at)
    n_columns = found.time_s.size
    first = min(round(start_seconds / settings.hop_seconds), n_columns - 1)
    clip = read_clip(
        recording_path(clip_id),
        name=get_recording(clip_id).name,
        channel=heard(model_id, clip_id).channel,
        sample_rate=settings.sample_rate,
        start_seconds=first * settings.hop_seconds,
        stop_seconds=stop_seconds,
    )
    n_frames = settings.n_frames(clip.samples.size)
    shown = found.stretch(first, n_frames)
    alone = kept(clip, shown.evidence, settings)
    level_db = spectrogram(clip, settings).level_db
    # A minute's complex spectrogram has come and gone: ten parts grew the app by 0.4 GB.
    memory.trim()
    return Sounds(
        clip.samples,
        alone.samples,
        level_db,
        clip.sample_rate,
        first,
        min(first + n_frames, n_columns),
    )


# Ultrasound begins where half the rate is beyond what people hear.
ULTRASOUND_RATE = 64_000
# The player is sent two bytes a sample: 20 s at 192 kHz are 8 MB.
MOST_ULTRASOUND_SAMPLES = 4_000_000


@st.cache_data(max_entries=2, show_spinner=False)
def ultrasound(
    model_id: str, clip_id: str, scored_at: datetime.datetime
) -> tuple[Float32Array, int] | None:
    """Read a recording at its own rate where that holds ultrasound, to be heard slowed down.

    Args:
        model_id: The model, whose channel is read.
        clip_id: The recording.
        scored_at: The moment of scoring, at which the channel was chosen.

    Returns:
        Samples [n] and their rate in Hz; None where there is no ultrasound, or too much to send.

    Raises:
        AudioError: The recording cannot be read.
        StoreError: The recording no longer exists.
    """
    from core.audio import read_clip
    from core.storage.recordings import get_recording, recording_path
    from core.storage.scores import heard

    recording = get_recording(clip_id)
    rate = recording.info.sample_rate
    n_samples = rate * recording.info.duration_seconds
    if rate <= ULTRASOUND_RATE or n_samples > MOST_ULTRASOUND_SAMPLES:
        return None
    channel = heard(model_id, clip_id).channel
    clip = read_clip(recording_path(clip_id), name=recording.name, channel=channel)
    return clip.samples, clip.sample_rate


def findings(
    model_id: str, clip_id: str, rate: float, scored_at: datetime.datetime, sound: Sounds
) -> tuple[Finding, ...]:
    """Find what makes a stretch of a scored recording anomalous.

    Args:
        model_id: The model.
        clip_id: The recording.
        rate: The model's false-alarm rate.
        scored_at: The moment of scoring.
        sound: The stretch, as `sounds` gives it.

    Returns:
        The findings, the strongest first.

    Raises:
        StoreError: The recording or its map no longer exists.
    """
    key = (rate, scored_at, recalibration_id(model_id), sound.first, sound.stop)
    return _findings(model_id, clip_id, key, sound)


@st.cache_data(max_entries=32, show_spinner=False)
def _findings(
    model_id: str, clip_id: str, key: tuple[Any, ...], _sound: Sounds
) -> tuple[Finding, ...]:
    from core.explain.findings import findings as found_in

    found = anomaly_map(model_id, clip_id, key[0], key[1])
    return found_in(found, measured(model_id, _sound), normal_spectra(model_id))


def measured(model_id: str, sound: Sounds) -> MeasuredSound:
    """Measure a stretch of a recording; 5 ms for 5 s.

    Args:
        model_id: The model.
        sound: The stretch.

    Returns:
        It, to be compared with normal recordings.

    Raises:
        StoreError: The model does not exist.
    """
    from core.backbones import front_end
    from core.explain.measured_sound import MeasuredSound
    from core.spectral.spectrogram import spectrogram
    from core.storage.models import get_model
    from core.types import Clip

    settings = front_end(get_model(model_id).backbone)
    clip = Clip.from_samples(sound.clip, sound.sample_rate, "stretch")
    return MeasuredSound(spectrogram(clip, settings), sound.first * settings.hop_seconds)


@st.cache_resource(max_entries=16, show_spinner=False)
def normal_spectra(model_id: str) -> NormalSpectra | None:
    """Read the spectra of a model's normal recordings.

    Args:
        model_id: The model.

    Returns:
        The spectra; None of a model that has none.

    Raises:
        StoreError: The model does not exist.
    """
    from core.storage.models import load_normal_spectra

    return load_normal_spectra(model_id)
