"""The garbage collector's walk through what modules created, made once instead of at every run.

Streamlit collects garbage after every run of a page. With PyTorch and its kin loaded that went
through a million objects and stopped the whole server for a third of a second, each time.
"""

from __future__ import annotations

import gc
import sys
import threading

_lock = threading.Lock()
_n_modules = 0


def freeze_modules() -> None:
    """Take all present objects out of later collections, if modules were loaded since last time.

    They are still freed when nothing refers to them, unless they refer to themselves: so garbage
    of that kind is collected first. Costs a few microseconds where no module is new.
    """
    global _n_modules
    with _lock:
        if len(sys.modules) <= _n_modules:
            return
        _n_modules = len(sys.modules)
        gc.collect()
        gc.freeze()
