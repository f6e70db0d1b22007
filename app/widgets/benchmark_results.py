"""A finished benchmark: tables beside the paper's, ROC curves, classes, and clips to listen to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from app.text import formats, markdown, sentences
from app.widgets import benchmark_figures
from core.errors import HearMapError
from core.evaluation.benchmarks import saved

if TYPE_CHECKING:
    from core.evaluation.benchmarks.results import ResultRow

QUIET = {"displayModeBar": False}
N_CLIPS_SHOWN = 3


def draw(benchmark: saved.SavedBenchmark) -> None:
    """Draws everything of one benchmark."""
    moment = benchmark.changed_at.isoformat()
    rows, clips = _rows(benchmark.id, moment), _clips(benchmark.id, moment)
    methods = list(dict.fromkeys((row.head, row.preset) for row in rows))
    _best(rows, methods)
    st.subheader("Beside the paper", anchor=False)
    _table(rows, methods)
    st.download_button(
        "Tables (Markdown)",
        saved.read_tables(benchmark.id),
        file_name=f"benchmark_{benchmark.id}.md",
        mime="text/markdown",
        icon=":material/download:",
    )
    levels = list(dict.fromkeys(row.snr_db for row in rows if row.metric == "ROC"))
    normals = list(dict.fromkeys(row.normal for row in rows))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By class", anchor=False)
        _heatmap(rows, methods, normals, levels)
    with right:
        st.subheader("ROC curves", anchor=False)
        _curves(clips, methods, normals, levels)
    st.subheader("Best and worst clips", anchor=False)
    sample_rate = int(benchmark.settings.get("sample_rate") or 44_100)
    _cell(clips, methods, normals, levels, sample_rate)


@st.cache_data(max_entries=8, show_spinner=False)
def _rows(benchmark: str, moment: str) -> list[ResultRow]:
    return saved.read_rows(benchmark)


@st.cache_data(max_entries=8, show_spinner=False)
def _clips(benchmark: str, moment: str) -> list[dict[str, Any]]:
    return saved.read_clips(benchmark)


def method_name(method: tuple[str, str]) -> str:
    """A head and its preset for people."""
    from core.detectors import HEADS

    head, preset = method
    shown = HEADS[head].title if head in HEADS else head
    return f"{shown}, {'as published' if preset == 'published' else preset}"


def level_name(snr_db: float | None) -> str:
    """An SNR for people."""
    return "as made" if snr_db is None else f"{snr_db:g} dB"


def _best(rows: list[ResultRow], methods: list[tuple[str, str]]) -> None:
    from core.evaluation.benchmarks.means import mean_of

    sample = {
        method: mean_of(found)
        for method in methods
        if (found := _of(rows, method, "sample", "ROC"))
    }
    if not sample:
        return
    best = max(sample, key=lambda method: sample[method].value)
    area = sample[best]
    rivals = [m for m in sample if m != best and sample[m].high >= area.low]
    does = "tells" if len(sample) == 1 else "best tells"
    said = (
        f"**{markdown.plain(method_name(best))}** {does} normal from unlike clips, with an "
        f"AUROC of {100 * area.value:.1f} % ({100 * area.low:.0f} to {100 * area.high:.0f})"
    )
    if rivals:
        said += f"; these clips cannot tell it from {formats.counted(len(rivals), 'other')}"
    st.markdown(said + ".")


def _of(rows: list[ResultRow], method: tuple[str, str], level: str, metric: str) -> list[ResultRow]:
    return [r for r in rows if (r.head, r.preset, r.level, r.metric) == (*method, level, metric)]


def _table(rows: list[ResultRow], methods: list[tuple[str, str]]) -> None:
    from core.evaluation.benchmarks.envmix_tables import PLAIN
    from core.evaluation.benchmarks.means import mean_of
    from core.evaluation.benchmarks.paper import envmix_values

    measures = list(
        dict.fromkeys((r.level, r.metric) for r in rows if not r.metric.startswith("false alarms"))
    )
    every = st.toggle("Every measure", key="bench_every")
    if not every:
        shown = set(envmix_values("patchcore"))
        measures = [measure for measure in measures if measure in shown]
    lines = []
    for level, metric in measures:
        for method in methods:
            mine = _of(rows, method, level, metric)
            if not mine:
                continue
            mean, scale = mean_of(mine), 1.0 if metric in PLAIN else 100.0
            paper = envmix_values(method[0]).get((level, metric))
            known = not np.isnan(mean.low)
            lines.append(
                {
                    "level": level,
                    "metric": metric,
                    "method": method_name(method),
                    "ours": scale * mean.value,
                    "low": scale * mean.low if known else None,
                    "high": scale * mean.high if known else None,
                    "paper": paper,
                    "difference": None if paper is None else scale * mean.value - paper,
                }
            )
    column = st.column_config
    number = {
        name: column.NumberColumn(label, format="%.1f", width="small")
        for name, label in (
            ("ours", "Ours"),
            ("low", "from"),
            ("high", "to"),
            ("paper", "Paper"),
        )
    }
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content" if len(lines) <= 12 else 430,
        column_config={
            "level": column.TextColumn("Level", width="small"),
            "metric": column.TextColumn("Measure", width="medium"),
            "method": column.TextColumn("Method", width="medium"),
            **number,
            "difference": column.NumberColumn("Difference", format="%+.1f", width="small"),
        },
        alt="Table of every measure beside the paper's value",
    )
    st.caption(
        "Percent, mean over classes and ratios, with 95 % intervals over clips. The paper’s mixes "
        "were made of other recordings and heard by another network: a difference is no error of "
        "either."
    )


def _heatmap(
    rows: list[ResultRow],
    methods: list[tuple[str, str]],
    normals: list[str],
    levels: list[float | None],
) -> None:
    choices = [
        ("sample", "ROC"),
        ("spectrogram", "ROC"),
        ("spectrogram", "PRO"),
        ("temporal", "ROC"),
    ]
    level, metric = st.selectbox(
        "Measure", choices, format_func=lambda pair: " ".join(pair), key="bench_measure"
    )
    values = np.full((len(normals), len(methods)), np.nan)
    for i, normal in enumerate(normals):
        for j, method in enumerate(methods):
            mine = [r.value for r in _of(rows, method, level, metric) if r.normal == normal]
            if mine:
                values[i, j] = np.mean(mine)
    figure = benchmark_figures.class_heatmap(
        values, normals, [method_name(m) for m in methods], height=150 + 48 * len(normals)
    )
    st.plotly_chart(figure, config=QUIET, key="bench_heatmap")
    said = f"Mean over {formats.counted(len(levels), 'ratio')}, percent."
    if np.isfinite(values).sum() > 1:
        i, j = np.unravel_index(np.nanargmin(values), values.shape)
        said += (
            f" Hardest: {markdown.plain(normals[i])} for "
            f"{markdown.plain(method_name(methods[j]))}, {100 * values[i, j]:.1f}."
        )
    st.caption(said)


def _chosen(
    clips: list[dict[str, Any]], method: tuple[str, str], normal: str, snr_db: float | None
) -> list[dict[str, Any]]:
    return [
        clip
        for clip in clips
        if (clip["head"], clip["preset"], clip["normal"]) == (*method, normal)
        and (not clip["anomalous"] or clip["snr_db"] == snr_db)
    ]


def _curves(
    clips: list[dict[str, Any]],
    methods: list[tuple[str, str]],
    normals: list[str],
    levels: list[float | None],
) -> None:
    a, b = st.columns(2)
    normal = a.selectbox("Class", normals, key="bench_curve_class")
    snr_db = b.selectbox("Ratio", levels, format_func=level_name, key="bench_curve_snr")
    curves = []
    for method in methods:
        mine = _chosen(clips, method, normal, snr_db)
        truth = [clip["anomalous"] for clip in mine]
        if any(truth) and not all(truth):
            curves.append((method_name(method), truth, [clip["score"] for clip in mine]))
    st.plotly_chart(benchmark_figures.roc_curves(curves), config=QUIET, key="bench_curves")
    if curves:
        n_unlike, n = sum(curves[0][1]), len(curves[0][1])
        st.caption(
            f"{n_unlike} unlike and {n - n_unlike} normal clips of {markdown.plain(normal)}."
        )


def _cell(
    clips: list[dict[str, Any]],
    methods: list[tuple[str, str]],
    normals: list[str],
    levels: list[float | None],
    sample_rate: int,
) -> None:
    a, b, c = st.columns(3)
    method = a.selectbox("Method", methods, format_func=method_name, key="bench_cell_method")
    normal = b.selectbox("Class", normals, key="bench_cell_class")
    snr_db = c.selectbox("Ratio", levels, format_func=level_name, key="bench_cell_snr")
    mine = sorted(_chosen(clips, method, normal, snr_db), key=lambda clip: clip["score"])
    unlike = [clip for clip in mine if clip["anomalous"]]
    usual = [clip for clip in mine if not clip["anomalous"]]
    # No clip is both among the best and among the worst.
    n_shown = min(N_CLIPS_SHOWN, max(1, len(unlike) // 2))
    kinds = (
        ("Found best", unlike[::-1][:n_shown]),
        ("Found worst", unlike[:n_shown]),
        ("Normal, yet scored highest", usual[::-1][:N_CLIPS_SHOWN]),
    )
    for place, (column, (name, shown)) in enumerate(zip(st.columns(3), kinds, strict=True)):
        with column:
            st.markdown(f"**{name}**")
            for number, clip in enumerate(shown):
                _clip(clip, sample_rate, key=f"hear_{place}_{number}")


def _clip(clip: dict[str, Any], sample_rate: int, key: str) -> None:
    verdict = sentences.short_verdict(clip["score"] > clip["threshold"])
    with st.container(border=True, key=key):
        st.markdown(markdown.plain(str(clip["clip"]), 90))
        st.caption(
            f"Score {clip['score']:.3g}, threshold {clip['threshold']:.3g}, "
            f"p = {clip['p_value']:.2g}: {verdict.lower()}."
        )
        described = json.dumps(clip["made_from"], sort_keys=True)
        try:
            sound = _sound(described, sample_rate, clip["snr_db"])
        except HearMapError as error:
            st.caption(markdown.plain(str(error), 300))
            return
        st.audio(sound, format="audio/wav")


@st.cache_data(max_entries=48, show_spinner=False)
def _sound(described: str, sample_rate: int, snr_db: float | None) -> bytes:
    """The clip as WAV, made again from its files or its seed, in about 0.1 s."""
    from core.audio import wav_bytes
    from core.evaluation.benchmarks.mix_again import again
    from core.evaluation.datasets.mixing import Mix

    made = again(json.loads(described), sample_rate, snr_db)
    clip = made.clip if isinstance(made, Mix) else made
    return wav_bytes(clip.samples, clip.sample_rate)
