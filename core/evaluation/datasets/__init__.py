"""Data sets as they are published, and recordings that are mixed or made for a benchmark."""
