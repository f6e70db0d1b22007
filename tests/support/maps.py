"""A map whose contents are known: calm everywhere, with one strong patch."""

from dataclasses import replace

import numpy as np

from core.types import EVENT, LEVEL, STATIONARY, AnomalyMap, Region, ViewFinding


def planted_map(
    *, name: str = "fan.wav", quiet: bool = False, n_freq: int = 96, n_time: int = 216
) -> AnomalyMap:
    """Score 1 everywhere but 9 in rows 40-55 and columns 100-119 (unless quiet), threshold 5."""
    raw = np.ones((n_freq, n_time), dtype=np.float32)
    if not quiet:
        raw[40:56, 100:120] = 9.0
    found = Region(2.3, 2.8, 1000.0, 2000.0, 2.5, 1500.0, 9.0, 0.04)
    return AnomalyMap(
        clip_name=name,
        raw=raw,
        evidence=(raw > 5).astype(np.float32),
        freq_hz=np.linspace(60.0, 20_500.0, n_freq),
        time_s=np.arange(n_time) * 1024 / 44_100,
        score=float(raw.max()),
        p_value=0.9 if quiet else 0.04,
        threshold=5.0,
        regions=() if quiet else (found,),
    )


def seen_by_views(
    *,
    event: float = 9.0,
    stationary: float = 0.0,
    level: float = 0.0,
    leads: str = EVENT,
    level_counts: bool = False,
    name: str = "fan.wav",
) -> AnomalyMap:
    """A planted map with each view's score; the p-value is 0.04 above the threshold, else 0.8."""
    scores = {EVENT: event, STATIONARY: stationary, LEVEL: level}
    words = {
        EVENT: "an event at 2.3–2.8 s, 1–2 kHz",
        STATIONARY: "sounds different throughout, mostly at 300–900 Hz",
        LEVEL: "9 dB louder than any normal recording",
    }
    counts = [one for one in scores if level_counts or one != LEVEL]
    found = planted_map(name=name, quiet=max(scores[one] for one in counts) <= 5.0)
    return replace(
        found,
        regions=tuple(replace(region, view=leads) for region in found.regions),
        views=tuple(
            ViewFinding(one, score, 0.04 if score > 5 else 0.8, one in counts, words[one])
            for one, score in scores.items()
        ),
    )
