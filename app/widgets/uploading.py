"""Recordings are added: files, a folder, a ZIP, the microphone, or a folder of the data root.

Each is checked, hashed and written to the store, and the uploader is emptied, so that no sound
stays in the session's memory.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import streamlit as st

from app.state import clear_gathered, empty_uploader, gathered, left_out, turn
from app.text import formats
from app.text import uploads as text
from app.widgets import notices
from core.audio import find_audio
from core.audio.uploads import Upload, expand
from core.errors import HearMapError, StoreError
from core.runtime.legible import legible
from core.runtime.paths import data_root
from core.storage import recordings

MOST_FILES = 900
DEEPEST = 4
# The highest rate that Streamlit records at, so that what is high in pitch is not lost.
MICROPHONE_RATE = 48_000


def folders_below(root: Path, most: int = 500) -> list[str]:
    """List folders, without following links, whose names can be shown.

    Args:
        root: The folder they are in.
        most: At most so many.

    Returns:
        Paths relative to `root`, which is itself the first.
    """
    found = ["."]
    for folder, names, _ in os.walk(root, followlinks=False):
        depth = len(Path(folder).relative_to(root).parts)
        names[:] = sorted(n for n in names if not n.startswith(".") and legible(n) == n)
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
        key=f"upload_source_{purpose}",
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


def take_again(purpose: str, clip_ids: Iterable[str]) -> None:
    """Add recordings of the store; one that was deleted meanwhile does not stop the others.

    Args:
        purpose: "fit" or "score".
        clip_ids: Their ids.
    """
    for clip_id in clip_ids:
        with contextlib.suppress(StoreError):
            recordings.recording_path(clip_id)
            gathered(purpose)[clip_id] = recordings.get_recording(clip_id).name


def _from_browser(purpose: str, *, directory: bool) -> None:
    files = st.file_uploader(
        text.FOLDER_FORMATS if directory else text.FILE_FORMATS.format(most=MOST_FILES),
        accept_multiple_files="directory" if directory else True,
        key=f"uploader_{purpose}_{turn(purpose)}_{'folder' if directory else 'files'}",
    )
    if files:
        offered = (upload for file in files for upload in expand(file.name, file))
        _take(purpose, offered, expected=len(files))


def _from_microphone(purpose: str) -> None:
    key = f"microphone_{purpose}_{turn(purpose)}"
    recorded = st.audio_input(**text.RECORD, sample_rate=MICROPHONE_RATE, key=key)
    if recorded is not None:
        name = text.RECORDED_NAME.format(moment=datetime.datetime.now())
        _take(purpose, [Upload(name, recorded.getvalue())], expected=1)


def _from_server(purpose: str, root: Path) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(text.SERVER_FOLDER, folders_below(root), key=f"folder_{purpose}")
        pressed = st.button(text.ADD_FOLDER, icon=":material/add:", key=f"add_{purpose}")
    if not pressed:
        return
    folder = (root / chosen).resolve()
    if not folder.is_relative_to(root):
        left_out(purpose).append(text.OUTSIDE)
        return
    notes: list[str] = []
    found = find_audio([folder], lambda _, sentence: notes.append(sentence))
    paths = [path for path in found if path.resolve().is_relative_to(root)]

    def offered() -> Iterator[Upload]:
        for sentence in notes:
            yield Upload(chosen, None, sentence)
        for path in paths:
            name = legible(path.relative_to(root).as_posix())
            try:
                if not path.is_file():  # to read a pipe is to wait for ever
                    raise OSError
                yield Upload(name, path.read_bytes())
            except OSError:
                yield Upload(name, None, text.UNREADABLE_ON_SERVER.format(name=legible(path.name)))

    _take(purpose, offered(), expected=len(paths))


def _take(purpose: str, offered: Iterable[Upload], *, expected: int) -> None:
    """Store what is offered; what cannot be used becomes a sentence. The page runs again then."""
    left_out(purpose).clear()
    chosen, problems = gathered(purpose), left_out(purpose)
    twice: list[tuple[str, str]] = []
    bar = st.progress(0.0, text=text.READING)
    for count, upload in enumerate(offered, start=1):
        bar.progress(
            min(count / max(expected, count + 1), 1.0),
            text=text.READING_N.format(recordings=formats.counted(count, "recording")),
        )
        if upload.data is None or upload.problem:
            problems.append(upload.problem or text.UNREADABLE.format(name=upload.name))
            continue
        try:
            record = recordings.add_recording(upload.name, upload.data)
        except HearMapError as error:
            problems.append(str(error))
            continue
        # There is nothing to learn from silence, but it is scored: a machine or microphone is off.
        if record.info.problem and not (purpose == "score" and record.info.silent):
            problems.append(record.info.problem)
        elif record.id in chosen:
            twice.append((upload.name, chosen[record.id]))
        else:
            chosen[record.id] = upload.name
    if twice:
        problems.append(text.same_files(twice))
    bar.empty()
    empty_uploader(purpose)
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
