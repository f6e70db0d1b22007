"""`torchaudio` imports beside any build of PyTorch, the CPU-only one included.

torchaudio's optional C++ extension links one CUDA version: beside a CPU-only PyTorch its import
raises OSError, beside another CUDA version RuntimeError. All that HearMap uses of it (transforms,
functional, compliance.kaldi) is plain PyTorch, so only after the plain import failed an empty
extension takes the place of the one that does not load.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_EXTENSION = "torchaudio._extension"


def import_torchaudio() -> ModuleType:
    """Import torchaudio, with its own extension where that loads and a stand-in where it does not.

    Returns:
        The package.

    Raises:
        ImportError: torchaudio is not installed, or fails for another reason.
    """
    try:
        return importlib.import_module("torchaudio")
    except (OSError, RuntimeError):
        _forget_half_imported()
        stand_in = ModuleType(_EXTENSION, "Stands for torchaudio's extension, which does not load.")
        stand_in.__dict__.update(
            _IS_TORCHAUDIO_EXT_AVAILABLE=False,
            _IS_ALIGN_AVAILABLE=False,
            fail_if_no_align=lambda function: function,
            _check_cuda_version=lambda: None,
        )
        sys.modules[_EXTENSION] = stand_in
    try:
        return importlib.import_module("torchaudio")
    except BaseException:
        _forget_half_imported()
        raise


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
        del sys.modules[name]


torchaudio = import_torchaudio()
