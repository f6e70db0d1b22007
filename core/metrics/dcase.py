"""The scores of DCASE Task 2, 2020 to 2025: AUC and pAUC of each machine's ids or sections.

Each is computed within one id or section, never over several: their scores have no common scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked
from core.metrics.sample import partial_roc_auc, roc_auc

MAX_FPR = 0.1


@dataclass(frozen=True)
class Areas:
    """AUC and pAUC (up to a false-positive rate of 0.1) of one id, or their means over ids."""

    auc: float
    pauc: float


@dataclass(frozen=True)
class DomainAreas:
    """The three numbers of a section since 2022: AUC in each domain, and pAUC over both."""

    auc_source: float
    auc_target: float
    pauc: float


def areas_by_id(
    truth: AnyArray, scores: AnyArray, ids: Sequence[str] | AnyArray
) -> dict[str, Areas]:
    """AUC and pAUC of each id's clips, ids in order (DCASE 2020 and MIMII).

    Shape:
        truth, scores, ids: [n], one a clip

    Raises:
        MetricError: an id has clips of one class only (it is named), or lengths differ.
    """
    mask, numbers = checked(truth, scores)
    labels = _labels(ids, mask.size, "ids")
    found = {}
    for name in np.unique(labels):
        of_id = labels == name
        try:
            found[str(name)] = Areas(
                roc_auc(mask[of_id], numbers[of_id]),
                partial_roc_auc(mask[of_id], numbers[of_id], MAX_FPR),
            )
        except MetricError as error:
            raise MetricError(f"{name}: {error}") from None
    return found


def domain_areas(
    truth: AnyArray, scores: AnyArray, domains: Sequence[str] | AnyArray
) -> DomainAreas:
    """AUC of each domain and pAUC of one section's clips (DCASE 2022 to 2025).

    A domain's AUC compares its normal clips with the anomalous clips of both domains, as the
    organisers do: one threshold has to serve a machine in either domain.

    Shape:
        truth, scores, domains: [n], one a clip; a domain is "source" or "target"

    Raises:
        MetricError: a domain has no normal clips, nothing is anomalous, or lengths differ.
    """
    mask, numbers = checked(truth, scores)
    labels = _labels(domains, mask.size, "domains")
    unknown = sorted(set(labels.tolist()) - {"source", "target"})
    if unknown:
        raise MetricError(f"A domain is “source” or “target”, not “{unknown[0]}”.")
    auc = {}
    for name in ("source", "target"):
        compared = mask | (labels == name)
        try:
            auc[name] = roc_auc(mask[compared], numbers[compared])
        except MetricError as error:
            raise MetricError(f"The {name} domain: {error}") from None
    return DomainAreas(auc["source"], auc["target"], partial_roc_auc(mask, numbers, MAX_FPR))


def mean_areas(areas: Mapping[str, Areas]) -> Areas:
    """The arithmetic means over ids: a machine's line in the tables of 2020 and of MIMII."""
    return Areas(
        arithmetic_mean(area.auc for area in areas.values()),
        arithmetic_mean(area.pauc for area in areas.values()),
    )


def official_score(sections: Iterable[DomainAreas]) -> float:
    """The harmonic mean of all AUCs and pAUCs: the ranking of DCASE 2022 to 2025."""
    return harmonic_mean(
        value
        for section in sections
        for value in (section.auc_source, section.auc_target, section.pauc)
    )


def arithmetic_mean(values: Iterable[float]) -> float:
    """The sum over the number.

    Raises:
        MetricError: there are none.
    """
    return float(np.mean(_some(values)))


def harmonic_mean(values: Iterable[float]) -> float:
    """The number over the sum of reciprocals: one bad machine pulls it down. 0 if any is 0.

    Raises:
        MetricError: there are none, or one is negative.

    >>> round(harmonic_mean([0.5, 1.0]), 4)
    0.6667
    """
    numbers = _some(values)
    if numbers.min() < 0.0:
        raise MetricError("A harmonic mean is undefined for negative values.")
    if numbers.min() == 0.0:
        return 0.0
    return float(numbers.size / (1.0 / numbers).sum())


def _some(values: Iterable[float]) -> AnyArray:
    numbers = np.array(list(values), dtype=np.float64)
    if not numbers.size:
        raise MetricError("A mean is undefined: there are no values.")
    return numbers


def _labels(labels: Sequence[str] | AnyArray, n_clips: int, what: str) -> AnyArray:
    array = np.asarray(labels)
    if array.shape != (n_clips,):
        raise MetricError(f"The {what} have shape {array.shape} for {n_clips} clips.")
    return array
