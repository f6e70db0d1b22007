"""MIMII as it is distributed: a folder per SNR, in it `{machine}/id_XX/{normal,abnormal}/*.wav`.

Purohit et al., "MIMII Dataset: Sound Dataset for Malfunctioning Industrial Machine Investigation
and Inspection", 2019; CC BY-SA 4.0. Published on Zenodo as record 3384388, a ZIP file for each
SNR and machine; 16 kHz, 10 s, 8 channels, of which the papers use the first.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataSetError
from core.evaluation.datasets.machine_clip import MachineClip, checked_choice, folders_in, wavs_in

PUBLISHED = "MIMII is published as Zenodo record 3384388."
# “6_dB_fan” as the ZIP files are called, “6dB” and “min6dB” as in the authors' own code.
_SNR_FOLDER = re.compile(r"(min|minus|-)?_?(\d+)_?dB(_\w+)?", re.IGNORECASE)
_ID_FOLDER = re.compile(r"id_\d\d")
_LOSSLESS = (".wav", ".flac")
_CONDITIONS = ("normal", "abnormal")


@dataclass(frozen=True)
class MimiiId:
    """The clips of one machine and id, not split.

    Attributes:
        name: Machine and id, and the SNR where the folder says it: “fan id_00 at -6 dB”.
        normal: The files of normal clips, sorted by name.
        abnormal: The files of abnormal clips, sorted by name.
    """

    name: str
    normal: tuple[Path, ...]
    abnormal: tuple[Path, ...]


def mimii_ids(root: Path) -> list[MimiiId]:
    """List the machines and ids of MIMII, or of a part of it, without its published split.

    Args:
        root: A folder that holds `{machine}/id_XX/{normal,abnormal}`, of WAV or FLAC files, or a
            folder per SNR as `mimii` takes it.

    Returns:
        The ids, by SNR from high to low, machine and id.

    Raises:
        DataSetError: the folder has another layout, or an id lacks normal or abnormal clips.
    """
    bare = _ids_below(root)
    found = [(f"{folder.parent.name} {folder.name}", folder) for folder in bare]
    if not bare:
        found = [
            (f"{machine} {machine_id} at {snr_db:g} dB", folder)
            for (snr_db, machine, machine_id), folder in _id_folders(root).items()
        ]
    return [
        MimiiId(name, *(tuple(wavs_in(folder / kind, _LOSSLESS)) for kind in _CONDITIONS))
        for name, folder in found
    ]


def mimii(
    root: Path,
    *,
    snr_db: Collection[float] | None = None,
    machines: Collection[str] | None = None,
    ids: Collection[str] | None = None,
) -> list[MachineClip]:
    """List the clips of MIMII, split into training and test.

    Of each SNR, machine and id all N abnormal clips are tests, and so are the first N normal ones
    by name; the other normal ones train (the split of the authors' baseline).

    Args:
        root: The folder that holds a folder per SNR, called 6_dB_fan, 6dB or min6dB; or one of
            those.
        snr_db: The SNRs wanted, in dB; by default all.
        machines: The machines wanted, by default all.
        ids: The ids wanted, such as “id_00”; by default all.

    Returns:
        The clips by SNR from high to low, machine and id; of each, training clips first.

    Raises:
        DataSetError: the folder has another layout; a machine, id or SNR asked for is not there;
            or an id lacks clips to train or test with. The sentence names the first.
    """
    folders = _id_folders(root)
    levels = checked_choice(
        None if snr_db is None else [f"{level:g}" for level in snr_db],
        (f"{level:g}" for level, _, _ in folders),
        "SNR, in dB,",
    )
    kinds = checked_choice(machines, (machine for _, machine, _ in folders), "machine")
    names = checked_choice(ids, (name for _, _, name in folders), "id")
    clips = [
        clip
        for (level, machine, name), folder in folders.items()
        if f"{level:g}" in levels and machine in kinds and name in names
        for clip in _split(folder, level, machine, name)
    ]
    if not clips:
        raise DataSetError(f"{root} has no clips of these machines, ids and SNRs together.")
    return clips


def _split(folder: Path, snr_db: float, machine: str, machine_id: str) -> list[MachineClip]:
    normal, abnormal = wavs_in(folder / "normal"), wavs_in(folder / "abnormal")
    n_tests = len(abnormal)
    if len(normal) <= n_tests:
        raise DataSetError(
            f"{folder} has {len(normal)} normal and {n_tests} abnormal clips: with as many normal "
            "clips tested as there are abnormal ones, none is left to train on."
        )
    return [
        MachineClip(path, machine, machine_id, is_test, is_anomalous, snr_db)
        for files, is_test, is_anomalous in (
            (normal[n_tests:], False, False),
            (normal[:n_tests], True, False),
            (abnormal, True, True),
        )
        for path in files
    ]


def _id_folders(root: Path) -> dict[tuple[float, str, str], Path]:
    # Sorted by SNR from high to low, machine and id.
    found: dict[tuple[float, str, str], Path] = {}
    for level in (root, *folders_in(root, PUBLISHED)):
        match = _SNR_FOLDER.fullmatch(level.name)
        if match is None:
            continue
        snr_db = float(match[2]) * (-1.0 if match[1] else 1.0) + 0.0  # no -0 dB
        for folder in _ids_below(level):
            machine = folder.parent.name
            other = found.setdefault((snr_db, machine, folder.name), folder)
            if other != folder:
                raise DataSetError(
                    f"{machine} {folder.name} at {snr_db:g} dB is there twice, in {other} and "
                    f"{folder}; keep one."
                )
    if found:
        return dict(sorted(found.items(), key=lambda item: (-item[0][0], *item[0][1:])))
    if _ids_below(root):
        raise DataSetError(
            f"{root} holds machines but no SNR; put them into a folder named by it, such as "
            f"{root / '6dB'}, and give the folder above."
        )
    raise DataSetError(
        f"{root} is not MIMII: it has no folder such as 6_dB_fan/fan/id_00. Unpack each ZIP file "
        f"into a folder of its name, and give the folder that holds these. {PUBLISHED}"
    )


def _ids_below(level: Path) -> list[Path]:
    below = (folder for machine in folders_in(level) for folder in folders_in(machine))
    return [folder for folder in below if _ID_FOLDER.fullmatch(folder.name)]
