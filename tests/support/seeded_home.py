"""A home full of scored clips without any network at work: for browser tests, pictures, figures.

`seed(n)` writes a model's record and n scored clips straight into the store. The clips are a few
real sounds under many names: their files and maps are links to the same bytes.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from core.audio import ClipInfo, wav_bytes
from core.detectors.calibration.calibration import Calibration
from core.detectors.regions import find_regions
from core.runtime.paths import clips_dir, maps_dir
from core.spectral.spectrogram import SpectrogramSettings
from core.storage.database import writing
from core.storage.scores import list_scores, load_map, save_score
from core.storage.tables import ClipRow, ModelRow, ScoreRow, as_json, now
from core.storage.thresholds import add_change
from core.types import EVENT, LEVEL, STATIONARY, AnomalyMap, ViewFinding

MODEL_ID = "5eeded000001"
N_NORMAL = 59


def seed(
    n_clips: int = 40,
    *,
    seconds: float = 4.0,
    n_sounds: int = 8,
    name: str = "Pump, seeded",
    n_normal: int = N_NORMAL,
) -> str:
    """Write a model's record and scored clips, called pump 0001.wav and so on.

    One in eight is anomalous; with a multiple of eight sounds so are the maps of those.

    Args:
        n_clips: how many clips
        seconds: length of each
        n_sounds: how many different sounds and maps there are
        name: the model's
        n_normal: how many normal scores its calibration has

    Returns:
        The model's id.
    """
    rng = np.random.default_rng(0)
    settings = SpectrogramSettings()
    normal = np.sort(rng.gumbel(10.0, 1.0, n_normal))
    calibrated = Calibration(normal, seconds, n_normal, True)
    rate = 0.05
    clips_dir().mkdir(parents=True, exist_ok=True)
    (maps_dir() / MODEL_ID).mkdir(parents=True, exist_ok=True)
    samples = [_sound(rng, seconds, settings.sample_rate, k) for k in range(n_sounds)]
    data = [wav_bytes(sound, settings.sample_rate) for sound in samples]
    rows: list[object] = []
    shown: list[tuple[list[object], list[float]]] = []
    for k in range(n_clips):
        anomalous = k % 8 == 0
        peak = 13.5 + 2.5 * rng.random() if anomalous else float(rng.gumbel(9.6, 0.8))
        source = k % n_sounds
        clip_id = f"{k:064x}"
        path, map_path = clips_dir() / f"{clip_id}.wav", _map_path(clip_id)
        if k < n_sounds:
            path.write_bytes(data[source])
            found = _map(calibrated, settings, seconds, peak, source, rate)
            np.savez(map_path, **found.arrays)
            strip = found.score_over_time[:: max(1, found.time_s.size // 200)].round(4).tolist()
            shown.append((as_json([dataclasses.asdict(part) for part in found.regions]), strip))
        else:
            os.link(clips_dir() / f"{source:064x}.wav", path)
            os.link(_map_path(f"{source:064x}"), map_path)
        info = ClipInfo(**_info(seconds, settings.sample_rate, clip_id))
        rows.append(
            ClipRow(
                id=clip_id, name=f"pump {k + 1:04}.wav", suffix=".wav", role="unknown",
                size_bytes=len(data[source]), info=as_json(dataclasses.asdict(info)),
                created_at=now(),
            )
        )  # fmt: skip
        rows.append(
            ScoreRow(
                model_id=MODEL_ID, clip_id=clip_id, score=peak,
                p_value=calibrated.p_value(peak), duration_seconds=seconds,
                strip=shown[source][1], regions=shown[source][0],
                map_file=f"{MODEL_ID}/{clip_id}.npz", error=None, created_at=now(),
            )
        )  # fmt: skip
    row = ModelRow(
        id=MODEL_ID, name=name, head="padim", backbone="aisfx", channel="0", n_clips=n_normal,
        training_seconds=n_normal * seconds, size_bytes=1, false_alarm_rate=rate,
        threshold=calibrated.threshold(rate),
        calibration=as_json(dataclasses.asdict(calibrated)),
        # Fitted on recordings that are not in this home.
        arguments={"clip_ids": ["f" * 64]},
        created_at=now(), deleted_at=None,
    )  # fmt: skip
    with writing() as session:
        session.add(row)
        session.flush()
        add_change(session, row)
        session.add_all([made for made in rows if isinstance(made, ClipRow)])
        session.flush()
        session.add_all([made for made in rows if isinstance(made, ScoreRow)])
    return MODEL_ID


def add_views(clip_id: str) -> AnomalyMap:
    """Let a seeded recording's map come from a model with views; an event is what made its score.

    Args:
        clip_id: the recording

    Returns:
        The map as it is loaded from now on.
    """
    score = next(one.score for one in list_scores(MODEL_ID) if one.clip_id == clip_id)
    views = (
        ViewFinding(EVENT, score or 0.0, 1 / 60, True, "an event at 0.8 s, 1–2 kHz"),
        ViewFinding(STATIONARY, 0.0, 0.7, True, "sounds different throughout, mostly at 1–2 kHz"),
        ViewFinding(LEVEL, 99.0, 1 / 60, False, "9 dB louder than any normal recording"),
    )
    found = dataclasses.replace(load_map(MODEL_ID, clip_id), views=views)
    for _ in range(2):  # only a map that was loaded has the views in its regions
        save_score(MODEL_ID, clip_id, found)
        found = load_map(MODEL_ID, clip_id)
    return found


def _map_path(clip_id: str) -> Path:
    return maps_dir() / MODEL_ID / f"{clip_id}.npz"


def _sound(rng: np.random.Generator, seconds: float, sample_rate: int, source: int) -> np.ndarray:
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    hum = sum(0.05 / k * np.sin(2 * np.pi * 50 * k * time_s) for k in range(1, 8))
    sound = hum + 0.01 * rng.standard_normal(time_s.size)
    start = (0.2 + 0.06 * source) * seconds
    burst = (time_s >= start) & (time_s < start + 0.3)
    sound += burst * 0.2 * np.sin(2 * np.pi * (1000 + 500 * source) * time_s)
    return sound.astype(np.float32)


def _map(
    calibrated: Calibration,
    settings: SpectrogramSettings,
    seconds: float,
    peak: float,
    source: int,
    rate: float,
) -> AnomalyMap:
    n_frames = settings.n_frames(round(seconds * settings.sample_rate))
    freq_hz, time_s = settings.freq_hz, settings.time_s(n_frames)
    start, middle_hz = (0.2 + 0.06 * source) * seconds, 1000 + 500 * source
    near = np.clip(1 - np.maximum(start - time_s, time_s - start - 0.3) / 0.05, 0, 1)
    band = np.exp(-0.5 * (np.log(freq_hz / middle_hz) / 0.15) ** 2)
    raw = (6 + (peak - 6) * band[:, None] * near).astype(np.float32)
    cut = calibrated.threshold(rate)
    return AnomalyMap(
        "seeded", raw, calibrated.evidence_scale(cut).evidence(raw), freq_hz, time_s, peak,
        calibrated.p_value(peak), cut,
        find_regions(raw, cut, freq_hz, time_s, calibrated.p_value),
    )  # fmt: skip


def _info(seconds: float, sample_rate: int, sha256: str) -> dict[str, object]:
    known = {
        "name": "pump.wav", "duration_seconds": seconds, "sample_rate": sample_rate,
        "n_channels": 1, "sha256": sha256, "rms_dbfs": -20.0, "peak_dbfs": -10.0,
        "clipped_fraction": 0.0, "warnings": (), "problem": None,
    }  # fmt: skip
    return {
        field.name: known[field.name]
        for field in dataclasses.fields(ClipInfo)
        if field.name in known
    }
