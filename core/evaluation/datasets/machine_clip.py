"""A clip of a machine data set: which machine, whether it trains or tests, and what is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.audio import read_clip
from core.audio.source import shown_name
from core.errors import DataSetError
from core.runtime.atomic_write import error_reason
from core.types import Clip

# Of MIMII's eight, the one the papers use; DCASE's clips have one.
CHANNEL = 0


@dataclass(frozen=True)
class MachineClip:
    """One file of MIMII or of DCASE Task 2; its sound is read when it is needed.

    Attributes:
        path: The file.
        machine: The machine's kind, such as “fan”.
        machine_id: As published, “id_00” or “section_00”.
        is_test: Whether it is for testing, not for fitting.
        is_anomalous: Whether it is anomalous.
        snr_db: MIMII's signal-to-noise ratio in dB.
        domain: “source” or “target” in DCASE since 2023.
        attributes: Pairs of name and value in DCASE since 2023.
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

    def read(self, sample_rate: int) -> Clip:
        """Read the clip's first channel.

        Args:
            sample_rate: The rate it is resampled to, in Hz.

        Returns:
            The clip.

        Raises:
            AudioError: the file cannot be read.
        """
        return read_clip(self.path, channel=CHANNEL, sample_rate=sample_rate)


def folders_in(folder: Path, published: str = "") -> list[Path]:
    """List the folders in a folder.

    Args:
        folder: Where to look.
        published: A sentence on where the data set is published, for one that is not there.

    Returns:
        The folders, sorted, hidden ones left out.

    Raises:
        DataSetError: it is no folder, or cannot be read.
    """
    try:
        return sorted(
            path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError as error:
        raise DataSetError(
            f"{folder} cannot be read as a folder ({error_reason(error)}). {published}".rstrip()
        ) from None


def wavs_in(folder: Path, suffixes: Collection[str] = (".wav",)) -> list[Path]:
    """List the WAV files in a folder.

    Args:
        folder: Where to look.
        suffixes: What the names of files end in, in small letters.

    Returns:
        The files, sorted by name, hidden ones left out.

    Raises:
        DataSetError: there is no such folder, or it holds none.
    """
    if not folder.is_dir():
        raise DataSetError(f"{folder} is missing; unpack the data set again.")
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )
    if not files:
        kinds = " or ".join(suffix[1:].upper() for suffix in suffixes)
        raise DataSetError(f"{folder} holds no {kinds} files; unpack the data set again.")
    return files


def checked_choice(wanted: Collection[str] | None, there: Iterable[str], what: str) -> set[str]:
    """Check that what was asked for is in the data.

    Args:
        wanted: The names asked for; None for all.
        there: The names in the data.
        what: What they name, for people.

    Returns:
        The names asked for, or all there are.

    Raises:
        DataSetError: a name asked for is not there; the sentence lists those that are.
    """
    names = sorted(set(there))
    missing = [name for name in wanted or () if name not in names]
    if missing:
        raise DataSetError(
            f"There is no {what} “{shown_name(missing[0])}” in the data; there are "
            f"{', '.join(names)}."
        )
    return set(names if wanted is None else wanted)
