"""Weights: the networks' published files, which are here, and how to get the others."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from pathlib import Path

import streamlit as st

from app import navigation
from app.state import empty_uploader, turn
from app.text import formats, markdown
from app.text import weights as text
from app.text.views import TITLES
from app.widgets.job_panel import active_job, draw_ended, find_job, start, watch
from core import jobs
from core.backbones.weights import catalogue, store
from core.backbones.weights.published_file import PublishedFile
from core.errors import WeightsError
from core.jobs.tasks.weights import WeightsTask
from core.runtime.paths import data_root, environment_weights_dir, weights_dir

ENDINGS = (".pth", ".pt", ".whl", ".safetensors")
MOST_LOOKED_AT = 20_000


def draw() -> None:
    """Draw the view."""
    st.title(TITLES["weights"], anchor=False)
    st.markdown(text.LEAD)
    job = find_job(WeightsTask)
    listed = catalogue.WEIGHTS.values()
    n_here = sum(catalogue.find(file.name) is not None for file in listed)
    networks = formats.counted(len(listed), "network")
    st.caption(text.COUNT.format(n_here=n_here, networks=networks))
    for file in listed:
        with st.container(border=True, key=f"weights_{file.name}"):
            _file(file, job)


def _file(file: PublishedFile, job: jobs.Job | None) -> None:
    here = catalogue.find(file.name)
    own = job if job is not None and job.arguments.get("name") == file.name else None
    left, right = st.columns([3, 1.35], gap="medium")
    name = markdown.plain(file.short_title)
    with left:
        st.markdown(f"**{name}**  {text.HERE if here else text.NOT_HERE}")
        st.markdown(markdown.plain(f"{file.summary}.", 200))
        size = formats.size(file.size_bytes)
        facts = [
            size if file.size_is_exact else text.ABOUT.format(size=size),
            markdown.plain(file.licence),
            f"`{file.name}`",
        ]
        if file.needs:
            facts.append(text.NEEDS.format(what=markdown.plain(file.needs)))
        lines = [
            " · ".join(facts),
            text.PUBLISHED.format(name=markdown.plain(file.published, 200)),
            _hash_of(file, here),
        ]
        st.caption("  \n".join(lines))
    with right:
        if own is not None and own.active:
            st.caption(text.RUNNING)
        elif here:
            _saved(file, here)
        else:
            _get(file, busy=job is not None and job.active)
    if own is not None and own.active:
        watch(own.id, border=False)
    elif own is not None:
        _ended(own, name)


def _ended(job: jobs.Job, name: str) -> None:
    if job.state == "cancelled" and not job.arguments.get("file"):
        st.info(text.STOPPED.format(name=name), icon=":material/pause_circle:")
    elif job.state != "done":
        draw_ended(job, text.FETCHING.format(name=name))
    else:
        st.success(text.FETCHED.format(name=name), icon=":material/check_circle:")
        navigation.link("fit", text.FIT)


def _hash_of(file: PublishedFile, here: Path | None) -> str:
    source = f" ({markdown.plain(file.hash_source, 120)})" if file.hash_source else ""
    if file.sha256:
        return f"{text.SHA256.format(value=file.sha256)}{source}"
    found = ""
    if here:
        with contextlib.suppress(WeightsError):
            found = text.FILE_SHA256.format(value=catalogue.source_sha256(file.name))
    return (text.MD5.format(value=file.md5) if file.md5 else text.NO_HASH) + source + found


def _saved(file: PublishedFile, here: Path) -> None:
    size = formats.size(here.stat().st_size)
    if here.parent == environment_weights_dir():
        st.caption(text.INSTALLED.format(size=size))
        return
    st.caption(text.OWN.format(size=size))
    with st.popover(text.DELETE, icon=":material/delete:"):
        st.markdown(text.DELETE_SAYS)
        if st.button(text.DELETE_IT, type="primary", key=f"remove_{file.name}"):
            store.remove(file.name)
            st.query_params.clear()
            st.rerun()


def _get(file: PublishedFile, busy: bool) -> None:
    accepted = True
    if file.must_accept:
        st.caption(text.LICENCE.format(name=markdown.plain(file.licence), url=file.licence_url))
        accepted = st.checkbox(text.ACCEPT, key=f"accept_{file.name}")
    part = store.downloaded_bytes(file.name)
    if part:
        st.caption(text.PART_HERE.format(size=formats.size(part)))
    download = text.DOWNLOAD.format(size=formats.size(file.size_bytes))
    if file.browser_page:
        st.caption(text.BY_HAND)
    elif st.button(
        text.GO_ON if part else download,
        icon=":material/download:",
        key=f"fetch_{file.name}",
        disabled=busy or not accepted,
    ):
        _submit(WeightsTask(name=file.name, accept_licence=accepted))
    with st.popover(text.HAVE_FILE, icon=":material/upload_file:", disabled=not accepted):
        _bring(file, accepted, busy)


def _bring(file: PublishedFile, accepted: bool, busy: bool) -> None:
    st.markdown(text.BRING.format(what=markdown.plain(file.bring, 200)))
    root = data_root()
    if root is not None:
        looked_at = itertools.islice(root.rglob("*"), MOST_LOOKED_AT)
        found = (path for path in looked_at if path.suffix in ENDINGS and path.is_file())
        names = sorted(path.relative_to(root).as_posix() for path in found)
        chosen = st.selectbox(text.BELOW_ROOT, names, index=None)
        if chosen and st.button(text.CHECK, key=f"pick_{file.name}", disabled=busy):
            path = (root / chosen).resolve()
            if path.is_relative_to(root):
                _submit(WeightsTask(name=file.name, accept_licence=accepted, file=str(path)))
    most = int(st.get_option("server.maxUploadSize"))
    if file.size_bytes > most * 2**20:
        accept = " --accept-licence" if file.must_accept else ""
        st.markdown(text.TOO_LARGE.format(most=most))
        command = text.COMMAND.format(name=file.name, accept=accept)
        st.code(command, language=None, wrap_lines=True)
        return
    name = f"bring_{file.name}"
    key = f"{name}_{turn(name)}"
    brought = st.file_uploader(text.FILE, key=key, disabled=busy, label_visibility="collapsed")
    if brought is None:
        return
    # Lest the next run save the same file again.
    empty_uploader(name)
    path = weights_dir() / "downloads" / f"{file.name}.brought"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        shutil.copyfileobj(brought, target)
    _submit(
        WeightsTask(
            name=file.name,
            accept_licence=accepted,
            file=str(path),
            uploaded=True,
            called=brought.name,
        )
    )


def _submit(task: WeightsTask) -> None:
    # Two sessions may ask at once; a second download of one file would spoil the first's part.
    if active_job(WeightsTask) is None:
        start(task)
    st.rerun()


draw()
