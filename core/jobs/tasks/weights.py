"""Bring a backbone's weights here."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, ClassVar

from core.jobs.tasks.task import OPTIONAL, Task
from core.runtime.progress import Progress, silent


@dataclasses.dataclass(frozen=True, kw_only=True)
class WeightsTask(Task):
    """Download weights, or take them from a file that is here.

    Cancelled, a download leaves what came of it, and the next one goes on from there.

    Attributes:
        name: the weights' name in the catalogue
        accept_licence: whether the user has accepted their licence
        file: the path of a file that the user brought; without one they are downloaded
        uploaded: whether the file was put there for this task only, to be deleted afterwards
        called: the name under which the user knows the file
    """

    kind: ClassVar[str] = "weights"
    view: ClassVar[str] = "weights"

    name: str
    accept_licence: bool = False
    file: str | None = dataclasses.field(default=None, metadata=OPTIONAL)
    uploaded: bool = False
    called: str = ""

    @property
    def title(self) -> str:
        """What the task does."""
        return f"Getting the weights of {self.name}"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Download the weights, or check and save the file's.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            `name`.

        Raises:
            WeightsError: as `core.backbones.weights.store` says.
            StoreError: they could not be written.
        """
        # A task is imported by the app, which does not wait for PyTorch.
        from core.backbones.weights import store

        if not self.file:
            store.fetch(self.name, progress=progress, accept_licence=self.accept_licence)
            return {"name": self.name}
        try:
            store.add(
                self.name,
                Path(self.file),
                called=self.called,
                progress=progress,
                accept_licence=self.accept_licence,
            )
        finally:
            if self.uploaded:
                Path(self.file).unlink(missing_ok=True)
        return {"name": self.name}
