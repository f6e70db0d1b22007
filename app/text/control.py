"""What is written on a control and in the help beside it."""

from typing import NamedTuple


class Control(NamedTuple):
    """A field, button or column: its caption, and the help that its question mark shows."""

    label: str
    help: str
