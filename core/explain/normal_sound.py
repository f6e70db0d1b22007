"""Normal sound to fill a gap with: the nearest normal recording, or their mean sound.

The nearest is the training recording whose average features, through the detector's own network,
are closest to the clip's by cosine: the distance the recommended detector's stationary view uses.
The recordings themselves must still be in the store; a model holds none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.audio import read_clip
from core.errors import HearMapError, StoreError
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.runtime.arrays import load_arrays, save_arrays
from core.runtime.paths import home
from core.runtime.progress import Progress, silent
from core.spectral.masking import with_magnitude
from core.spectral.spectrogram import stft
from core.storage.models import ModelRecord
from core.storage.recordings import StoredRecording, list_recordings, recording_path
from core.storage.training import found_in_store, training_clips
from core.types import Clip, Float32Array

if TYPE_CHECKING:
    from core.detectors.detector import Detector

MOST_CLIPS = 200
MOST_SECONDS = 60.0
GONE = (
    "None of the recordings this model was fitted on is in the store any more, so there is no "
    "normal recording to compare with; choose one of your own."
)


@dataclass(frozen=True, eq=False)
class NormalSound:
    """What a model's normal recordings sound like.

    Attributes:
        clip_ids: the recordings' ids in the store
        magnitude: [bin], their mean STFT magnitude
        features: [clip, number], each one's mean features, of length 1
    """

    clip_ids: tuple[str, ...]
    magnitude: Float32Array
    features: Float32Array

    def by_distance(self, features: Float32Array) -> list[str]:
        """Sort the recordings by their distance from a clip.

        Args:
            features: the clip's, [number], as `mean_features` gives them

        Returns:
            The recordings' ids, the nearest first.
        """
        nearest = np.argsort(-(self.features @ features), kind="stable")
        return [self.clip_ids[i] for i in nearest]


def mean_features(detector: Detector, clip: Clip) -> Float32Array:
    """Average the network's last usual layer over time.

    Costs one pass through the network, about 10 ms of two CPU cores a second of audio.

    Args:
        detector: whose network it is
        clip: the sound, at the detector's rate

    Returns:
        [row * channel], of length 1.

    Raises:
        HearMapError: the clip cannot be analysed.
    """
    layer = detector.backbone.default_layers[-1]
    extractor = FeatureExtractor(detector.backbone, (layer,), FeatureCache())
    total, n_columns = torch.zeros(()), 0
    for maps in extractor.segments(clip):
        total = total + maps.layers[layer].sum(dim=2)
        n_columns += maps.layers[layer].shape[2]
    mean = total.flatten() / n_columns
    vector: Float32Array = (mean / mean.norm().clamp(min=1e-12)).numpy()
    return vector


def normal_sound(
    model: ModelRecord, detector: Detector, progress: Progress = silent
) -> NormalSound | None:
    """Measure what a model's normal recordings sound like.

    The first time costs a pass of each through the network, of at most 200 of them and the first
    minute of each; then it is read from HEARMAP_HOME/cache/normals.

    Args:
        model: the model's record
        detector: the model, loaded
        progress: told how far the work is

    Returns:
        The sound, or None where none of the recordings is left.

    Raises:
        StoreError: the database or the disk refused.
    """
    path = home() / "cache" / "normals" / f"{model.id}.npz"
    # A file that is damaged, or none, is made again.
    with contextlib.suppress(OSError, ValueError, KeyError):
        saved = load_arrays(path)
        ids = tuple(saved["clip_ids"].tolist())
        return NormalSound(ids, saved["magnitude"], saved["features"])
    records = found_in_store(training_clips(detector.training))
    step = max(1, -(-len(records) // MOST_CLIPS))
    made = _measure(model, detector, records[::step], progress)
    if made is not None:
        save_arrays(path, {**vars(made), "clip_ids": np.array(made.clip_ids)})
    return made


def nearest_normal(
    model: ModelRecord,
    detector: Detector,
    clip: Clip,
    normals: NormalSound | None,
    *,
    except_id: str = "",
) -> tuple[str, Clip]:
    """Find the normal recording nearest to a clip.

    Args:
        model: the model's record
        detector: the model, loaded
        clip: the clip, at the detector's rate
        normals: what `normal_sound` gave
        except_id: a recording that does not count, the clip itself

    Returns:
        The recording's id and sound.

    Raises:
        StoreError: none of them is left.
    """
    if normals is not None:
        records = {record.id: record for record in list_recordings()}
        for clip_id in normals.by_distance(mean_features(detector, clip)):
            if clip_id in records and clip_id != except_id:
                try:
                    return clip_id, _read_recording(records[clip_id], model, detector)
                except HearMapError:
                    continue
    raise StoreError(GONE)


def mean_normal(clip: Clip, normals: NormalSound | None, detector: Detector) -> Clip:
    """Make the average normal sound: mean magnitudes, with a clip's own phase.

    Args:
        clip: the clip, at the detector's rate
        normals: what `normal_sound` gave
        detector: the model, loaded

    Returns:
        A sound as long as the clip.

    Raises:
        StoreError: none of the normal recordings is left.
    """
    if normals is None:
        raise StoreError(GONE)
    samples = with_magnitude(clip.samples, normals.magnitude, detector.spectrogram_settings)
    return Clip.from_samples(np.clip(samples, -1.0, 1.0), clip.sample_rate, "average normal sound")


def _read_recording(record: StoredRecording, model: ModelRecord, detector: Detector) -> Clip:
    return read_clip(
        recording_path(record.id),
        name=record.name,
        channel=model.channel,
        sample_rate=detector.sample_rate,
        stop_seconds=MOST_SECONDS,
    )


def _measure(
    model: ModelRecord, detector: Detector, records: Sequence[StoredRecording], progress: Progress
) -> NormalSound | None:
    settings = detector.spectrogram_settings
    ids: list[str] = []
    features: list[Float32Array] = []
    total, n_frames = np.zeros(settings.bin_hz.size), 0
    for i, record in enumerate(records):
        progress(f"Reading normal recording {i + 1} of {len(records)}", i / len(records))
        try:
            clip = _read_recording(record, model, detector)
        except HearMapError:
            continue
        magnitude = stft(torch.from_numpy(clip.samples), settings).abs().double()
        total += magnitude.sum(dim=1).numpy()
        n_frames += magnitude.shape[1]
        features.append(mean_features(detector, clip))
        ids.append(record.id)
    if not ids:
        return None
    return NormalSound(tuple(ids), (total / n_frames).astype(np.float32), np.stack(features))
