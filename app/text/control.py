"""What is written on a control and in the help beside it."""

from typing import TypedDict


class Control(TypedDict):
    """A field, button or column: its caption, and the help that its question mark shows.

    `st.button(**control)` hands both to Streamlit.
    """

    label: str
    help: str


def control(label: str, help: str) -> Control:
    """Put a caption and its help together.

    Args:
        label: The caption.
        help: What the question mark shows.

    Returns:
        Both.
    """
    return {"label": label, "help": help}
