"""A finished benchmark: tables beside the paper's, ROC curves, classes, recordings to listen to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.text import benchmark as text
from app.text import formats, markdown, sentences
from app.text.methods import head_title
from app.widgets import benchmark_figures, downloads, table
from core.errors import HearMapError
from core.evaluation.benchmarks import saved

if TYPE_CHECKING:
    from core.evaluation.benchmarks.results import ResultRow

QUIET = {"displayModeBar": False}
N_EXAMPLES = 3
HEATMAP_MEASURES = [
    ("sample", "ROC"),
    ("spectrogram", "ROC"),
    ("spectrogram", "PRO"),
    ("temporal", "ROC"),
]

# A head and its preset.
Method = tuple[str, str]


def draw(benchmark: saved.SavedBenchmark) -> None:
    """Draw everything of one benchmark.

    Args:
        benchmark: The benchmark, which is finished.
    """
    moment = benchmark.changed_at.isoformat()
    rows, clips = _rows(benchmark.id, moment), _clips(benchmark.id, moment)
    methods = list(dict.fromkeys((row.head, row.preset) for row in rows))
    _best(rows, methods)
    st.subheader(text.BESIDE_PAPER, anchor=False)
    _table(rows, methods)
    downloads.button(text.TABLES, saved.read_tables(benchmark.id), f"benchmark_{benchmark.id}.md")
    levels = list(dict.fromkeys(row.snr_db for row in rows if row.metric == "ROC"))
    normals = list(dict.fromkeys(row.normal for row in rows))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(text.BY_CLASS, anchor=False)
        _heatmap(rows, methods, normals, len(levels))
    with right:
        st.subheader(text.ROC_CURVES, anchor=False)
        _curves(clips, methods, normals, levels)
    st.subheader(text.EXAMPLES, anchor=False)
    sample_rate = int(benchmark.settings.get("sample_rate") or 44_100)
    _examples(clips, methods, normals, levels, sample_rate)


@st.cache_data(max_entries=8, show_spinner=False)
def _rows(benchmark: str, moment: str) -> list[ResultRow]:
    return saved.read_rows(benchmark)


@st.cache_data(max_entries=8, show_spinner=False)
def _clips(benchmark: str, moment: str) -> list[dict[str, Any]]:
    return saved.read_clips(benchmark)


def _name(method: Method) -> str:
    head, preset = method
    return text.method(head_title(head), preset)


def _best(rows: list[ResultRow], methods: list[Method]) -> None:
    # Not at the top: SciPy's statistics come with it.
    from core.evaluation.benchmarks.means import mean_of

    areas = {
        method: mean_of(found)
        for method in methods
        if (found := _of(rows, method, "sample", "ROC"))
    }
    if not areas:
        return
    best = max(areas, key=lambda method: areas[method].value)
    area = areas[best]
    n_rivals = sum(areas[method].high >= area.low for method in areas if method != best)
    interval = (area.value, area.low, area.high)
    st.markdown(text.best(markdown.plain(_name(best)), interval, len(areas), n_rivals))


def _of(rows: list[ResultRow], method: Method, level: str, metric: str) -> list[ResultRow]:
    return [r for r in rows if (r.head, r.preset, r.level, r.metric) == (*method, level, metric)]


def _table(rows: list[ResultRow], methods: list[Method]) -> None:
    from core.evaluation.benchmarks.envmix_tables import PLAIN
    from core.evaluation.benchmarks.means import mean_of
    from core.evaluation.benchmarks.paper import envmix_values

    measures = list(
        dict.fromkeys((r.level, r.metric) for r in rows if not r.metric.startswith("false alarms"))
    )
    every = st.toggle(text.EVERY_MEASURE, key="bench_every")
    if not every:
        shown = set(envmix_values("patchcore"))
        measures = [measure for measure in measures if measure in shown]
    lines = []
    for level, metric in measures:
        for method in methods:
            own = _of(rows, method, level, metric)
            if not own:
                continue
            mean, scale = mean_of(own), 1.0 if metric in PLAIN else 100.0
            paper = envmix_values(method[0]).get((level, metric))
            known = not np.isnan(mean.low)
            lines.append(
                {
                    "level": level,
                    "metric": metric,
                    "method": _name(method),
                    "ours": scale * mean.value,
                    "low": scale * mean.low if known else None,
                    "high": scale * mean.high if known else None,
                    "paper": paper,
                    "difference": None if paper is None else scale * mean.value - paper,
                }
            )
    column = st.column_config
    table.draw(
        lines,
        {
            "level": column.TextColumn(text.LEVEL, width="small"),
            "metric": column.TextColumn(text.MEASURE, width="medium"),
            "method": column.TextColumn(text.METHOD, width="medium"),
            **{
                name: column.NumberColumn(label, format="%.1f", width="small")
                for name, label in text.NUMBERS.items()
            },
            "difference": column.NumberColumn(text.DIFFERENCE, format="%+.1f", width="small"),
        },
        text.ALT,
        most=12,
        height=430,
    )
    st.caption(text.TABLE_SAYS)


def _heatmap(
    rows: list[ResultRow], methods: list[Method], normals: list[str], n_levels: int
) -> None:
    level, metric = st.selectbox(
        text.MEASURE, HEATMAP_MEASURES, format_func=" ".join, key="bench_measure"
    )
    values = np.full((len(normals), len(methods)), np.nan)
    for i, normal in enumerate(normals):
        for j, method in enumerate(methods):
            own = [r.value for r in _of(rows, method, level, metric) if r.normal == normal]
            if own:
                values[i, j] = np.mean(own)
    figure = benchmark_figures.class_heatmap(values, normals, [_name(m) for m in methods])
    st.plotly_chart(figure, config=QUIET, key="bench_heatmap")
    said = text.MEAN_OVER.format(ratios=formats.counted(n_levels, "ratio"))
    if np.isfinite(values).sum() > 1:
        row, place = np.unravel_index(np.nanargmin(values), values.shape)
        said += text.HARDEST.format(
            name=markdown.plain(normals[row]),
            method=markdown.plain(_name(methods[place])),
            value=f"{100 * values[row, place]:.1f}",
        )
    st.caption(said)


def _chosen(
    clips: list[dict[str, Any]], method: Method, normal: str, snr_db: float | None
) -> list[dict[str, Any]]:
    return [
        clip
        for clip in clips
        if (clip["head"], clip["preset"], clip["normal"]) == (*method, normal)
        and (not clip["anomalous"] or clip["snr_db"] == snr_db)
    ]


def _curves(
    clips: list[dict[str, Any]],
    methods: list[Method],
    normals: list[str],
    levels: list[float | None],
) -> None:
    a, b = st.columns(2)
    normal = a.selectbox(text.CLASS, normals, key="bench_curve_class")
    snr_db = b.selectbox(text.RATIO, levels, format_func=text.level, key="bench_curve_snr")
    curves = []
    for head, preset in methods:
        own = _chosen(clips, (head, preset), normal, snr_db)
        truth = [bool(clip["anomalous"]) for clip in own]
        if any(truth) and not all(truth):
            curves.append((head_title(head), preset, truth, [clip["score"] for clip in own]))
    st.plotly_chart(benchmark_figures.roc_curves(curves), config=QUIET, key="bench_curves")
    if curves:
        truth = curves[0][2]
        st.caption(
            text.CURVE_COUNTS.format(
                n_anomalous=sum(truth),
                n_normal=len(truth) - sum(truth),
                name=markdown.plain(normal),
            )
        )


def _examples(
    clips: list[dict[str, Any]],
    methods: list[Method],
    normals: list[str],
    levels: list[float | None],
    sample_rate: int,
) -> None:
    a, b, c = st.columns(3)
    method = a.selectbox(text.METHOD, methods, format_func=_name, key="bench_cell_method")
    normal = b.selectbox(text.CLASS, normals, key="bench_cell_class")
    snr_db = c.selectbox(text.RATIO, levels, format_func=text.level, key="bench_cell_snr")
    own = sorted(_chosen(clips, method, normal, snr_db), key=lambda clip: float(clip["score"]))
    anomalous = [clip for clip in own if clip["anomalous"]]
    usual = [clip for clip in own if not clip["anomalous"]]
    # None is both among the best and among the worst.
    n_shown = min(N_EXAMPLES, max(1, len(anomalous) // 2))
    kinds = (
        (text.FOUND_BEST, anomalous[::-1][:n_shown]),
        (text.FOUND_WORST, anomalous[:n_shown]),
        (text.NORMAL_HIGHEST, usual[::-1][:N_EXAMPLES]),
    )
    for place, (column, (name, shown)) in enumerate(zip(st.columns(3), kinds, strict=True)):
        with column:
            st.markdown(f"**{name}**")
            for number, clip in enumerate(shown):
                _example(clip, sample_rate, key=f"hear_{place}_{number}")


def _example(clip: dict[str, Any], sample_rate: int, key: str) -> None:
    with st.container(border=True, key=key):
        st.markdown(markdown.plain(str(clip["clip"]), 90))
        st.caption(
            text.EXAMPLE.format(
                score=formats.score(clip["score"]),
                threshold=formats.score(clip["threshold"]),
                p_value=formats.p_value(clip["p_value"]),
                verdict=sentences.short_verdict(clip["score"] > clip["threshold"]).lower(),
            )
        )
        described = json.dumps(clip["made_from"], sort_keys=True)
        try:
            sound = _sound(described, sample_rate, clip["snr_db"])
        except HearMapError as error:
            st.caption(markdown.sentence(error))
            return
        st.audio(sound, format="audio/wav")


@st.cache_data(max_entries=48, show_spinner=False)
def _sound(described: str, sample_rate: int, snr_db: float | None) -> bytes:
    # Make the recording as WAV again from its files or its seed, in about 0.1 s.
    from core.audio import wav_bytes
    from core.evaluation.benchmarks.mix_again import again
    from core.evaluation.datasets.mixing import Mix

    made = again(json.loads(described), sample_rate, snr_db)
    clip = made.clip if isinstance(made, Mix) else made
    return wav_bytes(clip.samples, clip.sample_rate)
