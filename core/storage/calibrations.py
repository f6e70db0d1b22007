"""The calibration that a model uses: that of its fit, or of normal recordings that took its place.

In the app it is the record's, not the folder's, as the false-alarm rate is: a recalibration and its
undo change nothing but rows, all at once. Read without PyTorch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.orm import Session

from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.recalibration import Recalibration
from core.detectors.calibration.view_scores import CLIP, ViewScores
from core.storage.tables import ModelRow, RecalibrationRow

if TYPE_CHECKING:
    from core.detectors.detector import Detector


def fit_record(detector: Detector) -> dict[str, Any]:
    """Put the calibration of a detector's fit into what a model's row holds.

    Args:
        detector: a detector that was not recalibrated

    Returns:
        Plain JSON. Models saved before 0.2.0 have no `views` and no `level_counts`.
    """
    found = detector.view_scores
    scores = {name: of_view.tolist() for name, of_view in found.scores.items()}
    return {
        "clip_scores": scores.pop(CLIP),
        "views": scores,
        "window_seconds": found.window_seconds,
        "n_groups": found.n_groups,
        "cross_fitted": found.cross_fitted,
        "level_counts": detector.level_counts,
    }


def recalibration_in_use(session: Session, row: ModelRow) -> Recalibration | None:
    """Read the recalibration that a model uses.

    Args:
        session: reading or writing
        row: the model's

    Returns:
        The recalibration; None where the calibration of the fit is in use.
    """
    if row.recalibration_id is None:
        return None
    saved = session.get_one(RecalibrationRow, row.recalibration_id)
    return Recalibration.from_record(saved.content)


def view_scores_of(row: ModelRow, recalibration: Recalibration | None) -> ViewScores:
    """Read what each view says of the recordings that a calibration is made of.

    Args:
        row: the model's
        recalibration: the one in use, if any

    Returns:
        The scores by view; of models saved before 0.2.0 the recordings' scores alone.

    Raises:
        KeyError: a value is missing.
        ValueError: a value is none that `fit_record` gives.
    """
    if recalibration is not None:
        return recalibration.scores
    values: dict[str, Any] = row.calibration
    given = {CLIP: values["clip_scores"]} | values.get("views", {})
    scores = {str(name): np.array(of_view, np.float64) for name, of_view in given.items()}
    shape = scores[CLIP].shape
    if len(shape) != 1 or any(one.shape != shape for one in scores.values()):
        raise ValueError("The scores of the views are not of the same recordings.")
    return ViewScores(
        scores,
        np.empty(0, np.int64),
        window_seconds=float(values["window_seconds"]),
        n_groups=int(values["n_groups"]),
        cross_fitted=bool(values["cross_fitted"]),
    )


def calibration_of(row: ModelRow, recalibration: Recalibration | None) -> Calibration:
    """Read the calibration that thresholds and p-values come from.

    Args:
        row: the model's
        recalibration: the one in use, if any

    Returns:
        The calibration.

    Raises:
        KeyError: a value is missing.
        ValueError: a value is none that `fit_record` gives.
    """
    level_counts = bool(row.calibration.get("level_counts", False))
    return view_scores_of(row, recalibration).calibration(level_counts)
