"""Run a benchmark of the app: EnvMix as its saved settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import BenchmarkError, SettingError
from core.evaluation.benchmarks import mix_sources
from core.evaluation.benchmarks.envmix import EnvMixOptions, write_envmix
from core.evaluation.benchmarks.results import write_json
from core.evaluation.benchmarks.saved import SETTINGS_NAME, benchmark_folder, benchmark_id
from core.evaluation.candidate import Candidate
from core.runtime.paths import data_root
from core.runtime.progress import Progress

SOURCES = ("machines", "esc50", "urbansound", "folders")


def run_saved(arguments: dict[str, Any], progress: Progress) -> str:
    """Run EnvMix, or what an earlier run with the same arguments left.

    Args:
        arguments: source (one of `SOURCES`), normals, anomalies, heads, presets, snr_db (None: as
            made); if not the defaults seed, backbone, most_training, most_tests, n_faithful,
            n_exchanged, balanced; folder, of ESC-50 or of normal recordings, and second_folder,
            of UrbanSound8K or of events, both as paths below the data root.
        progress: Called with how far the work is.

    Returns:
        The benchmark's id.

    Raises:
        HearMapError: a set is not as published, a folder lies outside the data root, or a unit
            of work failed. What was finished before is kept.
    """
    progress("Looking at the recordings", 0.0)
    backbone = str(arguments.get("backbone") or "aisfx")
    candidates = [
        Candidate.of(head, preset, backbone)
        for head in arguments["heads"]
        for preset in arguments["presets"]
    ]
    numbers = ("seed", "n_faithful", "n_exchanged")
    given: dict[str, Any] = {name: int(arguments.get(name) or 0) for name in numbers}
    options = EnvMixOptions(snr_db=tuple(arguments["snr_db"]), **given)
    mixes = mix_set(arguments)
    mixes.check()
    folder = benchmark_folder(benchmark_id(arguments))
    write_json(folder / SETTINGS_NAME, arguments)
    write_envmix(mixes, options, candidates, folder, arguments, progress, backbone=backbone)
    return folder.name


def mix_set(arguments: dict[str, Any]) -> mix_sources.MixSet:
    """Choose the mixes that the arguments name.

    Args:
        arguments: Those of `run_saved`.

    Returns:
        The mixes.

    Raises:
        SettingError: there is no such source, or no data root.
        BenchmarkError: a folder lies outside the data root.
        DataSetError: a set is not laid out as published.
    """
    counts: dict[str, Any] = {"seed": int(arguments.get("seed") or 0)}
    counts |= {name: arguments.get(name) for name in ("most_training", "most_tests")}
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
    first = _below_data_root(str(arguments.get("folder") or "."))
    if source == "esc50":
        return mix_sources.from_data_sets(first, **options)
    second = _below_data_root(str(arguments.get("second_folder") or "."))
    if source == "urbansound":
        return mix_sources.from_data_sets(first, second, **options)
    return mix_sources.from_folders(first, second, **options)


def _below_data_root(folder: str) -> Path:
    root = data_root()
    if root is None:
        raise SettingError("No data root is configured; HEARMAP_DATA_ROOT names it.")
    path = (root / folder).resolve()
    if not path.is_relative_to(root):
        raise BenchmarkError("That folder lies outside the data root.")
    return path
