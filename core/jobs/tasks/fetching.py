"""Bring a backbone's weights here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.runtime.progress import Progress, silent


def weights(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Downloads weights, or keeps them from a file that is here: {name}.

    Arguments: name; accept_licence; file, a path, if it is here, and whether it was only put
    there for this (`uploaded`), to be taken away afterwards, and the name it came under
    (`called`). Cancelled, a download keeps its part.

    Raises:
        WeightsError: as `core.backbones.weights.store` says.
        StoreError: they could not be written.
    """
    from core.backbones.weights import store

    name, accepted = str(arguments["name"]), bool(arguments.get("accept_licence"))
    file = arguments.get("file")
    if not file:
        store.fetch(name, progress=progress, accept_licence=accepted)
        return {"name": name}
    try:
        store.add(
            name,
            Path(file),
            called=str(arguments.get("called") or ""),
            progress=progress,
            accept_licence=accepted,
        )
    finally:
        if arguments.get("uploaded"):
            Path(file).unlink(missing_ok=True)
    return {"name": name}
