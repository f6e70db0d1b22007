"""torchaudio works beside a PyTorch that its extension was not built for."""

import importlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch

import core.spectral.torchaudio_import as subject


def in_a_new_process(program: str) -> str:
    """What the program prints in a fresh interpreter, where nothing is imported yet."""
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_resampling_works_and_keeps_a_tone() -> None:
    time_s = torch.arange(16_000) / 16_000
    tone = torch.sin(2 * np.pi * 1000 * time_s)
    half = subject.torchaudio.functional.resample(tone, 16_000, 8_000)
    assert half.shape == (8_000,)
    peak_hz = torch.fft.rfft(half).abs().argmax().item()
    assert peak_hz == 1000


def test_plain_import_elsewhere_gives_the_same_package() -> None:
    assert importlib.import_module("torchaudio") is subject.torchaudio


@pytest.mark.parametrize("error", ["OSError", "RuntimeError"])
def test_an_extension_that_does_not_load_is_replaced(error: str) -> None:
    printed = in_a_new_process(
        f"""
        import sys

        class Broken:
            tried = False
            def find_spec(self, name, path=None, target=None):
                if name == "torchaudio._extension":
                    Broken.tried = True
                    raise {error}("libcudart.so is not here")

        sys.meta_path.insert(0, Broken())
        from core.spectral.torchaudio_import import torchaudio
        assert Broken.tried
        assert torchaudio.functional.melscale_fbanks(513, 0.0, 8000.0, 40, 16000).shape == (513, 40)
        import torch
        assert torchaudio.compliance.kaldi.fbank(torch.zeros(1, 16000)).shape[1] == 23
        print(sys.modules["torchaudio._extension"]._IS_TORCHAUDIO_EXT_AVAILABLE)
        """
    )
    assert printed == "False\n"


def test_an_extension_that_loads_is_left_alone() -> None:
    printed = in_a_new_process(
        """
        import sys
        from types import ModuleType
        working = ModuleType("torchaudio")
        sys.modules["torchaudio"] = working
        from core.spectral.torchaudio_import import torchaudio
        assert torchaudio is working
        print("torchaudio._extension" in sys.modules)
        """
    )
    assert printed == "False\n"


def test_a_missing_torchaudio_is_an_import_error() -> None:
    printed = in_a_new_process(
        """
        import sys
        sys.modules["torchaudio"] = None
        try:
            import core.spectral.torchaudio_import
        except ImportError as error:
            print(type(error).__name__, "torchaudio" in str(error))
        """
    )
    assert printed == "ModuleNotFoundError True\n"
