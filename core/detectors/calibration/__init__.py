"""Calibration: cross-fitting, p-values, thresholds and operating points."""
