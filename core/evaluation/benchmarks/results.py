"""What a benchmark measures: one number is one row; written with what is needed to repeat it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.runtime.atomic_write import write_file
from core.runtime.output_files import add_output_files


@dataclass(frozen=True)
class ResultRow:
    """A measured number, with its interval where one could be had, and what it was measured on.

    Attributes:
        head: The anomaly algorithm.
        preset: The name of its settings.
        backbone: The network.
        data_set: The data set.
        normal: The normal class, or the machine and id.
        snr_db: The signal-to-noise ratio in dB; None where no event was mixed in.
        level: “sample”, “spectrogram”, “temporal”, “faithfulness” or “regions”.
        metric: What was measured.
        value: The number.
        low: The lower end of its 95 % interval.
        high: The upper end.
        n: How many clips are behind the number.
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
    """What a piece of work gives: its numbers, and the score of each clip behind them.

    Attributes:
        rows: The numbers.
        clips: Plain JSON a clip: head, preset, backbone, data_set, normal, snr_db, clip,
            anomalous, event, score, p_value, threshold, values (the clip's own metrics by name)
            and made_from, from which `core.evaluation.benchmarks.mix_again.again` makes its sound.
    """

    rows: list[ResultRow] = field(default_factory=list)
    clips: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def joined(cls, pieces: Iterable[Measured]) -> Measured:
        """Join what several pieces of work gave.

        Args:
            pieces: In the order they are to stand in.

        Returns:
            All their rows and clips.
        """
        whole = cls()
        for piece in pieces:
            whole.rows.extend(piece.rows)
            whole.clips.extend(piece.clips)
        return whole


def write_results(
    folder: Path, configuration: dict[str, Any], measured: Measured, tables: str
) -> None:
    """Write results.json, results.md and, where clips were scored, clips.json.

    Args:
        folder: Where to.
        configuration: All that is needed to repeat the benchmark, as plain JSON.
        measured: What it gave.
        tables: What people read, in Markdown.

    Raises:
        StoreError: the folder cannot be written.
    """
    content = {
        "configuration": configuration,
        "versions": versions(),
        "rows": [dataclasses.asdict(row) for row in measured.rows],
    }
    files = {"results.json": json_text(content)}
    if measured.clips:
        files["clips.json"] = json_text({"clips": measured.clips})
    files["results.md"] = tables
    add_output_files(folder, {name: encoded(text) for name, text in files.items()})


def versions() -> dict[str, str]:
    """Look up the versions of what the numbers depend on.

    Returns:
        Version by package, and Python's.
    """
    packages = ("hearmap", "torch", "faiss-cpu", "numpy", "scikit-learn", "librosa", "soundfile")
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def json_text(content: dict[str, Any]) -> str:
    """Lay out JSON as the files of a benchmark have it.

    Args:
        content: What to write.

    Returns:
        The text.
    """
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, whole or not at all.

    Args:
        path: The file.
        content: What to write.

    Raises:
        StoreError: the folder cannot be written.
    """
    write_text(path, json_text(content))


def write_text(path: Path, text: str) -> None:
    """Write text, whole or not at all.

    Args:
        path: The file.
        text: What to write.

    Raises:
        StoreError: the folder cannot be written.
    """
    write_file(path, encoded(text))


def encoded(text: str) -> bytes:
    """Encode a file of a benchmark, whatever the names in it.

    Args:
        text: What to write.

    Returns:
        UTF-8; bytes of names that are no characters are escaped, as JSON escapes them.
    """
    return text.encode("utf-8", "backslashreplace")
