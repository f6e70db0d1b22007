"""The backbones by name. A new one is one file and one line here: docs/adding_a_backbone.md."""

from __future__ import annotations

from functools import lru_cache

from core.backbones import cnn14_family, htsat
from core.backbones.aisfx import aisfx
from core.backbones.backbone import Backbone, BackboneMaker, choose_device
from core.backbones.beats import MAKERS as BEATS_FAMILY
from core.backbones.weights import catalogue
from core.errors import SettingError
from core.spectral.spectrogram import KALDI, SpectrogramSettings

BACKBONES: dict[str, BackboneMaker] = {
    "aisfx": aisfx,
    **cnn14_family.MAKERS,
    "laion-htsat": htsat.laion_htsat,
    **BEATS_FAMILY,
}

# Those of the backbones whose front end is known before their weights are here.
_FRONT_ENDS: dict[str, SpectrogramSettings] = {
    "aisfx": SpectrogramSettings(),
    **cnn14_family.SETTINGS,
    "laion-htsat": htsat.SETTINGS,
    **dict.fromkeys(BEATS_FAMILY, KALDI),
}


def front_end(name: str) -> SpectrogramSettings:
    """The front end of the backbone of that name, without its network where that is possible.

    Raises:
        SettingError, WeightsError: as `load_backbone`.
    """
    known = _FRONT_ENDS.get(name) if name in BACKBONES else None
    return known or load_backbone(name, "cpu").settings


def usable_backbones() -> list[str]:
    """The names of the backbones whose weights are here, or that need none."""
    return [name for name in BACKBONES if name not in catalogue.WEIGHTS or catalogue.find(name)]


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
