"""Many scored recordings to step through, hear and annotate with the keyboard.

`changes(key, ...)` gives what was annotated, `triage_list(frame(...), key=key)` shows the list.
"""

from app.components.triage.frame import Glance, frame, rows_of
from app.components.triage.glance import glance
from app.components.triage.triage import Change, changes, triage_list, wanted

__all__ = ["Change", "Glance", "changes", "frame", "glance", "rows_of", "triage_list", "wanted"]
