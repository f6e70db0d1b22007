"""One clip as several models see it: their maps on common axes in the player, and their costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from app import cache
from app.components.player import NamedMap, Picture, Sound, player, wanted_part
from app.text import markdown, sentences
from core.evaluation.agreement import MAJORITY, Agreement, on_axes
from core.storage.costs import model_cost
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap

KEY = "compare_player"
# With the clip itself as many sounds as can be told apart at one playhead.
MOST_KEPT = 4
MEBIBYTE = 2**20


@dataclass(frozen=True, eq=False)
class Seen:
    """A clip as one model sees it."""

    model: ModelRecord
    score: ScoreRecord
    found: AnomalyMap


def names_of(seen: list[Seen]) -> list[str]:
    """What tells the models apart: the head where each has another, else the model's own name."""
    from core.detectors import HEADS

    titles = [
        HEADS[one.model.head].title if one.model.head in HEADS else one.model.head for one in seen
    ]
    counts = Counter(titles)
    return [
        title if counts[title] == 1 else markdown.shortened(one.model.name, 40)
        for title, one in zip(titles, seen, strict=True)
    ]


def shown_in_player(seen: list[Seen], chosen: ScoreRecord, agreed: Agreement) -> None:
    """The agreement on top and each model below; the clip, and what each of four keeps, to hear."""
    first = seen[0]
    total_s = chosen.duration_seconds or float(first.found.time_s[-1])
    peak_s = agreed.regions[0].peak_s if agreed.regions else 0.0
    overall = agreed.share.max(axis=0)
    part = wanted_part(KEY, chosen.clip_id, total_s, overall, peak_s)
    stretches = [
        cache.sounds(one.model.id, chosen.clip_id, part.start_s, part.stop_s, one.score.created_at)
        for one in seen[:MOST_KEPT]
    ]
    heard = stretches[0]
    columns = slice(heard.first, heard.stop)
    time_s = agreed.time_s[columns]
    names = names_of(seen)
    share = np.ascontiguousarray(agreed.share[:, columns])
    player(
        [Sound("clip", "The recording", heard.clip, heard.sample_rate)]
        + [
            Sound(f"kept_{i}", f"{name} keeps", one.kept, one.sample_rate)
            for i, (name, one) in enumerate(zip(names, stretches, strict=False))
        ],
        Picture(
            level_db=heard.level_db[:, : time_s.size],
            probability=share,
            score_over_time=overall[columns],
            map_threshold=MAJORITY,
            freq_hz=agreed.freq_hz,
            time_s=time_s,
            raw=share,
        ),
        agreed.regions,
        key=KEY,
        height=340,
        part=part,
        maps=[
            _named(name, one, agreed.freq_hz, time_s) for name, one in zip(names, seen, strict=True)
        ],
    )


def _named(name: str, one: Seen, freq_hz: Any, time_s: Any) -> NamedMap:
    found = one.found
    raw = on_axes(found.raw, found, freq_hz, time_s)
    said = sentences.short_verdict(found.anomalous).lower()
    return NamedMap(
        f"{name}: {said}, p = {found.p_value:.2g}",
        on_axes(found.evidence, found, freq_hz, time_s),
        raw,
        raw.max(axis=0),
        found.map_threshold,
    )


def costs_table(seen: list[Seen]) -> list[dict[str, Any]]:
    """One row a model: verdict, times in seconds, memory and size in MiB; None where unknown."""
    rows = []
    for name, one in zip(names_of(seen), seen, strict=True):
        cost = model_cost(one.model.id)
        rate, memory = cost.seconds_per_second, cost.peak_memory_bytes
        rows.append(
            {
                "Model": markdown.shortened(one.model.name, 60),
                "Method": name,
                "Network": one.model.backbone,
                "Verdict": sentences.short_verdict(one.found.anomalous),
                "p-value": one.found.p_value,
                "Fit": cost.fit_seconds,
                "Scoring": None if rate is None else 60 * rate,
                "Memory": None if memory is None else memory / MEBIBYTE,
                "Size": cost.size_bytes / MEBIBYTE,
            }
        )
    return rows
