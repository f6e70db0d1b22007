"""Why a recording scored as it did: `look_up` finds what is known, `draw` shows and asks."""

from app.widgets.explanation.explained_recording import ExplainedRecording, look_up
from app.widgets.explanation.panel import draw

__all__ = ["ExplainedRecording", "draw", "look_up"]
