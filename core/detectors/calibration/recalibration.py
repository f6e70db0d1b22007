"""Recordings that a user calls normal take the place of the calibration clips of the fit.

The scores of the new recordings replace the cross-fitted ones and are not added to them. After a
change of microphone, gain or day the old scores are not exchangeable with new ones, and without one
they are a little too high, since each comes from a scorer fitted on fewer clips. With few new
recordings p-values are coarse and the threshold is extrapolated, which `Calibration.warning` says.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.detectors.calibration.view_scores import CLIP, VIEWS, ViewScores
from core.errors import FitError
from core.types import Float64Array, TrainingClip

if TYPE_CHECKING:
    # Calibration does without PyTorch, which comes with the features.
    from core.features.extractor import SourceClip

FEWEST_CLIPS = 2
MOST_NAMES = 3


@dataclass(frozen=True, eq=False)
class Recalibration:
    """Scores of normal clips that the detector was not fitted on, and which clips these are.

    Attributes:
        scores: of the clips, by view.
        recordings: name, sha256 and seconds of each clip, in the order of the scores.
        note: why.
        created_at: when, in UTC (ISO 8601).
        levels_db: [clip, band], of the clips; [0, 0] where the detector has no level view.
    """

    scores: ViewScores
    recordings: tuple[Mapping[str, Any], ...]
    note: str
    created_at: str
    levels_db: Float64Array = field(default_factory=lambda: np.empty((0, 0)))

    @classmethod
    def of(
        cls,
        clips: Sequence[SourceClip],
        scores: Sequence[Mapping[str, float]],
        window_seconds: float,
        note: str,
        levels_db: Sequence[Sequence[float]] = (),
    ) -> Recalibration:
        """Put together what the scorer says of clips, now.

        Args:
            clips: the clips.
            scores: of each clip, by the names of `ViewScores`.
            window_seconds: the length that the scores stand for.
            note: why.
            levels_db: of each clip, band by band; none where the detector has no level view.

        Returns:
            The recalibration.

        Raises:
            FitError: there are fewer than two independent clips.
        """
        n_groups = len({clip.group for clip in clips})
        if n_groups < FEWEST_CLIPS:
            raise FitError(
                "A recalibration needs at least two different normal recordings, better 20 or "
                f"more; there {'is' if n_groups == 1 else 'are'} {n_groups}."
            )
        view_scores = ViewScores.of_clips(
            scores,
            clips=np.empty(0, np.int64),
            window_seconds=window_seconds,
            n_groups=n_groups,
            cross_fitted=False,
        )
        recordings = tuple(
            {"name": clip.name, "sha256": clip.sha256, "seconds": clip.duration_seconds}
            for clip in clips
        )
        moment = datetime.datetime.now(datetime.timezone.utc)
        created_at = moment.isoformat(timespec="seconds")
        return cls(view_scores, recordings, note, created_at, _levels(levels_db))

    def as_record(self) -> dict[str, Any]:
        """Give everything as plain JSON, from which `from_record` makes the same to the bit.

        Returns:
            The values by name.
        """
        return {
            "scores": {name: values.tolist() for name, values in self.scores.scores.items()},
            "window_seconds": self.scores.window_seconds,
            "n_groups": self.scores.n_groups,
            "recordings": [dict(one) for one in self.recordings],
            "note": self.note,
            "created_at": self.created_at,
            "levels_db": self.levels_db.tolist(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Recalibration:
        """Take over what `as_record` gave.

        Args:
            record: the values by name.

        Returns:
            The recalibration.

        Raises:
            KeyError: a value is missing.
            TypeError: a value is of another type.
            ValueError: a value is none that `as_record` gives.
        """
        recordings = tuple(
            {
                "name": str(one["name"]),
                "sha256": str(one["sha256"]),
                "seconds": float(one["seconds"]),
            }
            for one in record["recordings"]
        )
        scores = {
            name: np.array(record["scores"][name], np.float64)
            for name in (CLIP, *VIEWS)
            if name == CLIP or name in record["scores"]
        }
        window_seconds, n_groups = float(record["window_seconds"]), int(record["n_groups"])
        n_clips = len(recordings)
        if not (
            FEWEST_CLIPS <= n_groups <= n_clips
            and 0.0 < window_seconds < math.inf
            and all(one.shape == (n_clips,) and np.isfinite(one).all() for one in scores.values())
        ):
            raise ValueError("These are no scores of normal recordings.")
        levels_db = _levels(record.get("levels_db", ()))
        if len(levels_db) not in (0, n_clips) or not np.isfinite(levels_db).all():
            raise ValueError("These are no levels of normal recordings.")
        none = np.empty(0, np.int64)
        return cls(
            ViewScores(scores, none, window_seconds, n_groups, cross_fitted=False),
            recordings,
            str(record["note"]),
            str(record["created_at"]),
            levels_db,
        )


def _levels(levels_db: Sequence[Sequence[float]]) -> Float64Array:
    return (
        np.array(levels_db, np.float64).reshape(len(levels_db), -1)
        if levels_db
        else np.empty((0, 0))
    )


def not_fitted_on(
    clips: Iterable[TrainingClip], training: Sequence[Mapping[str, Any]]
) -> Iterator[TrainingClip]:
    """Pass on each different sound once, and refuse what a detector was fitted on.

    Args:
        clips: normal clips at the detector's rate.
        training: what the detector was fitted on, with the `sha256` of each sound.

    Yields:
        The clips, until the first that is refused.

    Raises:
        FitError: some are training clips; the sentence names them.
    """
    trained_on = {clip["sha256"] for clip in training}
    seen: set[str] = set()
    refused: list[str] = []
    for one in clips:
        if one.clip.sha256 in trained_on:
            refused.append(f"“{one.clip.name}”")
        elif not refused and one.clip.sha256 not in seen:
            seen.add(one.clip.sha256)
            yield one
    if refused:
        n_more = len(refused) - MOST_NAMES
        names = ", ".join(refused[:MOST_NAMES]) + (f" and {n_more} more" if n_more > 0 else "")
        raise FitError(
            f"The model was fitted on {names}. What it was fitted on scores too low to calibrate "
            "on: leave it out, and give other normal recordings."
        )
