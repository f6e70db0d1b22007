"""Calibration: folds, p-values, operating points, checks of training clips and of batches.

None of it needs PyTorch.
"""
