"""DCASE 2020 Task 2 as it is distributed: `{machine}/{train,test}/{normal,anomaly}_id_XX_*.wav`.

Koizumi et al., "Description and Discussion on DCASE2020 Challenge Task2", 2020; CC BY-NC-SA 4.0.
Published on Zenodo as records 3678171 (development), 3727685 (additional training) and 3841772
(evaluation): six machines, 41 ids.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from core.audio.source import shown_name
from core.errors import DataSetError
from core.evaluation.datasets.csv_tables import read_lines
from core.evaluation.datasets.machine_clip import MachineClip, checked_choice, folders_in, wavs_in

PUBLISHED = (
    "DCASE Task 2 is published on Zenodo: 2020 as records 3678171, 3727685 and 3841772, 2023 as "
    "7882613."
)
# Which ids of a machine belong to which of the two published parts.
DEVELOPMENT_IDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("fan", "pump", "slider", "valve"), ("id_00", "id_02", "id_04", "id_06")),
    "ToyCar": ("id_01", "id_02", "id_03", "id_04"),
    "ToyConveyor": ("id_01", "id_02", "id_03"),
}
EVALUATION_IDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("fan", "pump", "slider", "valve"), ("id_01", "id_03", "id_05")),
    "ToyCar": ("id_05", "id_06", "id_07"),
    "ToyConveyor": ("id_04", "id_05", "id_06"),
}

# With and without the class in the name.
_NAME = re.compile(r"(?:(normal|anomaly)_)?(id_\d\d)_\d{8}\.wav", re.IGNORECASE)


def dcase2020(
    root: Path,
    *,
    machines: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    ground_truth: Path | None = None,
) -> list[MachineClip]:
    """List the clips of DCASE 2020 Task 2 whose class is known.

    Args:
        root: The folder that holds the machines.
        machines: The machines wanted, by default all.
        ids: The ids wanted, such as “id_00”; by default all.
        ground_truth: The `eval_data_list.csv` of the evaluation set, whose test clips are
            published without saying which are anomalous; without it they are left out.

    Returns:
        The clips, by machine; of each, training clips first.

    Raises:
        DataSetError: the folder has another layout, a file another name, or a machine or id asked
            for is not there. The sentence names the first.
    """
    anomalous = {} if ground_truth is None else _ground_truth(ground_truth)
    clips = [
        clip
        for folder in machine_folders(root, machines)
        for split in ("train", "test")
        if (folder / split).is_dir()
        for path in wavs_in(folder / split)
        if (clip := _clip(path, folder.name, split == "test", anomalous)) is not None
    ]
    names = checked_choice(ids, (clip.machine_id for clip in clips), "id")
    return [clip for clip in clips if clip.machine_id in names]


def machine_folders(root: Path, machines: Collection[str] | None = None) -> list[Path]:
    """Find the machines' folders of DCASE Task 2.

    Args:
        root: The folder that holds them.
        machines: The machines wanted, by default all.

    Returns:
        Those with a folder `train` or `test`, sorted.

    Raises:
        DataSetError: there are none, or a machine asked for is not there.
    """
    folders = [
        folder
        for folder in folders_in(root, PUBLISHED)
        if (folder / "train").is_dir() or (folder / "test").is_dir()
    ]
    if not folders:
        raise DataSetError(
            f"{root} is not DCASE Task 2: it has no folder such as fan/train. Unpack the ZIP files "
            f"there, and give the folder that holds the machines. {PUBLISHED}"
        )
    kinds = checked_choice(machines, (folder.name for folder in folders), "machine")
    return [folder for folder in folders if folder.name in kinds]


def _clip(
    path: Path, machine: str, is_test: bool, anomalous: dict[tuple[str, str], bool]
) -> MachineClip | None:
    match = _NAME.fullmatch(path.name)
    if match is None or not (match[1] or is_test):
        raise DataSetError(
            f"{path} is not named as in DCASE 2020, such as normal_id_00_00000000.wav."
        )
    in_table = anomalous.get((machine, path.name))
    is_anomalous = match[1].lower() == "anomaly" if match[1] else in_table
    if is_anomalous and not is_test:
        raise DataSetError(f"{path} is anomalous and lies among the training clips; remove it.")
    if is_anomalous is None:
        return None
    return MachineClip(path, machine, match[2].lower(), is_test, is_anomalous)


def _ground_truth(table: Path) -> dict[tuple[str, str], bool]:
    # Whether an evaluation clip is anomalous, by machine and name. In eval_data_list.csv a line
    # with a machine's name alone begins its clips: name, another name, 0 or 1.
    found, machine = {}, ""
    for line in read_lines(table):
        if len(line) == 1:
            machine = line[0]
        elif len(line) < 3 or not machine or line[2].strip() not in ("0", "1"):
            raise DataSetError(
                f"{table} is not the eval_data_list.csv of DCASE 2020: a line is a machine, or a "
                f"clip's name, another name and 0 or 1, not “{shown_name(','.join(line))}”."
            )
        else:
            found[machine, line[0]] = line[2].strip() == "1"
    return found
