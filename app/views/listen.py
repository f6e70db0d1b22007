"""Listen: one clip, its map, its regions, and the sound of exactly that part."""

from __future__ import annotations

import dataclasses

import streamlit as st

from app import cache, downloads, explanation_panel, figures, glossary, wording
from app.explanation_panel import Case
from app.model_choice import choose_model, false_alarm_rate
from app.player import Picture, PlayerEvent, Sound, player
from app.state import Query
from core.calibration import Calibration
from core.masking import Box
from core.store.models import ModelRecord
from core.store.scores import ScoreRecord, list_scores
from core.types import AnomalyMap, Region
from core.verdict import verdict, where

PART_SECONDS = 60.0
LONGEST_WHOLE_SECONDS = 90.0
MOST_ROWS_SHOWN = 8


def draw() -> None:
    st.title("Listen", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        model = choose_model()
        scored = _scored(model) if model else []
        chosen = _choose_clip(scored) if scored else None
    if model is None:
        st.info("A model comes first: fit one, or try the demo.", icon=":material/hearing:")
        st.page_link("views/start.py", label="Go to the start", icon=":material/home:")
        return
    if chosen is None:
        st.info("No recording has been scored with this model yet.", icon=":material/hearing:")
        st.page_link(
            "views/score.py",
            label="Score recordings",
            icon=":material/query_stats:",
            query_params={Query.MODEL: model.id},
        )
        return
    _show(model, chosen)


def _scored(model: ModelRecord) -> list[ScoreRecord]:
    return [score for score in list_scores(model.id) if score.score is not None]


def _choose_clip(scored: list[ScoreRecord]) -> ScoreRecord:
    ids = [score.clip_id for score in scored]
    wanted = st.query_params.get(Query.CLIP)
    if wanted is not None and wanted not in ids:
        st.toast("The recording of this link is no longer there; this is the strongest one.")
        wanted = None
    first = wanted or ids[0]
    place = ids.index(first)
    names = {score.clip_id: wording.shortened(score.clip_name, 60) for score in scored}
    order = {clip_id: number for number, clip_id in enumerate(ids, start=1)}
    chosen = st.selectbox(
        "Recording",
        ids,
        index=place,
        format_func=lambda clip_id: f"{order[clip_id]}. {names[clip_id]}",
        key=f"choose_clip_{first}",
        help="Sorted by evidence, strongest first.",
    )
    before = st.button(
        "Previous", icon=":material/chevron_left:", key="previous", disabled=place == 0
    )
    after = st.button(
        "Next",
        icon=":material/chevron_right:",
        icon_position="right",
        key="next",
        disabled=place == len(ids) - 1,
    )
    if before or after:
        chosen = ids[place + (1 if after else -1)]
    chosen = chosen or first
    st.query_params[Query.CLIP] = chosen
    if chosen != first:
        st.rerun()
    return scored[place]


def _show(model: ModelRecord, score: ScoreRecord) -> None:
    verdict_place = st.container(key="verdict")
    picture_place = st.container()
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.subheader("Against the normal clips", anchor=False, help=glossary.HELD_OUT)
        rate = false_alarm_rate(model)
    found = cache.anomaly_map(model.id, score.clip_id, rate, score.created_at)
    calibrated = cache.calibration(model.id)
    with verdict_place:
        st.markdown(f"**{verdict(found)}** {wording.evidence(found.p_value, calibrated.n_clips)}")
    with picture_place:
        stretch = _part(score, found)
        is_whole = (score.duration_seconds or 0.0) <= LONGEST_WHOLE_SECONDS
        case = explanation_panel.case_of(model, score, None if is_whole else stretch, rate)
        event = _player(model, score, found, stretch, case)
    with right:
        _histogram(calibrated, found, rate)
    with left:
        _regions(found.regions, float(found.time_s[-1]))
        downloads.draw(model.id, score, found, stretch)
    explanation_panel.draw(case, _marked(event, stretch[0]))


def _marked(event: PlayerEvent | None, start_s: float) -> list[Box]:
    """What is chosen in the player, in seconds of the recording."""
    if event is None:
        return []
    start, end = event.start_s + start_s, event.end_s + start_s
    return [Box(start, end, event.low_hz, event.high_hz)]


def _player(
    model: ModelRecord,
    score: ScoreRecord,
    found: AnomalyMap,
    stretch: tuple[float, float],
    case: Case,
) -> PlayerEvent | None:
    start, stop = stretch
    sounds = cache.sounds(model.id, score.clip_id, start, stop, score.created_at)
    columns = slice(sounds.first, sounds.stop)
    offset = float(found.time_s[sounds.first])
    event = player(
        [
            Sound("clip", "The recording", sounds.clip, sounds.sample_rate),
            Sound("kept", "Only the unlike part", sounds.kept, sounds.sample_rate),
            Sound("removed", "The rest", sounds.removed, sounds.sample_rate),
            *explanation_panel.sounds(case),
        ],
        Picture(
            level_db=sounds.level_db[:, : sounds.stop - sounds.first],
            probability=found.probability[:, columns],
            score_over_time=found.score_over_time[columns],
            map_threshold=found.map_threshold,
            freq_hz=found.freq_hz,
            time_s=found.time_s[columns] - offset,
            raw=found.raw[:, columns],
        ),
        [
            dataclasses.replace(
                region,
                start_s=max(region.start_s - offset, 0.0),
                end_s=min(region.end_s, stop) - offset,
                peak_s=min(max(region.peak_s, start), stop) - offset,
            )
            for region in found.regions
            if region.start_s < stop and region.end_s > start
        ],
        key="player",
    )
    st.caption(
        "Grey is the sound, low frequencies at the bottom; colour is where it is "
        f"{wording.UNLIKE}, stronger where it is more so, on one scale for all recordings. The "
        "line below is the score over time, and the outline is the threshold."
    )
    return event


def _part(score: ScoreRecord, found: AnomalyMap) -> tuple[float, float]:
    seconds = score.duration_seconds or PART_SECONDS
    if seconds <= LONGEST_WHOLE_SECONDS:
        return 0.0, max(seconds, 0.1)
    n_parts = int(-(-seconds // PART_SECONDS))
    strongest = int(found.regions[0].peak_s // PART_SECONDS) if found.regions else 0
    part = st.selectbox(
        "Part of the recording",
        range(n_parts),
        index=min(strongest, n_parts - 1),
        format_func=lambda k: f"minute {k + 1} of {n_parts}",
        key=f"part_{score.clip_id}",
    )
    return part * PART_SECONDS, min((part + 1) * PART_SECONDS, seconds)


def _regions(found: tuple[Region, ...], clip_seconds: float) -> None:
    st.subheader("Regions", anchor=False, help=glossary.REGION)
    if not found:
        st.markdown("No part of the map exceeds the threshold.")
        return
    more = f"; {len(found) - 1} weaker" if len(found) > 1 else ""
    said = where(found[0], clip_seconds)
    st.markdown(f"{said[:1].upper()}{said[1:]}{more}.")
    column = st.column_config
    st.dataframe(
        downloads.regions_table(found),
        hide_index=True,
        height="content" if len(found) <= MOST_ROWS_SHOWN else 320,
        column_config={
            "start_s": column.NumberColumn("Start", format="%.2f s"),
            "end_s": column.NumberColumn("End", format="%.2f s"),
            "low_hz": column.NumberColumn("Low", format="%.0f Hz"),
            "high_hz": column.NumberColumn("High", format="%.0f Hz"),
            "p_value": column.NumberColumn("p-value", format="%.3f"),
        },
        column_order=["start_s", "end_s", "low_hz", "high_hz", "p_value"],
        alt=f"{len(found)} regions, strongest first",
    )


def _histogram(calibrated: Calibration, found: AnomalyMap, rate: float) -> None:
    figure = figures.histogram(calibrated.clip_scores, found.score, found.threshold)
    st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key="histogram")
    n_above = int((calibrated.clip_scores > found.threshold).sum())
    side = "above" if found.anomalous else "below"
    st.caption(
        f"{wording.counted(calibrated.n_clips, 'held-out normal clip')}; {n_above} of them above "
        f"the threshold at a false-alarm rate of {wording.percent(rate)}. This recording lies "
        f"{side} it."
    )
    warning = calibrated.warning(rate)
    if warning:
        st.caption(wording.plain(warning, 400))


draw()
