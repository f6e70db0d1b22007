"""Frozen networks by name: `BACKBONES` and `load_backbone`, and the files of their weights.

What needs PyTorch is imported at first use: listing weights does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.runtime.lazy_imports import lazy_attributes

if TYPE_CHECKING:
    from core.backbones.backbone import Backbone as Backbone
    from core.backbones.backbone import choose_device as choose_device
    from core.backbones.registry import BACKBONES as BACKBONES
    from core.backbones.registry import front_end as front_end
    from core.backbones.registry import load_backbone as load_backbone
    from core.backbones.registry import usable_backbones as usable_backbones

__getattr__ = lazy_attributes(
    __name__,
    {
        "BACKBONES": "core.backbones.registry",
        "Backbone": "core.backbones.backbone",
        "choose_device": "core.backbones.backbone",
        "front_end": "core.backbones.registry",
        "load_backbone": "core.backbones.registry",
        "usable_backbones": "core.backbones.registry",
    },
)
