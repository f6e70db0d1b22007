"""Benchmark: detectors measured on sounds whose anomalies are known, beside the paper's numbers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.state import Query
from app.text import markdown
from app.widgets import benchmark_form, benchmark_results
from app.widgets.job_panel import ended_badly, find_job, is_active, title_of, watch
from core import jobs
from core.evaluation.benchmarks import saved
from core.jobs.tasks.bench import BenchTask


def draw() -> None:
    st.title("Benchmark", anchor=False)
    st.markdown(
        "Measure methods on sounds whose anomalies are known: each is fitted on normal clips and "
        "scored on normal ones and on mixes, as in the paper that HearMap follows."
    )
    job = find_job(st.query_params.get(Query.JOB), BenchTask)
    if job is not None and is_active(job):
        st.query_params[Query.JOB] = job.id
        watch(job.id, title_of(job))
        return
    if job is not None:
        _ended(job)
    found = saved.list_benchmarks()
    finished = [one for one in found if one.is_finished]
    with st.expander("New benchmark", icon=":material/add:", expanded=not finished):
        task = benchmark_form.draw()
        if task is not None:
            _start(task)
    _unfinished([one for one in found if not one.is_finished])
    if not finished:
        st.info(
            "No benchmark has been finished yet. The demo machines need no recordings: a few "
            "methods on one machine take some minutes.",
            icon=":material/leaderboard:",
        )
        return
    benchmark_results.draw(_choose(finished))


def title(settings: dict[str, Any]) -> str:
    """What a benchmark measures on what, in a line."""
    return markdown.shortened(BenchTask.from_record(settings).subject, 90)


def _start(task: BenchTask) -> None:
    st.query_params[Query.JOB] = jobs.submit(task)
    st.query_params[Query.BENCHMARK] = saved.benchmark_id(task.as_record())
    st.rerun()


def _ended(job: jobs.Job) -> None:
    if job.state == "cancelled":
        st.info(
            "The benchmark was cancelled. What it had finished is kept: go on, and it is not "
            "measured again.",
            icon=":material/block:",
        )
    else:
        ended_badly(job, "The benchmark")


def _unfinished(begun: list[saved.SavedBenchmark]) -> None:
    for one in begun[:5]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Not finished: {markdown.plain(title(one.settings), 120)}")
            if st.button("Go on", icon=":material/play_arrow:", key=f"go_on_{one.id}"):
                _start(BenchTask.from_record(one.settings))
            if st.button("Remove", icon=":material/delete:", key=f"remove_{one.id}"):
                saved.delete_benchmark(one.id)
                st.rerun()


def _choose(finished: list[saved.SavedBenchmark]) -> saved.SavedBenchmark:
    ids = [one.id for one in finished]
    wanted = st.query_params.get(Query.BENCHMARK)
    named = {
        one.id: f"{title(one.settings)} · {one.changed_at.astimezone():%d %b %Y, %H:%M}"
        for one in finished
    }
    chosen = st.selectbox(
        "Benchmark",
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda benchmark: named[benchmark],
        key=f"choose_benchmark_{len(ids)}_{wanted if wanted in ids else ids[0]}",
    )
    chosen = chosen or ids[0]
    st.query_params[Query.BENCHMARK] = chosen
    return finished[ids.index(chosen)]


draw()
