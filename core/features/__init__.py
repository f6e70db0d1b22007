"""Frozen features of clips, and their cache on disk."""
