"""How much of the masked sound is the true anomaly, whatever its gain."""

from __future__ import annotations

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked_numbers


def si_sdr_db(estimate: AnyArray, reference: AnyArray) -> float:
    """Compute the scale-invariant signal-to-distortion ratio.

    Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019, after removing both means.

    Args:
        estimate: [n]
        reference: [n]

    Returns:
        The ratio in dB, the higher the better.

    Raises:
        MetricError: one is silent or holds NaN, or lengths differ.
    """
    sound, truth = checked_numbers(estimate), checked_numbers(reference)
    if sound.shape != truth.shape or sound.ndim != 1:
        raise MetricError(
            f"The estimate has shape {sound.shape} and the reference {truth.shape}; both must be "
            "[n], of one length."
        )
    sound, truth = sound - sound.mean(), truth - truth.mean()
    for name, samples in (("estimate", sound), ("reference", truth)):
        if not samples.any():
            raise MetricError(f"SI-SDR is undefined: the {name} is silent.")
    target = (sound @ truth) / (truth @ truth) * truth
    distortion = sound - target
    with np.errstate(divide="ignore"):
        return float(10.0 * np.log10((target @ target) / (distortion @ distortion)))
