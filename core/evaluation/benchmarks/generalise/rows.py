"""From the scores of clips to the numbers: each set's AUROC, false alarms, finds and regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from core import metrics
from core.evaluation.benchmarks.generalise.sets import EVENT_SETS, ONE_EVENT_SETS, SETS
from core.evaluation.benchmarks.machine_benchmark import machine_of
from core.evaluation.benchmarks.means import bounds_of, interval_of, share_of
from core.evaluation.benchmarks.results import ResultRow
from core.metrics import Interval, dependent_mean, independent_mean
from core.metrics.bootstrap import IndexArray

RATES = {"5%": 0.05, "10%": 0.10}
FALSE_ALARMS = "false alarms at "
FOUND = "found at 5% false alarms"
CONTRADICTIONS = "contradictions"
REGIONS = "regions an event"
OVERLAPS = ("IoU in time", "IoU in frequency")
# Of a rival's clips: the score that counts in sets of events.
EVENT_SCORE = "event score"
# Begins the metric of a view alone.
OF_VIEW = "ROC of view "
ALL, ALL_SETS = "all", "all sets"
LEVELS = ("sample", "spectrogram", "temporal")

ClipEntry = dict[str, Any]
Key = TypeVar("Key")


def rows_of(clips: Iterable[ClipEntry], seed: int) -> list[ResultRow]:
    """Compute every number from the clips' scores.

    Args:
        clips: As `run_generalise` has them.
        seed: What intervals draw from.

    Returns:
        Of each detector and rival, set, class and SNR the rows, and those of the means and sums
        over them, whose `normal` is `ALL`.
    """
    rows: list[ResultRow] = []
    about = ("head", "preset", "backbone")
    for subject, mine in _grouped(clips, lambda clip: tuple(clip[name] for name in about)):
        make = dict(zip(about, subject, strict=True))
        normal = [clip for clip in mine if not clip["anomalous"]]
        for data_set, source in SETS.items():
            of_set = [clip for clip in mine if clip["anomalous"] and clip["data_set"] == data_set]
            against = [clip for clip in normal if clip["data_set"] == source]
            if of_set:
                own = Rows(make | {"data_set": data_set})
                own.add_areas(of_set, against, seed)
                if _is_detector(of_set):
                    own.add_finds(of_set)
                rows += own.rows
        if _is_detector(normal):
            rows += _false_alarms(make, normal)
            rows += _contradictions(make, mine)
    return rows


def rounds_auc(
    normal: Sequence[tuple[str, str, float]],
    anomalous: Sequence[tuple[str, str, float]],
    seed: int,
) -> Interval:
    """Average the AUROC over fits, and bootstrap it over recordings.

    Scores of two fits are never compared. A recording that is drawn is drawn with all that was
    made of it: the clip itself, in every fit that scored it, and mixes with it.

    Args:
        normal: Fit, recording and score of each normal clip.
        anomalous: The same of each anomalous clip; each of its fits has a normal clip.
        seed: What is drawn from.

    Returns:
        The mean over fits, ties counting half, and its 95 % interval.
    """
    recordings = dict.fromkeys(recording for _, recording, _ in (*normal, *anomalous))
    index = {name: i for i, name in enumerate(recordings)}
    wins, weights = np.zeros((2, len(index), len(index)))
    by_fit = dict(_grouped(normal, lambda clip: clip[0]))
    for fit, others in _grouped(anomalous, lambda clip: clip[0]):
        weight = 1.0 / (len(by_fit[fit]) * len(others))
        for _, recording, score in others:
            for _, normal_recording, normal_score in by_fit[fit]:
                win = 0.5 * (float(score > normal_score) + float(score >= normal_score))
                cell = index[normal_recording], index[recording]
                wins[cell] += weight * win
                weights[cell] += weight

    def mean(chosen: IndexArray) -> float:
        n_drawn = np.bincount(chosen, minlength=len(index)).astype(np.float64)
        return float((n_drawn @ wins @ n_drawn) / (n_drawn @ weights @ n_drawn))

    normal_recordings = {recording for _, recording, _ in normal}
    strata = np.array([name in normal_recordings for name in index])
    return metrics.bootstrap_interval(mean, len(index), seed=seed, strata=strata)


def overall(rows: Sequence[ResultRow]) -> Interval:
    """Average one metric over SNRs, then over a machine's ids, then over machines or classes.

    Args:
        rows: The rows of one metric.

    Returns:
        The mean, with an interval where every row has one.
    """
    machines: dict[str, list[Interval]] = {}
    for _, of_class in _grouped(rows, lambda row: row.normal):
        mean = dependent_mean([interval_of(row) for row in of_class])
        machines.setdefault(machine_of(of_class[0]), []).append(mean)
    return independent_mean([independent_mean(of_ids) for of_ids in machines.values()])


class Rows:
    """The rows of one detector or rival on one set.

    Args:
        about: Head, preset, backbone and data set.
    """

    def __init__(self, about: Mapping[str, str]) -> None:
        self._about = dict(about)
        self.rows: list[ResultRow] = []

    def add(
        self,
        level: str,
        metric: str,
        value: float | Interval,
        n: int,
        *,
        normal: str = ALL,
        snr_db: float | None = None,
    ) -> ResultRow:
        """Add a row.

        Args:
            level: As `ResultRow` has it.
            metric: What was measured.
            value: The number.
            n: How many clips are behind it.
            normal: The class, by default all.
            snr_db: The SNR in dB, None for all.

        Returns:
            The row.
        """
        more = {"level": level, "metric": metric, "normal": normal, "snr_db": snr_db, "n": n}
        row = ResultRow(**self._about, **more, **bounds_of(value))  # type: ignore[arg-type]
        self.rows.append(row)
        return row

    def add_areas(
        self, of_set: Sequence[ClipEntry], against: Sequence[ClipEntry], seed: int
    ) -> None:
        """Add the AUROC of each class and SNR, and the means, of clips, of maps and of views.

        Args:
            of_set: The anomalous clips.
            against: The normal clips.
            seed: What intervals draw from.
        """
        is_events = of_set[0]["data_set"] in EVENT_SETS
        single: dict[tuple[str, str], list[ResultRow]] = {}
        for (normal, snr_db), clips in _by_class_and_snr(of_set):
            place: dict[str, Any] = {"normal": normal, "snr_db": snr_db}
            others = [clip for clip in against if clip["normal"] == normal]
            for metric, score in _scores(clips[0], is_events).items():
                one, other = (
                    [(c["fit"], c["recording"], score(c)) for c in part] for part in (others, clips)
                )
                area = rounds_auc(one, other, seed)
                n = _n_clips(others) + _n_clips(clips)
                single.setdefault(("sample", metric), []).append(
                    self.add("sample", metric, area, n, **place)
                )
            for level in LEVELS[1:]:
                values = np.array([c["values"][level] for c in clips if level in c["values"]])
                if values.size:
                    mean = metrics.mean_interval(values, seed=seed)
                    single.setdefault((level, "ROC"), []).append(
                        self.add(level, "ROC", mean, values.size, **place)
                    )
        n_clips = _n_clips(of_set) + _n_clips(against)
        for (level, metric), rows in single.items():
            n = n_clips if level == "sample" else sum(row.n for row in rows)
            self.add(level, metric, overall(rows), n)

    def add_finds(self, of_set: Sequence[ClipEntry]) -> None:
        """Add the share found at 5 % false alarms, and how regions lie to events.

        Args:
            of_set: The anomalous clips.
        """
        for (normal, snr_db), clips in _by_class_and_snr(of_set):
            self._add_found(clips, normal=normal, snr_db=snr_db)
        for snr_db, clips in _grouped(of_set, lambda clip: clip["snr_db"]):
            if snr_db is not None:
                self._add_found(clips, snr_db=snr_db)
        self._add_found(of_set)
        flagged = [clip for clip in of_set if clip["flagged"]["5%"]]
        if of_set[0]["data_set"] not in ONE_EVENT_SETS or not flagged:
            return
        n_regions = float(np.mean([clip["n_regions"] for clip in flagged]))
        self.add("regions", REGIONS, n_regions, len(flagged))
        for overlap in OVERLAPS:
            values = [clip["values"][overlap] for clip in flagged if overlap in clip["values"]]
            if values:
                self.add("regions", overlap, float(np.mean(values)), len(values))

    def _add_found(self, clips: Sequence[ClipEntry], **place: Any) -> None:
        n_found = sum(clip["flagged"]["5%"] for clip in clips)
        self.add("sample", FOUND, share_of(n_found, len(clips)), len(clips), **place)


def _false_alarms(about: Mapping[str, str], normal: Sequence[ClipEntry]) -> list[ResultRow]:
    found = []
    pieces = [(ALL_SETS, ALL, normal)]
    for source, of_source in _grouped(normal, lambda clip: clip["data_set"]):
        pieces.append((source, ALL, of_source))
        pieces += [
            (source, name, of_class)
            for name, of_class in _grouped(of_source, lambda clip: clip["normal"])
        ]
    for source, name, clips in pieces:
        rows = Rows({**about, "data_set": source})
        for rate in RATES:
            share = share_of(sum(clip["flagged"][rate] for clip in clips), len(clips))
            rows.add("sample", f"{FALSE_ALARMS}{rate}", share, len(clips), normal=name)
        found += rows.rows
    return found


def _contradictions(about: Mapping[str, str], clips: Sequence[ClipEntry]) -> list[ResultRow]:
    pieces = [(ALL_SETS, clips), *_grouped(clips, lambda clip: clip["data_set"])]
    found = []
    for data_set, of_set in pieces:
        rows = Rows({**about, "data_set": data_set})
        share = share_of(sum(clip["contradicts"] for clip in of_set), len(of_set))
        rows.add("regions", CONTRADICTIONS, share, len(of_set))
        found += rows.rows
    return found


def _scores(clip: ClipEntry, is_events: bool) -> dict[str, Callable[[ClipEntry], float]]:
    """Return by metric how a clip's score is read: the one that counts, and each view's."""
    if EVENT_SCORE in clip["values"] and is_events:
        return {"ROC": lambda one: float(one["values"][EVENT_SCORE])}
    views = {f"{OF_VIEW}{view}": partial(_view_score, view) for view in clip.get("views", {})}
    return {"ROC": lambda one: float(one["score"]), **views}


def _view_score(view: str, clip: ClipEntry) -> float:
    return float(clip["views"][view])


def _n_clips(clips: Sequence[ClipEntry]) -> int:
    """Return how many there are, one that several fits scored counted once."""
    names = ("normal", "recording", "event", "snr_db")
    return len({tuple(clip[name] for name in names) for clip in clips})


def _is_detector(clips: Sequence[ClipEntry]) -> bool:
    return bool(clips) and "flagged" in clips[0]


def _by_class_and_snr(
    clips: Iterable[ClipEntry],
) -> Iterable[tuple[tuple[str, float | None], list[ClipEntry]]]:
    return _grouped(clips, lambda clip: (clip["normal"], clip["snr_db"]))


Item = TypeVar("Item")


def _grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> Iterable[tuple[Key, list[Item]]]:
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups.items()
