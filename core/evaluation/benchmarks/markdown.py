"""Tables in Markdown for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.evaluation.benchmarks.results import ResultRow


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table.

    Args:
        columns: The columns' names.
        rows: The cells of each row.

    Returns:
        The table's lines.

    >>> table(["head", "ROC"], [["padim", 90]])
    ['| head | ROC |', '|---|---|', '| padim | 90 |']
    """
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return lines + [f"| {' | '.join(map(str, cells))} |" for cells in rows]


def with_interval(row: ResultRow) -> str:
    """Write a row's share in percent.

    Args:
        row: The row.

    Returns:
        The number, with its interval in brackets where it has one.
    """
    if row.low is None or row.high is None:
        return f"{100 * row.value:.1f}"
    return f"{100 * row.value:.1f} ({100 * row.low:.0f}-{100 * row.high:.0f})"
