"""Why a recording scored as it did: `case_of` looks up what is known, `draw` shows and asks."""

from __future__ import annotations

from app.why.case import Case, case_of, sounds
from app.why.panel import draw

__all__ = ["Case", "case_of", "draw", "sounds"]
