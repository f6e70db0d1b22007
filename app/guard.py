"""The boundary that turns errors into one sentence for people; the traceback goes to the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from logging.handlers import RotatingFileHandler
from typing import ParamSpec, TypeVar

import streamlit as st

from app import navigation
from app.text import markdown, notices
from core.errors import HearMapError, StoreError
from core.runtime.paths import home

P = ParamSpec("P")
T = TypeVar("T")
LOG_BYTES = 2_000_000


def _log() -> logging.Logger:
    log = logging.getLogger("hearmap.app")
    try:
        path = home() / "logs" / "app.log"
        if any(getattr(handler, "baseFilename", "") == str(path) for handler in log.handlers):
            return log
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    except (OSError, StoreError):  # a disk that is full must not hide the first problem
        return log
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for old in list(log.handlers):
        log.removeHandler(old)
        old.close()
    log.addHandler(handler)
    return log


@contextmanager
def guarded() -> Iterator[None]:
    """Show one sentence instead of a traceback where drawing fails.

    Yields:
        Nothing; what is drawn inside is guarded.
    """
    try:
        yield
        return
    except HearMapError as error:
        said = markdown.sentence(error)
    except Exception:
        _log().exception("A view failed")
        said = notices.UNEXPECTED
    st.error(said, icon=":material/error:")
    navigation.link("start", notices.BACK_TO_START, icon=":material/arrow_back:")


def guard(draw: Callable[P, T]) -> Callable[P, T | None]:
    """Guard a fragment, whose reruns do not pass through main.py.

    Args:
        draw: The function that draws the fragment.

    Returns:
        The function, which returns None where drawing failed.
    """

    @wraps(draw)
    def safely(*args: P.args, **kwargs: P.kwargs) -> T | None:
        result: T | None = None
        with guarded():
            result = draw(*args, **kwargs)
        return result

    return safely
