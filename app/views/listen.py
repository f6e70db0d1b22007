"""Listen: one clip, its map, its regions, and the sound of exactly that part."""

from __future__ import annotations

import contextlib

import streamlit as st

from app import cache
from app.components.player import Part, Picture, PlayerState, Rest, Sound, player, wanted_part
from app.state import Query
from app.text import formats, glossary, markdown, sentences
from app.widgets import downloads, explanation, normal_scores, report_offer
from app.widgets.empty_view import say_model_first, say_nothing_scored
from app.widgets.explanation import Case
from app.widgets.model_choice import choose_model, false_alarm_rate
from core.detectors.calibration.calibration import Calibration
from core.errors import HearMapError
from core.report.summary_sentence import location_clause, summary_sentence
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap, Box, Region

MOST_ROWS_SHOWN = 8
ICON = ":material/hearing:"


def draw() -> None:
    st.title("Listen", anchor=False)
    said = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        model = choose_model(said)
        scored = _scored(model) if model else []
        chosen = _choose_clip(scored) if scored else None
    if model is None:
        say_model_first("fit one, or try the demo.", ICON)
        return
    if chosen is None:
        say_nothing_scored(model.id, ICON)
        return
    rate = _show(model, chosen)
    place = scored.index(chosen)
    if place + 1 < len(scored):
        _prepare(model, scored[place + 1], rate)


def _prepare(model: ModelRecord, score: ScoreRecord, rate: float) -> None:
    """Makes what a recording's page waits for longest, while another one is looked at."""
    # One that is gone or cannot be read is told of when it is chosen.
    with contextlib.suppress(HearMapError):
        found = cache.anomaly_map(model.id, score.clip_id, rate, score.created_at)
        part = _part(score, found)
        cache.sounds(model.id, score.clip_id, part.start_s, part.stop_s, score.created_at)


def _scored(model: ModelRecord) -> list[ScoreRecord]:
    return [score for score in cache.scored(model.id) if score.score is not None]


def _choose_clip(scored: list[ScoreRecord]) -> ScoreRecord:
    ids = [score.clip_id for score in scored]
    wanted = st.query_params.get(Query.CLIP)
    if wanted is not None and wanted not in ids:
        st.toast("The recording of this link is no longer there; this is the strongest one.")
        wanted = None
    first = wanted or ids[0]
    place = ids.index(first)
    names = {score.clip_id: markdown.shortened(score.clip_name, 60) for score in scored}
    order = {clip_id: number for number, clip_id in enumerate(ids, start=1)}
    # What is chosen goes into the address before the page runs: one run shows it, not two. With one
    # key for all boxes, a click on Next in twenty led nowhere.
    key = f"choose_clip_{first}"
    st.selectbox(
        "Recording",
        ids,
        index=place,
        format_func=lambda clip_id: f"{order[clip_id]}. {names[clip_id]}",
        key=key,
        help="Sorted by evidence, strongest first.",
        on_change=lambda: _go_to(st.session_state.get(key)),
    )
    st.button(
        "Previous",
        icon=":material/chevron_left:",
        key="previous",
        disabled=place == 0,
        on_click=_go_to,
        args=(ids[max(place - 1, 0)],),
    )
    st.button(
        "Next",
        icon=":material/chevron_right:",
        icon_position="right",
        key="next",
        disabled=place == len(ids) - 1,
        on_click=_go_to,
        args=(ids[min(place + 1, len(ids) - 1)],),
    )
    if wanted != first:
        st.query_params[Query.CLIP] = first
    return scored[place]


def _go_to(clip_id: str | None) -> None:
    if clip_id is not None:
        st.query_params[Query.CLIP] = clip_id


def _show(model: ModelRecord, score: ScoreRecord) -> float:
    """Draws the recording; gives the false-alarm rate that was chosen."""
    verdict_place = st.container(key="verdict")
    picture_place = st.container()
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.subheader("Against the normal clips", anchor=False, help=glossary.HELD_OUT)
        rate = false_alarm_rate(model)
    found = cache.anomaly_map(model.id, score.clip_id, rate, score.created_at)
    calibrated = cache.calibration(model.id)
    with verdict_place:
        said = sentences.p_value_sentence(found.p_value, calibrated.n_clips)
        st.markdown(f"**{summary_sentence(found)}** {said}")
    with picture_place:
        part = _part(score, found)
        stretch = (part.start_s, part.stop_s)
        is_whole = len(part.bounds) == 1
        case = explanation.case_of(model, score, None if is_whole else stretch, rate)
        state = _player(model, score, found, part, case)
    with right:
        _histogram(calibrated, found, rate)
    with left:
        _regions(found.regions, float(found.time_s[-1]))
        downloads.draw(model.id, score, found, stretch)
        report_offer.draw(case.report, f"{downloads.file_stem(score.clip_name)}_report")
    explanation.draw(case, _marked(state))
    return rate


def _part(score: ScoreRecord, found: AnomalyMap) -> Part:
    """The whole recording, or of a long one the part the player asks for."""
    return wanted_part(
        "player",
        score.clip_id,
        max(score.duration_seconds or float(found.time_s[-1]), 0.1),
        found.score_over_time,
        found.regions[0].peak_s if found.regions else 0.0,
    )


def _marked(state: PlayerState) -> list[Box]:
    """What is painted in the player, else what is chosen, in seconds of the recording."""
    if state.painted is not None:
        return list(state.painted.boxes)
    return [] if state.selection is None else [state.selection]


def _player(
    model: ModelRecord, score: ScoreRecord, found: AnomalyMap, part: Part, case: Case
) -> PlayerState:
    sounds = cache.sounds(model.id, score.clip_id, part.start_s, part.stop_s, score.created_at)
    columns = slice(sounds.first, sounds.stop)
    state = player(
        [
            Sound("clip", "The recording", sounds.clip, sounds.sample_rate),
            Sound("kept", "Only the unlike part", sounds.kept, sounds.sample_rate),
            Rest("removed", "The rest", "clip", "kept"),
            *explanation.sounds(case),
        ],
        Picture(
            level_db=sounds.level_db[:, : sounds.stop - sounds.first],
            probability=found.evidence[:, columns],
            score_over_time=found.score_over_time[columns],
            map_threshold=found.map_threshold,
            freq_hz=found.freq_hz,
            time_s=found.time_s[columns],
            raw=found.raw[:, columns],
        ),
        found.regions,
        key="player",
        part=part,
        paint=True,
    )
    st.caption(
        "Grey is the sound, low frequencies at the bottom. Colour shows where it is anomalous, on "
        "one scale for all recordings. The curve below is the score over time, and the outline is "
        "the threshold."
    )
    return state


def _regions(found: tuple[Region, ...], clip_seconds: float) -> None:
    st.subheader("Regions", anchor=False, help=glossary.REGION)
    if not found:
        st.markdown("No part of the map exceeds the threshold.")
        return
    more = f"; {len(found) - 1} weaker" if len(found) > 1 else ""
    said = location_clause(found[0], clip_seconds)
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
    normal_scores.draw(calibrated.clip_scores, found.threshold, found.score)
    n_above = int((calibrated.clip_scores > found.threshold).sum())
    side = "above" if found.anomalous else "below"
    st.caption(
        f"{formats.counted(calibrated.n_clips, 'held-out normal clip')}; {n_above} of them above "
        f"the threshold at a false-alarm rate of {formats.percent(rate)}. This recording lies "
        f"{side} it."
    )
    warning = calibrated.warning(rate)
    if warning:
        st.caption(markdown.plain(warning, 400))


draw()
