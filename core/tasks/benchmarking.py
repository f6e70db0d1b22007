"""Run a benchmark that is kept and shown in the app."""

from __future__ import annotations

from typing import Any

from core.progress import Progress, silent


def bench(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Runs a benchmark and keeps what it measures: {benchmark_id}. See `core.benchmark.kept`."""
    from core.benchmark import kept

    return {"benchmark_id": kept.run(arguments, progress)}
