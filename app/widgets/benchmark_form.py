"""What a new benchmark measures: a set, classes, methods, how many clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app.text import formats, markdown
from app.widgets.backbone_choice import USUAL
from app.widgets.estimate import fit_estimate
from app.widgets.uploading import folders_below
from core.jobs.tasks.bench import BenchTask
from core.runtime.paths import data_root

MACHINES = ("fan", "pump", "slide rail", "valve")
SET_NAMES = {
    "machines": "Demo machines",
    "esc50": "ESC-50",
    "urbansound": "UrbanSound8K with ESC-50",
    "folders": "Two folders",
}
SECONDS_PER_SCORE = 0.15
CLIP_SECONDS = 5.0


def draw() -> BenchTask | None:
    """Draw the form; return the benchmark when it is to run."""
    root = data_root()
    source = st.segmented_control(
        "Recordings",
        list(SET_NAMES) if root else ["machines"],
        default="machines",
        required=True,
        format_func=lambda key: SET_NAMES[key],
        key="bench_source",
    )
    if root is None:
        st.caption(
            "ESC-50, UrbanSound8K and folders of your own can be measured where the server’s "
            "HEARMAP_DATA_ROOT names the folder that they lie in."
        )
    arguments: dict[str, Any] = {"source": source}
    chosen = _machines() if source == "machines" or root is None else _recorded(root, str(source))
    if chosen is None:
        return None
    arguments |= chosen | _methods()
    n_classes = max(1, len(arguments["normals"]))
    n_anomalies = max(1, len(arguments.get("anomalies") or ["", "", ""]))
    seconds = _seconds(arguments, n_classes, n_anomalies)
    st.caption(
        f"About {formats.duration(seconds)} of work on two cores, less for what was heard "
        "before. Stopped, it goes on where it was."
    )
    complete = all(arguments[name] for name in ("normals", "heads", "presets", "snr_db"))
    if not complete:
        st.caption("Choose at least one of each to begin.")
    if st.button(
        "Run", type="primary", icon=":material/play_arrow:", disabled=not complete, key="bench_run"
    ):
        return BenchTask(**arguments)
    return None


def _machines() -> dict[str, Any]:
    machines = st.pills(
        "Machines", MACHINES, default=["fan"], selection_mode="multi", key="bench_machines"
    )
    return {"normals": list(machines or [])}


def _recorded(root: Path, source: str) -> dict[str, Any] | None:
    left, right = st.columns(2, gap="medium")
    folders = folders_below(root)
    two = source in ("urbansound", "folders")
    names = {
        "esc50": ("Folder of ESC-50", ""),
        "urbansound": ("Folder of ESC-50 (events)", "Folder of UrbanSound8K (normal clips)"),
        "folders": ("Folder of normal recordings", "Folder of recordings of events"),
    }[source]
    arguments = {"folder": left.selectbox(names[0], folders, key=f"bench_first_{source}")}
    if two:
        arguments["second_folder"] = right.selectbox(
            names[1], folders, key=f"bench_second_{source}"
        )
    found = _classes(
        source, str(root), arguments["folder"] or ".", arguments.get("second_folder") or "."
    )
    if isinstance(found, str):
        st.warning(markdown.plain(found, 400), icon=":material/folder_off:")
        return None
    normals, anomalies = found
    key = f"{source}_{arguments['folder']}_{arguments.get('second_folder')}"
    arguments["normals"] = left.multiselect(
        "Normal classes", normals, key=f"bench_normals_{key}", max_selections=12
    )
    arguments["anomalies"] = right.multiselect(
        "Classes of events",
        [name for name in anomalies if two or name not in arguments["normals"]],
        key=f"bench_anomalies_{key}",
        max_selections=20,
    )
    if not arguments["anomalies"]:
        st.caption("Choose the classes of events that are mixed in.")
        return None
    return arguments


@st.cache_data(max_entries=16, ttl=300, show_spinner=False)
def _classes(source: str, root: str, first: str, second: str) -> tuple[list[str], list[str]] | str:
    """The classes of the normal clips and of the events, or why there are none."""
    from core.errors import HearMapError
    from core.evaluation.benchmarks.run_saved import mix_set

    try:
        found = mix_set({"source": source, "folder": first, "second_folder": second})
    except HearMapError as error:
        return str(error)
    return list(found.normals), list(getattr(found, "anomalies", ()))


def _methods() -> dict[str, Any]:
    from core.detectors import HEADS
    from core.detectors.presets import PRESETS, RECOMMENDED_HEAD
    from core.detectors.registry import heads_for

    left, right = st.columns(2, gap="medium")
    heads = left.pills(
        "Methods",
        heads_for(USUAL),
        default=[RECOMMENDED_HEAD],
        selection_mode="multi",
        format_func=lambda key: HEADS[key].title,
        key="bench_heads",
    )
    presets = right.pills(
        "Forms",
        list(PRESETS),
        default=list(PRESETS),
        selection_mode="multi",
        format_func=lambda key: {"published": "As published"}.get(key, key.capitalize()),
        key="bench_presets",
    )
    levels = left.pills(
        "Signal-to-noise ratio of the anomaly, dB",
        [6.0, 0.0, -6.0],
        default=[6.0, 0.0, -6.0],
        selection_mode="multi",
        format_func=lambda level: f"{level:g}",
        key="bench_snr",
    )
    faithful = right.toggle(
        "Measure faithfulness too",
        key="bench_faithful",
        help="Does a clip turn normal when what the map shows is taken away? Four clips of each "
        "class and ratio are scored three more times.",
    )
    with st.expander("Size", icon=":material/tune:"):
        a, b, c = st.columns(3)
        n_training = a.number_input("Training clips a class", 4, 500, 24, key="bench_training")
        n_tests = b.number_input("Normal test clips a class", 2, 500, 16, key="bench_tests")
        seed = c.number_input("Seed", 0, 2**31 - 1, 0, key="bench_seed")
    return {
        "heads": list(heads or []),
        "presets": list(presets or []),
        "snr_db": list(levels or []),
        "n_faithful": 4 if faithful else 0,
        "most_training": int(n_training),
        "most_tests": int(n_tests),
        "seed": int(seed),
    }


def _seconds(arguments: dict[str, Any], n_classes: int, n_anomalies: int) -> float:
    heads, n_clips = arguments["heads"], arguments["most_training"]
    n_scores = arguments["most_tests"] * (1 + n_anomalies / 2 * len(arguments["snr_db"]))
    n_scores += 3 * arguments["n_faithful"] * len(arguments["snr_db"])
    fits = sum(fit_estimate(head, n_clips, CLIP_SECONDS * n_clips)[0] for head in heads)
    one_class = fits + len(heads) * n_scores * SECONDS_PER_SCORE
    return float(n_classes * len(arguments["presets"]) * one_class)
