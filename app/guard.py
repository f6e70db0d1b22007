"""No traceback reaches a user: problems become a sentence, and the rest goes to the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from logging.handlers import RotatingFileHandler
from typing import ParamSpec, TypeVar

import streamlit as st

from app.text.markdown import sentence
from core.errors import HearMapError
from core.runtime.paths import home

P = ParamSpec("P")
T = TypeVar("T")
LOG_NAME = "app.log"
LOG_BYTES = 2_000_000


def _log() -> logging.Logger:
    log = logging.getLogger("hearmap.app")
    path = home() / "logs" / LOG_NAME
    if any(getattr(handler, "baseFilename", "") == str(path) for handler in log.handlers):
        return log
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    except OSError:  # a full or read-only disk must not hide the first problem
        return log
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for old in list(log.handlers):
        log.removeHandler(old)
        old.close()
    log.addHandler(handler)
    return log


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever is drawn inside ends in one sentence, never in a traceback."""
    try:
        yield
    except HearMapError as error:
        st.error(sentence(error), icon=":material/error:")
        st.page_link("views/start.py", label="Back to the start", icon=":material/arrow_back:")
    except Exception:
        _log().exception("A view failed")
        st.error(
            "Something happened here that HearMap did not expect. Nothing that was saved is lost. "
            f"Load the page again; what happened is written in logs/{LOG_NAME} of HearMap’s "
            "data folder.",
            icon=":material/error:",
        )
        st.page_link("views/start.py", label="Back to the start", icon=":material/arrow_back:")


def guard(draw: Callable[P, T]) -> Callable[P, T | None]:
    """The same for a fragment, whose reruns do not pass through main.py."""

    @wraps(draw)
    def safely(*args: P.args, **kwargs: P.kwargs) -> T | None:
        with guarded():
            return draw(*args, **kwargs)
        return None

    return safely
