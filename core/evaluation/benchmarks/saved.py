"""Benchmarks run in the app: a folder each under HEARMAP_HOME, found again by their settings.

The same settings have the same folder, so that a benchmark that was stopped goes on where it was.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from core.errors import BenchmarkError, SettingError
from core.evaluation.benchmarks.mix_set import MixSet
from core.evaluation.benchmarks.results import Row
from core.runtime.paths import benchmarks_dir, data_root
from core.runtime.progress import Progress, part

SOURCES = ("machines", "esc50", "urbansound", "folders")
SETTINGS_NAME = "settings.json"


@dataclasses.dataclass(frozen=True)
class SavedBenchmark:
    """A benchmark's settings, and whether it has been finished."""

    id: str
    settings: dict[str, Any]
    is_finished: bool
    changed_at: datetime.datetime


def run(arguments: dict[str, Any], progress: Progress) -> str:
    """Runs EnvMix as the arguments say, or what an earlier run left; gives the benchmark's id.

    Arguments: source (one of `SOURCES`), normals, anomalies, heads, presets, snr_db (None: as
    made); if not the defaults seed, backbone, most_training, most_tests, n_faithful,
    n_exchanged, balanced; folder, of ESC-50 or of normal recordings, and second_folder, of
    UrbanSound8K or of events, both as paths below the data root.

    Raises:
        HearMapError: a set is not as published, a folder lies outside the data root, or a unit
            of work failed. What was finished before is kept.
    """
    from core.backbones import load_backbone
    from core.detectors.presets import preset_settings
    from core.evaluation.benchmarks.envmix import EnvMixOptions, run_envmix
    from core.evaluation.benchmarks.manifest import write_manifest
    from core.evaluation.benchmarks.protocol import Candidate
    from core.evaluation.benchmarks.results import write_json, write_results, write_text
    from core.evaluation.benchmarks.tables import envmix_tables

    progress("Looking at the recordings", 0.0)
    backbone = str(arguments.get("backbone") or "aisfx")
    candidates = [
        Candidate(head, preset, backbone, preset_settings(head, preset))
        for head in arguments["heads"]
        for preset in arguments["presets"]
    ]
    options = EnvMixOptions(
        snr_db=tuple(arguments["snr_db"]),
        seed=int(arguments.get("seed") or 0),
        n_faithful=int(arguments.get("n_faithful") or 0),
        n_exchanged=int(arguments.get("n_exchanged") or 0),
    )
    mixes = mix_set(arguments)
    mixes.check()
    folder = benchmarks_dir() / benchmark_id(arguments)
    write_json(folder / SETTINGS_NAME, arguments)
    rate = load_backbone(backbone).settings.sample_rate
    write_manifest(mixes, options.snr_db, rate, folder, part(progress, 0.0, 0.05))
    measured = run_envmix(mixes, options, candidates, folder, part(progress, 0.05, 1.0))
    write_results(folder, {"sample_rate": rate} | arguments, measured.rows, measured.clips)
    write_text(folder / "results.md", envmix_tables(measured.rows))
    progress("Done", 1.0)
    return folder.name


def mix_set(arguments: dict[str, Any]) -> MixSet:
    """The mixes that `run`'s arguments name.

    Raises:
        SettingError: there is no such source, or no data root.
        BenchmarkError: a folder lies outside the data root.
    """
    from core.evaluation.benchmarks import mix_sources

    counts: dict[str, Any] = {
        "seed": int(arguments.get("seed") or 0),
        "most_training": arguments.get("most_training"),
        "most_tests": arguments.get("most_tests"),
    }
    source = arguments.get("source")
    if source == "machines":
        return mix_sources.from_machines(arguments["normals"], **counts)
    if source not in SOURCES:
        raise SettingError(f"There is no source “{source}”; there are {', '.join(SOURCES)}.")
    options = counts | {
        "normals": arguments.get("normals"),
        "anomalies": arguments.get("anomalies"),
        "balanced": bool(arguments.get("balanced")),
    }
    first = below_data_root(str(arguments.get("folder") or "."))
    if source == "esc50":
        return mix_sources.from_data_sets(first, **options)
    second = below_data_root(str(arguments.get("second_folder") or "."))
    if source == "urbansound":
        return mix_sources.from_data_sets(first, second, **options)
    return mix_sources.from_folders(first, second, **options)


def below_data_root(folder: str) -> Path:
    """The folder of the configured data root.

    Raises:
        SettingError: none is configured.
        BenchmarkError: the folder lies outside.
    """
    root = data_root()
    if root is None:
        raise SettingError("No data root is configured; HEARMAP_DATA_ROOT names it.")
    path = (root / folder).resolve()
    if not path.is_relative_to(root):
        raise BenchmarkError("That folder lies outside the data root.")
    return path


def benchmark_id(arguments: dict[str, Any]) -> str:
    """The folder's name: equal for equal settings, whatever order they were given in."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]


def list_benchmarks() -> list[SavedBenchmark]:
    """The benchmarks that were begun, newest first; a damaged one is left out."""
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


def read_rows(benchmark: str) -> list[Row]:
    """The numbers of a finished benchmark.

    Raises:
        BenchmarkError: it is not there, or damaged.
    """
    return [Row(**row) for row in _read(benchmark, "results.json", "rows")]


def read_clips(benchmark: str) -> list[dict[str, Any]]:
    """The clips of a finished benchmark, as `Measured.clips` has them.

    Raises:
        BenchmarkError: it is not there, or damaged.
    """
    return _read(benchmark, "clips.json", "clips")


def read_table(benchmark: str) -> str:
    """Its results.md, empty where there is none."""
    path = _folder(benchmark) / "results.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def delete(benchmark: str) -> None:
    """Removes a benchmark with all it measured."""
    shutil.rmtree(_folder(benchmark), ignore_errors=True)


def _read(benchmark: str, name: str, what: str) -> list[dict[str, Any]]:
    try:
        content = json.loads((_folder(benchmark) / name).read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = content[what]
        return found
    except (OSError, ValueError, KeyError, TypeError):
        raise BenchmarkError(
            "This benchmark is no longer there or is damaged; run it again, and what is left of "
            "it is not measured anew."
        ) from None


def _folder(benchmark: str) -> Path:
    if not benchmark.isalnum():
        raise BenchmarkError("There is no benchmark of that name.")
    return benchmarks_dir() / benchmark
