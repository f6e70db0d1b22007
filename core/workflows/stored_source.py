"""Recordings of the store as sources; apart, since files are scored without a database."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from core.audio.source import shown_name
from core.errors import AudioError
from core.storage import recordings
from core.workflows.source import Source, name_recording


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredSource(Source):
    """A recording of the store.

    Attributes:
        clip_id: its id
    """

    clip_id: str

    @property
    def shown(self) -> str:
        """Its name."""
        return shown_name(recordings.get_recording(self.clip_id).name)

    def _locate(self) -> tuple[Path, str | None]:
        record = recordings.get_recording(self.clip_id)
        if record.info.problem and not record.info.silent:
            raise AudioError(name_recording(record.name, record.info.problem))
        return recordings.recording_path(self.clip_id), record.name
