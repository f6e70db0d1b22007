"""What commands print for people on a terminal: progress, remarks, one line for any text."""

from __future__ import annotations

import sys
from typing import Any

from core.runtime.legible import legible
from core.runtime.progress import Progress, silent


class _Lines:
    """A stream on which what tqdm draws over becomes a line of its own."""

    def write(self, text: str) -> None:
        if line := text.strip():
            print(line, file=sys.stderr, flush=True)

    def flush(self) -> None:
        pass


class ProgressBar:
    """Progress for people: stage, percentage and time left.

    Args:
        in_lines: whether each step is a line, at most one a second, also where standard error is
            no terminal; otherwise one line is drawn over, ten times a second
    """

    def __init__(self, *, in_lines: bool) -> None:
        self._in_lines = in_lines
        self._bar: Any = None

    def __call__(self, stage: str, fraction: float) -> None:
        """Show where the work is.

        Args:
            stage: what is being done
            fraction: the share that is done; 1 ends the bar
        """
        if self._bar is None:
            # Imported here and below: what has nothing to show starts sooner without it.
            from tqdm import tqdm

            self._bar = tqdm(
                total=1.0,
                # What an earlier run had finished says nothing of how fast this one goes.
                initial=fraction,
                desc=one_line(stage),
                file=_Lines() if self._in_lines else sys.stderr,
                mininterval=1.0 if self._in_lines else 0.1,
                miniters=0,
                leave=self._in_lines,
                bar_format="{percentage:3.0f}% {remaining} left {desc}"
                if self._in_lines
                else "{bar:20} {percentage:3.0f}% {remaining} left {desc}",
            )
        else:
            self._bar.set_description_str(one_line(stage), refresh=False)
            if fraction < 1.0:
                self._bar.update(fraction - self._bar.n)
        if fraction >= 1.0:
            self._bar.n = fraction
            self._bar.close()


def progress(kind: str) -> Progress:
    """Make progress that is shown on standard error.

    Args:
        kind: what `--progress` was given

    Returns:
        A bar, a line a step, or nothing.
    """
    if kind == "lines" or (kind == "auto" and sys.stderr.isatty()):
        return ProgressBar(in_lines=kind == "lines")
    return silent


def remark(text: str) -> None:
    """Print a line on standard error.

    Args:
        text: what is said
    """
    from tqdm import tqdm

    # Above a bar that is drawn.
    tqdm.write(f"hearmap: {one_line(text)}", file=sys.stderr)


def one_line(text: str) -> str:
    r"""Replace line breaks and other control characters.

    Args:
        text: any text

    Returns:
        The text in one line.

    >>> one_line("a\nb\x1b[2J")
    'a b [2J'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in legible(text)).split())
