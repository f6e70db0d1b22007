"""A machine data set's rows as Markdown tables for people, beside the papers' numbers."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.benchmarks import dcase2020, dcase2023, mimii
from core.evaluation.benchmarks.machine_means import ALL_MACHINES, machine_of
from core.evaluation.benchmarks.paper import PaperValue, paper_value, paper_values
from core.evaluation.benchmarks.results import Row
from core.evaluation.datasets.dcase2020 import DEVELOPMENT_IDS, EVALUATION_IDS

# What is compared with a paper, and what is shown of each machine and id.
METRICS = {
    mimii.DATA_SET: ("ROC", "F1", "pAUC"),
    dcase2020.DATA_SET: (dcase2020.MEAN, "ROC", "pAUC"),
    dcase2023.DATA_SET: (dcase2023.MEAN, "ROC source", "ROC target", "pAUC"),
}
ABOUT = {
    mimii.DATA_SET: "AUROC and best F1 of each machine: means over ids and SNRs. The paper does "
    "not say over which of them it averages.",
    dcase2020.DATA_SET: "Arithmetic means over a machine's ids, and over machines. One detector "
    "a machine and id; AnoPatch, fine-tuned, is one for all, whose scores are among the clips of "
    "the same id; the organisers' autoencoder was one a machine.",
    dcase2023.DATA_SET: "A domain's AUROC is that of its normal clips against the anomalous ones "
    "of both; over machines, harmonic means. The paper's numbers are of 2023; the data of later "
    "years is called the same.",
}
N_LEVELS = 3  # SNRs of MIMII


def machine_tables(data_set: str, rows: Sequence[Row], left_out: Sequence[str] = ()) -> str:
    """Means beside the papers' numbers, then each machine and id; percent, with 95 % intervals."""
    lines = [
        f"{ABOUT[data_set]} In percent, with 95 % intervals over test clips. A difference from a "
        "paper means something only where the same is covered.",
        "",
        *_beside_papers(data_set, rows),
        "",
        *_by_id(data_set, rows),
    ]
    if left_out:
        lines += ["", "Left out:", "", *(f"- {sentence}" for sentence in left_out)]
    return "\n".join(lines) + "\n"


def _beside_papers(data_set: str, rows: Sequence[Row]) -> list[str]:
    lines = [
        "| head | preset | machine | covers | metric | ours | 95 % interval | paper "
        "| difference | paper's |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row.metric not in METRICS[data_set] or not _is_mean(data_set, row):
            continue
        machine, part = _machine_and_part(data_set, row)
        paper = paper_value(data_set, row.head, machine, row.metric, part)
        interval = "-" if row.low is None else f"{100 * row.low:.1f} to {100 * (row.high or 0):.1f}"
        beside = "- | - | -"
        if paper is not None:
            difference = 100 * row.value - paper.value
            beside = f"{paper.value:g} | {difference:+.1f} | {_source(paper)}"
        lines.append(
            f"| {row.head} | {row.preset} | {row.normal} | {_covers(data_set, row, rows)} "
            f"| {row.metric} | {100 * row.value:.1f} | {interval} | {beside} |"
        )
    return lines


def _by_id(data_set: str, rows: Sequence[Row]) -> list[str]:
    metrics = METRICS[data_set]
    lines = [
        "| head | preset | machine | SNR, dB | " + " | ".join((*metrics, "test clips")) + " |",
        "|---|---|---|---|" + "---|" * (len(metrics) + 1),
    ]
    pieces: dict[tuple[str, str, str, float | None], dict[str, Row]] = {}
    for row in rows:
        if not _is_mean(data_set, row) or data_set == dcase2023.DATA_SET:
            if row.normal.startswith(ALL_MACHINES):
                continue
            key = (row.head, row.preset, row.normal, row.snr_db)
            pieces.setdefault(key, {})[row.metric] = row
    for (head, preset, normal, snr_db), by_metric in pieces.items():
        level = "-" if snr_db is None else f"{snr_db:g}"
        name = normal if " id_" in normal or snr_db is None else f"{normal}, mean of ids"
        cells = [_with_interval(by_metric[metric]) for metric in metrics]
        cells.append(str(by_metric[metrics[0]].n))
        lines.append(f"| {head} | {preset} | {name} | {level} | {' | '.join(cells)} |")
    return lines


def _is_mean(data_set: str, row: Row) -> bool:
    """Whether a row is a line of the papers' tables, not of one id or one SNR."""
    return row.snr_db is None and " id_" not in row.normal


def _machine_and_part(data_set: str, row: Row) -> tuple[str, str]:
    """The machine ("" for all) and the part of the data, as the papers' numbers have them."""
    machine, _, part = row.normal.partition(", ")
    if data_set == dcase2023.DATA_SET and machine != ALL_MACHINES:
        part = dcase2023.part_of(machine)
    return ("" if machine == ALL_MACHINES else machine), part


def _covers(data_set: str, mean: Row, rows: Sequence[Row]) -> str:
    """Of how many ids, SNRs or machines a mean is, and of how many a paper's is."""
    machine, part = _machine_and_part(data_set, mean)
    mine = [
        row
        for row in rows
        if (row.head, row.preset, row.metric) == (mean.head, mean.preset, mean.metric)
        and not row.normal.startswith(ALL_MACHINES)
    ]
    if not machine:
        found = {
            _machine_and_part(data_set, row)[0]
            for row in mine
            if _is_mean(data_set, row) and _machine_and_part(data_set, row)[1] == part
        }
        machines = {
            one.machine
            for one in paper_values()
            if (one.data_set, one.part) == (data_set, part) and one.machine
        }
        return f"{len(found)} of {len(machines)} machines" if machines else f"{len(found)} machines"
    if data_set == dcase2023.DATA_SET:
        return "both domains"
    of_machine = [row for row in mine if " id_" in row.normal and machine_of(row) == machine]
    if data_set == mimii.DATA_SET:
        n_ids = len({row.normal for row in of_machine})
        return f"{n_ids} of 4 ids, {len({row.snr_db for row in of_machine})} of {N_LEVELS} SNRs"
    published = (DEVELOPMENT_IDS if part == "development" else EVALUATION_IDS).get(machine, ())
    names = {row.normal.rsplit(" ", 1)[-1] for row in of_machine}
    if not part:
        return f"{len(names)} ids"
    return f"{len(names & set(published))} of {len(published)} ids"


def _source(paper: PaperValue) -> str:
    return f"{paper.paper}, table {paper.table}" if paper.table else paper.paper


def _with_interval(row: Row) -> str:
    if row.low is None or row.high is None:
        return f"{100 * row.value:.1f}"
    return f"{100 * row.value:.1f} ({100 * row.low:.0f}-{100 * row.high:.0f})"
