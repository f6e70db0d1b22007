"""Presets: a head as its own paper has it, or in the form that suits sound best."""

from __future__ import annotations

from typing import Any

from core.detectors.registry import head_type
from core.errors import SettingError

PRESETS = ("recommended", "published")
# What the recommended form does, by the views it compares and whether it subtracts background.
_LASTING = (
    "finds what lasts the whole recording by comparing its average sound with the training "
    "recordings'."
)
_RECOMMENDED = {
    ("both", True): f"Finds events after background subtraction, and {_LASTING}",
    ("both", False): f"Compares the sound as it is, and {_LASTING}",
    ("event", True): "Finds events after background subtraction.",
}
_AS_IT_IS = "Compares the sound as it is, with settings that suit sound."
_PUBLISHED = "As in the head's own paper, for comparison with its figures."
_FURTHER = "A further form of this head."
_DEFAULTS = "With the head's default settings."
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
    kind = head_type(head)
    # Not at the top: PyTorch comes with it, as with the head's own module.
    from core.detectors.views.background_subtraction import BackgroundSettings

    does = _DEFAULTS
    if kind.recommended:
        views = kind.settings_type(**kind.recommended).views
        subtracts = issubclass(kind.settings_type, BackgroundSettings)
        does = _RECOMMENDED.get((views, subtracts), _AS_IT_IS)
    presets = {"recommended": does, "published": _PUBLISHED if kind.has_paper else _DEFAULTS}
    return presets | {name: MORE_PRESETS.get(name, _FURTHER) for name in kind.more_presets}


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
