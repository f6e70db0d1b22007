"""Recordings come in: files, a folder, a ZIP, the microphone, or a folder of the data root.

Each is checked, hashed and written to the clip store, and the uploader is emptied, so that no
sound stays in the session's memory.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import streamlit as st

from app.state import Key, clear_gathered, gathered, left_out
from app.text import formats, markdown
from core.runtime.paths import data_root

MOST_FILES = 900
DEEPEST = 4
FILES, FOLDER, SERVER = "Files or a ZIP", "A folder", "A folder on the server"
MICROPHONE = "Microphone"
# The highest rate that Streamlit records at, so that what is high in pitch is not lost.
MICROPHONE_RATE = 48_000


def folders_below(root: Path, most: int = 500) -> list[str]:
    """Folders of the data root, as paths relative to it; links that lead out are not followed."""
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
    """Draws the uploader for "fit" or "score"; gives the ids of the clips chosen so far."""
    root = data_root()
    sources = [FILES, FOLDER, MICROPHONE] + ([SERVER] if root else [])
    source = st.segmented_control(
        "Where the recordings are",
        sources,
        default=FILES,
        required=True,
        key=f"{Key.UPLOAD_SOURCE}_{purpose}",
        label_visibility="collapsed",
    )
    if source == SERVER and root is not None:
        _from_server(purpose, root)
    elif source == MICROPHONE:
        _from_microphone(purpose)
    else:
        _from_browser(purpose, directory=source == FOLDER)
    say_left_out(left_out(purpose))
    return list(gathered(purpose))


def _from_browser(purpose: str, *, directory: bool) -> None:
    round_key = f"{Key.UPLOAD_ROUND}_{purpose}"
    turn = st.session_state.setdefault(round_key, 0)
    files = st.file_uploader(
        "Recordings: WAV, FLAC, OGG, MP3 or AIFF"
        + ("" if directory else f", or a ZIP of them (best for more than {MOST_FILES})"),
        accept_multiple_files="directory" if directory else True,
        key=f"uploader_{purpose}_{turn}_{'folder' if directory else 'files'}",
    )
    if not files:
        return
    from core.audio.uploads import expand

    def offered() -> Iterator[tuple[str, bytes | None, str | None]]:
        for file in files:
            for upload in expand(file.name, file):
                yield upload.name, upload.data, upload.problem

    _take(purpose, offered(), expected=len(files))
    st.session_state[round_key] = turn + 1
    st.rerun()


def _from_microphone(purpose: str) -> None:
    """A recording of now is a clip like any other, named by its moment."""
    round_key = f"{Key.UPLOAD_ROUND}_{purpose}"
    turn = st.session_state.setdefault(round_key, 0)
    recorded = st.audio_input(
        "Record with the microphone",
        sample_rate=MICROPHONE_RATE,
        key=f"microphone_{purpose}_{turn}",
        help="Browsers allow it on this machine and over HTTPS. Normal recordings and those to "
        "score should come from the same microphone at the same place.",
    )
    if recorded is None:
        return
    name = f"microphone {datetime.datetime.now():%Y-%m-%d %H.%M.%S}.wav"
    _take(purpose, [(name, recorded.getvalue(), None)], expected=1)
    st.session_state[round_key] = turn + 1
    st.rerun()


def _from_server(purpose: str, root: Path) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Folder below the data root", folders_below(root), key=f"{Key.FOLDER}_{purpose}"
        )
        pressed = st.button("Add its recordings", icon=":material/add:", key=f"add_{purpose}")
    if not pressed or chosen is None:
        return
    folder = (root / chosen).resolve()
    if not folder.is_relative_to(root):
        left_out(purpose).append("That folder lies outside the data root.")
        return
    from core.audio import find_audio

    paths = [path for path in find_audio([folder]) if path.resolve().is_relative_to(root)]

    def offered() -> Iterator[tuple[str, bytes | None, str | None]]:
        for path in paths:
            name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
            try:
                yield name, path.read_bytes(), None
            except OSError:
                yield name, None, f"“{path.name}” cannot be read from the server’s disk."

    _take(purpose, offered(), expected=len(paths))
    st.rerun()


def _take(
    purpose: str, offered: Iterable[tuple[str, bytes | None, str | None]], *, expected: int
) -> None:
    from core.errors import HearMapError
    from core.storage.recordings import add_recording

    left_out(purpose).clear()
    chosen, problems = gathered(purpose), left_out(purpose)
    bar = st.progress(0.0, text="Reading the recordings")
    for count, (name, data, problem) in enumerate(offered, start=1):
        bar.progress(
            min(count / max(expected, count + 1), 1.0),
            text=f"Reading {formats.counted(count, 'recording')}",
        )
        if data is None or problem:
            problems.append(problem or f"“{name}” cannot be read.")
            continue
        try:
            record = add_recording(name, data)
        except HearMapError as error:
            problems.append(str(error))
            continue
        if record.info.problem:
            problems.append(record.info.problem)
        elif record.id in chosen:
            problems.append(f"“{name}” is the same file as “{chosen[record.id]}”; it counts once.")
        else:
            chosen[record.id] = name
    bar.empty()


def say_left_out(problems: Sequence[str]) -> None:
    """One sentence on each file that is not used; nothing where there is none."""
    if not problems:
        return
    shown = "\n".join(f"- {markdown.plain(text, 600)}" for text in problems[:50])
    more = f"\n- … and {len(problems) - 50:,} more." if len(problems) > 50 else ""
    head = f"{formats.counted(len(problems), 'file')} left out; the others are used."
    st.warning(f"{head}\n{shown}{more}", icon=":material/rule:")


def clear_button(purpose: str) -> None:
    """A button that empties the choice; the stored clips stay."""
    if st.button("Clear the list", icon=":material/delete_sweep:", key=f"clear_{purpose}"):
        clear_gathered(purpose)
        st.rerun()
