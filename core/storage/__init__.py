"""What users make: recordings, models, scores, annotations and thresholds, in files and tables."""
