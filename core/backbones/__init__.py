"""Frozen networks by name: `BACKBONES` and `load_backbone`, and the files of their weights.

What needs PyTorch is imported at first use: listing weights does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.backbones.backbone import Backbone, choose_device
    from core.backbones.registry import BACKBONES, front_end, load_backbone, usable_backbones

__all__ = [
    "BACKBONES",
    "Backbone",
    "choose_device",
    "front_end",
    "load_backbone",
    "usable_backbones",
]

_HOMES = {
    "BACKBONES": "core.backbones.registry",
    "Backbone": "core.backbones.backbone",
    "choose_device": "core.backbones.backbone",
    "front_end": "core.backbones.registry",
    "load_backbone": "core.backbones.registry",
    "usable_backbones": "core.backbones.registry",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
