"""What EnvMix is made of: normal clips, and clips with an anomaly whose stem is known.

Two kinds: recordings of any data set or folder with events of another mixed in, and the built-in
machines with their faults. Everything here is plain data that another process can be given.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.audio import read_clip
from core.datasets.envmix import Mix, SnrOver, mix, mix_stem
from core.datasets.esc50 import Recording, of_classes
from core.datasets.machines import FAULTS, MACHINES, MachineClip, make
from core.errors import DataSetError
from core.types import Clip


class NormalClip(Protocol):
    """A normal clip that is read when it is asked for."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def source(self) -> str:
        """The recording it was cut from; clips of one are never both fitted on and held out."""

    def read(self, sample_rate: int) -> Clip:
        """The clip at this rate."""

    def described(self) -> dict[str, Any]:
        """What finds it again, as plain JSON."""


class PlannedMix(Protocol):
    """A clip with an anomaly, made when it is asked for."""

    @property
    def event(self) -> str:
        """The anomaly's class."""

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """The mix and its stems."""

    def described(self) -> dict[str, Any]:
        """What makes it again, as plain JSON."""


class MixSet(Protocol):
    """Normal clips to fit on and to test with, and mixes to find, by normal class."""

    @property
    def data_set(self) -> str:
        """Its name in results."""

    @property
    def normals(self) -> tuple[str, ...]:
        """The normal classes; each has a detector of its own."""

    def check(self) -> None:
        """Refuse, before any work, what cannot be measured.

        Raises:
            DataSetError: a class has no clips, or is both normal and anomalous.
        """

    def training(self, normal: str) -> Sequence[NormalClip]:
        """The clips to fit on."""

    def tests(self, normal: str) -> Sequence[NormalClip]:
        """The normal clips to score."""

    def mixes(self, normal: str) -> Sequence[PlannedMix]:
        """The anomalous clips to score."""

    def described(self, normal: str) -> dict[str, Any]:
        """All that the numbers of this class depend on, as plain JSON."""


@dataclass(frozen=True)
class RecordedClip:
    """A file of a data set as a normal clip."""

    recording: Recording

    @property
    def name(self) -> str:
        """Its file's name."""
        return self.recording.path.name

    @property
    def source(self) -> str:
        """The recording it was cut from."""
        return self.recording.source

    def read(self, sample_rate: int) -> Clip:
        """The clip at this rate."""
        return read_clip(self.recording.path, sample_rate=sample_rate)

    def described(self) -> dict[str, Any]:
        """Its file."""
        return {"kind": "recording", "normal_file": str(self.recording.path.absolute())}


@dataclass(frozen=True)
class RecordedMix:
    """A normal file with an event of another file mixed in."""

    normal: Recording
    anomaly: Recording
    seed: int
    snr_over: SnrOver

    @property
    def event(self) -> str:
        """The class of the event."""
        return self.anomaly.category

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """The mix; its onset is drawn from both clips and the seed."""
        return mix(
            read_clip(self.normal.path, sample_rate=sample_rate),
            read_clip(self.anomaly.path, sample_rate=sample_rate),
            0.0 if snr_db is None else snr_db,
            seed=self.seed,
            snr_over=self.snr_over,
        )

    def described(self) -> dict[str, Any]:
        """Both files, and what the mix was drawn with."""
        return {
            "kind": "recording",
            "normal_file": str(self.normal.path.absolute()),
            "event_file": str(self.anomaly.path.absolute()),
            "seed": self.seed,
            "snr_over": self.snr_over,
        }


@dataclass(frozen=True)
class RecordedMixes:
    """EnvMix of recordings: normal classes of one set, events of the same or another.

    Every test clip of the normal class is a normal one, and is mixed once with an event of each
    anomaly class, taken in turn; with `balanced` with one event only, the classes in turn, so
    that as many clips are anomalous as are normal. An event is never cut from the recording that
    the normal clip, or one that a detector was fitted on, was cut from.
    """

    data_set: str
    normal_recordings: tuple[Recording, ...]
    anomaly_recordings: tuple[Recording, ...]
    normals: tuple[str, ...]
    anomalies: tuple[str, ...]
    train_folds: tuple[int, ...]
    test_folds: tuple[int, ...]
    event_folds: tuple[int, ...]
    seed: int = 0
    snr_over: SnrOver = "event"
    balanced: bool = False
    most_training: int | None = None
    most_tests: int | None = None

    def check(self) -> None:
        """Refuse a class without clips, or one that is both normal and anomalous.

        Raises:
            DataSetError: one is; or every event of a class comes from a normal recording.
        """
        both = sorted(set(self.normals) & set(self.anomalies))
        if both and self.normal_recordings == self.anomaly_recordings:
            raise DataSetError(f"Class “{both[0]}” is both normal and anomalous; choose one.")
        for normal in self.normals:
            self.training(normal)
            self.tests(normal)
        for anomaly in self.anomalies:
            self._events(anomaly)

    def training(self, normal: str) -> list[RecordedClip]:
        """The recordings of the training folds."""
        return self._chosen(normal, self.train_folds, self.most_training)

    def tests(self, normal: str) -> list[RecordedClip]:
        """The recordings of the test folds."""
        return self._chosen(normal, self.test_folds, self.most_tests)

    def mixes(self, normal: str) -> list[RecordedMix]:
        """Each test clip with an event of each class, or with one event of a class in turn."""
        events = {anomaly: self._events(anomaly) for anomaly in self.anomalies}
        planned = []
        for place, anomaly in enumerate(self.anomalies):
            for i, clip in enumerate(self.tests(normal)):
                if self.balanced and i % len(self.anomalies) != place:
                    continue
                event = events[anomaly][i % len(events[anomaly])]
                planned.append(RecordedMix(clip.recording, event, self.seed, self.snr_over))
        return planned

    def described(self, normal: str) -> dict[str, Any]:
        """The files that are used, and how; where they lie does not matter."""
        used = [
            [clip.name, clip.source] for clip in (*self.training(normal), *self.tests(normal))
        ] + [[mixed.normal.path.name, mixed.anomaly.path.name] for mixed in self.mixes(normal)]
        fields = ("data_set", "anomalies", "train_folds", "test_folds", "event_folds", "seed")
        more = ("snr_over", "balanced", "most_training", "most_tests")
        return {name: getattr(self, name) for name in (*fields, *more)} | {
            "files_sha256": hashlib.sha256(repr(used).encode()).hexdigest()
        }

    def _chosen(self, normal: str, folds: tuple[int, ...], most: int | None) -> list[RecordedClip]:
        found = of_classes(list(self.normal_recordings), [normal], folds)
        if most is not None and len(found) > most:
            drawn = np.random.default_rng(self.seed).permutation(len(found))[:most]
            found = [found[i] for i in sorted(drawn)]
        return [RecordedClip(recording) for recording in found]

    def _events(self, anomaly: str) -> list[Recording]:
        """The events of a class that were not cut from any normal recording.

        Raises:
            DataSetError: there are none.
        """
        normal = {r.source for r in self.normal_recordings if r.category in self.normals}
        found = of_classes(list(self.anomaly_recordings), [anomaly], self.event_folds)
        allowed = [event for event in found if event.source not in normal]
        if not allowed:
            raise DataSetError(
                f"Every “{anomaly}” was cut from a recording that is normal too; one recording "
                "cannot be both normal and anomalous. Leave one of the classes out."
            )
        return allowed


@dataclass(frozen=True)
class MadeClip:
    """A normal recording of a built-in machine."""

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
        """The made sound at this rate."""
        return make(
            self.machine, seed=self.seed, duration_seconds=self.seconds, sample_rate=sample_rate
        ).clip

    def described(self) -> dict[str, Any]:
        """What it is made with."""
        return {"kind": "machine"} | dataclasses.asdict(self)


@dataclass(frozen=True)
class MadeMix:
    """A recording of a built-in machine with one of its faults."""

    machine: str
    seed: int
    seconds: float
    fault: str

    @property
    def event(self) -> str:
        """The fault."""
        return self.fault

    def make(self, sample_rate: int, snr_db: float | None) -> Mix:
        """The same take without and with its fault, which is as loud as the SNR says."""
        take = (self.machine, self.seed, self.seconds, sample_rate)
        faulty = _made(*take, self.fault)
        name = f"{self.machine} {self.fault} {self.seed:04d}"
        normal = _made(*take, None).clip
        return mix_stem(normal, faulty.fault_stem, faulty.fault_times, snr_db, name)

    def described(self) -> dict[str, Any]:
        """What it is made with."""
        return {"kind": "machine"} | dataclasses.asdict(self)


@lru_cache(maxsize=64)
def _made(
    machine: str, seed: int, seconds: float, sample_rate: int, fault: str | None
) -> MachineClip:
    """A take, kept for the next SNR: making 5 s costs as much as hearing it."""
    return make(machine, seed=seed, duration_seconds=seconds, sample_rate=sample_rate, fault=fault)


@dataclass(frozen=True)
class MachineMixes:
    """EnvMix of the built-in machines: each machine is a normal class, its faults the events."""

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
                raise DataSetError(
                    f"There is no machine “{machine}”; there are {', '.join(MACHINES)}."
                )

    def training(self, normal: str) -> list[MadeClip]:
        """The first takes."""
        return [MadeClip(normal, self._seed(i), self.seconds) for i in range(self.n_training)]

    def tests(self, normal: str) -> list[MadeClip]:
        """The takes after those."""
        return [
            MadeClip(normal, self._seed(self.n_training + i), self.seconds)
            for i in range(self.n_tests)
        ]

    def mixes(self, normal: str) -> list[MadeMix]:
        """Takes of their own, each with a fault."""
        first = self.n_training + self.n_tests
        return [
            MadeMix(normal, self._seed(first + i), self.seconds, fault)
            for i, fault in enumerate(FAULTS[normal] * self.n_of_each_fault)
        ]

    def described(self, normal: str) -> dict[str, Any]:
        """How many are made, how long and from what seed."""
        fields = ("data_set", "n_training", "n_tests", "n_of_each_fault", "seconds", "seed")
        return {name: getattr(self, name) for name in fields}

    def _seed(self, number: int) -> int:
        return 10_000 * self.seed + number


def again(described: dict[str, Any], sample_rate: int, snr_db: float | None) -> Mix | Clip:
    """The clip that `described()` of this file described: a mix, or a normal clip.

    Raises:
        DataSetError: the description is of something else.
        AudioError: a file is no longer there.
    """
    given = dict(described)
    kind = given.pop("kind", None)
    try:
        if kind == "machine":
            if "fault" in given:
                return MadeMix(**given).make(sample_rate, snr_db)
            return MadeClip(**given).read(sample_rate)
        if kind == "recording":
            normal = read_clip(Path(given["normal_file"]), sample_rate=sample_rate)
            if "event_file" not in given:
                return normal
            event = read_clip(Path(given["event_file"]), sample_rate=sample_rate)
            return mix(normal, event, snr_db or 0.0, seed=given["seed"], snr_over=given["snr_over"])
    except (KeyError, TypeError):
        pass
    raise DataSetError("This clip cannot be made again; run the benchmark once more.")
