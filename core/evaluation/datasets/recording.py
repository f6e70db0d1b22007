"""A recording of a data set: where it lies, its class, its fold and what it was cut from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.audio import read_clip
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
    """

    path: Path
    category: str
    fold: int
    source: str

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
        return read_clip(self.path, sample_rate=sample_rate)

    def described(self) -> dict[str, Any]:
        """Describe what the clip is made of, for `core.evaluation.benchmarks.mix_again`.

        Returns:
            Plain JSON with the file's path.
        """
        return described_file(self.path)


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
