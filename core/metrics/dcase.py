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
    """AUC and pAUC (up to a false-positive rate of 0.1) of one id, or their means over ids.

    Attributes:
        auc: AUROC
        pauc: partial AUROC
    """

    auc: float
    pauc: float


@dataclass(frozen=True)
class DomainAreas:
    """The three numbers of a section since 2022.

    Attributes:
        auc_source: AUROC in the source domain
        auc_target: AUROC in the target domain
        pauc: partial AUROC over both
    """

    auc_source: float
    auc_target: float
    pauc: float


def areas_by_id(
    truth: AnyArray, scores: AnyArray, ids: Sequence[str] | AnyArray
) -> dict[str, Areas]:
    """Compute AUC and pAUC of each id's clips (DCASE 2020 and MIMII).

    Args:
        truth: [n], one a clip
        scores: [n]
        ids: [n]

    Returns:
        The areas by id, ids in order.

    Raises:
        MetricError: an id has clips of one class only (it is named), or lengths differ.
    """
    mask, numbers = checked(truth, scores)
    id_of_clip = _one_a_clip(ids, mask.size, "ids")
    found = {}
    for name in np.unique(id_of_clip):
        of_id = id_of_clip == name
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
    """Compute the AUC of each domain and the pAUC of one section's clips (DCASE 2022 to 2025).

    A domain's AUC compares its normal clips with the anomalous clips of both domains, as the
    organisers do: one threshold has to serve a machine in either domain.

    Args:
        truth: [n], one a clip
        scores: [n]
        domains: [n], "source" or "target"

    Returns:
        The three areas.

    Raises:
        MetricError: a domain has no normal clips, nothing is anomalous, or lengths differ.
    """
    mask, numbers = checked(truth, scores)
    domain_of_clip = _one_a_clip(domains, mask.size, "domains")
    unknown = sorted(set(domain_of_clip.tolist()) - {"source", "target"})
    if unknown:
        raise MetricError(f"A domain is “source” or “target”, not “{unknown[0]}”.")
    auc = {}
    for name in ("source", "target"):
        compared = mask | (domain_of_clip == name)
        try:
            auc[name] = roc_auc(mask[compared], numbers[compared])
        except MetricError as error:
            raise MetricError(f"The {name} domain: {error}") from None
    return DomainAreas(auc["source"], auc["target"], partial_roc_auc(mask, numbers, MAX_FPR))


def mean_areas(areas: Mapping[str, Areas]) -> Areas:
    """Compute the arithmetic means over ids: a machine's line in the tables of 2020 and of MIMII.

    Args:
        areas: those of each id

    Returns:
        The means.

    Raises:
        MetricError: there are none.
    """
    return Areas(
        arithmetic_mean(area.auc for area in areas.values()),
        arithmetic_mean(area.pauc for area in areas.values()),
    )


def official_score(sections: Iterable[DomainAreas]) -> float:
    """Compute the score by which DCASE 2022 to 2025 rank.

    Args:
        sections: the areas of all sections

    Returns:
        The harmonic mean of all AUCs and pAUCs.

    Raises:
        MetricError: there are none.
    """
    return harmonic_mean(
        value
        for section in sections
        for value in (section.auc_source, section.auc_target, section.pauc)
    )


def arithmetic_mean(values: Iterable[float]) -> float:
    """Compute the sum over the number.

    Args:
        values: at least one

    Returns:
        The mean.

    Raises:
        MetricError: there are none.
    """
    return float(np.mean(_some(values)))


def harmonic_mean(values: Iterable[float]) -> float:
    """Compute the number over the sum of reciprocals: one bad machine pulls it down.

    Args:
        values: at least one, at least 0

    Returns:
        The mean; 0 if any is 0.

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


def _one_a_clip(values: Sequence[str] | AnyArray, n_clips: int, what: str) -> AnyArray:
    array = np.asarray(values)
    if array.shape != (n_clips,):
        raise MetricError(f"The {what} have shape {array.shape} for {n_clips} clips.")
    return array
