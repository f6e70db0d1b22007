"""One number is one row; rows of a finished unit are kept, so a stopped benchmark goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.durable import whole_file


@dataclass(frozen=True)
class Row:
    """A measured number, with its interval where one could be had, and what it was measured on.

    `snr_db` is None where no event was mixed in; `n` counts the clips behind the number.
    """

    head: str
    preset: str
    backbone: str
    data_set: str
    normal: str
    snr_db: float | None
    level: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n: int


def finished_or_run(folder: Path, unit: dict[str, Any], run: Callable[[], list[Row]]) -> list[Row]:
    """The rows of a unit of work: from an earlier run of the same settings, else from `run`.

    A unit is its description in plain JSON; a part file is written whole or not at all.
    """
    described = json.dumps(unit, sort_keys=True)
    path = folder / "parts" / f"{hashlib.sha256(described.encode()).hexdigest()[:20]}.json"
    if path.is_file():
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return [Row(**row) for row in kept["rows"]]
        except (ValueError, KeyError, TypeError):
            path.unlink()
    rows = run()
    write_json(path, {"unit": unit, "rows": [dataclasses.asdict(row) for row in rows]})
    return rows


def write_results(folder: Path, configuration: dict[str, Any], rows: Sequence[Row]) -> None:
    """results.json: the rows, and beside them all that is needed to repeat them."""
    content = {
        "configuration": configuration,
        "versions": versions(),
        "rows": [dataclasses.asdict(row) for row in rows],
    }
    write_json(folder / "results.json", content)


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    packages = ("hearmap", "torch", "faiss-cpu", "numpy", "scikit-learn", "librosa", "soundfile")
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON under a temporary name and rename it.

    Raises:
        StoreError: the folder cannot be written.
    """
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text under a temporary name and rename it.

    Raises:
        StoreError: the folder cannot be written.
    """
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
