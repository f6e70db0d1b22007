"""Metrics of plain NumPy arrays: truth first, maps [freq, time], higher is more anomalous."""

from core.metrics.sample import f1_at, f1_floor, f1_max, partial_roc_auc, roc_auc
from core.metrics.spectrogram import truth_mask
from core.metrics.temporal import column_scores, temporal_scores, truth_columns

__all__ = [
    "column_scores",
    "f1_at",
    "f1_floor",
    "f1_max",
    "partial_roc_auc",
    "roc_auc",
    "temporal_scores",
    "truth_columns",
    "truth_mask",
]
