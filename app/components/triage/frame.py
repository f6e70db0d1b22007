"""What the list gets, in one run of bytes: Streamlit hands over only top-level bytes as they are.

    b"HMT1" | uint32 n | JSON of n bytes, padded with spaces | arrays

The arrays begin at a multiple of 8, each at a multiple of 8 after that, little-endian; the JSON
names their offsets and lengths. The rows are JSON that a caller may keep: they change only with
scores and threshold. Labels and glances come beside them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.text.markdown import shortened
from app.text.sentences import p_value_sentence
from core.detectors.calibration.calibration import Calibration
from core.report.summary_sentence import location_clause
from core.storage.annotations import Annotation
from core.storage.scores import ScoreRecord

MAGIC = b"HMT1"


@dataclass(frozen=True, eq=False)
class Glance:
    """One clip as it is seen and heard in passing, or in `problem` why it cannot be.

    Shape:
        level, heat: [freq, time] uint8, rows rising in frequency; pcm: [n] int16
    The picture and the sound cover the same stretch, which begins at `start_s` of the clip;
    `strongest` is start and end in seconds of the clip, low and high as shares of the picture.
    """

    clip_id: str
    level: NDArray[np.uint8]
    heat: NDArray[np.uint8]
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
    """The rows as JSON, a list a column, strongest evidence first; 1,000 take 200 kB."""
    middle = float(np.median(calibrated.clip_scores))
    good = [score for score in scored if score.score is not None and math.isfinite(score.score)]
    bad = [score for score in scored if score.score is None]
    threshold = scored[0].threshold if scored else 0.0
    reach = max(threshold - middle, 1e-9)
    everyone = [*good, *bad]
    return json.dumps(
        {
            "id": [score.clip_id for score in everyone],
            "name": [shortened(score.clip_name, 80) for score in everyone],
            "p": [score.p_value for score in everyone],
            # 0 is the middle of the normal recordings, 1 the threshold.
            "ratio": [round((float(score.score or 0) - middle) / reach, 4) for score in good],
            "unlike": [int(score.anomalous) for score in everyone],
            "place": [_place(score) for score in everyone],
            "evidence": [_said(score, calibrated.n_clips) for score in everyone],
            "problem": [score.error or "" for score in everyone],
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def frame(
    rows: str,
    labels: Mapping[str, Annotation],
    glances: Sequence[Glance],
    *,
    acknowledged: Mapping[str, int],
    first: str,
) -> bytes:
    """The bytes; `first` is the clip to begin with, `acknowledged` the changes that were kept."""
    parts: list[bytes] = []
    size = 0

    def add(array: NDArray[Any]) -> dict[str, int]:
        nonlocal size
        data = np.ascontiguousarray(array).tobytes()
        place = {"offset": size, "length": len(data)}
        parts.extend([data, bytes(-len(data) % 8)])
        size += len(data) + -len(data) % 8
        return place

    described = [
        {
            "id": seen.clip_id,
            "n_freq": int(seen.level.shape[0]),
            "n_time": int(seen.level.shape[1]),
            "level": add(seen.level),
            "heat": add(seen.heat),
            "pcm": add(seen.pcm.astype("<i2")),
            "scale": seen.scale,
            "sample_rate": seen.sample_rate,
            "start_s": seen.start_s,
            "end_s": seen.end_s,
            "low_hz": seen.low_hz,
            "high_hz": seen.high_hz,
            "strongest": seen.strongest,
            "problem": seen.problem,
        }
        for seen in glances
    ]
    header = {
        "first": first,
        "acknowledged": dict(acknowledged),
        "labels": {
            clip_id: [label.verdict, label.note, label.by] for clip_id, label in labels.items()
        },
        "glances": described,
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    # The rows go in as the text they are, since writing them anew is most of the work.
    joined = f'{text[:-1]}, "rows": {rows}}}'.encode()
    joined += b" " * (-(len(MAGIC) + 4 + len(joined)) % 8)
    return b"".join([MAGIC, len(joined).to_bytes(4, "little"), joined, *parts])


def _place(score: ScoreRecord) -> str:
    if not score.regions:
        return ""
    return location_clause(score.regions[0], score.duration_seconds or math.inf)


def _said(score: ScoreRecord, n_normal: int) -> str:
    return "" if score.p_value is None else p_value_sentence(score.p_value, n_normal)
