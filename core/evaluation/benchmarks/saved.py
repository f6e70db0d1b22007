"""Benchmarks run in the app: a folder each under HEARMAP_HOME, found again by their settings.

The same settings have the same folder, so that a benchmark that was stopped goes on where it was.
Without PyTorch, so that a page lists them at once; `run_saved` runs them.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from core.errors import BenchmarkError
from core.evaluation.benchmarks.results import ResultRow
from core.runtime.paths import benchmarks_dir

SETTINGS_NAME = "settings.json"


@dataclasses.dataclass(frozen=True)
class SavedBenchmark:
    """A benchmark that was begun.

    Attributes:
        id: Its folder's name.
        settings: The arguments of `core.evaluation.benchmarks.run_saved.run_saved`.
        is_finished: Whether it has results.
        changed_at: When it was begun or finished.
    """

    id: str
    settings: dict[str, Any]
    is_finished: bool
    changed_at: datetime.datetime


def benchmark_id(arguments: dict[str, Any]) -> str:
    """Name the folder of a benchmark.

    Args:
        arguments: Its settings.

    Returns:
        The folder's name: equal for equal settings, whatever order they were given in.
    """
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]


def benchmark_folder(benchmark: str) -> Path:
    """Find the folder of a benchmark.

    Args:
        benchmark: Its id.

    Returns:
        The folder, which need not be there.

    Raises:
        BenchmarkError: the id is none.
    """
    if not benchmark.isalnum():
        raise BenchmarkError("There is no benchmark of that name.")
    return benchmarks_dir() / benchmark


def list_benchmarks() -> list[SavedBenchmark]:
    """List the benchmarks that were begun.

    Returns:
        The newest first; a damaged one is left out.
    """
    found = []
    for path in benchmarks_dir().glob(f"*/{SETTINGS_NAME}"):
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
            results = path.with_name("results.json")
            newest = (results if results.is_file() else path).stat().st_mtime
        except (OSError, ValueError):
            continue
        moment = datetime.datetime.fromtimestamp(newest, tz=datetime.timezone.utc)
        found.append(SavedBenchmark(path.parent.name, settings, results.is_file(), moment))
    return sorted(found, key=lambda one: one.changed_at, reverse=True)


def read_rows(benchmark: str) -> list[ResultRow]:
    """Read the numbers of a finished benchmark.

    Args:
        benchmark: Its id.

    Returns:
        Its rows.

    Raises:
        BenchmarkError: it is not there, or damaged.
    """
    return [ResultRow(**row) for row in _read(benchmark, "results.json", "rows")]


def read_clips(benchmark: str) -> list[dict[str, Any]]:
    """Read the clips of a finished benchmark.

    Args:
        benchmark: Its id.

    Returns:
        The clips as `Measured.clips` has them.

    Raises:
        BenchmarkError: it is not there, or damaged.
    """
    return _read(benchmark, "clips.json", "clips")


def read_tables(benchmark: str) -> str:
    """Read the tables of a finished benchmark.

    Args:
        benchmark: Its id.

    Returns:
        Markdown, empty where there is none.
    """
    path = benchmark_folder(benchmark) / "results.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def delete_benchmark(benchmark: str) -> None:
    """Delete a benchmark with all it measured.

    Args:
        benchmark: Its id.
    """
    shutil.rmtree(benchmark_folder(benchmark), ignore_errors=True)


def _read(benchmark: str, name: str, what: str) -> list[dict[str, Any]]:
    try:
        content = json.loads((benchmark_folder(benchmark) / name).read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = content[what]
        return found
    except (OSError, ValueError, KeyError, TypeError):
        raise BenchmarkError(
            "This benchmark is no longer there or is damaged; run it again, and what is left of "
            "it is not measured anew."
        ) from None
