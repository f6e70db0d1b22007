"""Measure detectors on data sets and on one's own recordings."""
