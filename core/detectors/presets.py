"""Presets: a head as its own paper has it, or in the form that suits sound best."""

from __future__ import annotations

from typing import Any

from core.detectors.registry import head_type
from core.errors import SettingError

PRESETS = {
    "recommended": "Listens for events against each clip's own background, and for what lasts the "
    "whole clip against the training clips.",
    "published": "As in the head's own paper, for comparison with its figures.",
}
RECOMMENDED_HEAD = "padim"


def preset_settings(head: str, preset: str) -> dict[str, Any]:
    """The head settings of a preset, to be overridden at will.

    Raises:
        SettingError: no such head or preset.
    """
    if preset not in PRESETS:
        raise SettingError(f"There is no preset “{preset}”; there are {', '.join(PRESETS)}.")
    settings = head_type(head).recommended
    return dict(settings) if preset == "recommended" else {}
