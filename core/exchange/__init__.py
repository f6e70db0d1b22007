"""Annotations and tables for other programs: Audacity, Raven, JAMS, CSV; written and read.

What is written is read again to the same bytes. `formats.FORMATS` lists the formats.
"""

from core.exchange.box_annotation import BoxAnnotation

__all__ = ["BoxAnnotation"]
