"""A recording of a data set: where it lies, its class, its fold and what it was cut from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_clip, resample
from core.errors import DataSetError
from core.types import Clip


@dataclass(frozen=True)
class Recording:
    """One file of a data set; its sound is read when it is needed.

    Attributes:
        path: The file.
        category: Its class.
        fold: Its fold, from 1.
        source: The recording it was cut from: a Freesound number in ESC-50 and UrbanSound8K, so
            that two data sets can be mixed without one recording being both normal and anomalous.
        band_rate: A sample rate in Hz that the clip passes through, so that it has nothing above
            half of it; None leaves its band.
        rms: The root mean square that the whole clip is scaled to; None leaves its level.
    """

    path: Path
    category: str
    fold: int
    source: str
    band_rate: int | None = None
    rms: float | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def read(self, sample_rate: int) -> Clip:
        """Read the clip.

        Args:
            sample_rate: The rate it is resampled to, in Hz.

        Returns:
            Its first channel.

        Raises:
            AudioError: the file cannot be read.
        """
        through = min(self.band_rate or sample_rate, sample_rate)
        clip = resample(read_clip(self.path, sample_rate=through), sample_rate)
        return clip if self.rms is None else at_rms(clip, self.rms)

    def described(self) -> dict[str, Any]:
        """Describe what the clip is made of, for `core.evaluation.benchmarks.mix_again`.

        Returns:
            Plain JSON with the file's path.
        """
        changed = {"band_rate": self.band_rate, "rms": self.rms}
        return described_file(self.path) | {k: v for k, v in changed.items() if v is not None}


def at_rms(clip: Clip, rms: float) -> Clip:
    """Scale a clip to a root mean square, so that its level tells nothing.

    Args:
        clip: The clip.
        rms: The root mean square it gets; peaks beyond full scale are clipped.

    Returns:
        The clip at that level; a silent one as it is.
    """
    before = float(np.sqrt(np.mean(np.square(clip.samples, dtype=np.float64))))
    gain = rms / before if before else 1.0
    return Clip.from_samples(np.clip(gain * clip.samples, -1.0, 1.0), clip.sample_rate, clip.name)


def described_file(path: Path) -> dict[str, Any]:
    """Describe a clip that is a file, for `core.evaluation.benchmarks.mix_again`.

    Args:
        path: The file.

    Returns:
        Plain JSON with its path.
    """
    return {"kind": "recording", "normal_file": str(path.absolute())}


def of_classes(
    recordings: Sequence[Recording], classes: Collection[str], folds: Collection[int]
) -> list[Recording]:
    """Choose the recordings of these classes and folds.

    Args:
        recordings: All recordings.
        classes: The classes wanted.
        folds: The folds wanted.

    Returns:
        Those recordings, in their order.

    Raises:
        DataSetError: a class has no recording in these folds.
    """
    known = sorted({recording.category for recording in recordings})
    chosen = [r for r in recordings if r.category in classes and r.fold in folds]
    for name in classes:
        if not any(recording.category == name for recording in chosen):
            what = (
                f"has no clip in folds {', '.join(map(str, folds))}"
                if name in known
                else "is not in the data"
            )
            raise DataSetError(f"Class “{name}” {what}; the classes are {', '.join(known)}.")
    return chosen
