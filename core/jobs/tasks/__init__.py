"""The long work of the app, each task under the name that a job asks for it by.

Each task is a function of plain JSON arguments and a progress; it needs no pool and no app. A
recording that cannot be used is left out with a sentence in `left_out`, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.jobs.tasks import explaining, reporting
from core.jobs.tasks.benchmarking import bench
from core.jobs.tasks.comparing import fit_heads
from core.jobs.tasks.demonstrating import demo
from core.jobs.tasks.fetching import weights
from core.jobs.tasks.fitting import fit
from core.jobs.tasks.scoring import score
from core.runtime.progress import Progress

TASKS: dict[str, Callable[[dict[str, Any], Progress], dict[str, Any]]] = {
    "fit": fit,
    "score": score,
    "demo": demo,
    "fit_heads": fit_heads,
    "explain": explaining.explain,
    "counterfactual": explaining.counterfactual,
    "try_mask": explaining.try_mask,
    "clip_report": reporting.clip_report,
    "batch_report": reporting.batch_report,
    "bench": bench,
    "weights": weights,
}
