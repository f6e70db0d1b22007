"""What modules bring stays for good, and the garbage collector need not walk through it again.

Streamlit collects garbage after every run of a page. With PyTorch and its kin loaded that went
through a million objects and stopped the whole server for a third of a second, each time.
"""

from __future__ import annotations

import gc
import sys
import threading

_lock = threading.Lock()
_n_modules = 0


def settle() -> None:
    """Sets apart all that is there once more modules are loaded than at the last time.

    What is set apart is still freed when nothing refers to it, unless it refers to itself: so
    garbage of that kind is collected before. Costs a few microseconds where nothing is new.
    """
    global _n_modules
    with _lock:
        if len(sys.modules) <= _n_modules:
            return
        _n_modules = len(sys.modules)
        gc.collect()
        gc.freeze()
