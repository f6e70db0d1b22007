"""Recordings are added: files, a folder, a ZIP, the microphone, or a folder of the data root.

Each is checked, hashed and written to the store, and the uploader is emptied, so that no sound
stays in the session's memory.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import streamlit as st

from app.state import Key, clear_gathered, gathered, left_out
from app.text import formats
from app.text import uploads as text
from app.widgets import notices
from core.errors import HearMapError
from core.runtime.paths import data_root
from core.storage.recordings import add_recording

MOST_FILES = 900
DEEPEST = 4
# The highest rate that Streamlit records at, so that what is high in pitch is not lost.
MICROPHONE_RATE = 48_000

# The name of what is offered, its bytes if it can be read, and else what is wrong with it.
Offered = tuple[str, bytes | None, str | None]


def folders_below(root: Path, most: int = 500) -> list[str]:
    """List folders, without following links that lead out.

    Args:
        root: The folder they are in.
        most: At most so many.

    Returns:
        Paths relative to `root`, which is itself the first.
    """
    found = ["."]
    for folder, names, _ in os.walk(root, followlinks=False):
        depth = len(Path(folder).relative_to(root).parts)
        names[:] = sorted(name for name in names if not name.startswith("."))
        if depth >= DEEPEST:
            names.clear()
        found += [str((Path(folder) / name).relative_to(root)) for name in names]
        if len(found) >= most:
            return found[:most]
    return found


def gather(purpose: str) -> list[str]:
    """Draw the ways to add recordings.

    Args:
        purpose: "fit" or "score".

    Returns:
        The ids of the recordings that were added so far.
    """
    root = data_root()
    source = st.segmented_control(
        text.SOURCE,
        [text.FILES, text.FOLDER, text.MICROPHONE] + ([text.SERVER] if root else []),
        default=text.FILES,
        required=True,
        key=f"{Key.UPLOAD_SOURCE}_{purpose}",
        label_visibility="collapsed",
    )
    if source == text.SERVER and root is not None:
        _from_server(purpose, root)
    elif source == text.MICROPHONE:
        _from_microphone(purpose)
    else:
        _from_browser(purpose, directory=source == text.FOLDER)
    draw_left_out(left_out(purpose))
    return list(gathered(purpose))


def _turn_of(purpose: str) -> int:
    # Count the uploads; a new number in an uploader's key empties it.
    turn: int = st.session_state.setdefault(f"{Key.UPLOAD_ROUND}_{purpose}", 0)
    return turn


def _from_browser(purpose: str, *, directory: bool) -> None:
    kind = "folder" if directory else "files"
    files = st.file_uploader(
        text.FOLDER_FORMATS if directory else text.FILE_FORMATS.format(most=MOST_FILES),
        accept_multiple_files="directory" if directory else True,
        key=f"uploader_{purpose}_{_turn_of(purpose)}_{kind}",
    )
    if not files:
        return
    from core.audio.uploads import expand

    offered = (
        (upload.name, upload.data, upload.problem)
        for file in files
        for upload in expand(file.name, file)
    )
    _take(purpose, offered, expected=len(files))


def _from_microphone(purpose: str) -> None:
    recorded = st.audio_input(
        text.RECORD.label,
        sample_rate=MICROPHONE_RATE,
        key=f"microphone_{purpose}_{_turn_of(purpose)}",
        help=text.RECORD.help,
    )
    if recorded is not None:
        name = text.RECORDED_NAME.format(moment=datetime.datetime.now())
        _take(purpose, [(name, recorded.getvalue(), None)], expected=1)


def _from_server(purpose: str, root: Path) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            text.SERVER_FOLDER, folders_below(root), key=f"{Key.FOLDER}_{purpose}"
        )
        pressed = st.button(text.ADD_FOLDER, icon=":material/add:", key=f"add_{purpose}")
    if not pressed:
        return
    folder = (root / chosen).resolve()
    if not folder.is_relative_to(root):
        left_out(purpose).append(text.OUTSIDE)
        return
    from core.audio import find_audio

    paths = [path for path in find_audio([folder]) if path.resolve().is_relative_to(root)]

    def offered() -> Iterator[Offered]:
        for path in paths:
            name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
            try:
                yield name, path.read_bytes(), None
            except OSError:
                yield name, None, text.UNREADABLE_ON_SERVER.format(name=path.name)

    _take(purpose, offered(), expected=len(paths))


def _take(purpose: str, offered: Iterable[Offered], *, expected: int) -> None:
    """Store what is offered; what cannot be used becomes a sentence. The page runs again then."""
    left_out(purpose).clear()
    chosen, problems = gathered(purpose), left_out(purpose)
    bar = st.progress(0.0, text=text.READING)
    for count, (name, data, problem) in enumerate(offered, start=1):
        bar.progress(
            min(count / max(expected, count + 1), 1.0),
            text=text.READING_N.format(recordings=formats.counted(count, "recording")),
        )
        if data is None or problem:
            problems.append(problem or text.UNREADABLE.format(name=name))
            continue
        try:
            record = add_recording(name, data)
        except HearMapError as error:
            problems.append(str(error))
            continue
        if record.info.problem:
            problems.append(record.info.problem)
        elif record.id in chosen:
            problems.append(text.SAME_FILE.format(name=name, other=chosen[record.id]))
        else:
            chosen[record.id] = name
    bar.empty()
    st.session_state[f"{Key.UPLOAD_ROUND}_{purpose}"] = _turn_of(purpose) + 1
    st.rerun()


def draw_left_out(problems: list[str]) -> None:
    """Say which files are not used.

    Args:
        problems: A sentence on each; nothing is shown where there is none.
    """
    files = formats.counted(len(problems), "file")
    notices.problems(text.LEFT_OUT.format(files=files), problems)


def clear_button(purpose: str) -> None:
    """Draw a button that empties the list of added recordings; the store still has them.

    Args:
        purpose: "fit" or "score".
    """
    if st.button(text.CLEAR, icon=":material/delete_sweep:", key=f"clear_{purpose}"):
        clear_gathered(purpose)
        st.rerun()
