"""The backbones by name. A new one is one file and one line here: docs/adding_a_backbone.md."""

from __future__ import annotations

from functools import lru_cache

from core.backbones.aisfx import aisfx
from core.backbones.backbone import Backbone, BackboneMaker, choose_device
from core.backbones.beats import MAKERS as BEATS_FAMILY
from core.backbones.cnn14_family import MAKERS as CNN14_FAMILY
from core.backbones.htsat import laion_htsat
from core.errors import SettingError

BACKBONES: dict[str, BackboneMaker] = {
    "aisfx": aisfx,
    **CNN14_FAMILY,
    "laion-htsat": laion_htsat,
    **BEATS_FAMILY,
}


def load_backbone(name: str, device: str = "auto") -> Backbone:
    """The backbone of that name on a device; loaded once a process.

    Raises:
        SettingError: no backbone has that name, or there is no such device.
        WeightsError: its weights are not here or damaged.
    """
    if name not in BACKBONES:
        raise SettingError(f"There is no backbone “{name}”; there are {', '.join(BACKBONES)}.")
    return _load(name, str(choose_device(device)))


@lru_cache(maxsize=2)
def _load(name: str, device: str) -> Backbone:
    return BACKBONES[name](choose_device(device))
