"""EnvMix of the built-in machines: each take without and with one of the machine's faults."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from core.errors import DataSetError
from core.evaluation.datasets.machines import FAULTS, MACHINES, make, no_machine
from core.evaluation.datasets.mixing import Mix, mix_stem
from core.types import Clip

# Kept for the next SNR: making 5 s costs as much as scoring them.
_made = lru_cache(maxsize=64)(make)


@dataclass(frozen=True)
class MadeClip:
    """A normal recording of a built-in machine, made when it is needed.

    Attributes:
        machine: The machine.
        seed: What it is made from.
        seconds: Its length in seconds.
    """

    machine: str
    seed: int
    seconds: float

    @property
    def name(self) -> str:
        """The machine and the seed."""
        return f"{self.machine} normal {self.seed:04d}"

    @property
    def source(self) -> str:
        """Each is a recording of its own."""
        return self.name

    def read(self, sample_rate: int) -> Clip:
        """Make the sound.

        Args:
            sample_rate: Its rate in Hz.

        Returns:
            The clip.
        """
        return make(
            self.machine, seed=self.seed, duration_seconds=self.seconds, sample_rate=sample_rate
        ).clip

    def described(self) -> dict[str, Any]:
        """Describe what makes it again.

        Returns:
            Plain JSON.
        """
        return {"kind": "machine"} | dataclasses.asdict(self)


@dataclass(frozen=True)
class MadeMix(MadeClip):
    """A recording of a built-in machine with one of its faults.

    Attributes:
        fault: The fault.
    """

    fault: str

    @property
    def event(self) -> str:
        """The fault."""
        return self.fault

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """Mix the same take without and with its fault.

        Args:
            sample_rate: Its rate in Hz.
            snr_db: The fault's signal-to-noise ratio in dB; None leaves it as loud as it is made.

        Returns:
            The mix and its stems.
        """
        take = partial(
            _made, seed=self.seed, duration_seconds=self.seconds, sample_rate=sample_rate
        )
        normal, faulty = (take(self.machine, fault=fault) for fault in (None, self.fault))
        name = f"{self.machine} {self.fault} {self.seed:04d}"
        return mix_stem(normal.clip, faulty.fault_stem, faulty.fault_times, snr_db, name)


@dataclass(frozen=True)
class MachineMixes:
    """EnvMix of the built-in machines: each machine is a normal class, its faults the events.

    Attributes:
        normals: The machines.
        n_training: How many training clips of each.
        n_tests: How many normal test clips of each.
        n_of_each_fault: How many clips with each of its faults.
        seconds: The length of a clip in seconds.
        seed: What all clips are made from.
        data_set: Its name in results.
    """

    normals: tuple[str, ...]
    n_training: int = 24
    n_tests: int = 16
    n_of_each_fault: int = 6
    seconds: float = 5.0
    seed: int = 0
    data_set: str = "machines"

    def check(self) -> None:
        """Refuse a machine that there is not.

        Raises:
            DataSetError: there is none of that name.
        """
        for machine in self.normals:
            if machine not in MACHINES:
                raise DataSetError(no_machine(machine))

    def training(self, normal: str) -> list[MadeClip]:
        """Plan the clips to fit on: the first takes.

        Args:
            normal: The machine.

        Returns:
            Its training clips.
        """
        seeds = self._seeds(0, self.n_training)
        return [MadeClip(normal, seed, self.seconds) for seed in seeds]

    def tests(self, normal: str) -> list[MadeClip]:
        """Plan the normal clips to score: the takes after those.

        Args:
            normal: The machine.

        Returns:
            Its normal test clips.
        """
        seeds = self._seeds(self.n_training, self.n_tests)
        return [MadeClip(normal, seed, self.seconds) for seed in seeds]

    def mixes(self, normal: str) -> list[MadeMix]:
        """Plan the clips with a fault: takes of their own.

        Args:
            normal: The machine.

        Returns:
            Its faulty clips, the faults in turn.
        """
        faults = FAULTS[normal] * self.n_of_each_fault
        seeds = self._seeds(self.n_training + self.n_tests, len(faults))
        return [
            MadeMix(normal, seed, self.seconds, fault)
            for seed, fault in zip(seeds, faults, strict=True)
        ]

    def described(self, normal: str) -> dict[str, Any]:
        """Describe how many clips are made, how long and from what seed.

        Args:
            normal: The machine.

        Returns:
            Plain JSON.
        """
        described = dataclasses.asdict(self)
        del described["normals"]
        return described

    def _seeds(self, first: int, n: int) -> range:
        return range(10_000 * self.seed + first, 10_000 * self.seed + first + n)
