"""Which layers of a backbone to use, judged by normal recordings alone: `choose_layers`.

A detector is fitted on each half of the normal clips in turn. Each layer and set of layers tells
the other half, by AUROC, from pseudo-anomalies made of the same clips: another clip mixed in for a
moment, a band stopped, a moment cut out. No recording known to be anomalous and no test recording
is used, so no result of one is spoilt by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations

import numpy as np

from core.backbones import load_backbone
from core.detectors.calibration.folds import grouped_folds
from core.detectors.detector import Detector
from core.errors import FitError, SettingError
from core.evaluation.candidate import Candidate
from core.features.cache import FeatureCache
from core.metrics.bootstrap import Interval
from core.metrics.ranked import roc_auc_interval
from core.runtime.progress import Progress, part, silent, steps, titled
from core.types import Clip, Float64Array, TrainingClip

EVENT_SECONDS = (0.3, 0.8)
MIXED_DB = 6.0
OCTAVES_STOPPED = 1.0
EDGE_SECONDS = 0.02


@dataclass(frozen=True)
class LayersStanding:
    """What a set of layers is worth on pseudo-anomalies.

    Attributes:
        layers: The layers' names.
        roc_auc: Its AUROC on all kinds together.
        by_kind: Its AUROC on each kind of `KINDS` alone.
    """

    layers: tuple[str, ...]
    roc_auc: Interval
    by_kind: dict[str, float]


def mixed(clip: Clip, others: Sequence[Clip], rng: np.random.Generator) -> Clip:
    """Mix a moment of another clip into a clip, 6 dB above it and half as fast again.

    Played faster, even another clip of the same machine is a sound the first never made.

    Args:
        clip: A normal clip.
        others: Other normal clips.
        rng: What the moment and the other clip are drawn from.

    Returns:
        The mixed clip, [n] as the normal one.
    """
    start, stop = _moment(clip, rng)
    n = stop - start
    other = others[int(rng.integers(len(others)))].samples
    needed = int(1.5 * n) + 2
    at = int(rng.integers(max(1, other.size - needed)))
    source = np.resize(other[at : at + needed], needed).astype(np.float64)
    event = np.interp(1.5 * np.arange(n), np.arange(needed), source)
    level = np.sqrt(np.mean(np.square(clip.samples[start:stop], dtype=np.float64)))
    own = np.sqrt(np.mean(np.square(event)))
    gain = 10.0 ** (MIXED_DB / 20.0) * level / own if own > 0 else 0.0
    samples = clip.samples.astype(np.float64)
    samples[start:stop] += gain * event * _edges(n, clip.sample_rate)
    return _made(clip, samples, "mixed")


def band_stopped(clip: Clip, others: Sequence[Clip], rng: np.random.Generator) -> Clip:
    """Silence the strongest octave of a clip, or one beside it, for a moment.

    Args:
        clip: A normal clip.
        others: Not used.
        rng: What the moment and the octave are drawn from.

    Returns:
        The clip without it, [n] as the normal one.
    """
    start, stop = _moment(clip, rng)
    n = stop - start
    spectrum = np.fft.rfft(clip.samples[start:stop].astype(np.float64))
    hz = np.fft.rfftfreq(n, 1.0 / clip.sample_rate)
    lows = 62.5 * 2.0 ** np.arange(0.0, np.log2(clip.sample_rate / 2.0 / 62.5), OCTAVES_STOPPED)
    power = [np.square(np.abs(spectrum[(hz >= low) & (hz < 2.0 * low)])).sum() for low in lows]
    best = int(np.argmax(power)) + int(rng.integers(-1, 2))
    low = lows[min(max(best, 0), len(lows) - 1)]
    kept = np.fft.irfft(np.where((hz >= low) & (hz < 2.0 * low), 0.0, spectrum), n)
    samples = clip.samples.astype(np.float64)
    weight = _edges(n, clip.sample_rate)
    samples[start:stop] = weight * kept + (1.0 - weight) * samples[start:stop]
    return _made(clip, samples, "band stopped")


def time_cut(clip: Clip, others: Sequence[Clip], rng: np.random.Generator) -> Clip:
    """Silence a clip for a moment.

    Args:
        clip: A normal clip.
        others: Not used.
        rng: What the moment is drawn from.

    Returns:
        The clip with a gap, [n] as the normal one.
    """
    start, stop = _moment(clip, rng)
    samples = clip.samples.astype(np.float64)
    samples[start:stop] *= 1.0 - _edges(stop - start, clip.sample_rate)
    return _made(clip, samples, "cut")


KINDS: dict[str, Callable[[Clip, Sequence[Clip], np.random.Generator], Clip]] = {
    "mixing": mixed,
    "band stop": band_stopped,
    "time cut": time_cut,
}


def sets_of_layers(layers: Sequence[str], default_layers: Sequence[str]) -> list[tuple[str, ...]]:
    """List what is compared: each layer alone, then every set of two or more of the usual ones.

    Args:
        layers: All layers of a network.
        default_layers: Its usual ones.

    Returns:
        The sets of layers.

    >>> sets_of_layers(["a", "b", "c"], ["b", "c"])
    [('a',), ('b',), ('c',), ('b', 'c')]
    """
    together = (combinations(default_layers, n) for n in range(2, len(default_layers) + 1))
    return [*((layer,) for layer in layers), *chain.from_iterable(together)]


def choose_layers(
    normal: Sequence[TrainingClip],
    *,
    head: str = "padim",
    preset: str = "recommended",
    backbone: str = "aisfx",
    device: str = "auto",
    seed: int = 0,
    progress: Progress = silent,
) -> list[LayersStanding]:
    """Measure what each layer and set of layers is worth.

    Costs two fits and the scoring of four times the clips for each set of layers, and the clips
    in memory.

    Args:
        normal: Normal clips at the backbone's rate; those of one group are never both fitted on
            and scored.
        head: The anomaly algorithm.
        preset: Its settings.
        backbone: The network.
        device: Where it runs, as `load_backbone` takes it.
        seed: What folds, fits and pseudo-anomalies draw from.
        progress: Called with how far the work is.

    Returns:
        The sets of layers, best first; the usual order where they tie.

    Raises:
        FitError: fewer than two recordings, or too few clips for the head in half of them.
        SettingError: a head, preset, backbone or device is unknown, or the clips have another
            rate.
    """
    # In one order, whatever order they were given in: folds and mixes depend on it.
    normal = sorted(normal, key=lambda one: (one.clip.sha256, one.group or ""))
    folds = grouped_folds([one.group or one.clip.sha256 for one in normal], 2, seed=seed)
    if len(folds) < 2:
        raise FitError(
            "Layers are compared on recordings that no detector was fitted on; at least two "
            "recordings are needed."
        )
    loaded = load_backbone(backbone, device)
    if loaded.settings.sample_rate != normal[0].clip.sample_rate:
        raise SettingError(f"Read the clips at {loaded.settings.sample_rate} Hz.")
    rng = np.random.default_rng(seed)
    clips = [one.clip for one in normal]
    to_score = {"normal": clips} | {
        kind: [make(clip, [other for other in clips if other is not clip], rng) for clip in clips]
        for kind, make in KINDS.items()
    }
    candidate = Candidate.of(head, preset, backbone)
    standings = []
    sets = sets_of_layers(list(loaded.strides), loaded.default_layers)
    for layers, step in steps(progress, sets):
        chosen = replace(candidate, settings=candidate.settings | {"layers": layers})
        watch = titled(step, " + ".join(layers))
        scores: dict[str, list[float]] = {kind: [] for kind in to_score}
        for fold, half in steps(watch, folds):
            detector = chosen.detector(seed=seed, device=device)
            detector.fit(
                [one for i, one in enumerate(normal) if i not in set(fold)],
                cache=FeatureCache(),
                progress=part(half, 0.0, 0.6),
            )
            for kind, of_kind in to_score.items():
                scores[kind] += _standardised(detector, [of_kind[i] for i in fold])
            half("scored", 1.0)
        standings.append(_standing(layers, scores, seed))
    progress("Done", 1.0)
    return sorted(standings, key=lambda one: -one.roc_auc.value)


def sentence(standings: Sequence[LayersStanding]) -> str:
    """Say what the comparison tells, and what it does not, for people.

    Args:
        standings: What `choose_layers` gave.

    Returns:
        Two sentences.
    """
    best = standings[0]
    area = best.roc_auc
    said = (
        f"{' + '.join(best.layers)} tells made-up anomalies from normal clips best, with an AUROC "
        f"of {area.value:.2f} ({area.low:.2f} to {area.high:.2f})"
    )
    close = [" + ".join(one.layers) for one in standings[1:] if one.roc_auc.high >= area.low]
    if close:
        said += f", but these clips cannot tell it from {', '.join(close)} for certain"
    return (
        f"{said}. Made-up anomalies are a guess at real ones; clips known to be anomalous would "
        "tell."
    )


def _standardised(detector: Detector, clips: Sequence[Clip]) -> list[float]:
    """Return scores on the scale of the detector's own normal ones, so that folds can be pooled."""
    normal = detector.calibration.clip_scores
    middle, spread = float(np.median(normal)), float(np.std(normal)) or 1.0
    return [(found.score - middle) / spread for found in detector.score_many(clips)]


def _standing(layers: tuple[str, ...], scores: dict[str, list[float]], seed: int) -> LayersStanding:
    normal = scores["normal"]

    def area(kinds: Sequence[str]) -> Interval:
        anomalous = [score for kind in kinds for score in scores[kind]]
        truth = np.repeat([False, True], [len(normal), len(anomalous)])
        return roc_auc_interval(truth, np.array([*normal, *anomalous]), seed=seed)

    return LayersStanding(layers, area(list(KINDS)), {kind: area([kind]).value for kind in KINDS})


def _moment(clip: Clip, rng: np.random.Generator) -> tuple[int, int]:
    seconds = min(rng.uniform(*EVENT_SECONDS), 0.5 * clip.duration_seconds)
    n = max(2, round(seconds * clip.sample_rate))
    start = int(rng.integers(clip.samples.size - n + 1))
    return start, start + n


def _edges(n: int, sample_rate: int) -> Float64Array:
    """Return a weight [n] of one that rises and falls within 20 ms, so that no click is made."""
    n_edge = max(1, min(n // 2, round(EDGE_SECONDS * sample_rate)))
    weight = np.ones(n)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n_edge) + 0.5) / n_edge)
    weight[:n_edge], weight[n - n_edge :] = rise, rise[::-1]
    return weight


def _made(clip: Clip, samples: Float64Array, how: str) -> Clip:
    return Clip.from_samples(samples.clip(-1.0, 1.0), clip.sample_rate, f"{clip.name}, {how}")
