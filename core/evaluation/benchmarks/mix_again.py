"""A clip of EnvMix made again from what was written down of it, as after a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import DataSetError
from core.evaluation.benchmarks.machine_mixes import MadeClip, MadeMix
from core.evaluation.datasets.mixing import Mix, mix
from core.evaluation.datasets.recording import Recording
from core.types import Clip


def again(described: dict[str, Any], sample_rate: int, snr_db: float | None) -> Mix | Clip:
    """Make a clip again from what its `described()` gave.

    Args:
        described: The description.
        sample_rate: The clip's rate in Hz.
        snr_db: A mix's signal-to-noise ratio in dB.

    Returns:
        A mix, or a normal clip.

    Raises:
        DataSetError: the description is of something else.
        AudioError: a file is no longer there.
    """
    given = dict(described)
    kind = given.pop("kind", None)
    try:
        if kind == "machine":
            if "fault" in given:
                return MadeMix(**given).make(sample_rate, snr_db)
            return MadeClip(**given).read(sample_rate)
        if kind == "recording":
            changed = (given.get("band_rate"), given.get("rms"))
            normal = Recording(Path(given["normal_file"]), "", 1, "", *changed).read(sample_rate)
            if "event_file" not in given:
                return normal
            limited = Recording(Path(given["event_file"]), "", 1, "", given.get("event_rate"))
            event = limited.read(sample_rate)
            return mix(normal, event, snr_db or 0.0, seed=given["seed"], snr_over=given["snr_over"])
    except (KeyError, TypeError):
        pass
    raise DataSetError("This clip cannot be made again; run the benchmark once more.")
