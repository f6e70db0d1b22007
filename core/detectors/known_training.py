"""How a recording compares with those that a model was fitted on: known, cut off, or of a length.

Models of earlier versions, or fitted on clips that nobody inspected, know lengths and hashes only,
and say nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.audio import ClipInfo
from core.spectral.spectrogram import SpectrogramSettings

if TYPE_CHECKING:
    from core.detectors.detector import Detector

# A recording ends at another frequency than the training clips where one is below this share of
# the other: 44.1 and 48 kHz are alike, 32 and 44.1 kHz are not.
SAME_BANDWIDTH = 0.85
# Of the training clips a tenth may end lower or higher: they are not what the model knows.
FEW = 0.1
# Beyond twice the longest a score is the highest of more than two stretches of a usual length.
MOST_LENGTHS = 2.0
# What lies above the network's range is spoken of from -30 dB of the recording on.
UNHEARD_DB, UNHEARD_DBFS, MORE_UNHEARD_DB = -30.0, -80.0, 6.0
_HIGHEST, _UNHEARD = "highest_hz", "unheard_dbfs"


def top_hz(settings: SpectrogramSettings) -> float:
    """Find the highest frequency that a front end hears.

    Args:
        settings: the front end.

    Returns:
        Hz.
    """
    return min(settings.f_max_hz, settings.sample_rate / 2)


def remember_training(detector: Detector, infos: Mapping[str, ClipInfo]) -> None:
    """Add to what a fitted detector saves of its training clips what they are like.

    Args:
        detector: fitted; its `training` is changed.
        infos: what was found of the recordings, by the sha256 of the clips.
    """
    for clip in detector.training:
        if (info := infos.get(clip["sha256"])) is not None:
            clip |= {_HIGHEST: info.highest_hz, _UNHEARD: info.unheard_dbfs}


def warnings_for(detector: Detector, info: ClipInfo, sha256: str = "") -> tuple[str, ...]:
    """Say how a recording differs from those that a detector was fitted on.

    Args:
        detector: fitted.
        info: what was found of the recording, read with the detector's `top_hz`.
        sha256: of the clip at the detector's rate; empty where it is not known.

    Returns:
        Sentences without the recording's name.
    """
    training = detector.training
    found = (
        _fitted_on(training, info, sha256),
        _other_bandwidth(training, info, top_hz(detector.spectrogram_settings)),
        unheard_warning(detector.spectrogram_settings, info, _values(training, _UNHEARD)),
        _other_length(training, info, detector.calibration.window_seconds),
    )
    return tuple(filter(None, found))


def unheard_warning(
    settings: SpectrogramSettings, info: ClipInfo, of_training: list[float] | None = None
) -> str:
    """Say how much of a recording lies above what a front end hears.

    Args:
        settings: the front end.
        info: what was found of the recording.
        of_training: the level of that in training clips, in dBFS; as much as in the most of them is
            no news.

    Returns:
        A sentence; empty where it is too little to speak of.
    """
    usual_dbfs = max(of_training or [-np.inf]) + MORE_UNHEARD_DB
    relative_db = info.unheard_dbfs - info.rms_dbfs
    if relative_db < UNHEARD_DB or info.unheard_dbfs < max(UNHEARD_DBFS, usual_dbfs):
        return ""
    return (
        f"The model hears nothing above {_khz(top_hz(settings))}, where "
        f"{min(10 ** (relative_db / 10), 1.0):.1%} of this recording’s energy lies; what is there "
        "is not in its map."
    )


def _fitted_on(training: list[dict[str, Any]], info: ClipInfo, sha256: str) -> str:
    name = next((clip["name"] for clip in training if sha256 and clip["sha256"] == sha256), None)
    if name is None:
        return ""
    known_as = "" if name == info.name else f" (as “{name}”)"
    return (
        f"The model was fitted on this recording{known_as}, so it scores lower than a new one "
        "would."
    )


def _other_bandwidth(training: list[dict[str, Any]], info: ClipInfo, top: float) -> str:
    known = np.minimum([hz for hz in _values(training, _HIGHEST) if hz > 0], top)
    if known.size == 0 or info.highest_hz <= 0 or info.silent:
        return ""
    lowest, highest = np.quantile(known, [FEW, 1.0 - FEW])
    here = min(info.highest_hz, top)
    rate = f"{info.sample_rate / 1000:g} kHz sampling"
    if here < SAME_BANDWIDTH * lowest:
        if info.highest_hz < SAME_BANDWIDTH * info.sample_rate / 2:
            rate += ", perhaps compressed or converted from a lower rate"
        return (
            f"Nothing above {_khz(here)} in this recording ({rate}); the model was fitted on "
            f"recordings up to {_khz(lowest)}, so its map is not to be trusted there."
        )
    if highest < SAME_BANDWIDTH * here:
        return (
            f"This recording reaches up to {_khz(here)} ({rate}); the model was fitted on "
            f"recordings up to {_khz(highest)}, so its map is not to be trusted above that."
        )
    return ""


def _other_length(training: list[dict[str, Any]], info: ClipInfo, window_seconds: float) -> str:
    seconds = _values(training, "seconds")
    here = info.duration_seconds
    if not seconds or here <= 0:
        return ""
    usual = (
        f"It lasts {_seconds(here)}, those that the model was fitted on {_seconds(min(seconds))}"
    )
    if _seconds(min(seconds)) != _seconds(max(seconds)):
        usual += f" to {_seconds(max(seconds))}"
    if here > MOST_LENGTHS * max(seconds):
        n_windows = here / window_seconds
        return (
            f"{usual}: its score is the highest of about {n_windows:,.0f} stretches of their usual "
            "length, so a normal recording as long exceeds the threshold more often than the "
            "false-alarm rate says."
        )
    if here < min(seconds) / MOST_LENGTHS:
        return f"{usual}: so little sound says less, and its p-value is not to be relied on."
    return ""


def _values(training: list[dict[str, Any]], key: str) -> list[float]:
    return [float(clip[key]) for clip in training if key in clip]


def _khz(hz: float) -> str:
    return f"{float(f'{hz / 1000:.2g}'):g} kHz"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.2g} s"
