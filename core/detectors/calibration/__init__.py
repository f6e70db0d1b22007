"""Calibration: folds, p-values, thresholds and operating points; none of it needs PyTorch."""
