"""A map whose contents are known: calm everywhere, with one strong patch."""

import numpy as np

from core.types import AnomalyMap, Region


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
