"""What is fitted and scored: the sets, cut into cases of one fit each."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.audio.source import AudioSource
from core.errors import DataSetError
from core.evaluation.benchmarks.machine_mixes import MachineMixes
from core.evaluation.benchmarks.mix_sources import MixSet, PlannedMix, from_data_sets
from core.evaluation.benchmarks.recorded_mixes import RecordedMix, RecordedMixes
from core.evaluation.benchmarks.trial import NormalClip
from core.evaluation.datasets.machines import MACHINES
from core.evaluation.datasets.mimii import MimiiId, mimii_ids
from core.evaluation.datasets.recording import Recording

N_ROUNDS = 5
# Of clips whose level is removed: -34 dB of full scale, MIMII's highest peaks 3 dB below it.
REMOVED_RMS = 0.02

ENVMIX = "EnvMix"
NOVELTY = "novelty"
LEVEL_REMOVED = "MIMII, level removed"
LEVEL_KEPT = "MIMII, level kept"
EVENTS_IN_MIMII = "events in MIMII"
MADE_LOUD = "made machines, as made"
MADE_MIXES = "made machines, by SNR"
# Each set with the source of its normal clips.
SETS = {
    ENVMIX: "ESC-50",
    NOVELTY: "ESC-50",
    LEVEL_REMOVED: LEVEL_REMOVED,
    LEVEL_KEPT: LEVEL_KEPT,
    EVENTS_IN_MIMII: LEVEL_KEPT,
    MADE_LOUD: "made machines",
    MADE_MIXES: "made machines",
}
# Sets of events, which have a truth in time and frequency.
EVENT_SETS = (ENVMIX, EVENTS_IN_MIMII, MADE_LOUD, MADE_MIXES)
# Sets whose mixes hold one event each; a made fault may come several times in a clip.
ONE_EVENT_SETS = (ENVMIX, EVENTS_IN_MIMII)


@dataclass(frozen=True)
class GeneraliseOptions:
    """Which sets there are, and which classes.

    Attributes:
        esc50: ESC-50's folder, or None.
        mimii: The folder of MIMII or of a part of it, or None.
        normals: The normal classes of ESC-50.
        anomalies: The classes of events.
        train_folds: The folds of ESC-50 that are fitted on.
        test_folds: The folds of ESC-50 that are scored, and those of the events.
        snr_db: The signal-to-noise ratios of mixes in dB.
        machines: The built-in machines, or none.
        seed: What mixes, made machines, fits and intervals draw from.
    """

    esc50: Path | None = None
    mimii: Path | None = None
    normals: tuple[str, ...] = ("rain", "helicopter", "chainsaw", "crackling_fire")
    anomalies: tuple[str, ...] = ("dog", "sneezing", "rooster")
    train_folds: tuple[int, ...] = (1, 2, 3)
    test_folds: tuple[int, ...] = (4, 5)
    snr_db: tuple[float, ...] = (6.0, 0.0, -6.0)
    machines: tuple[str, ...] = MACHINES
    seed: int = 0


@dataclass(frozen=True)
class Anomalous:
    """An anomalous clip, or a mix with an event.

    Attributes:
        data_set: One of `SETS`.
        sound: What it is made from.
        snr_db: A mix's signal-to-noise ratio in dB; None of whole clips and of faults as made.
    """

    data_set: str
    sound: NormalClip | PlannedMix
    snr_db: float | None = None


@dataclass(frozen=True)
class Case:
    """One fit, and all that is scored with it.

    Attributes:
        source: Where its normal clips come from, a value of `SETS`.
        normal: The normal class, or the machine and id.
        training: The clips to fit on.
        tests: The normal clips to score.
        anomalous: The anomalous ones.
        round: Which of several fits of this class it is, “round 1 of 5”.
    """

    source: str
    normal: str
    training: tuple[NormalClip, ...]
    tests: tuple[NormalClip, ...]
    anomalous: tuple[Anomalous, ...]
    round: str = ""

    @property
    def title(self) -> str:
        """Its name; no other case has it."""
        return ", ".join(filter(None, (self.source, self.normal, self.round)))

    def described(self) -> dict[str, Any]:
        """Describe all clips; where their files lie does not matter.

        Returns:
            Plain JSON.
        """
        used = [[_named(one) for one in clips] for clips in (self.training, self.tests)]
        used.append([(one.data_set, one.snr_db, _named(one.sound)) for one in self.anomalous])
        return {"clips_sha256": hashlib.sha256(repr(used).encode()).hexdigest()}


def recording_of(sound: NormalClip | PlannedMix) -> str:
    """Name the recording that a clip is, or that an event was mixed into.

    Args:
        sound: The clip or the mix.

    Returns:
        The same name for a normal clip and for the mixes made of it.
    """
    clip = sound.normal if isinstance(sound, RecordedMix) else sound
    return "/".join(clip.path.parts[-2:]) if isinstance(clip, Recording) else clip.name


def plan(options: GeneraliseOptions) -> tuple[list[Case], dict[str, str]]:
    """Plan every set that there are recordings for.

    Args:
        options: Sources and classes.

    Returns:
        The cases, and by set a sentence on why it is left out.

    Raises:
        DataSetError: a folder is not laid out as published, a class is not there, or no set is
            left.
    """
    cases: list[Case] = []
    left_out: dict[str, str] = {}
    esc: RecordedMixes | None = None
    if options.esc50 is None:
        left_out |= dict.fromkeys((ENVMIX, NOVELTY), "There is no ESC-50 (--esc50).")
    else:
        esc = from_data_sets(
            options.esc50,
            normals=options.normals,
            anomalies=options.anomalies,
            train_folds=options.train_folds,
            test_folds=options.test_folds,
            seed=options.seed,
        )
        esc.check()
        cases += _esc_cases(esc, options.snr_db)
        if len(options.normals) < 2:
            left_out[NOVELTY] = "There is one normal class (--normal), and it needs two."
    if options.mimii is None:
        sets = (LEVEL_REMOVED, LEVEL_KEPT, EVENTS_IN_MIMII)
        left_out |= dict.fromkeys(sets, "There is no MIMII (--mimii).")
    else:
        if esc is None:
            left_out[EVENTS_IN_MIMII] = "There is no ESC-50 (--esc50) to take the events from."
        cases += _mimii_cases(mimii_ids(options.mimii), esc, options)
    if options.machines:
        made = MachineMixes(options.machines, seed=options.seed)
        made.check()
        levels = {MADE_LOUD: (None,), MADE_MIXES: options.snr_db}
        cases += [
            _mixed(made, normal, SETS[MADE_LOUD], _at_levels(made.mixes(normal), levels))
            for normal in options.machines
        ]
    else:
        left_out |= dict.fromkeys((MADE_LOUD, MADE_MIXES), "There are no machines (--machines).")
    if not cases:
        raise DataSetError("There is nothing to measure: give --esc50, --mimii or --machines.")
    return cases, left_out


def rounds_of(
    normal: Sequence[Path], n_rounds: int = N_ROUNDS
) -> list[tuple[tuple[Path, ...], tuple[Path, ...]]]:
    """Hold out each part of the normal clips once: neighbours by name, which are alike, together.

    Args:
        normal: The clips, sorted by name, at least one for each round.
        n_rounds: How many parts they are cut into.

    Returns:
        Of each round the clips to fit on and those held out.

    >>> rounds_of([Path(name) for name in "abc"], 3)[0]
    ((PosixPath('b'), PosixPath('c')), (PosixPath('a'),))
    """
    parts = np.array_split(np.arange(len(normal)), n_rounds)
    held_out = [{int(i) for i in part} for part in parts]
    return [
        (
            tuple(path for i, path in enumerate(normal) if i not in out),
            tuple(path for i, path in enumerate(normal) if i in out),
        )
        for out in held_out
    ]


def _esc_cases(esc: RecordedMixes, snr_db: Sequence[float]) -> Iterator[Case]:
    tests = {normal: esc.tests(normal) for normal in esc.normals}
    for normal in esc.normals:
        others = [clip for name in esc.normals if name != normal for clip in tests[name]]
        anomalous = _at_levels(esc.mixes(normal), {ENVMIX: snr_db})
        anomalous += [Anomalous(NOVELTY, clip) for clip in others]
        yield _mixed(esc, normal, SETS[ENVMIX], anomalous)


def _mixed(mixes: MixSet, normal: str, source: str, anomalous: Sequence[Anomalous]) -> Case:
    training, tests = mixes.training(normal), mixes.tests(normal)
    return Case(source, normal, tuple(training), tuple(tests), tuple(anomalous))


def _at_levels(
    mixes: Sequence[PlannedMix], levels: Mapping[str, Sequence[float | None]]
) -> list[Anomalous]:
    return [
        Anomalous(data_set, one, snr_db)
        for data_set, of_set in levels.items()
        for snr_db in of_set
        for one in mixes
    ]


def _mimii_cases(
    ids: Sequence[MimiiId], esc: RecordedMixes | None, options: GeneraliseOptions
) -> Iterator[Case]:
    n_mixed = 0
    for piece in ids:
        if len(piece.normal) < N_ROUNDS:
            raise DataSetError(
                f"{piece.name} has {len(piece.normal)} normal clips; {N_ROUNDS} rounds need at "
                f"least {N_ROUNDS}. Complete it, or leave it out."
            )
        events = [] if esc is None else _events_in_turn(esc, piece.normal[0])
        for data_set, rms in ((LEVEL_REMOVED, REMOVED_RMS), (LEVEL_KEPT, None)):
            recordings = partial(_recordings, piece.name, rms)
            abnormal = [Anomalous(data_set, one) for one in recordings(piece.abnormal)]
            for k, (training, held_out) in enumerate(rounds_of(piece.normal)):
                tests, mixes = recordings(held_out), []
                if data_set == LEVEL_KEPT and events:
                    # One event a clip, the same at every SNR: bounded, and no clip is left out.
                    for clip in tests:
                        event = events[n_mixed % len(events)]
                        mixes.append(RecordedMix(clip, event, options.seed, "event"))
                        n_mixed += 1
                with_events = _at_levels(mixes, {EVENTS_IN_MIMII: options.snr_db})
                anomalous = (*abnormal, *with_events)
                name = f"round {k + 1} of {N_ROUNDS}"
                yield Case(data_set, piece.name, recordings(training), tests, anomalous, name)


def _events_in_turn(esc: RecordedMixes, machine_clip: Path) -> list[Recording]:
    # Their classes in turn, and with no band that the machine's clips lack.
    with AudioSource(machine_clip) as source:
        rate = source.sample_rate
    turns = zip(*(esc.events(anomaly) for anomaly in esc.anomalies), strict=False)
    return [dataclasses.replace(event, band_rate=rate) for turn in turns for event in turn]


def _recordings(machine_id: str, rms: float | None, paths: Sequence[Path]) -> tuple[Recording, ...]:
    return tuple(
        Recording(path, machine_id, 1, "/".join((machine_id, *path.parts[-2:])), rms=rms)
        for path in paths
    )


def _named(sound: NormalClip | PlannedMix) -> Any:
    """Return plain data that is another for another sound, wherever its file lies."""
    if isinstance(sound, RecordedMix):
        return [_named(sound.normal), _named(sound.anomaly), sound.seed, sound.snr_over]
    if isinstance(sound, Recording):
        size = sound.path.stat().st_size
        return [recording_of(sound), sound.source, size, sound.band_rate, sound.rms]
    return dataclasses.asdict(sound)
