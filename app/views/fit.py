"""Fit: normal recordings in, a model out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import streamlit as st

from app import cache, navigation
from app.state import Key, Query, clear_gathered, gathered, remember_model
from app.text import fit as text
from app.text import formats, markdown
from app.text.jobs import THE_FIT
from app.text.methods import head_title, preset_title
from app.text.views import TITLES
from app.widgets import (
    backbone_choice,
    fit_like,
    head_settings,
    notices,
    outlying,
    recording_table,
    rule_choice,
)
from app.widgets.estimate import fit_estimate
from app.widgets.job_panel import follow, start
from app.widgets.uploading import clear_button, draw_left_out, gather, take_again
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings, presets_of
from core.detectors.registry import HEADS, head_type
from core.jobs.tasks.fit import FitTask
from core.storage import models, recordings
from core.storage.recordings import StoredRecording

PURPOSE = "fit"


def draw() -> None:
    """Draw the view."""
    st.title(TITLES["fit"], anchor=False)
    st.markdown(text.LEAD)
    fit_like.take_from_address()
    job = follow(THE_FIT, FitTask)
    if job is not None and job.active:
        st.query_params[Query.JOB] = job.id
        return
    if job is not None and job.state == "done":
        _fitted(job.result, job.arguments)
        return
    fit_like.draw_notice()
    gather(PURPOSE)
    chosen = [recordings.get_recording(clip_id) for clip_id in gathered(PURPOSE)]
    if not chosen:
        clip_ids = job.arguments.get("clip_ids", []) if job is not None else []
        if clip_ids and st.button(text.AGAIN, icon=":material/replay:"):
            take_again(PURPOSE, clip_ids)
            st.rerun()
        st.info(text.EMPTY, icon=navigation.ICONS["fit"])
        return
    twins = recording_table.twins(chosen)
    used = [recording for recording in chosen if recording.id not in twins]
    total_seconds = sum(recording.info.duration_seconds for recording in used)
    recordings_used = formats.counted(len(used), "recording")
    duration = formats.duration(total_seconds)
    st.markdown(text.SUMMARY.format(recordings=recordings_used, duration=duration))
    selected = recording_table.draw(chosen, twins, key="fit_table")
    infos = [recording.info for recording in used]
    mixed = text.mixed(
        [info.duration_seconds for info in infos],
        [info.sample_rate for info in infos],
        [info.n_channels for info in infos],
    )
    notices.problems(text.MIXED, mixed)
    with st.container(horizontal=True):
        leave_out = text.LEAVE_OUT.format(recordings=formats.counted(len(selected), "recording"))
        if selected and st.button(leave_out, icon=":material/remove:"):
            for clip_id in selected:
                gathered(PURPOSE).pop(clip_id, None)
            st.rerun()
        clear_button(PURPOSE)
    _settings(used, total_seconds, max(recording.info.n_channels for recording in chosen))


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


def _settings(used: list[StoredRecording], total_seconds: float, n_channels: int) -> None:
    names = [gathered(PURPOSE)[recording.id] for recording in used]
    st.subheader(text.SETTINGS, anchor=False)
    left, right = st.columns(2, gap="medium")
    suggested = common_name(list(gathered(PURPOSE).values())) or text.USUAL_NAME
    name = left.text_input(**text.NAME, max_chars=80, key=Key.MODEL_NAME, placeholder=suggested)
    # The recommended head first.
    heads = sorted(HEADS, key=lambda key: key != RECOMMENDED_HEAD)
    head = right.selectbox(**text.METHOD, options=heads, format_func=head_title, key=Key.HEAD)
    kind = head_type(head)
    presets = presets_of(head)
    titled = partial(preset_title, head=head)
    # One that only this method has must not stay chosen for the next.
    preset_key = f"{Key.PRESET}_{head}" if kind.more_presets else Key.PRESET
    # Fit may begin as another model was fitted: the state has the value, and none is given here.
    for key, first in ((Key.FIT_RATE, 5.0), (Key.SEED, 0), (Key.PRECISION, "float32")):
        st.session_state.setdefault(key, first)
    if st.session_state.get(preset_key) not in presets:
        st.session_state[preset_key] = "recommended"
    chosen = left.segmented_control(
        **text.PRESET, options=[*presets], required=True, format_func=titled, key=preset_key
    )
    preset = chosen or "recommended"
    left.caption(presets[preset])
    right.caption(markdown.plain(HEADS[head].summary, 300))
    groups = rule_choice.groups(names)
    classes_place, level_place = st.container(), st.container()
    with st.expander(text.ADVANCED, icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        backbone = backbone_choice.draw(left, HEADS[head].backbones)
        channels: list[int | Literal["mean", "loudest"]] = [*range(n_channels)]
        if n_channels > 1:
            channels += ["mean", "loudest"]
        if st.session_state.get(Key.CHANNEL) not in channels:
            st.session_state.pop(Key.CHANNEL, None)
        channel = right.selectbox(
            **text.CHANNEL, options=channels, format_func=formats.channel, key=Key.CHANNEL
        )
        rate = left.number_input(
            **text.RATE, min_value=0.1, max_value=50.0, step=0.5, key=Key.FIT_RATE
        )
        seed = right.number_input(**text.SEED, min_value=0, max_value=2**31 - 1, key=Key.SEED)
        precision = left.segmented_control(
            **text.PRECISION,
            options=[*text.PRECISIONS],
            required=True,
            format_func=text.PRECISIONS.__getitem__,
            key=Key.PRECISION,
        )
        st.markdown(f"**{head_title(head)}, {titled(preset).lower()}**")
        own = head_settings.draw(
            kind.settings_type, head, preset, fit_like.own_settings(head, preset)
        )
    backbone_choice.warn_of_empty_bands(backbone, [one.info.sample_rate for one in used])
    classes = None
    settings = kind.settings_type(**(preset_settings(head, preset) | own))
    level_counts = settings.views == "both" and level_place.checkbox(
        **text.LEVEL_COUNTS, key=Key.LEVEL_COUNTS
    )
    learns = kind.learns_classes(settings)
    if learns:
        with classes_place:
            classes = rule_choice.classes(names)
        st.caption(text.TRAINS)
    else:
        st.caption(text.cost(*fit_estimate(head, len(used), total_seconds)))
    enough = len(used) >= kind.fewest_clips
    separate = groups is None or len(set(groups)) > 1
    if not enough:
        st.caption(text.TOO_FEW.format(method=head_title(head), count=kind.fewest_clips))
    ready = enough and separate and (classes is not None or not learns)
    if st.button(text.FIT, type="primary", icon=":material/model_training:", disabled=not ready):
        fit_like.clear()
        start(
            FitTask(
                clip_ids=[recording.id for recording in used],
                model_name=(name or "").strip() or suggested,
                head=head,
                preset=preset,
                groups=groups,
                class_names=classes,
                backbone=backbone,
                seed=int(seed),
                precision=precision or "float32",
                false_alarm_rate=float(rate) / 100,
                channel=channel,
                head_settings=own,
                group_rule=rule_choice.chosen(Key.GROUPING),
                class_rule=rule_choice.chosen(Key.CLASSES),
                level_counts=level_counts,
            )
        )


def _fitted(result: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    model_id = str(result["model_id"])
    record = models.get_model(model_id)
    remember_model(model_id)
    with st.container(border=True):
        st.subheader(text.READY.format(name=markdown.plain(record.name)), anchor=False)
        a, b, c = st.columns(3)
        a.metric(text.NORMAL_RECORDINGS, f"{record.n_clips}")
        b.metric(text.METHOD["label"], head_title(record.head))
        c.metric(text.FALSE_ALARM_RATE, formats.percent(record.false_alarm_rate))
        calibrated = cache.calibration(model_id)
        is_grouped = calibrated.n_groups < calibrated.n_clips
        groups = formats.counted(calibrated.n_groups, "group" if is_grouped else "recording")
        if is_grouped:
            st.caption(text.GROUPED.format(groups=groups))
        if calibrated.n_groups < text.FEWEST_GROUPS:
            st.warning(text.FEW_GROUPS.format(groups=groups), icon=":material/info:")
        if "warnings" in result:
            notices.warn(*result["warnings"])
        else:  # a fit of 0.1.0
            notices.rate_warning(calibrated, record.false_alarm_rate)
        draw_left_out(result.get("left_out", []))
        outlying.draw(result, arguments, record.channel)
        with st.container(horizontal=True):
            if st.button(text.SCORE, type="primary", icon=navigation.ICONS["score"]):
                clear_gathered(PURPOSE)
                navigation.go("score", {Query.MODEL: model_id})
            if st.button(text.FIT_ANOTHER, icon=":material/add:"):
                clear_gathered(PURPOSE)
                st.query_params.clear()
                st.rerun()


draw()
