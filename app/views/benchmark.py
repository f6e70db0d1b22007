"""Benchmark: methods measured on sounds whose anomalies are known, beside the paper's numbers."""

from __future__ import annotations

import streamlit as st

from app import navigation
from app.state import Query
from app.text import benchmark as text
from app.text import formats, markdown
from app.text.views import TITLES
from app.widgets import benchmark_form, benchmark_results
from app.widgets.job_panel import draw_ended, find_job, start, watch
from core.evaluation.benchmarks import saved
from core.jobs.tasks.bench import BenchTask

MOST_UNFINISHED = 5


def draw() -> None:
    """Draw the view."""
    st.title(TITLES["benchmark"], anchor=False)
    st.markdown(text.LEAD)
    job = find_job(BenchTask)
    if job is not None and job.active:
        st.query_params[Query.JOB] = job.id
        watch(job.id)
        return
    if job is not None and job.state == "cancelled":
        st.info(text.CANCELLED, icon=":material/block:")
    elif job is not None:
        draw_ended(job, text.THE_BENCHMARK)
    found = saved.list_benchmarks()
    finished = [one for one in found if one.is_finished]
    with st.expander(text.NEW, icon=":material/add:", expanded=not finished):
        task = benchmark_form.draw()
        if task is not None:
            _start(task)
    _unfinished([one for one in found if not one.is_finished])
    if not finished:
        st.info(text.NONE_FINISHED, icon=navigation.ICONS["benchmark"])
        return
    benchmark_results.draw(_choose(finished))


def _start(task: BenchTask) -> None:
    st.query_params[Query.BENCHMARK] = saved.benchmark_id(task.as_record())
    start(task)


def _unfinished(begun: list[saved.SavedBenchmark]) -> None:
    for one in begun[:MOST_UNFINISHED]:
        task = BenchTask.from_record(one.settings)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(text.UNFINISHED.format(title=markdown.plain(task.subject, 90)))
            if st.button(text.GO_ON, icon=":material/play_arrow:", key=f"go_on_{one.id}"):
                _start(task)
            if st.button(text.DELETE, icon=":material/delete:", key=f"remove_{one.id}"):
                saved.delete_benchmark(one.id)
                st.rerun()


def _choose(finished: list[saved.SavedBenchmark]) -> saved.SavedBenchmark:
    ids = [one.id for one in finished]
    wanted = st.query_params.get(Query.BENCHMARK)
    first = wanted if wanted in ids else ids[0]
    names = {
        one.id: f"{markdown.shortened(BenchTask.from_record(one.settings).subject, 90)} · "
        f"{formats.date_and_time(one.changed_at)}"
        for one in finished
    }
    chosen = st.selectbox(
        text.BENCHMARK,
        ids,
        index=ids.index(first),
        format_func=names.__getitem__,
        key=f"choose_benchmark_{len(ids)}_{first}",
    )
    st.query_params[Query.BENCHMARK] = chosen
    return finished[ids.index(chosen)]


draw()
