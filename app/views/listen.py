"""Listen: one recording, its anomaly map, its regions, and the sound of exactly that part."""

from __future__ import annotations

import contextlib
from dataclasses import asdict

import streamlit as st

from app import cache
from app.components import player
from app.text import formats, glossary, markdown, sentences
from app.text import listen as text
from app.text.score import ONE_IN
from app.widgets import (
    box_annotation_list,
    downloads,
    explanation,
    findings,
    normal_scores,
    notices,
    recording_choice,
    report_offer,
    spectrum_against_normal,
    table,
)
from app.widgets.explanation import ExplainedRecording
from app.widgets.model_choice import false_alarm_rate
from core.detectors.calibration.calibration import Calibration
from core.detectors.region_words import region_words
from core.errors import HearMapError
from core.exchange.box_annotation import moment_at
from core.report.summary_sentence import rounded_one_in, summary_sentence
from core.report.view_words import LABELS
from core.runtime.file_names import file_stem
from core.storage.models import ModelRecord
from core.storage.recordings import get_recording
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap


def draw() -> None:
    """Draw the view."""
    choice = recording_choice.begin("listen", text.RECORDING, steps=True)
    if choice is None:
        return
    rate = _show(choice.model, choice.score)
    if choice.following is not None:
        _prepare(choice.model, choice.following, rate)


def _prepare(model: ModelRecord, score: ScoreRecord, rate: float) -> None:
    """Make what a recording's page waits for longest, while another one is looked at."""
    # One that is gone or cannot be read is told of when it is chosen.
    with contextlib.suppress(HearMapError):
        found = cache.anomaly_map(model.id, score.clip_id, rate, score.created_at)
        part = _part(score, found)
        sounds = cache.sounds(model.id, score.clip_id, part.start_s, part.stop_s, score.created_at)
        cache.findings(model.id, score.clip_id, rate, score.created_at, sounds)


def _show(model: ModelRecord, score: ScoreRecord) -> float:
    # Draw the recording; return the false-alarm rate that was chosen.
    verdict_place = st.container(key="verdict")
    picture_place, views_place = st.container(), st.container()
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.subheader(text.NORMAL_SCORES, anchor=False, help=glossary.NORMAL_SCORES)
        rate = false_alarm_rate(model)
    found = cache.anomaly_map(model.id, score.clip_id, rate, score.created_at)
    calibrated = cache.calibration(model.id)
    with verdict_place:
        p_value = sentences.p_value_sentence(found.p_value, calibrated.n_clips)
        st.markdown(f"**{summary_sentence(found)}** {p_value}")
        if said := text.recording(score.recorded_at, score.other_names):
            st.caption(said)
        notices.problems("", score.warnings)
    with picture_place:
        part = _part(score, found)
        stretch = (part.start_s, part.stop_s)
        is_whole = len(part.bounds) == 1
        explained = explanation.look_up(model, score, None if is_whole else stretch, rate)
        state = _player(model, score, found, part, explained)
    with views_place:
        if found.views:
            st.caption(sentences.views_sentence(found), help=glossary.VIEWS)
        spectrum_against_normal.draw(model.id, score, stretch, state.selection)
    with right:
        _normal_scores(calibrated, found, rate)
    with left:
        _regions(found, score, calibrated)
        box_annotation_list.draw(get_recording(score.clip_id))
        downloads.draw(model.id, score, found, stretch)
        report_offer.draw(explained.report_task, f"{file_stem(score.clip_name)}_report")
    # What is painted in the player, else what is chosen.
    marked = state.painted.boxes if state.painted else [state.selection] if state.selection else []
    explanation.draw(explained, marked)
    return rate


def _part(score: ScoreRecord, found: AnomalyMap) -> player.Part:
    # Choose the whole recording, or of a long one the part that the player asks for.
    return player.wanted_part(
        "player",
        score.clip_id,
        max(score.duration_seconds or float(found.time_s[-1]), 0.1),
        found.score_over_time,
        found.regions[0].peak_s if found.regions else 0.0,
    )


def _player(
    model: ModelRecord,
    score: ScoreRecord,
    found: AnomalyMap,
    part: player.Part,
    explained: ExplainedRecording,
) -> player.PlayerState:
    sounds = cache.sounds(model.id, score.clip_id, part.start_s, part.stop_s, score.created_at)
    columns, rate = slice(sounds.first, sounds.stop), sounds.sample_rate
    payload = player.pack(
        [
            player.Sound("clip", glossary.RECORDING, sounds.clip, rate),
            player.Sound("kept", glossary.ANOMALOUS_PART, sounds.anomalous_part, rate),
            player.Residual("removed", glossary.RESIDUAL, "clip", "kept"),
            *_ultrasound(model, score),
            *explained.further_sounds(),
        ],
        player.Picture(
            level_db=sounds.level_db[:, : sounds.stop - sounds.first],
            evidence=found.evidence[:, columns],
            score_over_time=found.score_over_time[columns],
            threshold=found.threshold,
            freq_hz=found.freq_hz,
            time_s=found.time_s[columns],
        ),
        found.regions,
        part,
        name=file_stem(score.clip_name),
        findings=findings.listed(
            cache.findings(
                model.id, score.clip_id, found.false_alarm_rate, score.created_at, sounds
            ),
            explained,
        ),
        paint=True,
    )
    state = player.show(payload, key="player")
    st.caption(text.PICTURE)
    return state


def _ultrasound(model: ModelRecord, score: ScoreRecord) -> list[player.Sound]:
    # The other sounds have the model's rate, and no ultrasound.
    read = cache.ultrasound(model.id, score.clip_id, score.created_at)
    if read is None:
        return []
    samples, rate = read
    caption = text.FULL_RATE.format(rate=f"{rate / 1000:g}")
    return [player.Sound("full_rate", caption, samples, rate)]


def _regions(found: AnomalyMap, score: ScoreRecord, calibrated: Calibration) -> None:
    st.subheader(text.REGIONS, anchor=False, help=glossary.REGION)
    regions = found.regions
    if not regions:
        st.markdown(text.NO_REGION)
        return
    where = region_words(regions[0], float(found.time_s[-1]))
    st.markdown(text.regions(where, found.n_regions, len(regions)))
    rows = [
        asdict(region)
        | {"recorded": formats.recorded(moment_at(score.recorded_at, region.start_s))}
        | {"view": LABELS.get(region.view, "")}
        | {"one_in": rounded_one_in(calibrated.rarity(region.score))}
        for region in regions
    ]
    column = st.column_config
    columns = {
        **table.time_columns(rows, {"start_s": text.START, "end_s": text.END}),
        "low_hz": column.NumberColumn(text.LOW, format="%.0f Hz"),
        "high_hz": column.NumberColumn(text.HIGH, format="%.0f Hz"),
        "score": column.NumberColumn(text.SCORE, format="%.4g"),
        "one_in": column.NumberColumn(**ONE_IN, format="1 in %d"),
        **table.recorded_column(rows, glossary.TIME_OF_DAY),
    }
    if any(region.view for region in regions):
        columns["view"] = column.TextColumn(glossary.VIEW, help=glossary.VIEWS)
    table.draw(
        rows,
        columns,
        text.ALT.format(regions=formats.counted(len(regions), "region")),
        most=8,
        height=320,
    )


def _normal_scores(calibrated: Calibration, found: AnomalyMap, rate: float) -> None:
    normal_scores.draw(calibrated.clip_scores, found.threshold, found.score)
    n_above = int((calibrated.clip_scores > found.threshold).sum())
    said = sentences.normal_scores_sentence(calibrated.n_clips, n_above, rate)
    st.caption(f"{said} {text.ABOVE if found.anomalous else text.BELOW}")
    if warning := calibrated.warning(rate):
        st.caption(markdown.sentence(warning))


draw()
