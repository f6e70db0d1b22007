"""One number is one row; rows of a finished unit are kept, so a stopped benchmark goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.runtime.atomic_write import atomic_write


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


@dataclass(frozen=True)
class Measured:
    """What a unit of work gives: its numbers, and the score of each clip behind them.

    A clip is plain JSON: head, preset, backbone, data_set, normal, snr_db, clip, anomalous,
    event, score, p_value, threshold, values (the clip's own metrics by name) and made_from, from
    which `core.evaluation.benchmarks.mix_again.again` makes its sound.
    """

    rows: list[Row] = field(default_factory=list)
    clips: list[dict[str, Any]] = field(default_factory=list)


def part_path(folder: Path, unit: dict[str, Any]) -> Path:
    """Where the numbers of a unit of work lie; a unit is its description in plain JSON."""
    described = json.dumps(unit, sort_keys=True)
    return folder / "parts" / f"{hashlib.sha256(described.encode()).hexdigest()[:20]}.json"


def finished(folder: Path, unit: dict[str, Any]) -> Measured | None:
    """What an earlier run measured of this unit; None if it did not, or the file is damaged."""
    path = part_path(folder, unit)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Measured([Row(**row) for row in kept["rows"]], list(kept["clips"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        path.unlink()
        return None


def keep(folder: Path, unit: dict[str, Any], measured: Measured) -> None:
    """Write what was measured of a unit, whole or not at all.

    Raises:
        StoreError: the folder cannot be written.
    """
    rows = [dataclasses.asdict(row) for row in measured.rows]
    write_json(part_path(folder, unit), {"unit": unit, "rows": rows, "clips": measured.clips})


def write_results(
    folder: Path,
    configuration: dict[str, Any],
    rows: Sequence[Row],
    clips: Sequence[dict[str, Any]] = (),
) -> None:
    """results.json: the rows, and beside them all that is needed to repeat them; clips.json."""
    content = {
        "configuration": configuration,
        "versions": versions(),
        "rows": [dataclasses.asdict(row) for row in rows],
    }
    write_json(folder / "results.json", content)
    if clips:
        write_json(folder / "clips.json", {"clips": list(clips)})


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
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
