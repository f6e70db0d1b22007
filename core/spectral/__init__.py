"""Spectrograms: log-mel front ends, Kaldi's filter bank, masking, mel coverage."""
