"""DCASE 2023 to 2025 Task 2 as they are distributed: one section a machine, two domains.

`{machine}/{train,test}/section_00_{source,target}_{train,test}_{normal,anomaly}_NNNN_*.wav` and
`{machine}/attributes_00.csv`. Dohi et al., "Description and Discussion on DCASE 2023 Challenge
Task 2", 2023. Published on Zenodo, for 2023 as records 7882613 (development), 7830345 (additional
training) and 7860847 (evaluation), and the labels of the evaluation set on GitHub, in
ground_truth_attributes of nttcslab/dcase2023_task2_evaluator (and of later years'). The
supplemental clips of 2025 are not read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from core.audio.source import shown_name
from core.errors import DataSetError
from core.evaluation.datasets.csv_tables import read_lines, read_table
from core.evaluation.datasets.dcase2020 import machine_folders
from core.evaluation.datasets.machine_clip import MachineClip, wavs_in

DEVELOPMENT_MACHINES = ("bearing", "fan", "gearbox", "slider", "ToyCar", "ToyTrain", "valve")
EVALUATION_MACHINES = (
    *("bandsaw", "grinder", "shaker"),
    *("ToyDrone", "ToyNscale", "ToyTank", "Vacuum"),
)

Attributes = tuple[tuple[str, str], ...]

_NAMED = re.compile(
    r"(section_\d\d)_(source|target)_(train|test)_(normal|anomaly)_\d{4}(?:_(.+))?\.wav",
    re.IGNORECASE,
)
_UNNAMED = re.compile(r"section_\d\d_\d{4}\.wav", re.IGNORECASE)


def dcase2023(
    root: Path, *, machines: Collection[str] | None = None, ground_truth: Path | None = None
) -> list[MachineClip]:
    """List the clips of DCASE 2023 to 2025 Task 2 whose class is known.

    Attributes are those of `attributes_00.csv`, and where it does not list a clip the end of its
    name.

    Args:
        root: The folder that holds the machines.
        machines: The machines wanted, by default all.
        ground_truth: The folder with `ground_truth_{machine}_section_00_test.csv` for the test
            clips of the evaluation set, which are published without saying which are anomalous;
            without it they are left out.

    Returns:
        The clips, by machine; of each, training clips first.

    Raises:
        DataSetError: the folder has another layout, a file another name, a CSV lacks a column or
            a file it lists, or a machine asked for is not there. The sentence names the first.
    """
    return [
        clip
        for folder in machine_folders(root, machines)
        for clip in _clips_of_machine(folder, ground_truth)
    ]


def _clips_of_machine(folder: Path, ground_truth: Path | None) -> list[MachineClip]:
    attributes_of = _attributes(folder)
    full_names = {} if ground_truth is None else _full_names(ground_truth, folder.name)
    clips = []
    for split in ("train", "test"):
        for path in wavs_in(folder / split) if (folder / split).is_dir() else ():
            match = _NAMED.fullmatch(full_names.get(path.name, path.name))
            if match is None:
                if split == "test" and _UNNAMED.fullmatch(path.name):
                    continue
                raise DataSetError(
                    f"{path} is not named as in DCASE 2023 to 2025, such as "
                    "section_00_source_train_normal_0000_attributes.wav."
                )
            section, domain, named, condition = (match[i].lower() for i in range(1, 5))
            if section != "section_00":
                raise DataSetError(
                    f"{path} is of {section}; from 2023 on a machine has section_00 only, so this "
                    "is an earlier year's data set."
                )
            is_test, is_anomalous = split == "test", condition == "anomaly"
            if named != split or (is_anomalous and not is_test):
                raise DataSetError(f"{path} is a {named} clip and {condition}; move it.")
            in_name = (("attributes", match[5]),) if match[5] else ()
            known = attributes_of.get(f"{split}/{path.name}", in_name)
            about = (folder.name, section, is_test, is_anomalous)
            clips.append(MachineClip(path, *about, domain=domain, attributes=known))
    return clips


def _attributes(folder: Path) -> dict[str, Attributes]:
    # Of each clip that the machine's CSV lists, by `split/name`.
    table = folder / "attributes_00.csv"
    if not table.is_file():
        raise DataSetError(f"{folder} has no attributes_00.csv; unpack the data set again.")
    rows = read_table(table, ())
    pairs = [(f"d{i}p", f"d{i}v") for i in range(1, len(rows.columns) + 1)]
    pairs = [pair for pair in pairs if pair[0] in rows.columns or pair[1] in rows.columns]
    for column in ("file_name", *(column for pair in pairs for column in pair)):
        if column not in rows.columns:
            raise DataSetError(
                f"{table} has no column “{column}”; it needs file_name and a name and a value, "
                "d1p and d1v, for each attribute."
            )
    found: dict[str, Attributes] = {}
    for row in rows.to_dict("records"):
        # “bearing/train/section_00_….wav”; the machine's folder is the one the CSV lies in.
        name = "/".join(row["file_name"].split("/")[-2:])
        if not re.fullmatch(r"(train|test)/[^/\\]+", name) or not (folder / name).is_file():
            raise DataSetError(
                f"{table} lists {shown_name(row['file_name'])}, which is not in {folder}."
            )
        found[name] = tuple((row[p], row[v]) for p, v in pairs if row[p])
    return found


def _full_names(ground_truth: Path, machine: str) -> dict[str, str]:
    # The name with class, domain and attributes of each evaluation clip of a machine.
    table = ground_truth / f"ground_truth_{machine}_section_00_test.csv"
    if not ground_truth.is_dir():
        raise DataSetError(
            f"{ground_truth} is no folder of labels, such as ground_truth_attributes."
        )
    if not table.is_file():
        return {}  # a machine of the development set, whose names say it all
    names = {}
    for line in read_lines(table):
        if len(line) < 2 or not _NAMED.fullmatch(f"{line[1]}.wav"):
            raise DataSetError(
                f"{table} is not of ground_truth_attributes: a line holds a clip's name and the "
                "name with its label, such as section_00_source_test_normal_0000_attributes."
            )
        names[line[0]] = f"{line[1]}.wav"
    return names
