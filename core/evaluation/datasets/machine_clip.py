"""A clip of a machine data set: which machine, whether it trains or tests, and what is known."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.audio.source import shown_name
from core.errors import DataSetError
from core.runtime.atomic_write import error_reason


@dataclass(frozen=True)
class MachineClip:
    """One file of MIMII or of DCASE Task 2; its sound is read when it is needed.

    `machine_id` is as published, “id_00” or “section_00”; `snr_db` is MIMII's; `domain` (“source”
    or “target”) and `attributes`, pairs of name and value, are those of DCASE since 2023.
    """

    path: Path
    machine: str
    machine_id: str
    is_test: bool
    is_anomalous: bool
    snr_db: float | None = None
    domain: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def metadata_class(self) -> str:
        """The class that a head which learns to tell metadata apart has to name.

        AnoPatch, section 4.3: machine and id in DCASE 2020, machine and attributes since 2023.
        """
        known = [f"{name}={value}" for name, value in self.attributes] or [self.machine_id]
        return "/".join([self.machine, *known])


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, sorted, hidden ones left out.

    Raises:
        DataSetError: it is no folder, or cannot be read.
    """
    try:
        return sorted(
            path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError as error:
        raise DataSetError(
            f"{folder} cannot be read as a folder ({error_reason(error)})."
        ) from None


def wavs_in(folder: Path) -> list[Path]:
    """The WAV files of a folder, sorted by name, hidden ones left out.

    Raises:
        DataSetError: there is no such folder, or it holds none.
    """
    if not folder.is_dir():
        raise DataSetError(f"{folder} is missing; unpack the data set again.")
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".wav" and not path.name.startswith(".")
    )
    if not files:
        raise DataSetError(f"{folder} holds no WAV files; unpack the data set again.")
    return files


def checked_choice(wanted: Collection[str] | None, there: Iterable[str], what: str) -> set[str]:
    """What was asked for, or all there is.

    Raises:
        DataSetError: something asked for is not there; the sentence lists what is.
    """
    names = sorted(set(there))
    missing = [name for name in wanted or () if name not in names]
    if missing:
        raise DataSetError(
            f"There is no {what} “{shown_name(missing[0])}” in the data; there are "
            f"{', '.join(names)}."
        )
    return set(names if wanted is None else wanted)


def table_lines(table: Path) -> list[list[str]]:
    """The lines of a CSV without a header, empty ones left out.

    Raises:
        DataSetError: it is not there or cannot be read.
    """
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            return [line for line in csv.reader(stream) if line]
    except OSError as error:
        raise DataSetError(f"{table} cannot be read ({error_reason(error)}).") from None
    except (ValueError, csv.Error) as error:
        raise DataSetError(f"{table} cannot be read as a CSV file ({error}).") from None
