"""Weights: the networks' published files, what is here, and how the others come here."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import streamlit as st

from app.state import Query
from app.text import formats, markdown
from app.widgets.job_panel import active_job, ended_badly, find_job, is_active, watch
from core import jobs
from core.backbones.weights import catalogue, store
from core.backbones.weights.published_file import PublishedFile
from core.errors import WeightsError
from core.jobs.tasks.weights import WeightsTask
from core.runtime.paths import data_root, environment_weights_dir, weights_dir

ENDINGS = (".pth", ".pt", ".whl", ".safetensors")
MOST_LOOKED_AT = 20_000


def draw() -> None:
    st.title("Weights", anchor=False)
    st.markdown(
        "HearMap hears with networks that others trained and published. aiSFX comes with the "
        "set-up; each of the others works once its weights are here. Only the tensors that are "
        "needed are kept."
    )
    job = find_job(st.query_params.get(Query.JOB), WeightsTask)
    listed = catalogue.list_weights()
    n_here = sum(catalogue.find(file.name) is not None for file in listed)
    st.caption(f"{n_here} of {formats.counted(len(listed), 'network')} here.")
    for file in listed:
        with st.container(border=True, key=f"weights_{file.name}"):
            _file(file, job)


def _ended(job: jobs.Job, name: str) -> None:
    if job.state == "cancelled" and not job.arguments.get("file"):
        st.info(
            f"The download of {name} was stopped. What came of it is kept, and the next one goes "
            "on from there.",
            icon=":material/pause_circle:",
        )
    elif not ended_badly(job, f"Getting {name}"):
        st.success(f"{name} is here; Fit offers it now.", icon=":material/check_circle:")
        st.page_link("views/fit.py", label="Fit", icon=":material/library_music:")


def _file(file: PublishedFile, job: jobs.Job | None) -> None:
    here = catalogue.find(file.name)
    own = job is not None and job.arguments.get("name") == file.name
    left, right = st.columns([3, 1.35], gap="medium")
    with left:
        badge = ":green-badge[:material/check: Here]" if here else ":gray-badge[Not here]"
        st.markdown(f"**{markdown.plain(file.short_title)}**  {badge}")
        st.markdown(markdown.plain(f"{file.summary}.", 200))
        size = f"{'' if file.size_is_exact else 'about '}{_megabytes(file.size_bytes)}"
        facts = [size, markdown.plain(file.licence), f"`{file.name}`"]
        if file.needs:
            facts.append(f"needs {markdown.plain(file.needs)}")
        lines = [
            " · ".join(facts),
            f"Published as {markdown.plain(file.published, 200)}",
            _hash_of(file, here),
        ]
        st.caption("  \n".join(lines))
    with right:
        if own and is_active(job):
            st.caption("On its way, see below.")
        elif here:
            _kept(file, here)
        else:
            _get(file, busy=is_active(job))
    if job is not None and own:
        if is_active(job):
            watch(job.id, f"Getting {markdown.plain(file.short_title)}", border=False)
        else:
            _ended(job, markdown.plain(file.short_title))


def _hash_of(file: PublishedFile, here: Path | None) -> str:
    told = f" ({markdown.plain(file.hash_source, 120)})" if file.hash_source else ""
    if file.sha256:
        return f"sha256 `{file.sha256}`{told}"
    found = ""
    if here:
        try:
            found = f"; the file that came had sha256 `{catalogue.source_sha256(file.name)}`"
        except WeightsError:
            found = ""
    return (f"MD5 `{file.md5}`" if file.md5 else "No hash is known") + told + found


def _kept(file: PublishedFile, here: Path) -> None:
    size = _megabytes(here.stat().st_size)
    if here.parent == environment_weights_dir():
        st.caption(f"{size} kept with this installation, for everybody who uses it.")
        return
    st.caption(f"{size} kept in your HearMap folder.")
    with st.popover("Remove", icon=":material/delete:"):
        st.markdown("Models fitted with it can be used again once it is back.")
        if st.button("Remove it", type="primary", key=f"remove_{file.name}"):
            store.remove(file.name)
            st.query_params.clear()
            st.rerun()


def _get(file: PublishedFile, busy: bool) -> None:
    accepted = True
    if file.must_accept:
        st.caption(
            f"[{markdown.plain(file.licence)}]({file.licence_url}), its licence, must be accepted."
        )
        accepted = st.checkbox("I accept the licence", key=f"accept_{file.name}")
    part = store.downloaded_bytes(file.name)
    if part:
        st.caption(f"{_megabytes(part)} came before it was stopped.")
    if file.browser_page:
        st.caption("Only a person can download it, in a browser.")
    elif st.button(
        "Go on with the download" if part else f"Download {_megabytes(file.size_bytes)}",
        icon=":material/download:",
        key=f"fetch_{file.name}",
        disabled=busy or not accepted,
    ):
        _submit(WeightsTask(name=file.name, accept_licence=accepted))
    with st.popover("I have the file", icon=":material/upload_file:", disabled=not accepted):
        _bring(file, accepted, busy)


def _bring(file: PublishedFile, accepted: bool, busy: bool) -> None:
    st.markdown(f"On a machine without a network, bring {markdown.plain(file.bring, 200)}.")
    root = data_root()
    if root is not None:
        chosen = st.selectbox("A file below the data root", _files_below(root), index=None)
        if chosen and st.button("Check and keep it", key=f"pick_{file.name}", disabled=busy):
            path = (root / chosen).resolve()
            if path.is_relative_to(root):
                _submit(WeightsTask(name=file.name, accept_licence=accepted, file=str(path)))
    most = int(st.get_option("server.maxUploadSize"))
    if file.size_bytes > most * 2**20:
        accept = " --accept-licence" if file.must_accept else ""
        st.markdown(f"It is too large for an upload ({most:,} MB at most). On the machine, run")
        st.code(f"hearmap weights add {file.name} FILE{accept}", language=None, wrap_lines=True)
        return
    # A new key empties the uploader, lest the next run keep the same file again.
    turn_key = f"brought_{file.name}"
    turn = st.session_state.setdefault(turn_key, 0)
    brought = st.file_uploader(
        "The file",
        key=f"bring_{file.name}_{turn}",
        disabled=busy,
        label_visibility="collapsed",
    )
    if brought is None:
        return
    st.session_state[turn_key] = turn + 1
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


def _files_below(root: Path) -> list[str]:
    looked_at = itertools.islice(root.rglob("*"), MOST_LOOKED_AT)
    found = (path for path in looked_at if path.suffix in ENDINGS and path.is_file())
    return sorted(path.relative_to(root).as_posix() for path in found)


def _submit(task: WeightsTask) -> None:
    # Two sessions may ask at once; a second download of one file would spoil the first's part.
    if active_job(WeightsTask) is None:
        st.query_params[Query.JOB] = jobs.submit(task)
    st.rerun()


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.2f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"


draw()
