"""A line on the scores that can be dragged, with every figure that follows from where it lies.

`events(key)` gives where the user let it go, `threshold_line(tables(...), ..., key=key)` draws it.
"""

from app.components.threshold.tables import Situation, tables
from app.components.threshold.threshold import LineEvent, events, threshold_line

__all__ = ["LineEvent", "Situation", "events", "tables", "threshold_line"]
