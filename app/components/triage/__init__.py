"""Many scored clips to step through, hear and label with the keyboard: one Streamlit component.

`changes(key, ...)` gives what was labelled, `triage_list(frame(...), key=key)` draws it.
"""

from app.components.triage.frame import Glance, frame, rows_of
from app.components.triage.glance import glance
from app.components.triage.triage import Change, changes, triage_list, wanted

__all__ = ["Change", "Glance", "changes", "frame", "glance", "rows_of", "triage_list", "wanted"]
