"""A machine data set as the pieces that one detector each is fitted on and tested with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import DataSetError
from core.evaluation.datasets.machine_clip import MachineClip

FEWEST_TRAINING = 2


@dataclass(frozen=True)
class MachineSet:
    """The clips of one machine and id, at one SNR where there are several.

    Attributes:
        machine: The machine's kind, such as “fan”.
        machine_id: As published, “id_00” or “section_00”.
        snr_db: The signal-to-noise ratio in dB, of MIMII.
        train: The clips to fit on.
        tests: The clips to score.
    """

    machine: str
    machine_id: str
    snr_db: float | None
    train: tuple[MachineClip, ...]
    tests: tuple[MachineClip, ...]

    @property
    def name(self) -> str:
        """Machine and id; the machine alone where it has but one section."""
        return f"{self.machine} {self.machine_id}" if self.machine_id[:3] == "id_" else self.machine

    @property
    def title(self) -> str:
        """The name, and the SNR: no other piece is called so."""
        return self.name if self.snr_db is None else f"{self.name} at {self.snr_db:g} dB"

    def bank_of(self, clip: MachineClip) -> str:
        """Name the bank a training clip goes into.

        Args:
            clip: The training clip.

        Returns:
            This piece's title; each domain has a bank of its own.
        """
        return f"{self.title}/{clip.domain}" if clip.domain else self.title

    def described(self) -> dict[str, Any]:
        """Describe what the numbers depend on: the clips' names, classes and sizes.

        Returns:
            Plain JSON.
        """
        used = [
            (*c.path.parts[-3:], c.metadata_class, c.is_test, c.is_anomalous, c.path.stat().st_size)
            for c in (*self.train, *self.tests)
        ]
        return {
            "n_training": len(self.train),
            "n_tests": len(self.tests),
            "files_sha256": hashlib.sha256(repr(used).encode()).hexdigest(),
        }


def machine_sets(clips: Iterable[MachineClip]) -> tuple[list[MachineSet], list[str]]:
    """Group clips by machine, id and SNR.

    Left out are pieces published in part: without training clips, or without tests whose class is
    known.

    Args:
        clips: The clips.

    Returns:
        The pieces, in the order of their clips, and a sentence for each that is left out.

    Raises:
        DataSetError: there is no piece, or a piece's tests are all normal or all anomalous, in a
            domain where there are domains; the sentence names it.
    """
    pieces: dict[tuple[str, str, float | None], list[MachineClip]] = {}
    for clip in clips:
        pieces.setdefault((clip.machine, clip.machine_id, clip.snr_db), []).append(clip)
    found, left_out = [], []
    for (machine, machine_id, snr_db), of_piece in pieces.items():
        train = tuple(clip for clip in of_piece if not clip.is_test)
        tests = tuple(clip for clip in of_piece if clip.is_test)
        piece = MachineSet(machine, machine_id, snr_db, train, tests)
        if len(piece.train) < FEWEST_TRAINING:
            left_out.append(
                f"{piece.title} has {len(piece.train)} training clips; at least "
                f"{FEWEST_TRAINING} are needed."
            )
        elif not piece.tests:
            left_out.append(f"{piece.title} has no test clips with labels.")
        else:
            _check_classes(piece)
            found.append(piece)
    if not found:
        reasons = " ".join(left_out) or "There are no clips."
        raise DataSetError(f"Nothing can be measured here. {reasons}")
    return found, left_out


def _check_classes(piece: MachineSet) -> None:
    problems = []
    if not any(clip.is_anomalous for clip in piece.tests):
        problems.append(f"All {len(piece.tests)} test clips of {piece.title} are normal")
    domains = {clip.domain for clip in (*piece.tests, *piece.train)} - {None}
    for domain in ("source", "target") if domains else (None,):
        if not any(c.domain == domain and not c.is_anomalous for c in piece.tests):
            where = "" if domain is None else f" of the {domain} domain"
            problems.append(f"No test clip{where} of {piece.title} is normal")
    if problems:
        raise DataSetError(
            f"{problems[0]}, so its AUROC is undefined: it compares anomalous with normal ones. "
            "Leave it out, or complete it."
        )
