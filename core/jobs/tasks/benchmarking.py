"""Run a benchmark that is kept and shown in the app."""

from __future__ import annotations

from typing import Any

from core.runtime.progress import Progress, silent


def bench(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Run a benchmark and save what it measures: {benchmark_id}."""
    from core.evaluation.benchmarks.run_saved import run_saved

    return {"benchmark_id": run_saved(arguments, progress)}
