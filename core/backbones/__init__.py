"""Frozen networks by name: `BACKBONES` and `load_backbone`, and the files of their weights.

What needs PyTorch is imported at first use: listing weights does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.runtime.lazy_imports import lazy_attributes

if TYPE_CHECKING:
    from core.backbones.backbone import Backbone
    from core.backbones.registry import BACKBONES, front_end, load_backbone, usable_backbones

__all__ = ["BACKBONES", "Backbone", "front_end", "load_backbone", "usable_backbones"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "core.backbones.backbone": ("Backbone",),
        "core.backbones.registry": ("BACKBONES", "front_end", "load_backbone", "usable_backbones"),
    },
)
