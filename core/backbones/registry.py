"""The backbones by name. A new one is one file and one line here: docs/adding_a_backbone.md."""

from __future__ import annotations

from functools import lru_cache

from core.backbones import beats, clap_panns, yamnet
from core.backbones.backbone import Backbone, BackboneMaker, choose_device
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.weights import catalogue
from core.errors import SettingError
from core.spectral.spectrogram import SpectrogramSettings

BACKBONES: dict[str, BackboneMaker] = {
    **clap_panns.MAKERS,
    **beats.MAKERS,
    **yamnet.MAKERS,
}


def front_end(name: str) -> SpectrogramSettings:
    """Look up the spectrogram of a backbone, without its network where that is possible.

    Args:
        name: one of `BACKBONES`

    Returns:
        The settings of its front end.

    Raises:
        SettingError: no backbone has that name.
        WeightsError: the network had to be loaded, and its weights are not here or damaged.
    """
    known = FRONT_ENDS.get(name) if name in BACKBONES else None
    return known or load_backbone(name, "cpu").settings


def usable_backbones() -> list[str]:
    """List the backbones that can be loaded here.

    Returns:
        The names of those whose weights are here, or that need none.
    """
    return [name for name in BACKBONES if name not in catalogue.WEIGHTS or catalogue.find(name)]


def load_backbone(name: str, device: str = "auto") -> Backbone:
    """Load a backbone; a process loads each once.

    Args:
        name: one of `BACKBONES`
        device: "auto", "cpu" or "cuda"

    Returns:
        The backbone on the device.

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
