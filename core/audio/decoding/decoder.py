"""What the decoders have in common."""

from __future__ import annotations

BLOCK_SAMPLES = 2**18  # of all channels together: 1 MiB of float32


class DecodingError(Exception):
    """A decoder cannot open a file; why, in its own words."""
