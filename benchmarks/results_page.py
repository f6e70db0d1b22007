"""RESULTS.md: each benchmark writes its own section and leaves the others alone."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

import torch

PAGE = Path(__file__).with_name("RESULTS.md")


def write_section(name: str, text: str) -> None:
    """Replace the section between this name's markers, or add it at the end.

    Args:
        name: The section's name.
        text: Its Markdown.
    """
    page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else "# What was measured\n"
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin in page:
        before, rest = page.split(begin, 1)
        page = before + section + rest.split(end, 1)[1]
    else:
        page = f"{page.rstrip()}\n\n{section}\n"
    PAGE.write_text(page, encoding="utf-8")


def machine() -> str:
    """Say what the figures were measured on.

    Returns:
        Two sentences.
    """
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{datetime.date.today()}, {os.cpu_count()} cores of {model}, {gpu}, PyTorch "
        f"{torch.__version__}, {torch.get_num_threads()} threads; load {load:.1f} at the end. "
        "Times are of one run: take them as ratios."
    )
