"""Benchmarks of the papers' protocols, resumable, written as results.json and results.md."""
