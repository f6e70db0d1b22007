"""A recording as several models see it: their maps in one player, and what they cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from app import cache
from app.components.player import NamedMap, Picture, Sound, pack, show, wanted_part
from app.text import compare as text
from app.text import formats, glossary, markdown, sentences
from app.text.methods import head_title
from core.evaluation.agreement import MAJORITY, Agreement, on_axes
from core.runtime.columns import column_peaks
from core.runtime.file_names import file_stem
from core.storage.costs import model_cost
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap

KEY = "compare_player"
# With the recording itself as many sounds as can be told apart at one playhead.
MOST_SOUNDS = 4
MEGABYTE = 1e6


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """A model with its score and its map of the recording.

    Attributes:
        model: The model.
        score: The score.
        found: The map.
    """

    model: ModelRecord
    score: ScoreRecord
    found: AnomalyMap


def names_of(compared: list[ComparedModel]) -> list[str]:
    """Name models so that they can be told apart.

    Args:
        compared: The models.

    Returns:
        The method of each; the model's own name where several have the same method.
    """
    titles = [head_title(one.model.head) for one in compared]
    counts = Counter(titles)
    return [
        title if counts[title] == 1 else markdown.shortened(one.model.name, 40)
        for title, one in zip(titles, compared, strict=True)
    ]


def draw_player(compared: list[ComparedModel], chosen: ScoreRecord, agreed: Agreement) -> None:
    """Draw the agreement on top and each model below, with the anomalous parts of four to hear.

    Args:
        compared: The models, at least one.
        chosen: The score of the recording by the first model.
        agreed: Where the models agree.
    """
    total_s = chosen.duration_seconds or float(compared[0].found.time_s[-1])
    peak_s = agreed.regions[0].peak_s if agreed.regions else 0.0
    overall = column_peaks(agreed.share)
    part = wanted_part(KEY, chosen.clip_id, total_s, overall, peak_s)
    stretches = [
        cache.sounds(one.model.id, chosen.clip_id, part.start_s, part.stop_s, one.score.created_at)
        for one in compared[:MOST_SOUNDS]
    ]
    first = stretches[0]
    columns = slice(first.first, first.stop)
    time_s = agreed.time_s[columns]
    names = names_of(compared)
    captions = [text.ANOMALOUS_PART.format(method=name) for name in names]
    share = np.ascontiguousarray(agreed.share[:, columns])
    payload = pack(
        [Sound("clip", glossary.RECORDING, first.clip, first.sample_rate)]
        + [
            Sound(f"kept_{i}", caption, one.anomalous_part, one.sample_rate)
            for i, (caption, one) in enumerate(zip(captions, stretches, strict=False))
        ],
        Picture(
            level_db=first.level_db[:, : time_s.size],
            evidence=share,
            score_over_time=overall[columns],
            threshold=MAJORITY,
            freq_hz=agreed.freq_hz,
            time_s=time_s,
        ),
        agreed.regions,
        part,
        [
            _named_map(name, one.found, agreed.freq_hz, time_s)
            for name, one in zip(names, compared, strict=True)
        ],
        name=file_stem(chosen.clip_name),
        height=340,
    )
    show(payload, key=KEY)


def _named_map(name: str, found: AnomalyMap, freq_hz: Any, time_s: Any) -> NamedMap:
    raw = on_axes(found.raw, found, freq_hz, time_s)
    return NamedMap(
        text.MAP.format(
            method=name,
            verdict=sentences.short_verdict(found.anomalous).lower(),
            p_value=formats.p_value(found.p_value),
        ),
        on_axes(found.evidence, found, freq_hz, time_s),
        raw.max(axis=0),
        found.threshold,
    )


def costs_table(compared: list[ComparedModel]) -> list[dict[str, Any]]:
    """Make a table of what models say and cost.

    Args:
        compared: The models.

    Returns:
        One row a model: times in seconds, memory and size in MB, None where unknown.
    """
    rows = []
    for name, one in zip(names_of(compared), compared, strict=True):
        cost = model_cost(one.model.id)
        rate, memory = cost.seconds_per_second, cost.peak_memory_bytes
        rows.append(
            {
                "model": one.model.name,
                "method": name,
                "network": one.model.backbone,
                "verdict": sentences.short_verdict(one.found.anomalous),
                "p_value": one.found.p_value,
                "fit": cost.fit_seconds,
                "scoring": None if rate is None else 60 * rate,
                "memory": None if memory is None else memory / MEGABYTE,
                "size": cost.size_bytes / MEGABYTE,
            }
        )
    return rows
