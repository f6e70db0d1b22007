"""A finished benchmark: tables beside the paper's, ROC curves, classes, recordings to listen to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.text import benchmark as text
from app.text import formats, markdown, sentences
from app.text.methods import head_title
from app.widgets import benchmark_figures, downloads, table
from core.audio import wav_bytes
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


@dataclass(frozen=True)
class _Results:
    """What a benchmark measured, and on which methods, normal classes and SNRs in dB."""

    rows: list[ResultRow]
    clips: list[dict[str, Any]]
    methods: list[Method]
    normals: list[str]
    levels: list[float | None]

    def of(self, method: Method, level: str, metric: str) -> list[ResultRow]:
        wanted = (*method, level, metric)
        return [r for r in self.rows if (r.head, r.preset, r.level, r.metric) == wanted]

    def clips_of(self, method: Method, normal: str, snr_db: float | None) -> list[dict[str, Any]]:
        return [
            clip
            for clip in self.clips
            if (clip["head"], clip["preset"], clip["normal"]) == (*method, normal)
            and (not clip["anomalous"] or clip["snr_db"] == snr_db)
        ]


def draw(benchmark: saved.SavedBenchmark) -> None:
    """Draw everything of one benchmark.

    Args:
        benchmark: The benchmark, which is finished.
    """
    found = _read(benchmark.id, benchmark.changed_at.isoformat())
    _best(found)
    st.subheader(text.BESIDE_PAPER, anchor=False)
    _table(found)
    downloads.button(text.TABLES, saved.read_tables(benchmark.id), f"benchmark_{benchmark.id}.md")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(text.BY_CLASS, anchor=False)
        _heatmap(found)
    with right:
        st.subheader(text.ROC_CURVES, anchor=False)
        _curves(found)
    st.subheader(text.EXAMPLES, anchor=False)
    _examples(found, int(benchmark.settings.get("sample_rate") or 44_100))


@st.cache_data(max_entries=8, show_spinner=False)
def _read(benchmark: str, moment: str) -> _Results:
    rows = saved.read_rows(benchmark)
    return _Results(
        rows,
        saved.read_clips(benchmark),
        methods=list(dict.fromkeys((row.head, row.preset) for row in rows)),
        normals=list(dict.fromkeys(row.normal for row in rows)),
        levels=list(dict.fromkeys(row.snr_db for row in rows if row.metric == "ROC")),
    )


def _name(method: Method) -> str:
    head, preset = method
    return text.method(head_title(head), preset)


def _best(found: _Results) -> None:
    # Not at the top: SciPy's statistics come with it.
    from core.evaluation.benchmarks.means import mean_of

    areas = {
        method: mean_of(own)
        for method in found.methods
        if (own := found.of(method, "sample", "ROC"))
    }
    if not areas:
        return
    best = max(areas, key=lambda method: areas[method].value)
    area = areas[best]
    n_rivals = sum(areas[method].high >= area.low for method in areas if method != best)
    interval = (area.value, area.low, area.high)
    st.markdown(text.best(markdown.plain(_name(best)), interval, len(areas), n_rivals))


def _table(found: _Results) -> None:
    from core.evaluation.benchmarks.envmix_tables import PLAIN
    from core.evaluation.benchmarks.means import mean_of
    from core.evaluation.benchmarks.paper import envmix_values

    measures = dict.fromkeys(
        (r.level, r.metric) for r in found.rows if not r.metric.startswith("false alarms")
    )
    every = st.toggle(text.EVERY_MEASURE, key="bench_every")
    shown = measures if every else envmix_values("patchcore")
    lines = []
    for level, metric in measures:
        for method in found.methods:
            own = found.of(method, level, metric)
            if (level, metric) not in shown or not own:
                continue
            mean, scale = mean_of(own), 1.0 if metric in PLAIN else 100.0
            paper = envmix_values(method[0]).get((level, metric), np.nan)
            lines.append(
                {
                    "level": level,
                    "metric": metric,
                    "method": _name(method),
                    "ours": scale * mean.value,
                    "low": scale * mean.low,
                    "high": scale * mean.high,
                    "paper": paper,
                    "difference": scale * mean.value - paper,
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


def _heatmap(found: _Results) -> None:
    level, metric = st.selectbox(
        text.MEASURE, HEATMAP_MEASURES, format_func=" ".join, key="bench_measure"
    )
    values = np.full((len(found.normals), len(found.methods)), np.nan)
    for i, normal in enumerate(found.normals):
        for j, method in enumerate(found.methods):
            own = [r.value for r in found.of(method, level, metric) if r.normal == normal]
            if own:
                values[i, j] = 100 * np.mean(own)
    names = [_name(method) for method in found.methods]
    figure = benchmark_figures.class_heatmap(values, found.normals, names)
    st.plotly_chart(figure, config=QUIET, key="bench_heatmap")
    said = text.MEAN_OVER.format(ratios=formats.counted(len(found.levels), "ratio"))
    if np.isfinite(values).sum() > 1:
        row, place = np.unravel_index(np.nanargmin(values), values.shape)
        said += text.HARDEST.format(
            name=markdown.plain(found.normals[row]),
            method=markdown.plain(names[place]),
            value=f"{values[row, place]:.1f}",
        )
    st.caption(said)


def _class_and_level(
    found: _Results, left: DeltaGenerator, right: DeltaGenerator, key: str
) -> tuple[str, float | None]:
    normal = left.selectbox(text.CLASS, found.normals, key=f"{key}_class")
    level = right.selectbox(text.RATIO, found.levels, format_func=text.level, key=f"{key}_snr")
    return normal, level


def _curves(found: _Results) -> None:
    left, right = st.columns(2)
    normal, snr_db = _class_and_level(found, left, right, "bench_curve")
    curves = []
    for method in found.methods:
        own = found.clips_of(method, normal, snr_db)
        truth = [bool(clip["anomalous"]) for clip in own]
        if any(truth) and not all(truth):
            scores = [clip["score"] for clip in own]
            curves.append((head_title(method[0]), method[1], truth, scores))
    st.plotly_chart(benchmark_figures.roc_curves(curves), config=QUIET, key="bench_curves")
    if curves:
        _, _, truth, _ = curves[0]
        counts = {"n_anomalous": sum(truth), "n_normal": len(truth) - sum(truth)}
        st.caption(text.CURVE_COUNTS.format(**counts, name=markdown.plain(normal)))


def _examples(found: _Results, sample_rate: int) -> None:
    left, middle, right = st.columns(3)
    method = left.selectbox(text.METHOD, found.methods, format_func=_name, key="bench_cell_method")
    own = found.clips_of(method, *_class_and_level(found, middle, right, "bench_cell"))
    own.sort(key=lambda clip: float(clip["score"]))
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
        column.markdown(f"**{name}**")
        for number, clip in enumerate(shown):
            with column.container(border=True, key=f"hear_{place}_{number}"):
                _example(clip, sample_rate)


def _example(clip: dict[str, Any], sample_rate: int) -> None:
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
        st.audio(_sound(described, sample_rate, clip["snr_db"]), format="audio/wav")
    except HearMapError as error:
        st.caption(markdown.sentence(error))


@st.cache_data(max_entries=48, show_spinner=False)
def _sound(described: str, sample_rate: int, snr_db: float | None) -> bytes:
    # Make the recording as WAV again from its files or its seed, in about 0.1 s.
    from core.evaluation.benchmarks.mix_again import again
    from core.evaluation.datasets.mixing import Mix

    made = again(json.loads(described), sample_rate, snr_db)
    clip = made.clip if isinstance(made, Mix) else made
    return wav_bytes(clip.samples, clip.sample_rate)
