"""Names of methods and networks as people read them."""

from __future__ import annotations

PRESETS = {"recommended": "Recommended", "published": "As published"}
NETWORKS_WITHOUT_WEIGHTS = {"beats-small": "A small BEATs, untrained: for trying a training here"}


def head_title(head: str) -> str:
    """Name a method.

    Args:
        head: The name of the head in the registry, or an unknown one.

    Returns:
        The title.
    """
    from core.detectors import HEADS

    return HEADS[head].title if head in HEADS else head


def preset_title(preset: str, head: str | None = None) -> str:
    """Name a preset.

    Args:
        preset: The name of the preset.
        head: The name of the head whose preset it is; None where it is that of several.

    Returns:
        The title.
    """
    from core.detectors.registry import head_type

    if preset == "published" and head is not None and not head_type(head).has_paper:
        return "Defaults"
    return PRESETS.get(preset, preset.capitalize())


def network_title(backbone: str) -> str:
    """Name a network.

    Args:
        backbone: The name of the backbone in the catalogue, or an unknown one.

    Returns:
        The title.
    """
    from core.backbones.weights import catalogue

    if backbone in catalogue.WEIGHTS:
        return catalogue.WEIGHTS[backbone].short_title
    return NETWORKS_WITHOUT_WEIGHTS.get(backbone, backbone)
