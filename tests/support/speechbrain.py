"""SpeechBrain's networks, which ours are compared with."""

import sys
from types import ModuleType

import pytest


def import_or_skip(name: str) -> ModuleType:
    """Import a module of SpeechBrain and put away the traps that this sets.

    SpeechBrain leaves modules in `sys.modules` that import something else at the first look at any
    attribute, and fail where that is not installed. Hypothesis looks at every module there is.
    """
    module = pytest.importorskip(name)
    for key, found in list(sys.modules.items()):
        if type(found) is not ModuleType and key.startswith("speechbrain."):
            del sys.modules[key]
    assert isinstance(module, ModuleType)
    return module
