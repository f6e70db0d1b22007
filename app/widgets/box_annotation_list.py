"""The annotations of a recording's stretches: a table, files of other programs in and out."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.state import Key, empty_uploader, turn
from app.text import box_annotations as text
from app.text import formats, glossary
from app.widgets import downloads, notices, table
from core.errors import HearMapError
from core.exchange.formats import FORMATS, Format, read
from core.runtime.file_names import file_stem
from core.storage.box_annotations import (
    ImportedBoxes,
    StoredBox,
    delete_boxes,
    import_boxes,
    list_boxes,
)
from core.storage.recordings import StoredRecording

UPLOADER = "import_boxes"


def draw(recording: StoredRecording) -> None:
    """Draw the annotations of a recording, with what imports and exports them.

    Args:
        recording: The recording.
    """
    st.subheader(text.HEADING, anchor=False, help=text.HELP)
    boxes = list_boxes(recording)
    marked = _table(recording, boxes) if boxes else []
    if not boxes:
        st.caption(text.NONE)
    with st.container(horizontal=True, key="box_files"):
        with st.popover(text.IMPORT_BUTTON, icon=":material/upload:"):
            _import(recording)
        if boxes:
            with st.popover(text.EXPORT_BUTTON, icon=":material/download:"):
                _export(recording)
        if marked:
            _delete(marked)
    imported = st.session_state.pop(Key.IMPORTED_BOXES, None)
    if isinstance(imported, str):
        notices.problems("", [imported])
    elif imported is not None:
        _say(imported)


def _table(recording: StoredRecording, boxes: list[StoredBox]) -> list[int]:
    # Draw the annotations; return the ids of those that are marked.
    rows = [
        {
            "label": box.annotation.label,
            "start_s": box.annotation.start_s,
            "end_s": box.annotation.end_s,
            "low_hz": box.annotation.low_hz,
            "high_hz": box.annotation.high_hz,
            "recorded": formats.recorded(box.annotation.starts_at),
            "note": box.annotation.note,
            "by": box.by,
        }
        for box in boxes
    ]
    column = st.column_config
    chosen = table.draw(
        rows,
        {
            "label": column.TextColumn(text.LABEL, width="medium"),
            **table.time_columns(rows, {"start_s": text.START, "end_s": text.END}),
            "low_hz": column.NumberColumn(text.LOW, format="%.0f Hz", width="small"),
            "high_hz": column.NumberColumn(text.HIGH, format="%.0f Hz", width="small"),
            "note": column.TextColumn(text.NOTE, width="medium"),
            "by": column.TextColumn(text.BY, width="small"),
            **table.recorded_column(rows, glossary.TIME_OF_DAY),
        },
        text.ALT.format(annotations=formats.counted(len(boxes), "annotation")),
        most=8,
        height=320,
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        key=f"boxes_{recording.id}_{turn(UPLOADER)}",
    )
    return [boxes[place].id for place in chosen if place < len(boxes)]


def _export(recording: StoredRecording) -> None:
    for one in FORMATS.values():
        downloads.button(
            one.title,
            partial(_exported, recording, one),
            f"{file_stem(recording.name)}_annotations{one.suffix}",
            key=f"export_boxes_{one.name}",
        )


def _delete(marked: list[int]) -> None:
    label = text.DELETE.format(annotations=formats.counted(len(marked), "annotation"))
    if st.button(label, icon=":material/delete:", key="delete_boxes"):
        delete_boxes(marked)
        # The table begins anew, without what was marked in it.
        empty_uploader(UPLOADER)
        st.rerun()


def _exported(recording: StoredRecording, chosen: Format) -> bytes:
    return chosen.write(box.annotation for box in list_boxes(recording))


def _import(recording: StoredRecording) -> None:
    key = f"{UPLOADER}_{turn(UPLOADER)}"
    file = st.file_uploader(text.IMPORT, type=["txt", "csv", "tsv", "jams", "json"], key=key)
    if file is not None:
        st.session_state[Key.IMPORTED_BOXES] = _imported(recording, file.name, file.getvalue())
        empty_uploader(UPLOADER)
        st.rerun()


def _imported(recording: StoredRecording, file_name: str, data: bytes) -> ImportedBoxes | str:
    # What became of a file, or a sentence on why nothing did.
    try:
        by = str(st.session_state.get(Key.WHO) or "")
        return import_boxes(read(data, file_name), recording, by)
    except HearMapError as error:
        return text.NOT_IMPORTED.format(name=file_name, problem=error)


def _say(imported: ImportedBoxes) -> None:
    if imported.n_new:
        annotations = formats.counted(imported.n_new, "annotation")
        recordings = formats.counted(imported.n_recordings, "recording")
        said = text.IMPORTED.format(annotations=annotations, recordings=recordings)
        st.success(said, icon=":material/check:")
    elif imported.n_known:
        st.info(text.NOTHING_NEW, icon=":material/info:")
    elif not imported.unknown:
        st.info(text.EMPTY, icon=":material/info:")
    n_left_out = formats.counted(sum(imported.unknown.values()), "annotation")
    problems = [
        text.UNKNOWN.format(name=name, annotations=formats.counted(count, "annotation"))
        for name, count in imported.unknown.items()
    ]
    notices.problems(text.LEFT_OUT.format(annotations=n_left_out), problems)
