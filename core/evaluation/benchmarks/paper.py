"""The papers' numbers, to be printed beside ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd


@cache
def paper_values() -> pd.DataFrame:
    """Read every number that is kept: of MIMII, DCASE 2020 and 2023, and EnvMix.

    From Vision to Sound, tables 1 to 3; from AnoPatch, tables 1 and 2. The autoencoder's values on
    MIMII are of the data set's own baseline, run again. EnvMix mixes UrbanSound8K with ESC-50,
    through CLAP's CNN14; its F1 of cells and columns is taken to be at the cut that the text
    describes, each map's 40th percentile.

    Returns:
        A row a number, in the order of paper.csv:

        - paper, table: where it stands; the table is "" where it stands in none
        - data_set: the data set's name in results
        - part: the published part of DCASE, else ""
        - machine: the machine, "" for the mean of all
        - level: “sample”, “spectrogram”, “temporal” or “faithfulness”
        - metric: the metric's name in results
        - head, method: the head that is compared with it, and what the paper calls the method
        - value: the number, in percent as printed
    """
    path = Path(__file__).with_name("paper.csv")
    text = {"table": str}
    return pd.read_csv(path, dtype=text, keep_default_na=False, float_precision="round_trip")


def paper_value(data_set: str, head: str, machine: str, metric: str, part: str = "") -> Any:
    """Look up a head's number on a machine.

    Args:
        data_set: The data set's name in results.
        head: The head.
        machine: The machine, "" for the mean of all.
        metric: The metric's name in results.
        part: The published part of DCASE, else "".

    Returns:
        The row of `paper_values`; None where no paper has the number.
    """
    values = paper_values()
    columns = ["data_set", "head", "machine", "metric", "part"]
    found = values[(values[columns] == [data_set, head, machine, metric, part]).all(axis="columns")]
    return None if found.empty else found.iloc[0]


@cache
def envmix_values(head: str) -> dict[tuple[str, str], float]:
    """Look up the paper's EnvMix of a head.

    Args:
        head: The head.

    Returns:
        Percent by level and metric; nothing where the paper has not measured it.
    """
    values = paper_values()
    mine = values[(values["data_set"] == "envmix") & (values["head"] == head)]
    percent: dict[tuple[str, str], float] = mine.set_index(["level", "metric"])["value"].to_dict()
    return percent
