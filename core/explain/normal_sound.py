"""Normal sound to fill a hole in a clip with: the nearest normal clip, or their mean sound.

The nearest is the training recording whose average features, through the detector's own network,
are closest to the clip's by cosine: the distance the recommended detector's lasting view uses.
The recordings themselves must still be in the store; a model keeps none.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.audio import read_clip
from core.errors import HearMapError, StoreError
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.runtime.atomic_write import atomic_write
from core.runtime.paths import home
from core.runtime.progress import Progress, silent
from core.spectral.masking import with_magnitude
from core.spectral.spectrogram import stft
from core.storage.models import ModelRecord
from core.storage.recordings import StoredRecording, list_recordings, recording_path
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

    Shape:
        magnitude: [bin], their mean STFT magnitude
        features: [clip, number], each one's mean features, of length 1
    `clip_ids` are those of the store.
    """

    clip_ids: tuple[str, ...]
    magnitude: Float32Array
    features: Float32Array

    def by_distance(self, features: Float32Array) -> list[str]:
        """The recordings' ids, the nearest first."""
        nearest = np.argsort(-(self.features @ features), kind="stable")
        return [self.clip_ids[i] for i in nearest]


def training_recordings(detector: Detector) -> list[StoredRecording]:
    """The recordings of the store that the detector was fitted on.

    They are told by the hash of their sound, or, where they came at another rate than the
    network's, by name and length.
    """
    hashes = {clip["sha256"] for clip in detector.training}
    named = {(clip["name"], round(clip["seconds"], 2)) for clip in detector.training}
    return [
        record
        for record in list_recordings()
        if record.info.sha256 in hashes
        or (record.name, round(record.info.duration_seconds, 2)) in named
    ]


def mean_features(detector: Detector, clip: Clip) -> Float32Array:
    """The mean over time of the network's last usual layer, [row * channel], of length 1.

    Costs one pass through the network, about 10 ms of two CPU cores a second of audio.
    """
    layer = detector.backbone.default_layers[-1]
    extractor = FeatureExtractor(detector.backbone, (layer,), FeatureCache())
    total: torch.Tensor | None = None
    n_columns = 0
    for maps in extractor.segments(clip):
        columns = maps.layers[layer].sum(dim=2)
        total = columns if total is None else total + columns
        n_columns += maps.layers[layer].shape[2]
    assert total is not None
    mean = total.flatten() / n_columns
    vector: Float32Array = (mean / mean.norm().clamp(min=1e-12)).numpy()
    return vector


def normal_sound(
    model: ModelRecord, detector: Detector, progress: Progress = silent
) -> NormalSound | None:
    """What the model's recordings sound like, or None where none of them is left.

    The first time costs a pass of each through the network, of at most 200 of them and the first
    minute of each; then it is read from HEARMAP_HOME/cache/normals.
    """
    path = home() / "cache" / "normals" / f"{model.id}.npz"
    kept = _read(path)
    if kept is not None:
        return kept
    records = training_recordings(detector)
    step = max(1, -(-len(records) // MOST_CLIPS))
    made = _made(model, detector, records[::step], progress)
    if made is not None:
        _write(path, made)
    return made


def nearest_normal(
    model: ModelRecord,
    detector: Detector,
    clip: Clip,
    normals: NormalSound | None,
    *,
    except_id: str = "",
) -> tuple[str, Clip]:
    """The id and sound of the normal recording nearest to a clip, the clip itself left out.

    Raises:
        StoreError: none of them is left.
    """
    if normals is not None:
        records = {record.id: record for record in list_recordings()}
        for clip_id in normals.by_distance(mean_features(detector, clip)):
            if clip_id in records and clip_id != except_id:
                try:
                    return clip_id, _heard(records[clip_id], model, detector)
                except HearMapError:
                    continue
    raise StoreError(GONE)


def mean_normal(clip: Clip, normals: NormalSound | None, detector: Detector) -> Clip:
    """The normal recordings' mean magnitude at each frequency, with the clip's own phase.

    Raises:
        StoreError: none of them is left.
    """
    if normals is None:
        raise StoreError(GONE)
    samples = with_magnitude(clip.samples, normals.magnitude, detector.spectrogram_settings)
    return Clip.from_samples(np.clip(samples, -1.0, 1.0), clip.sample_rate, "average normal sound")


def _heard(record: StoredRecording, model: ModelRecord, detector: Detector) -> Clip:
    return read_clip(
        recording_path(record.id),
        name=record.name,
        channel=model.channel,
        sample_rate=detector.sample_rate,
        stop_seconds=MOST_SECONDS,
    )


def _made(
    model: ModelRecord, detector: Detector, records: Sequence[StoredRecording], progress: Progress
) -> NormalSound | None:
    settings = detector.spectrogram_settings
    ids: list[str] = []
    features: list[Float32Array] = []
    total, n_frames = np.zeros(settings.bin_hz.size), 0
    for i, record in enumerate(records):
        progress(f"Listening to normal recording {i + 1} of {len(records)}", i / len(records))
        try:
            clip = _heard(record, model, detector)
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


def _read(path: Path) -> NormalSound | None:
    """What was kept, or None where nothing was or it is damaged; then it is made again."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            ids: Iterable[str] = arrays["clip_ids"].tolist()
            return NormalSound(tuple(ids), arrays["magnitude"], arrays["features"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _write(path: Path, normals: NormalSound) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        clip_ids=np.array(normals.clip_ids),
        magnitude=normals.magnitude,
        features=normals.features,
    )
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
