"""Why a recording scored as it did: `case_of` looks up what is known, `draw` shows and asks."""

from __future__ import annotations

from app.widgets.explanation.case import Case, case_of, sounds
from app.widgets.explanation.panel import draw

__all__ = ["Case", "case_of", "draw", "sounds"]
