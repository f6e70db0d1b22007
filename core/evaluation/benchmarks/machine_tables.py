"""A machine data set's rows as Markdown tables for people, beside the papers' numbers."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.benchmarks.machine_benchmark import (
    ALL_MACHINES,
    MachineBenchmark,
    machine_of,
)
from core.evaluation.benchmarks.markdown import table, with_interval
from core.evaluation.benchmarks.paper import paper_value, paper_values
from core.evaluation.benchmarks.results import ResultRow


def machine_tables(
    benchmark: MachineBenchmark, rows: Sequence[ResultRow], left_out: Sequence[str] = ()
) -> str:
    """Show means beside the papers' numbers, then each machine and id.

    Args:
        benchmark: The data set.
        rows: All its rows.
        left_out: A sentence for each machine and id that could not be measured.

    Returns:
        Markdown, in percent with 95 % intervals.
    """
    lines = [
        f"{benchmark.about} In percent, with 95 % intervals over test clips. A difference from a "
        "paper means something only where the same is covered.",
        "",
        *_beside_papers(benchmark, rows),
        "",
        *_by_id(benchmark, rows),
    ]
    if left_out:
        lines += ["", "Left out:", "", *(f"- {sentence}" for sentence in left_out)]
    return "\n".join(lines) + "\n"


def _beside_papers(benchmark: MachineBenchmark, rows: Sequence[ResultRow]) -> list[str]:
    columns = ["head", "preset", "machine", "covers", "metric", "ours", "95 % interval", "paper"]
    cells = []
    for row in rows:
        if row.metric not in benchmark.metrics or not _is_mean(row):
            continue
        machine, part = benchmark.machine_and_part(row)
        ours = 100 * row.value
        paper = paper_value(benchmark.data_set, row.head, machine, row.metric, part)
        interval = "-" if row.low is None else f"{100 * row.low:.1f} to {100 * (row.high or 0):.1f}"
        beside = ("-", "-", "-")
        if paper is not None:
            place = f"{paper.paper}, table {paper.table}" if paper.table else paper.paper
            beside = (f"{paper.value:g}", f"{ours - paper.value:+.1f}", place)
        about = (row.head, row.preset, row.normal, _covers(benchmark, row, rows), row.metric)
        cells.append((*about, f"{ours:.1f}", interval, *beside))
    return table([*columns, "difference", "paper's"], cells)


def _by_id(benchmark: MachineBenchmark, rows: Sequence[ResultRow]) -> list[str]:
    pieces: dict[tuple[str, str, str, float | None], dict[str, ResultRow]] = {}
    for row in rows:
        if row.normal.startswith(ALL_MACHINES) or (_is_mean(row) and benchmark.has_ids):
            continue
        key = (row.head, row.preset, row.normal, row.snr_db)
        pieces.setdefault(key, {})[row.metric] = row
    cells = []
    for (head, preset, normal, snr_db), by_metric in pieces.items():
        level = "-" if snr_db is None else f"{snr_db:g}"
        name = normal if " id_" in normal or snr_db is None else f"{normal}, mean of ids"
        values = [with_interval(by_metric[metric]) for metric in benchmark.metrics]
        n_tests = by_metric[benchmark.metrics[0]].n
        cells.append((head, preset, name, level, *values, n_tests))
    columns = ["head", "preset", "machine", "SNR, dB", *benchmark.metrics, "test clips"]
    return table(columns, cells)


def _is_mean(row: ResultRow) -> bool:
    """Return whether a row is a line of the papers' tables, not of one id or one SNR."""
    return row.snr_db is None and " id_" not in row.normal


def _covers(benchmark: MachineBenchmark, mean: ResultRow, rows: Sequence[ResultRow]) -> str:
    """Return of how many ids, SNRs or machines a mean is, and of how many a paper's is."""
    machine, part = benchmark.machine_and_part(mean)
    mine = [
        row
        for row in rows
        if (row.head, row.preset, row.metric) == (mean.head, mean.preset, mean.metric)
        and not row.normal.startswith(ALL_MACHINES)
    ]
    if machine:
        of_ids = [row for row in mine if " id_" in row.normal and machine_of(row) == machine]
        return benchmark.covers(part, of_ids)
    covered = [benchmark.machine_and_part(row) for row in mine if _is_mean(row)]
    n_covered = len({name for name, its_part in covered if its_part == part})
    values = paper_values()
    of_part = (values["data_set"] == benchmark.data_set) & (values["part"] == part)
    published = set(values["machine"][of_part]) - {""}
    return f"{n_covered} of {len(published)} machines" if published else f"{n_covered} machines"
