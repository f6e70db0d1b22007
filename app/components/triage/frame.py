"""What the list is sent: its rows, what people said of them, and a few glances."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.components.shared.frame import evidence_steps
from app.components.shared.frame import frame as packed
from app.text.formats import recorded_at
from app.text.markdown import shortened
from app.text.sentences import p_value_sentence, rarity
from core.detectors.calibration.calibration import Calibration
from core.exchange.recording_names import with_other_names
from core.report import summary_sentence
from core.report.summary_sentence import rounded_one_in
from core.storage.annotations import Annotation
from core.storage.scores import ScoreRecord
from core.storage.tables import LONGEST_NOTE


@dataclass(frozen=True, eq=False)
class Glance:
    """A recording as it is seen and heard in passing, or why it cannot be.

    Picture and sound cover the same stretch.

    Attributes:
        clip_id: The recording.
        level: [freq, time] how loud it is, in 0..255; rows rise in frequency.
        evidence: [freq, time] the evidence map in 0..255.
        pcm: [n] the sound, in steps of `scale`.
        scale: What a step of the sound stands for.
        sample_rate: In hertz.
        start_s: Where the stretch begins, in seconds of the recording.
        end_s: Where it ends.
        low_hz: The centre of the lowest row.
        high_hz: The centre of the highest row.
        strongest: The strongest region: start and end in seconds of the recording, low and high as
            shares of the picture's height.
        problem: Why there is neither picture nor sound, as a sentence.
    """

    clip_id: str
    level: NDArray[np.uint8]
    evidence: NDArray[np.uint8]
    pcm: NDArray[np.int16]
    scale: float
    sample_rate: int
    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    strongest: tuple[float, float, float, float] | None
    problem: str = ""


def rows_of(scored: Sequence[ScoreRecord], calibrated: Calibration) -> str:
    """Write the rows, the highest score first; they change only with scores and threshold.

    Args:
        scored: The scored recordings, strongest first.
        calibrated: Of the model that scored them.

    Returns:
        JSON, a list a column; 1,000 rows take 200 kB.
    """
    scale = calibrated.evidence_scale(scored[0].threshold if scored else 0.0)
    good = [score for score in scored if score.score is not None and math.isfinite(score.score)]
    everyone = [*good, *(score for score in scored if score.score is None)]
    return json.dumps(
        {
            "id": [score.clip_id for score in everyone],
            "name": [shortened(with_other_names(score.names), 80) for score in everyone],
            "p": [score.p_value for score in everyone],
            "evidence": evidence_steps(
                scale.evidence(np.array([float(score.score or 0) for score in good]))
            ).tolist(),
            "one_in": [rounded_one_in(calibrated.rarity(float(one.score or 0))) for one in good],
            "rarity": [rarity(calibrated, float(score.score or 0)) for score in good],
            "anomalous": [int(score.anomalous) for score in everyone],
            "said": [_said(score, calibrated.n_clips) for score in everyone],
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def _said(score: ScoreRecord, n_normal: int) -> str:
    if score.error or score.p_value is None:
        return score.error or ""
    words = summary_sentence.ANOMALOUS if score.anomalous else summary_sentence.NORMAL
    if score.anomalous and score.regions:
        seconds = score.duration_seconds or math.inf
        words = summary_sentence.with_region(words, score.regions[0], seconds)
    said = f"{words}. {p_value_sentence(score.p_value, n_normal)}"
    return said if score.recorded_at is None else f"{said} {recorded_at(score.recorded_at)}"


def frame(
    rows: str,
    annotations: Mapping[str, Annotation],
    glances: Sequence[Glance],
    *,
    acknowledged: Mapping[str, int],
    first: str,
) -> bytes:
    """Pack what the list is sent in one run of the page.

    Args:
        rows: What `rows_of` wrote, which a caller may cache.
        annotations: What people said, by recording.
        glances: The glances that the list asked for.
        acknowledged: For each list the number of its last change that is saved.
        first: The recording to begin with.

    Returns:
        The bytes.
    """
    arrays: dict[str, NDArray[Any]] = {}
    described = []
    for place, seen in enumerate(glances):
        values = dict(vars(seen))
        for name in ("level", "evidence", "pcm"):
            arrays[f"{name}{place}"] = values.pop(name)
        described.append(values)
    header = {
        "first": first,
        "acknowledged": dict(acknowledged),
        "annotations": {
            clip_id: [said.verdict, said.note, said.by] for clip_id, said in annotations.items()
        },
        "glances": described,
        "longest_note": LONGEST_NOTE,
    }
    return packed(arrays, header=header, rows=rows)
