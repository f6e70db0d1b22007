"""What a detector has to beat: the level of a clip alone, and a log-mel z-score.

Neither has a network or a calibration. What they do was written down before they were measured.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from core.runtime.progress import Progress, silent
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import Clip, Float32Array, Float64Array, TrainingClip

PRESET = "rival"
SMALLEST_POWER = 1e-12
# Clips of one level must tie, whatever their samples round to.
LEVEL_DIGITS = 2
# A mel row that never changes, such as one above the band of a recording, must not divide by 0.
LOWEST_DEVIATION_DB = 1.0
SMOOTHED_ROWS, SMOOTHED_SECONDS = 3, 0.2


@dataclass(frozen=True, eq=False)
class RivalFound:
    """What a rival finds in a clip.

    Attributes:
        clip_name: The clip's name.
        score: Of the whole clip.
        event_score: Of the strongest event; the same where it has no map.
        raw: [freq, time], None where it has no map.
    """

    clip_name: str
    score: float
    event_score: float
    raw: Float32Array | None = None


class RivalDetector(abc.ABC):
    """Fits and scores as a detector does."""

    spectrogram_settings = SpectrogramSettings()

    @property
    def sample_rate(self) -> int:
        """The rate of the clips it takes, in Hz."""
        return self.spectrogram_settings.sample_rate

    @abc.abstractmethod
    def fit(
        self, clips: Iterable[TrainingClip], *, n_clips: int | None = None, progress: Progress
    ) -> RivalDetector:
        """Learn what normal clips are like.

        Args:
            clips: The normal clips.
            n_clips: How many there are.
            progress: Called with how far the work is.

        Returns:
            The rival itself.
        """

    @abc.abstractmethod
    def found(self, clip: Clip) -> RivalFound:
        """Score a clip.

        Args:
            clip: The clip.

        Returns:
            What is found in it.
        """

    def score_many(self, clips: Iterable[Clip], **options: Any) -> Iterator[RivalFound]:
        """Score clips.

        Args:
            clips: The clips.
            **options: Not used.

        Yields:
            What is found in each.
        """
        yield from map(self.found, clips)


class LevelAlone(RivalDetector):
    """Scores how far the level of a whole clip in dB lies from the training clips' median."""

    def fit(
        self,
        clips: Iterable[TrainingClip],
        *,
        n_clips: int | None = None,
        progress: Progress = silent,
    ) -> RivalDetector:
        """Take the median level of the training clips.

        Args:
            clips: The normal clips.
            n_clips: Not used.
            progress: Not used.

        Returns:
            The rival itself.
        """
        self.median_db = float(np.median([level_of(one.clip) for one in clips]))
        return self

    def found(self, clip: Clip) -> RivalFound:
        """Score a clip.

        Args:
            clip: The clip.

        Returns:
            |dB - median|, louder or softer.
        """
        score = round(abs(level_of(clip) - self.median_db), LEVEL_DIGITS)
        return RivalFound(clip.name, score, score)


class LogMelZScore(RivalDetector):
    """Scores how far mel levels lie from the training frames', row by row, in their deviations.

    With the mean and standard deviation of a mel row's level in dB over all training frames, the
    map is |z| of each cell, smoothed over 3 rows and 0.2 s. An event scores its highest cell, a
    whole clip the mean over rows of |mean z over time|.
    """

    def fit(
        self,
        clips: Iterable[TrainingClip],
        *,
        n_clips: int | None = None,
        progress: Progress = silent,
    ) -> RivalDetector:
        """Take the mean and standard deviation of each mel row.

        Args:
            clips: The normal clips.
            n_clips: Not used.
            progress: Not used.

        Returns:
            The rival itself.
        """
        frames = np.concatenate([self._level_db(one.clip) for one in clips], axis=1)
        self.mean_db = frames.mean(axis=1, keepdims=True)
        deviation = frames.std(axis=1, keepdims=True)
        self.deviation_db = np.maximum(deviation, LOWEST_DEVIATION_DB)
        return self

    def found(self, clip: Clip) -> RivalFound:
        """Score a clip.

        Args:
            clip: The clip.

        Returns:
            Its map and both scores.
        """
        z = (self._level_db(clip) - self.mean_db) / self.deviation_db
        n_columns = max(1, round(SMOOTHED_SECONDS / self.spectrogram_settings.hop_seconds))
        raw = ndimage.uniform_filter(np.abs(z), (SMOOTHED_ROWS, n_columns)).astype(np.float32)
        whole = float(np.abs(z.mean(axis=1)).mean())
        return RivalFound(clip.name, whole, float(raw.max()), raw)

    def _level_db(self, clip: Clip) -> Float64Array:
        return spectrogram(clip, self.spectrogram_settings).level_db.astype(np.float64)


RIVALS: dict[str, type[RivalDetector]] = {
    "loudness alone": LevelAlone,
    "log-mel z-score": LogMelZScore,
}


@dataclass(frozen=True)
class Rival:
    """A rival, where a benchmark takes a `Candidate`.

    Attributes:
        head: One of `RIVALS`.
        preset: “rival”.
        backbone: “-”: it has no network.
    """

    head: str
    preset: str = PRESET
    backbone: str = "-"

    def described(self) -> dict[str, Any]:
        """Describe what its numbers depend on.

        Returns:
            Plain JSON.
        """
        return {"candidate": {"rival": self.head}}

    def detector(self, **options: Any) -> RivalDetector:
        """Make it, not fitted yet.

        Args:
            **options: Not used.

        Returns:
            The rival.
        """
        return RIVALS[self.head]()


def level_of(clip: Clip) -> float:
    """Measure the level of a whole clip.

    Args:
        clip: The clip.

    Returns:
        In dB of full scale.
    """
    power = float(np.mean(np.square(clip.samples, dtype=np.float64)))
    return float(10.0 * np.log10(max(power, SMALLEST_POWER)))
