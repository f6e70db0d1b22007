"""Presets: a head as its own paper has it, or in the form that suits sound best."""

from __future__ import annotations

from typing import Any

from core.detectors.registry import head_type
from core.errors import SettingError

PRESETS = {
    "recommended": "Finds events after background subtraction, and what lasts the whole clip by "
    "comparing its average sound with the training clips'.",
    "published": "As in the head's own paper, for comparison with its figures.",
}
# What single heads offer beside these (`Head.more_presets`).
MORE_PRESETS = {
    "small": "As in the head's own paper, but small enough to train on a CPU in minutes.",
}
RECOMMENDED_HEAD = "padim"


def presets_of(head: str) -> dict[str, str]:
    """List the presets of a head.

    Args:
        head: the head's name.

    Returns:
        A sentence on each preset, by its name.

    Raises:
        SettingError: no such head.
    """
    more = head_type(head).more_presets
    return PRESETS | {name: MORE_PRESETS[name] for name in more}


def preset_settings(head: str, preset: str) -> dict[str, Any]:
    """Look up the head settings of a preset, to be overridden at will.

    Args:
        head: the head's name.
        preset: the preset's name.

    Returns:
        Settings by name; what is not named has its default.

    Raises:
        SettingError: no such head or preset.
    """
    presets = presets_of(head)
    if preset not in presets:
        raise SettingError(f"There is no preset “{preset}”; there are {', '.join(presets)}.")
    kind = head_type(head)
    if preset in kind.more_presets:
        return dict(kind.more_presets[preset])
    return dict(kind.recommended) if preset == "recommended" else {}
