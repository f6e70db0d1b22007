"""The papers' numbers, to be printed beside ours."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class PaperValue:
    """A number in a paper.

    Attributes:
        paper: The paper.
        table: The table it stands in, "" where it stands in none.
        data_set: The data set's name in results.
        part: The published part of DCASE, else "".
        machine: The machine, "" for the mean of all.
        level: “sample”, “spectrogram”, “temporal” or “faithfulness”.
        metric: The metric's name in results.
        head: The head that is compared with it.
        method: What the paper calls the method.
        value: The number, in percent as printed.
    """

    paper: str
    table: str
    data_set: str
    part: str
    machine: str
    level: str
    metric: str
    head: str
    method: str
    value: float


@cache
def paper_values() -> tuple[PaperValue, ...]:
    """Read every number that is kept: of MIMII, DCASE 2020 and 2023, and EnvMix.

    From Vision to Sound, tables 1 to 3; from AnoPatch, tables 1 and 2. The autoencoder's values on
    MIMII are of the data set's own baseline, run again. EnvMix mixes UrbanSound8K with ESC-50,
    through CLAP's CNN14; its F1 of cells and columns is taken to be at the cut that the text
    describes, each map's 40th percentile.

    Returns:
        The numbers, in the order of paper.csv.
    """
    table = Path(__file__).with_name("paper.csv")
    with table.open(encoding="utf-8", newline="") as stream:
        return tuple(
            PaperValue(value=float(line.pop("value")), **line) for line in csv.DictReader(stream)
        )


def paper_value(
    data_set: str, head: str, machine: str, metric: str, part: str = ""
) -> PaperValue | None:
    """Look up a head's number on a machine.

    Args:
        data_set: The data set's name in results.
        head: The head.
        machine: The machine, "" for the mean of all.
        metric: The metric's name in results.
        part: The published part of DCASE, else "".

    Returns:
        The number; None where no paper has one.
    """
    wanted = (data_set, head, machine, metric, part)
    for one in paper_values():
        if (one.data_set, one.head, one.machine, one.metric, one.part) == wanted:
            return one
    return None


@cache
def envmix_values(head: str) -> dict[tuple[str, str], float]:
    """Look up the paper's EnvMix of a head.

    Args:
        head: The head.

    Returns:
        Percent by level and metric; nothing where the paper has not measured it.
    """
    return {
        (one.level, one.metric): one.value
        for one in paper_values()
        if (one.data_set, one.head) == ("envmix", head)
    }
