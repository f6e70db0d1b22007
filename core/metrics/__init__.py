"""Metrics of plain NumPy arrays.

Conventions: truth comes first, then scores of the same shape; maps are [freq, time]; higher scores
are more anomalous; results lie in [0, 1] unless they say otherwise. `core.metrics.checks` validates
the arrays. What is undefined for the data given raises `MetricError` with the reason, and gives no
number.
"""

from core.metrics.au_pro import au_pro, au_pro_moviad
from core.metrics.bootstrap import Interval, bootstrap_interval, mean_interval
from core.metrics.by_clip import ByClip, by_clip
from core.metrics.concentration import complexity, sparseness
from core.metrics.faithfulness import faithfulness, faithfulness_per_clip
from core.metrics.insertion_deletion import insertion_deletion
from core.metrics.means import (
    arithmetic_mean,
    dependent_mean,
    harmonic_mean,
    independent_harmonic_mean,
    independent_mean,
)
from core.metrics.pointing import energy_in_mask, pointing_game
from core.metrics.ranked import RankedClips, roc_auc_interval
from core.metrics.sample import f1_at, f1_floor, f1_max, partial_roc_auc, roc_auc
from core.metrics.si_sdr import si_sdr_db
from core.metrics.spectrogram import spectrogram_metrics, truth_mask
from core.metrics.temporal import temporal_metrics, temporal_scores, truth_columns

__all__ = [
    "ByClip",
    "Interval",
    "RankedClips",
    "arithmetic_mean",
    "au_pro",
    "au_pro_moviad",
    "bootstrap_interval",
    "by_clip",
    "complexity",
    "dependent_mean",
    "energy_in_mask",
    "f1_at",
    "f1_floor",
    "f1_max",
    "faithfulness",
    "faithfulness_per_clip",
    "harmonic_mean",
    "independent_harmonic_mean",
    "independent_mean",
    "insertion_deletion",
    "mean_interval",
    "partial_roc_auc",
    "pointing_game",
    "roc_auc",
    "roc_auc_interval",
    "si_sdr_db",
    "sparseness",
    "spectrogram_metrics",
    "temporal_metrics",
    "temporal_scores",
    "truth_columns",
    "truth_mask",
]
