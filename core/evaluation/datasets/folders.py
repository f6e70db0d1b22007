"""A plain folder as a data set: each subfolder with recordings is a class, else the folder.

There are no published folds, so recordings are dealt to folds 1 to 5 by their names, all clips of
one recording together.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.audio import find_audio
from core.audio.name_rules import group_by
from core.errors import AudioError, DataSetError
from core.evaluation.datasets.recording import Recording
from core.runtime.legible import legible

N_FOLDS = 5


def folder_recordings(root: Path, rule: str = "file") -> list[Recording]:
    """List every recording below a folder, its class the subfolder it lies in.

    Args:
        root: The folder.
        rule: Which clips were cut from one recording, as `core.audio.name_rules.group_by` takes it.
            By "file" the source is the name of the file: one name in two folders is one recording.

    Returns:
        The recordings, sorted by path.

    Raises:
        DataSetError: the folder is not there, or holds no audio.
        SettingError: there is no such rule.
    """
    try:
        files = find_audio([root])
    except AudioError as error:
        raise DataSetError(str(error)) from None
    if not root.is_dir():
        raise DataSetError(f"“{root}” is a file; a folder of recordings is needed.")
    names = [legible(file.relative_to(root).as_posix()) for file in files]
    groups = [legible(file.name) for file in files] if rule == "file" else group_by(names, rule)
    # Folds of as many recordings each, in an order that depends on the names without following it.
    ordered = sorted(set(groups), key=lambda group: hashlib.sha256(group.encode()).hexdigest())
    folds = {group: i % N_FOLDS + 1 for i, group in enumerate(ordered)}
    return [
        Recording(
            path=file,
            category=name.split("/")[0] if "/" in name else legible(root.resolve().name),
            fold=folds[group],
            source=group,
        )
        for file, name, group in zip(files, names, groups, strict=True)
    ]
