"""What a new benchmark measures: a data set, classes, methods, and how many recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from app.text import benchmark as text
from app.text import formats, markdown
from app.text.methods import head_title, preset_title
from app.widgets.backbone_choice import USUAL
from app.widgets.estimate import fit_estimate
from app.widgets.uploading import folders_below
from core.detectors.presets import PRESETS, RECOMMENDED_HEAD
from core.detectors.registry import heads_for
from core.errors import HearMapError
from core.jobs.tasks.bench import BenchTask
from core.runtime.paths import data_root

T = TypeVar("T")
MACHINES = ("fan", "pump", "slide rail", "valve")
SNR_DB = (6.0, 0.0, -6.0)
SECONDS_PER_SCORE = 0.15
CLIP_SECONDS = 5.0
N_FAITHFUL = 4


def draw() -> BenchTask | None:
    """Draw the form.

    Returns:
        The benchmark when it is to run, else None.
    """
    root = data_root()
    source = st.segmented_control(
        text.RECORDINGS,
        [*text.SOURCES] if root else ["machines"],
        default="machines",
        required=True,
        format_func=text.SOURCES.__getitem__,
        key="bench_source",
    )
    if root is None:
        st.caption(text.NO_DATA_ROOT)
    chosen: dict[str, Any] | None
    if source == "machines" or root is None:
        chosen = {"normals": _pills(st, text.MACHINES, MACHINES, "bench_machines", ["fan"])}
    else:
        chosen = _recorded(root, source)
    if chosen is None:
        return None
    task = BenchTask(source=source, **chosen, **_methods())
    st.caption(text.TAKES.format(duration=formats.duration(_seconds(task))))
    complete = all((task.normals, task.heads, task.presets, task.snr_db))
    if not complete:
        st.caption(text.CHOOSE_ONE)
    pressed = st.button(
        text.RUN,
        type="primary",
        icon=":material/play_arrow:",
        disabled=not complete,
        key="bench_run",
    )
    return task if pressed else None


def _recorded(root: Path, source: str) -> dict[str, Any] | None:
    left, right = st.columns(2, gap="medium")
    folders = folders_below(root)
    first, *second = text.FOLDERS[source]
    folder, second_folder = left.selectbox(first, folders, key=f"bench_first_{source}"), None
    if second:
        second_folder = right.selectbox(second[0], folders, key=f"bench_second_{source}")
    found = _classes(source, str(root), folder, second_folder or ".")
    if isinstance(found, str):
        st.warning(markdown.sentence(found), icon=":material/folder_off:")
        return None
    key = f"{source}_{folder}_{second_folder}"
    normals = left.multiselect(
        text.NORMAL_CLASSES, found[0], key=f"bench_normals_{key}", max_selections=12
    )
    anomalies = right.multiselect(
        text.EVENT_CLASSES,
        [name for name in found[1] if second or name not in normals],
        key=f"bench_anomalies_{key}",
        max_selections=20,
    )
    if not anomalies:
        st.caption(text.CHOOSE_EVENTS)
        return None
    chosen = {"normals": normals, "anomalies": anomalies}
    return chosen | {"folder": folder, "second_folder": second_folder}


@st.cache_data(max_entries=16, ttl=300, show_spinner=False)
def _classes(source: str, root: str, first: str, second: str) -> tuple[list[str], list[str]] | str:
    # List the classes of the normal recordings and of the events, or say why there are none.
    # Not at the top: PyTorch comes with it.
    from core.evaluation.benchmarks.run_saved import mix_set

    try:
        found = mix_set({"source": source, "folder": first, "second_folder": second})
    except HearMapError as error:
        return str(error)
    return list(found.normals), list(getattr(found, "anomalies", ()))


def _methods() -> dict[str, Any]:
    left, right = st.columns(2, gap="medium")
    heads = _pills(
        left, text.METHODS, heads_for(USUAL), "bench_heads", [RECOMMENDED_HEAD], head_title
    )
    presets = _pills(right, text.PRESETS, [*PRESETS], "bench_presets", named=preset_title)
    levels = _pills(left, text.LEVELS, SNR_DB, "bench_snr", named="{:g}".format)
    faithful = right.toggle(**text.FAITHFULNESS, key="bench_faithful")
    with st.expander(text.SIZE, icon=":material/tune:"):
        a, b, c = st.columns(3)
        n_training = a.number_input(text.N_TRAINING, 4, 500, 24, key="bench_training")
        n_tests = b.number_input(text.N_TESTS, 2, 500, 16, key="bench_tests")
        seed = c.number_input(text.SEED, 0, 2**31 - 1, 0, key="bench_seed")
    return {
        "heads": heads,
        "presets": presets,
        "snr_db": levels,
        "n_faithful": N_FAITHFUL if faithful else 0,
        "most_training": int(n_training),
        "most_tests": int(n_tests),
        "seed": int(seed),
    }


def _pills(
    place: Any,
    label: str,
    options: Sequence[T],
    key: str,
    default: Sequence[T] | None = None,
    named: Callable[[T], str] = str,
) -> list[T]:
    # All are chosen at first, where no default is given.
    chosen = options if default is None else default
    found: list[T] = place.pills(
        label, options, default=chosen, selection_mode="multi", format_func=named, key=key
    )
    return found


def _seconds(task: BenchTask) -> float:
    n_clips, n_levels = task.most_training or 0, len(task.snr_db)
    # The demo machines have three kinds of events.
    n_anomalies = len(task.anomalies) if task.anomalies else 3
    n_scores = (task.most_tests or 0) * (1 + n_anomalies / 2 * n_levels)
    n_scores += 3 * (task.n_faithful or 0) * n_levels
    fits = sum(fit_estimate(head, n_clips, CLIP_SECONDS * n_clips)[0] for head in task.heads)
    one_class = fits + len(task.heads) * n_scores * SECONDS_PER_SCORE
    return max(1, len(task.normals)) * len(task.presets) * one_class
