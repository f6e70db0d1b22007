"""Fit: normal recordings in, a model out."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

import streamlit as st

from app import cache
from app.state import Key, Query, clear_gathered, gathered, remember_model
from app.text import formats, markdown
from app.widgets import (
    backbone_choice,
    class_choice,
    fit_like,
    grouping_choice,
    head_settings,
    recording_table,
)
from app.widgets.estimate import fit_estimate
from app.widgets.job_panel import ended_badly, find_job, is_active, title_of, watch
from app.widgets.uploading import clear_button, gather, say_left_out
from core import jobs
from core.errors import StoreError
from core.jobs.tasks.fit import FitTask
from core.storage import models, recordings

PURPOSE = "fit"
PRESET_NAMES = {"recommended": "Recommended", "published": "As published"}
PRECISION_NAMES = {"float32": "32 bits", "bfloat16": "16 bits, faster"}


def draw() -> None:
    st.title("Fit", anchor=False)
    st.markdown("Teach HearMap what normal sounds like: a dozen recordings or more, nothing else.")
    fit_like.take_from_address()
    job = find_job(st.query_params.get(Query.JOB), FitTask)
    if job is not None and is_active(job):
        st.query_params[Query.JOB] = job.id
        watch(job.id, title_of(job))
        return
    if job is not None and not ended_badly(job, "The fit"):
        _fitted(str(job.result["model_id"]), list(job.result.get("left_out", [])))
        return
    fit_like.say()
    gather(PURPOSE)
    chosen = [recordings.get_recording(clip_id) for clip_id in gathered(PURPOSE)]
    if not chosen:
        if (
            job is not None
            and job.arguments.get("clip_ids")
            and st.button("Use the same recordings again", icon=":material/replay:")
        ):
            _take_again(job)
        st.info(
            "Add recordings to begin: how the machine or place sounds when nothing is wrong, all "
            "from the same microphone. None at hand? The demo on the Start page makes its own.",
            icon=":material/library_music:",
        )
        return
    rows = recording_table.rows_of(chosen)
    usable = recording_table.used_ids(rows)
    lengths = [c.info.duration_seconds for c in chosen if c.id in set(usable)]
    st.markdown(f"**{summary(lengths)}**")
    selected = recording_table.draw(rows, key="fit_table")
    with st.container(horizontal=True):
        if selected and st.button(
            f"Leave {formats.counted(len(selected), 'recording')} out", icon=":material/remove:"
        ):
            for clip_id in selected:
                gathered(PURPOSE).pop(clip_id, None)
            st.rerun()
        clear_button(PURPOSE)
    sample_rates = [clip.info.sample_rate for clip in chosen if clip.id in set(usable)]
    _settings(usable, lengths, max(clip.info.n_channels for clip in chosen), sample_rates)


def summary(lengths: Sequence[float]) -> str:
    """Say how many recordings there are and how much sound.

    Args:
        lengths: The length of each in seconds.

    Returns:
        A line of Markdown.

    >>> summary([5.0, 5.0])
    '2 recordings, 10.0 s of sound'
    """
    return (
        f"{formats.counted(len(lengths), 'recording')}, {formats.duration(sum(lengths))} of sound"
    )


def common_name(names: Sequence[str]) -> str:
    """Find what file names begin with alike, without folders and numbers.

    Args:
        names: The names of files.

    Returns:
        The beginning, empty where it has fewer than two letters.
    """
    if not names:
        return ""
    stems = [name.rsplit("/", 1)[-1].rsplit(".", 1)[0] for name in names]
    first, last = min(stems), max(stems)
    n_alike = next(
        (k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
    )
    found = re.sub(r"[\W\d_]+$", "", first[:n_alike])
    return markdown.shortened(found, 40) if len(found) > 1 else ""


def _take_again(job: jobs.Job) -> None:
    for clip_id in job.arguments["clip_ids"]:
        # One that was removed meanwhile is no reason to lose the others.
        with contextlib.suppress(StoreError):
            gathered(PURPOSE)[clip_id] = recordings.get_recording(clip_id).name
    st.rerun()


def channel_names(n_channels: int) -> dict[int | str, str]:
    """The channels to choose from: each by itself, or their mean."""
    single: dict[int | str, str] = {k: f"Channel {k + 1}" for k in range(n_channels)}
    return single | ({"mean": "Mean of all channels"} if n_channels > 1 else {})


def _settings(
    usable: list[str], lengths: list[float], n_channels: int, sample_rates: list[int]
) -> None:
    from core.detectors.presets import RECOMMENDED_HEAD, preset_settings, presets_of
    from core.detectors.registry import HEADS, head_type

    st.subheader("Settings", anchor=False)
    left, right = st.columns(2, gap="medium")
    # The recommended head first.
    names = sorted(HEADS, key=lambda key: key != RECOMMENDED_HEAD)
    suggested = common_name(list(gathered(PURPOSE).values())) or "Model"
    name = left.text_input(
        "Name of the model",
        max_chars=80,
        key=Key.MODEL_NAME,
        placeholder=suggested,
        help="So that you find it again; it is kept until you delete it.",
    )
    head = right.selectbox(
        "Method",
        names,
        format_func=lambda key: HEADS[key].title,
        key=Key.HEAD,
        help="How normal sound is remembered. The first did best on the recordings HearMap was "
        "measured on.",
    )
    kind = head_type(head)
    presets = presets_of(head)
    # One that only this method has must not stay chosen for the next.
    preset_key = f"{Key.PRESET}_{head}" if kind.more_presets else Key.PRESET
    # Fit may begin as another model was fitted: the state has the value, and none is given here.
    for key, first in {
        preset_key: "recommended",
        Key.FIT_RATE: 5.0,
        Key.SEED: 0,
        Key.PRECISION: "float32",
    }.items():
        st.session_state.setdefault(key, first)
    if st.session_state[preset_key] not in presets:
        st.session_state[preset_key] = "recommended"
    preset = left.segmented_control(
        "Form of the method",
        list(presets),
        required=True,
        format_func=lambda key: PRESET_NAMES.get(key, key.capitalize()),
        key=preset_key,
        help="The recommended form suits sound; the published one is for comparison.",
    )
    left.caption(presets[preset])
    right.caption(markdown.plain(HEADS[head].summary, 300))
    groups = grouping_choice.draw([gathered(PURPOSE)[clip_id] for clip_id in usable])
    classes = st.container()
    with st.expander("Advanced settings", icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        channels = channel_names(n_channels)
        backbone = backbone_choice.draw(left, HEADS[head].backbones)
        if st.session_state.get(Key.CHANNEL) not in channels:
            st.session_state.pop(Key.CHANNEL, None)
        channel = right.selectbox(
            "Channel",
            list(channels),
            format_func=lambda key: channels[key],
            key=Key.CHANNEL,
            help="Which channel of recordings with several; scoring uses the same.",
        )
        rate = left.number_input(
            "False-alarm rate, %",
            0.1,
            50.0,
            step=0.5,
            key=Key.FIT_RATE,
            help="How many of 100 normal clips may be called unlike. It can be changed later.",
        )
        seed = right.number_input(
            "Seed",
            0,
            2**31 - 1,
            key=Key.SEED,
            help="The same seed and clips give the same model.",
        )
        precision = left.segmented_control(
            "Arithmetic of the network",
            list(PRECISION_NAMES),
            required=True,
            format_func=PRECISION_NAMES.__getitem__,
            key=Key.PRECISION,
            help="16 bits are several times faster on graphics cards and on processors made for "
            "them, and slower on others; the maps stay nearly the same. The model scores as it "
            "was fitted.",
        )
        form = PRESET_NAMES.get(preset, preset)
        st.markdown(f"**{HEADS[head].title}, {form.lower()}**")
        before = fit_like.own_settings(head, preset)
        own = head_settings.draw(kind.settings_type, head, preset, before)
    backbone_choice.warn_of_empty_bands(backbone, sample_rates)
    settings = kind.settings_type(**(preset_settings(head, preset) | own))
    learns = kind.learns_classes(settings)
    labels = None
    if learns:
        with classes:
            labels = class_choice.draw([gathered(PURPOSE)[clip_id] for clip_id in usable])
        st.caption(
            "It trains a network: minutes for the small one, days for the large one without a "
            "graphics card. Started again with the same recordings and settings, it goes on."
        )
    else:
        seconds, mebibytes = fit_estimate(head, len(usable), sum(lengths))
        st.caption(
            f"About {formats.duration(seconds)} and {mebibytes / 1024:.1f} GiB of memory on two "
            "cores."
        )
    enough = len(usable) >= kind.fewest_clips
    separate = groups is None or len(set(groups)) > 1
    if not enough:
        st.caption(f"{HEADS[head].title} needs at least {kind.fewest_clips} different clips.")
    ready = enough and separate and (labels is not None or not learns)
    if st.button("Fit", type="primary", icon=":material/model_training:", disabled=not ready):
        job_id = jobs.submit(
            FitTask(
                clip_ids=usable,
                model_name=(name or "").strip() or suggested,
                head=head,
                preset=preset,
                groups=groups,
                class_names=labels,
                backbone=backbone,
                seed=int(seed),
                precision=precision,
                false_alarm_rate=float(rate) / 100,
                channel=channel,
                head_settings=own,
                group_rule={
                    "rule": st.session_state.get(Key.GROUPING),
                    "field": st.session_state.get(Key.GROUPING_FIELD),
                },
                class_rule={
                    "rule": st.session_state.get(Key.CLASSES),
                    "field": st.session_state.get(Key.CLASSES_FIELD),
                },
            )
        )
        fit_like.forget()
        st.query_params[Query.JOB] = job_id
        st.rerun()


def _fitted(model_id: str, left_out: list[str]) -> None:
    from core.detectors import HEADS

    record = models.get_model(model_id)
    remember_model(model_id)
    with st.container(border=True):
        st.subheader(f"“{markdown.plain(record.name)}” is ready", anchor=False)
        a, b, c = st.columns(3)
        a.metric("Normal clips", f"{record.n_clips}")
        b.metric("Method", HEADS[record.head].title if record.head in HEADS else record.head)
        c.metric("False-alarm rate", formats.percent(record.false_alarm_rate))
        calibrated = cache.calibration(model_id)
        if calibrated.n_groups < calibrated.n_clips:
            st.caption(
                f"Calibrated on {formats.counted(calibrated.n_groups, 'recording')}, the clips "
                "of each kept together."
            )
        if calibrated.n_groups < grouping_choice.FEWEST_GROUPS:
            st.warning(
                f"{formats.counted(calibrated.n_groups, 'recording')} show little of how much "
                "normal sound varies: take the p-values as a rough guide, and add recordings of "
                "other days or places when you can.",
                icon=":material/info:",
            )
        warning = calibrated.warning(record.false_alarm_rate)
        if warning:
            st.warning(markdown.plain(warning, 400), icon=":material/info:")
        say_left_out(left_out)
        with st.container(horizontal=True):
            if st.button("Score recordings with it", type="primary", icon=":material/query_stats:"):
                clear_gathered(PURPOSE)
                st.switch_page("views/score.py", query_params={Query.MODEL: model_id})
            if st.button("Fit another", icon=":material/add:"):
                clear_gathered(PURPOSE)
                st.query_params.clear()
                st.rerun()


draw()
